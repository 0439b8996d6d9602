"""What a server knows of its chats from the hooks of its client, as long as it runs."""

from collections.abc import Hashable
from pathlib import Path
from typing import NamedTuple, TypeVar

from sparkq_core.changes import Execution
from sparkq_core.chat_hooks.event import HookEvent
from sparkq_mcp.chat import NOTHING_TOLD, Told

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")

REMEMBERED = 1000
"""Most calls, attempts and connections that are remembered; the oldest ones are forgotten first."""


class Call(NamedTuple):
    """What a tool call changed: the attempt that it began, the one that it ended, and where its chat was said to be."""

    begun: Execution | None
    ended: Execution | None
    folder: Path | None


class Hooked:
    """What is known by hooks: the chat behind each connection, and where each attempt is worked on."""

    def __init__(self) -> None:
        self._chats: dict[str, Told] = {}
        self._calls: dict[str, Call] = {}
        self._folders: dict[Execution, Path] = {}

    def chat(self, connection: str | None) -> Told:
        """Return what the hooks of a connection say about the chat that now uses it."""
        return self._chats.get(connection, NOTHING_TOLD) if connection is not None else NOTHING_TOLD

    def hearing(self, connection: str, event: HookEvent) -> Told:
        """Return what is known of the chat on a connection with this event. An agent may work in a folder of its own, so
        its folder is not the chat's."""
        before = self.chat(connection)
        if event.session and event.session != before.session:
            before = NOTHING_TOLD
        cwd = event.cwd if event.folder and not event.agent else ""
        return Told(event.session or before.session, cwd or before.cwd, event.model or before.model)

    def hear(self, connection: str, told: Told) -> None:
        """Remember which chat uses a connection."""
        _keep(self._chats, connection, told)

    def called(self, tool_use: str | None, call: Call) -> None:
        """Remember what a call changed, by the client's id of it."""
        if tool_use is not None:
            _keep(self._calls, tool_use, call)

    def call(self, tool_use: str) -> Call | None:
        """Return what a call changed."""
        return self._calls.get(tool_use)

    def works_in(self, attempt: Execution, folder: Path) -> None:
        """Remember where an attempt is worked on."""
        _keep(self._folders, attempt, folder)

    def folder(self, attempt: Execution | None) -> Path | None:
        """Return where an attempt is worked on, if a hook has said it."""
        return self._folders.get(attempt) if attempt is not None else None


def _keep(known: dict[Key, Value], key: Key, value: Value) -> None:
    known.pop(key, None)
    known[key] = value
    while len(known) > REMEMBERED:
        known.pop(next(iter(known)))
