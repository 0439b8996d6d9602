"""The records of the tables, and the columns of the SELECT that fills each.

A list of columns comes from the fields of its record, so that a new column is written once, in the right order.
"""

from typing import NamedTuple

from sparkq_core.lifecycle import FINISHED_STATUSES, ErrorType, Status, elapsed_ms, fails_at


def _columns(fields: tuple[str, ...], **expressions: str) -> str:
    """Return the columns of a SELECT: the fields of a record in their order, or the expression for a field."""
    return ", ".join(expressions.get(field, field) for field in fields)


class Session(NamedTuple):
    """A named stretch of work: a label over queues."""

    id: int
    name: str
    status: str
    created_at: int
    ended_at: int | None


SESSION_COLUMNS = _columns(Session._fields)


class Queue(NamedTuple):
    """A named line of tasks. `revision` counts the changes of its instructions, 0 if it never had any. `review_limit` is
    how many tasks it hands out that you have not reviewed, None for any number. `check_command` proves a task done, and an
    attempt may fail it `max_checks` times."""

    id: int
    name: str
    session: str | None
    status: str
    revision: int
    created_at: int
    ended_at: int | None
    archived_at: int | None
    paused_at: int | None
    review_limit: int | None
    check_command: str | None
    max_checks: int


QUEUE_COLUMNS = _columns(Queue._fields, session="(SELECT s.name FROM sessions AS s WHERE s.id = queues.session_id)")


class Gate(NamedTuple):
    """A queue that hands out no tasks for now: it is `paused`, or as many run or are unreviewed as `limit` allows."""

    queue: str
    queued: int
    running: int
    unreviewed: int
    limit: int | None
    paused: int


GATE_COLUMNS = _columns(
    Gate._fields, queue="name", unreviewed="unreviewed_succeeded + unreviewed_failed", limit="review_limit",
    paused="paused_at IS NOT NULL",
)  # fmt: skip


class Counts(NamedTuple):
    """How many tasks of a queue have each status; `stale` counts among running, `unreviewed` among finished tasks.

    Of the unreviewed, `unreviewed_cancelled` count for no review limit: a worker said something after the cancel."""

    queued: int = 0
    held: int = 0
    running: int = 0
    stale: int = 0
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    unreviewed: int = 0
    unreviewed_cancelled: int = 0

    @property
    def total(self) -> int:
        return sum(getattr(self, status) for status in Status)


COUNTS_COLUMNS = _columns(
    Counts._fields, stale="0", unreviewed=" + ".join(f"unreviewed_{status}" for status in FINISHED_STATUSES)
)
"""The counters of a queue. Staleness depends on the time, so it has none."""


class Task(NamedTuple):
    """One unit of work without its long texts. Times are UTC ms. The `late_` values are of the newest late text.
    `review_state` is what became of its outcome in a queue with a review limit: `pending`, `approved` or `rejected`.

    `chat_gone_at` is when the chat that holds it went away: it runs, but perhaps nobody works on it.
    """

    id: int
    queue_id: int
    queue: str
    session: str | None
    status: str
    position: int
    title: str
    tool: str
    task_class: str
    timeout: int
    source: str
    key: str | None
    revision: int
    attempts: int
    created_at: int
    worker: str | None
    claimed_at: int | None
    heartbeat_at: int | None
    stale_warned_at: int | None
    finished_at: int | None
    reviewed_at: int | None
    error_type: str | None
    late_at: int | None
    late_attempt: int | None
    late_outcome: str | None
    accepted_attempt: int | None
    chat_gone_at: int | None
    limit_until: int | None
    review_state: str | None

    @property
    def timed_out(self) -> bool:
        """True if it failed because its worker was silent for too long."""
        return self.error_type == ErrorType.TIMEOUT

    @property
    def news_at(self) -> int | None:
        """When the newest outcome or late text came that is for you to see, as the column of this name."""
        if self.status == Status.RUNNING:
            return None
        return max((at for at in (self.finished_at, self.late_at) if at is not None), default=None)

    @property
    def deadline(self) -> int | None:
        """When the running attempt fails by itself unless its worker reports progress, UTC ms. None while its chat waits
        for the end of a usage limit: it then goes back to its queue at `limit_until`."""
        if self.status != Status.RUNNING or self.claimed_at is None or self.limit_until is not None:
            return None
        return fails_at(self.heartbeat_at or self.claimed_at, self.timeout, self.stale_warned_at)

    @property
    def duration_ms(self) -> int | None:
        """The time from the claim to the outcome."""
        if self.finished_at is None or self.claimed_at is None:
            return None
        return elapsed_ms(self.claimed_at, self.finished_at)


def _review_state(task: str) -> str:
    """Return the review state of a task in a queue `q`."""
    return f"""CASE WHEN q.review_limit IS NULL OR {task}.status = '{Status.CANCELLED}' THEN NULL
WHEN {task}.finished_at IS NOT NULL THEN iif({task}.reviewed_at IS NULL, 'pending', 'approved')
WHEN {task}.late_at IS NOT NULL AND {task}.status <> '{Status.RUNNING}' THEN 'pending'
WHEN EXISTS (SELECT 1 FROM verdicts AS v WHERE v.task_id = {task}.id AND v.kind = 'requeued') THEN 'rejected' END"""


