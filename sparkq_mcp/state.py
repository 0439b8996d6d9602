"""The state of a running server: the open project, and its chats."""

import logging
from collections.abc import Callable, Mapping
from pathlib import Path

from sparkq_core import events, project
from sparkq_core.config import location
from sparkq_core.project import SparkQ
from sparkq_mcp.chat import Chat, worker_name

MAX_CHATS = 1000
"""Most chats that a server remembers; it forgets the least recently used one first."""

Opener = Callable[[], SparkQ]
log = logging.getLogger("sparkq.mcp")


class ServerState:
    """The project of the tools, opened at the first call, and the chats."""

    def __init__(self, opener: Opener) -> None:
        self.closing = False
        """True if the client has closed its end or the server stops: no claim waits any longer."""
        self._opener = opener
        self._sq: SparkQ | None = None
        self._version = 0
        self._event = 0
        self._chats: dict[str, Chat] = {}

    @property
    def sq(self) -> SparkQ:
        """The open project, with its new configuration after a `sparkq reload` of another process. Until a project has been
        set up, each call tries again to open it. Raises NoProject and StorageError."""
        if self._sq is not None and (version := self._sq.version()) != self._version:
            newest = events.last(self._sq)  # read before the search for a reload, so that none is missed in between
            reloaded = events.reloaded(self._sq, self._event)
            self._version, self._event = version, newest
            if reloaded:
                self._sq = project.renewed(self._sq, self._opener, log)
        if self._sq is None:
            self._sq = self._opener()
            self._version, self._event = self._sq.version(), events.last(self._sq)
        return self._sq

    def chat(self, connection: str | None, client: str | None) -> Chat:
        """Return the chat on this connection. Its worker name is the name of the client and the process.

        A request without a connection (None) gets a new chat that is not remembered, so that no chat can settle the
        task of another one without its attempt.
        """
        if connection is None:
            return Chat(worker_name(client, "http"))
        known = self._chats.pop(connection, None) or Chat(worker_name(client, connection[:8]))
        self._chats[connection] = known
        while len(self._chats) > MAX_CHATS:
            self._chats.pop(next(iter(self._chats)))
        return known


def project_opener(path: Path | None, environment: Mapping[str, str]) -> Opener:
    """Return a function that opens the project of folder `path`, else of CLAUDE_PROJECT_DIR (set by Claude Code), else of
    the working directory.

    It raises NoProject if the working directory was removed, and the errors of `project.open`.
    """

    def open_project() -> SparkQ:
        start = path or Path(environment.get("CLAUDE_PROJECT_DIR", ""))
        return project.open(start if start.is_absolute() else location.here() / start, env=environment)

    return open_project
