"""What a tool answers: the same facts as compact text and as structured content, and errors that say what is next.

Some hosts show the model only one of the two. Task text is data from elsewhere: control, invisible and
bidirectional characters reach the model as visible escapes, and stay as they are in the store.
"""

from collections.abc import Iterable

from mcp_types import CallToolResult, TextContent
from pydantic import ValidationError

from sparkq_core import wire
from sparkq_core.errors import Kind, SparkQError
from sparkq_core.text import cut, safe
from sparkq_mcp.answers.truncation import length, shown

NEXT_BY_CODE = {
    "no_project": "Nothing is queued here yet: the person sets it up by running `sparkq setup` in the repository. Then call again.",
    "no_such_queue": "list_queues shows the names.",
    "queue_closed": "list_queues shows the active ones; the person can bring this one back.",
    "no_such_task": "list_tasks finds the ids.",
    "wrong_state": "get_task shows its history.",
    "invalid_config": "The person corrects sparkq.yml; `sparkq doctor` checks it.",
}
SAID = 600
"""Characters of a message: it may quote what the caller sent."""

NEXT_BY_KIND = {
    Kind.BUSY: "Call again in a moment.",
    Kind.STORAGE: "Tell the person; `sparkq doctor` says more. What was acknowledged before is kept.",
}


def reply(facts: wire.Json, *, is_error: bool = False) -> CallToolResult:
    """A result: compact JSON as text, and the same object."""
    return _result(*shown(facts), is_error=is_error)


def first_fitting(forms: Iterable[tuple[wire.Json, int]]) -> CallToolResult:
    """The first of these facts whose text fits into the bytes beside them, or the last: there is one at least."""
    for facts, limit in forms:
        said, text = shown(facts)
        if length(text) <= limit:
            break
    return _result(said, text)


def _result(facts: wire.Json, text: str, *, is_error: bool = False) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], structured_content=facts, is_error=is_error)


def refusal(error: SparkQError) -> CallToolResult:
    """A refusal of the core: nothing changed, and `next` names what mends it."""
    if error.kind in NEXT_BY_KIND or error.code in ("no_project", "invalid_config"):
        step = NEXT_BY_KIND.get(error.kind) or NEXT_BY_CODE[error.code]
    else:
        hint = "" if "sparkq " in error.hint or "--" in error.hint else error.hint  # a chat has no command line
        step = " ".join(part for part in (hint, NEXT_BY_CODE.get(error.code, "")) if part)
    said = {"error": error.code, "kind": error.kind, "message": cut(error.message, SAID), "next": cut(step, SAID)}
    return reply(said, is_error=True)


def bad_arguments(tool: str, allowed: list[str], error: ValidationError) -> CallToolResult:
    """Arguments that do not fit the tool: which, why, and what it takes. The values are the caller's and not echoed."""
    problems = []
    for one in error.errors(include_url=False, include_context=False, include_input=False)[:5]:
        where = safe(cut(".".join(str(part) for part in one["loc"]), 60)) or "arguments"
        said = "is not a parameter" if one["type"] == "extra_forbidden" else one["msg"]
        problems.append(f"{where}: {said}")
    takes = f"{tool} takes: {', '.join(allowed)}." if allowed else f"{tool} takes no arguments."
    return reply(
        {"error": "invalid_arguments", "kind": Kind.INVALID, "message": "; ".join(problems) + ".", "next": takes},
        is_error=True,
    )


def defect(tool: str) -> CallToolResult:
    """A bug of SparkQ: its traceback is in the log, not in the chat."""
    return reply(
        {
            "error": "defect",
            "kind": "defect",
            "message": f"{tool} failed inside SparkQ; nothing was acknowledged.",
            "next": "Tell the person: the server's log has the details. Another tool may still work.",
        },
        is_error=True,
    )
