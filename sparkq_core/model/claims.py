"""What a worker gets: the claim of a task, and the answer to its outcome."""

from typing import NamedTuple

from sparkq_core.model.rows import Gate, Task


class Earlier(NamedTuple):
    """How the previous attempt ended, for the next worker."""

    attempt: int
    worker: str
    outcome: str
    text: str | None
    error_type: str | None


class Asked(NamedTuple):
    """The last question of a task's workers that you have answered; `rounds` counts all of those."""

    attempt: int
    question: str
    answer: str
    rounds: int


class Claim(NamedTuple):
    """A task that a worker has claimed: settle it with `task.attempts` as the attempt.

    `instructions` are the present ones of the queue; their revision is 0 if the queue never had any. `check` is the queue's
    command that proves the task done, if it has one. `chat_id` is the chat that has just claimed it, if it is one.
    """

    task: Task
    prompt: str
    how: str
    feedback: str | None
    earlier: Earlier | None
    remaining: int
    instructions: str
    instructions_revision: int
    asked: Asked | None = None
    chat_id: int | None = None
    check: str | None = None


class Settled(NamedTuple):
    """A settled task, and how many tasks of its queue remain.

    `again` is true if this outcome of `attempt` had been reported before, `kept` if that was in other words, which are
    then kept beside the first. `archived` is true if the queue hands out no tasks. `claimed` is the next task of the
    queue, for a worker that asked for it. `held` tasks of the queue wait for your answer, and
    `gate` is closed if the queue hands out none until you let it.
    """

    task: Task
    remaining: int
    attempt: int
    outcome: str
    again: bool = False
    kept: bool = False
    archived: bool = False
    claimed: Claim | None = None
    held: int = 0
    gate: Gate | None = None
