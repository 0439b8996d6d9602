"""The server's memory of a chat: the attempts that it holds, and the instructions that it has seen.

A stdio process serves one chat. All of this is convenience: the store checks the number of the attempt at each settle,
so the restart of a server can cost a chat one more call but never a result.
"""

import os
import re
from dataclasses import dataclass, field

from sparkq_core import tasks
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ

MAX_OPEN = 20
"""Most open claims in one answer, the oldest first."""


@dataclass
class Chat:
    """One chat and the name that it works under.

    `attempts` maps the id of each task that the chat claimed to its attempt. `unsettled` has the ids of the tasks that it
    has not settled or released yet. `seen_revisions` maps the id of a queue to the revision of its instructions that
    the chat last saw.
    """

    worker: str = ""
    attempts: dict[int, int] = field(default_factory=dict)
    unsettled: set[int] = field(default_factory=set)
    seen_revisions: dict[int, int] = field(default_factory=dict)

    def add_claim(self, claim: Claim) -> None:
        """Remember the attempt of this chat's new claim."""
        self.attempts[claim.task.id] = claim.task.attempts
        self.unsettled.add(claim.task.id)

    def close_claim(self, task_id: int) -> None:
        """Forget the open claim of a settled or released task. Its attempt is kept, so that the same call again is harmless."""
        self.unsettled.discard(task_id)

    def attempt_for(self, sq: SparkQ, verb: str, task_id: int, given: int) -> int:
        """Return the attempt for `verb`: the one `given` in the call, else the one that this chat claimed.

        Raises ClaimLost, NoSuchTask or WrongState for a task that this chat never claimed.
        """
        if given:
            return given
        if task_id not in self.attempts:
            raise tasks.not_held(sq, task_id, verb)
        return self.attempts[task_id]

    def open_claims(self, sq: SparkQ, besides: int = 0) -> list[int]:
        """Return the ids of the tasks that this chat still holds, except `besides`; at most MAX_OPEN."""
        if self.unsettled <= {besides}:
            return []
        self.unsettled = tasks.still_running(sq, {task_id: self.attempts[task_id] for task_id in self.unsettled})
        return sorted(self.unsettled - {besides})[:MAX_OPEN]

    def holds(self, sq: SparkQ, task_id: int) -> bool:
        """True if this chat holds the running attempt of the task."""
        return task_id in self.attempts and bool(tasks.still_running(sq, {task_id: self.attempts[task_id]}))


def worker_name(client: str | None, connection: str) -> str:
    """Return a name like `claude-code-4711`: the client's name as one word, and the process id of the server."""
    word = re.sub(r"[^A-Za-z0-9._]+", "-", client or "").strip("-")[:60].lower()
    suffix = f"-{connection}" if connection else ""
    return f"{word or 'chat'}-{os.getpid()}{suffix}"