def _chat_gone_at(task: str) -> str:
    return f"""iif({task}.status = '{Status.RUNNING}', (SELECT c.gone_at FROM attempts AS a JOIN chats AS c ON c.id = a.chat_id
WHERE a.task_id = {task}.id AND a.attempt = {task}.attempts AND a.outcome IS NULL), NULL)"""


TASK_COLUMNS = _columns(
    Task._fields,
    queue="(SELECT q.name FROM queues AS q WHERE q.id = tasks.queue_id)",
    session="(SELECT s.name FROM queues AS q JOIN sessions AS s ON s.id = q.session_id WHERE q.id = tasks.queue_id)",
    chat_gone_at=_chat_gone_at("tasks"),
    review_state=f"(SELECT {_review_state('tasks')} FROM queues AS q WHERE q.id = tasks.queue_id)",
)
TASK_OF_QUEUE_COLUMNS = _columns(Task._fields, **{field: f"t.{field}" for field in Task._fields} | {
    "queue": "q.name", "session": "(SELECT s.name FROM sessions AS s WHERE s.id = q.session_id)",
    "chat_gone_at": _chat_gone_at("t"), "review_state": _review_state("t"),
})  # fmt: skip
"""The same of `tasks AS t JOIN queues AS q`, for a statement that needs columns of the queue too."""


class Attempt(NamedTuple):
    """One execution of a task. The `late_` values came after it had ended, and are kept for your review. An attempt that
    ended with a `question` has your `answer` as soon as you have given it."""

    task_id: int
    attempt: int
    worker: str
    revision: int
    claimed_at: int
    heartbeat_at: int | None
    stale_warned_at: int | None
    finished_at: int | None
    outcome: str | None
    result: str | None
    data: str | None
    error: str | None
    error_type: str | None
    late_outcome: str | None
    late_text: str | None
    late_data: str | None
    late_at: int | None
    accepted_at: int | None
    git_before: str | None
    git_after: str | None
    chat_id: int | None
    next_task: int | None
    next_attempt: int | None
    usage: str | None
    question: str | None
    answer: str | None
    answered_at: int | None
    client: str | None
    client_version: str | None
    model: str | None

    @property
    def timed_out(self) -> bool:
        """True if it failed because its worker was silent for too long."""
        return self.error_type == ErrorType.TIMEOUT

    @property
    def duration_ms(self) -> int | None:
        """The time from the claim to the end of the attempt."""
        return None if self.finished_at is None else elapsed_ms(self.claimed_at, self.finished_at)


ATTEMPT_COLUMNS = _columns(Attempt._fields)


class Check(NamedTuple):
    """One run of a queue's check for an attempt, from `number` 1. `outcome` is a CheckOutcome, `tail` the end of what it
    printed. `tree` are the files of `work_tree` that it ran on, None if that is not known. `same_tree` is 1 if the attempt
    ended with these files, 0 if not, and None as long as that is not known. `touched` is JSON: the changed files that the
    check itself reads."""

    task_id: int
    attempt: int
    number: int
    command: str
    outcome: str
    exit_code: int | None
    started_at: int
    duration_ms: int
    tail: str
    work_tree: str | None
    tree: str | None
    same_tree: int | None
    touched: str | None


CHECK_COLUMNS = _columns(Check._fields)


class Chat(NamedTuple):
    """One conversation of one client. `session` is the client's own id of it. `last_at` is its last claim, progress or
    settlement, and `gone_at` is when its connection ended."""

    id: int
    client: str
    version: str | None
    session: str | None
    cwd: str | None
    model: str | None
    first_at: int
    last_at: int
    gone_at: int | None
    gone_why: str | None


# A timeout ends an attempt long after its chat was last heard of.
_LAST_SIGN = f"""SELECT max(max(a.claimed_at, coalesce(a.heartbeat_at, 0),
    iif(a.error_type IS '{ErrorType.TIMEOUT}', 0, coalesce(a.finished_at, 0)))) FROM attempts AS a WHERE a.chat_id = chats.id"""
CHAT_COLUMNS = _columns(Chat._fields, last_at=f"max(last_at, coalesce(({_LAST_SIGN}), 0))")


class Event(NamedTuple):
    """One thing that happened; `text` is its note, feedback or reason. A verdict or a move has the `door` by which you
    gave it, and as `worker` the name of the program where that is known."""

    id: int
    at: int
    kind: str
    task_id: int | None
    queue_id: int | None
    attempt: int | None
    worker: str | None
    text: str | None
    door: str | None


EVENT_COLUMNS = _columns(Event._fields)


class Prompt(NamedTuple):
    """One revision of a task's prompt."""

    revision: int
    text: str
    created_at: int


PROMPT_COLUMNS = _columns(Prompt._fields)
