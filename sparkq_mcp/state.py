"""The state of a running server: the open project, and the chats that talk to it."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from sparkq_core import events, project
from sparkq_core.config import location
from sparkq_core.project import SparkQ
from sparkq_mcp.chat import Chat, worker_name

MAX_CHATS = 1000
"""Chats remembered by a server of many; the one that was heard of longest ago is forgotten first."""

Opener = Callable[[], SparkQ]
log = logging.getLogger("sparkq.mcp")


class ServerState:
    """The project behind the tools, opened when it is first needed, and the chats."""

    def __init__(self, opener: Opener) -> None:
        self.closing = False
        """Whether the client has closed its end, or the server stops: nothing is waited for any more."""
        self._opener = opener
        self._sq: SparkQ | None = None
        self._version = 0
        self._event = 0
        self._chats: dict[str, Chat] = {}

    @property
    def sq(self) -> SparkQ:
        """The open project. Tried anew at each call until one has been set up; takes up a changed configuration
        when somebody else ran `sparkq reload`. Raises NoProject and StorageError."""
        if self._sq is not None and (version := self._sq.version()) != self._version:
            newest = events.last(self._sq)  # noted before it is asked for a reload, so that none is missed in between
            reloaded = events.reloaded(self._sq, self._event)
            self._version, self._event = version, newest
            if reloaded:
                self._sq = project.renewed(self._sq, self._opener, log)
        if self._sq is None:
            self._sq = self._opener()
            self._version, self._event = self._sq.version(), events.last(self._sq)
        return self._sq

    def chat(self, connection: str | None, client: str | None) -> Chat:
        """The chat on this connection; its worker name is the client's plus the process.

        None is a request that belongs to no connection: nothing is remembered of it, so that no chat can settle
        another's task without its number.
        """
        if connection is None:
            return Chat(worker_name(client, "http"))
        known = self._chats.pop(connection, None) or Chat(worker_name(client, connection[:8]))
        self._chats[connection] = known
        while len(self._chats) > MAX_CHATS:
            self._chats.pop(next(iter(self._chats)))
        return known


def project_opener(path: Path | None, environment: Mapping[str, str]) -> Opener:
    """Opens the project of folder `path`, else of CLAUDE_PROJECT_DIR (set by Claude Code), else of the working directory.

    It raises NoProject where the working directory was removed, and what `project.open` raises.
    """

    def open_project() -> SparkQ:
        start = path or Path(environment.get("CLAUDE_PROJECT_DIR", ""))
        return project.open(start if start.is_absolute() else location.here() / start, env=environment)

    return open_project
