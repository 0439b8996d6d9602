"""What the server remembers of the chats that talk to it: which attempts they hold, which instructions they saw.

A stdio process serves one chat. Everything here is convenience: the attempts are fenced in the store, so that a
server that was restarted, or forgot, can cost a chat one more call but never a result.
"""

import os
import re
from dataclasses import dataclass, field

from sparkq_core import tasks
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ

MAX_OPEN = 20
"""Open claims named at once; the others are named when these are settled."""


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


def worker_name(client: str | None, connection: str) -> str:
    """`claude-code-4711`: the client's name as one word, and the process that serves it."""
    word = re.sub(r"[^A-Za-z0-9._]+", "-", client or "").strip("-")[:60].lower()
    suffix = f"-{connection}" if connection else ""
    return f"{word or 'chat'}-{os.getpid()}{suffix}"
