"""What the server remembers of the chats that talk to it: which attempts they hold, which instructions they saw.

A stdio process serves one chat. Everything here is convenience: the attempts are fenced in the store, so that a
server that was restarted, or forgot, can cost a chat one more call but never a result.
"""

import logging
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sparkq_core import events, project, tasks
from sparkq_core.config import location
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ

MAX_CHATS = 1000
"""Chats remembered by a server of many; the one that was heard of longest ago is forgotten first."""

MAX_OPEN = 20
"""Open claims named at once; the others are named when these are settled."""

Opener = Callable[[], SparkQ]
log = logging.getLogger("sparkq.mcp")


@dataclass
class Chat:
    """One chat: its worker name, the attempts that it was handed, those that it has not settled yet, and the
    revision of each queue's instructions that it was shown."""

    worker: str = ""
    handed: dict[int, int] = field(default_factory=dict)
    unsettled: set[int] = field(default_factory=set)
    shown: dict[int, int] = field(default_factory=dict)

    def took(self, claim: Claim) -> None:
        """Remember the attempt of a claim that goes to this chat."""
        self.handed[claim.task.id] = claim.task.attempts
        self.unsettled.add(claim.task.id)

    def gave_back(self, task_id: int) -> None:
        """The task is settled or released. Its attempt stays known, so that the same answer again is harmless."""
        self.unsettled.discard(task_id)

    def attempt(self, sq: SparkQ, verb: str, task_id: int, given: int) -> int:
        """The attempt with which this chat may do `verb`: the one it names, or the one it was handed.

        Raises what the core says of a task that this chat does not hold.
        """
        if given:
            return given
        if task_id not in self.handed:
            raise tasks.not_held(sq, task_id, verb)
        return self.handed[task_id]

    def open_claims(self, sq: SparkQ, but: int = 0) -> list[int]:
        """The ids of the tasks that this chat still holds, besides `but`; of many, the MAX_OPEN oldest."""
        self.unsettled = tasks.still_running(sq, {one: self.handed[one] for one in self.unsettled})
        return sorted(self.unsettled - {but})[:MAX_OPEN]

    def holds(self, sq: SparkQ, task_id: int) -> bool:
        """Whether the running attempt of the task is this chat's."""
        return task_id in self.handed and bool(tasks.still_running(sq, {task_id: self.handed[task_id]}))


class Desk:
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


def worker_name(client: str | None, connection: str) -> str:
    """`claude-code-4711`: the client's name as one word, and the process that serves it."""
    word = re.sub(r"[^A-Za-z0-9._]+", "-", client or "").strip("-")[:60].lower()
    suffix = f"-{connection}" if connection else ""
    return f"{word or 'chat'}-{os.getpid()}{suffix}"


def opener(path: Path | None, environment: Mapping[str, str]) -> Opener:
    """Opens the project of folder `path`, else of CLAUDE_PROJECT_DIR (set by Claude Code), else of the working directory.

    It raises NoProject where the working directory was removed, and what `project.open` raises.
    """

    def open_project() -> SparkQ:
        start = path or Path(environment.get("CLAUDE_PROJECT_DIR", ""))
        return project.open(start if start.is_absolute() else location.here() / start, env=environment)

    return open_project
