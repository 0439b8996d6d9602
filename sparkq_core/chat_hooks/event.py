"""One event of a client's chat, as its hook tells it."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

UNFILLED = re.compile(r"\$\{[^}]*\}")
"""What a client leaves where it has no value for a field."""

NAMES = {
    "event": "hook_event_name",
    "session": "session_id",
    "agent": "agent_id",
    "cwd": "cwd",
    "command": "command_name",
    "args": "command_args",
    "call": "tool_use_id",
    "source": "source",
    "reason": "reason",
    "error": "error",
    "details": "error_details",
    "said": "last_assistant_message",
    "model": "model",
    "prompt": "prompt",
    "turn": "prompt_id",
}
"""Each field as the plugin's hooks call it, and as clients do in the JSON that they write to a command."""


class HookEvent(NamedTuple):
    """An event; an empty text where the client tells nothing. `background` is true if work goes on that wakes the chat.

    `handed_out` are the attempts that the answer of a tool has brought, each a task with its number, where it is told.
    """

    event: str = ""
    session: str = ""
    agent: str = ""
    cwd: str = ""
    command: str = ""
    args: str = ""
    call: str = ""
    source: str = ""
    reason: str = ""
    error: str = ""
    details: str = ""
    said: str = ""
    model: str = ""
    prompt: str = ""
    turn: str = ""
    background: bool = False
    handed_out: tuple[tuple[int, int], ...] = ()

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> "HookEvent":
        """Read an event in either spelling. Unknown fields are ignored, and so are values of another type."""
        texts = {ours: _text(facts, ours) or _text(facts, theirs) for ours, theirs in NAMES.items()}
        background = facts.get("background", facts.get("background_tasks"))
        return cls(**texts, background=_has_entries(background), handed_out=_handed_out(facts.get("tool_response")))

    @property
    def folder(self) -> Path | None:
        """Where the chat, or its agent, works."""
        return Path(self.cwd) if Path(self.cwd).is_absolute() else None


def _text(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name)
    return value if isinstance(value, str) and "\0" not in value and not UNFILLED.fullmatch(value) else ""


def _has_entries(value: Any) -> bool:
    """True for a list with entries, or for the JSON of one."""
    if isinstance(value, str):
        value = _json(value)
    return isinstance(value, list) and bool(value)


def _handed_out(response: Any) -> tuple[tuple[int, int], ...]:
    """Return the task and the attempt in the answer of a claim, or of an outcome with the next claim."""
    answer = _object(response)
    task = _object(_object(answer.get("claimed")).get("task") or answer.get("task"))
    match task:
        case {"id": int(number), "attempt": int(attempt)}:
            return ((number, attempt),)
    return ()


def _object(value: Any) -> Mapping[str, Any]:
    """Return the object in the answer of a tool: itself, structured, as JSON, or in a list of parts with text."""
    if isinstance(value, list):
        return next((found for part in value if (found := _object(part))), {})
    if isinstance(value, str):
        return _object(_json(value)) if value.startswith("{") else {}
    if not isinstance(value, Mapping):
        return {}
    for inner in ("structuredContent", "content", "text"):
        if inner in value and (found := _object(value[inner])):
            return found
    return value


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
