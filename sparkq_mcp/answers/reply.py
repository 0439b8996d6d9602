"""The result of a tool call: the same facts as text and as structured content, and errors that name the next step.

Some hosts show the model only one of the two. Task text is data written by others: control, invisible and
bidirectional characters reach the model as visible escapes; the store keeps them as they are.
"""

from mcp_types import CallToolResult, TextContent
from pydantic import ValidationError

from sparkq_core import wire
from sparkq_core.errors import AttemptNeeded, Kind, SparkQError, Unchecked, WrongState
from sparkq_core.text import cut, nearest, safe
from sparkq_mcp.answers.next_step import Steps
from sparkq_mcp.answers.truncation import serialized

NO_PROJECT = "Nothing is queued here yet: ask the person to run `sparkq setup` in the repository, then call again."
NEXT_BY_CODE = {
    "no_project": NO_PROJECT,
    "version_one": "Ask the person to bring it over in a terminal: `sparkq setup --from-v1`. Then call again.",
    "database_gone": "Tell the person: sparkq restore puts it back. Then call again.",
    "moved": "Tell the person.",
    "corrupt": "Tell the person: `sparkq doctor` says what is wrong, and sparkq restore puts a backup in its place.",
    "log_removed": "Tell the person: end the chats and the server of this project, then start them again. If the database is gone too: sparkq restore",
    "invalid_config": "The person corrects sparkq.yml; `sparkq doctor` checks it.",
    "queue_closed": "The person can reopen it.",
    "other_owner": "Tell the person, who alone decides whom to trust. `sparkq doctor` says how.",
    "replaced": "Call again: the next call opens the database that is there now. If there is none, tell the person: sparkq restore",
}
FOR_THE_PERSON = frozenset({"other_owner"})
"""The errors whose hint tells how to take a protection away: no chat reads it."""

NEXT_TOOL = {
    "no_such_queue": ("list_queues", "shows the names."),
    "queue_closed": ("list_queues", "shows the active ones."),
    "no_such_task": ("list_tasks", "finds the ids."),
    "wrong_state": ("get_task", "shows its history."),
}
"""The tool that helps after an error, where this server offers it."""

MESSAGE_LENGTH = 600
"""Most characters of a message, which may quote the caller's arguments."""

NEXT_BY_KIND = {
    Kind.BUSY: "Call again in a moment.",
    Kind.STORAGE: "Tell the person; `sparkq doctor` says more. Everything acknowledged before is kept.",
}


def reply(facts: wire.Json, *, is_error: bool = False) -> CallToolResult:
    """Return the result of a call: `facts` as compact JSON text and as structured content."""
    shown, text = serialized(facts)
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=shown, is_error=is_error)


def refusal(error: SparkQError, steps: Steps) -> CallToolResult:
    """Return the result for an error of the core: nothing changed, and `next` names the next step."""
    message, step = cut(error.message, MESSAGE_LENGTH), cut(_next_after(error, steps), MESSAGE_LENGTH)
    facts = {"error": error.code, "kind": error.kind, "message": message, "next": step, "purged": wire.left_of(error)}
    return reply(wire.exclude_none(facts), is_error=True)


def _next_after(error: SparkQError, steps: Steps) -> str:
    if isinstance(error, AttemptNeeded):
        return steps.with_attempt(error)
    if isinstance(error, Unchecked):
        return steps.unchecked(error)
    if isinstance(error, WrongState) and error.possible:
        possible = [verb for verb in error.possible if verb in steps.tools]
        hint = f"Possible now: {', '.join(possible)}." if possible else "Only the person can change it now."
    else:
        is_for_the_person = error.code in FOR_THE_PERSON or "sparkq " in error.hint or "--" in error.hint
        hint = "" if is_for_the_person else error.hint  # a chat has no command line
    if error.kind in NEXT_BY_KIND and error.code not in NEXT_BY_CODE:
        return NEXT_BY_KIND[error.kind]
    tool, helps = NEXT_TOOL.get(error.code, ("", ""))
    parts = [hint, NEXT_BY_CODE.get(error.code, ""), f"{tool} {helps}" if tool in steps.tools else ""]
    return " ".join(part for part in parts if part)


def invalid_arguments(tool: str, known: list[str], error: ValidationError) -> CallToolResult:
    """Return the result for invalid arguments: each with its reason, then the tool's parameters. Values are not echoed."""
    problems = []
    for problem in error.errors(include_url=False, include_context=False, include_input=False)[:5]:
        path = safe(cut(".".join(str(part) for part in problem["loc"]), 60)) or "arguments"
        reason = "is not a parameter" if problem["type"] == "extra_forbidden" else problem["msg"]
        problems.append(f"{path}: {reason}")
    step = f"{tool} accepts: {', '.join(known)}." if known else f"{tool} accepts no arguments."
    return reply(
        {"error": "invalid_arguments", "kind": Kind.INVALID, "message": "; ".join(problems) + ".", "next": step},
        is_error=True,
    )


def unknown_tool(tool: str, known: list[str]) -> CallToolResult:
    """Return the result for a tool that this server does not offer."""
    step = nearest(tool, known) or "This server offers no tools here: the person runs `sparkq setup` in the repository."
    return reply(
        {
            "error": "no_such_mcp_tool",
            "kind": Kind.NOT_FOUND,
            "message": f"There is no tool {safe(cut(tool, 60))!r}.",
            "next": step,
        },
        is_error=True,
    )


def defect(tool: str) -> CallToolResult:
    """Return the result for a bug of SparkQ. Its traceback is in the log, not in the chat."""
    return reply(
        {
            "error": "defect",
            "kind": "defect",
            "message": f"{tool} failed inside SparkQ; nothing was acknowledged.",
            "next": "Tell the person: the server's log has the details. Another tool may still work.",
        },
        is_error=True,
    )
