"""The result of a tool call: the same facts as text and as structured content, and errors that name the next step.

Some hosts show the model only one of the two. Task text is data written by others: control, invisible and
bidirectional characters reach the model as visible escapes; the store keeps them as they are.
"""

from mcp_types import CallToolResult, TextContent
from pydantic import ValidationError

from sparkq_core import wire
from sparkq_core.errors import Kind, SparkQError
from sparkq_core.text import cut, safe
from sparkq_mcp.answers.truncation import serialized

NEXT_BY_CODE = {
    "no_project": "Nothing is queued here yet: ask the person to run `sparkq setup` in the repository, then call again.",
    "no_such_queue": "list_queues shows the names.",
    "queue_closed": "list_queues shows the active ones; the person can reopen this one.",
    "no_such_task": "list_tasks finds the ids.",
    "wrong_state": "get_task shows its history.",
    "invalid_config": "The person corrects sparkq.yml; `sparkq doctor` checks it.",
}
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


def refusal(error: SparkQError) -> CallToolResult:
    """Return the result for an error of the core: nothing changed, and `next` names the next step."""
    if error.kind in NEXT_BY_KIND or error.code in ("no_project", "invalid_config"):
        step = NEXT_BY_KIND.get(error.kind) or NEXT_BY_CODE[error.code]
    else:
        hint = "" if "sparkq " in error.hint or "--" in error.hint else error.hint  # a chat has no command line
        step = " ".join(part for part in (hint, NEXT_BY_CODE.get(error.code, "")) if part)
    message, step = cut(error.message, MESSAGE_LENGTH), cut(step, MESSAGE_LENGTH)
    return reply({"error": error.code, "kind": error.kind, "message": message, "next": step}, is_error=True)


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
