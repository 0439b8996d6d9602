"""Run the check of a queue for a running attempt: what a worker does before it completes a task. The caller executes it."""

import json
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sparkq_core import queues, times
from sparkq_core.changes import check_files, current, diff
from sparkq_core.changes.current import Files, Place
from sparkq_core.changes.git import Deadline, GitFailed
from sparkq_core.changes.states import OBJECT_ID, parsed
from sparkq_core.errors import Kind, SparkQError
from sparkq_core.events import note
from sparkq_core.lifecycle import CheckOutcome
from sparkq_core.model import CHECK_COLUMNS, Check, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from sparkq_core.storage import patience
from sparkq_core.storage.database import Transaction
from sparkq_core.tasks import fence
from sparkq_core.tasks.progress import HEARTBEAT, guard
from sparkq_core.tasks.refusals import refused

LAST = "SELECT coalesce(max(number), 0) FROM checks WHERE task_id = :task_id AND attempt = :attempt"
BEGAN = "SELECT git_before FROM attempts WHERE task_id = :task AND attempt = :attempt"
ADD = f"""
INSERT INTO checks ({CHECK_COLUMNS})
VALUES (:task_id, :attempt, :number, :command, :outcome, :exit_code, :started_at, :duration_ms, :tail, :work_tree, :tree,
    :same_tree, :touched)
"""
TAIL = 4096
"""Most bytes that are kept of what a check printed: the last ones."""

BEATS = 3
"""Signs of its worker in each timeout while a check runs."""

LONGEST_SECONDS = 3600.0
"""How long a check that runs is a sign of its worker. One that hangs lets its task time out after that."""

MOST_NAMED = 5


class NoCheck(SparkQError):
    """The queue of the task has no check."""

    kind, code = Kind.CONFLICT, "no_check"


class Run(NamedTuple):
    """A check that has begun: run `command` in `folder` with a `Beat`, then `end` it. `most` is how often it may fail, and
    `timeout` (in s) that of its task."""

    task_id: int
    attempt: int
    command: str
    most: int
    timeout: int
    started_at: int
    place: Place
    files: Files | None

    @property
    def folder(self) -> Path:
        """Where the command runs."""
        return self.place.folder


class Ended(NamedTuple):
    """A check that has been recorded. `failed` is how often the attempt has failed it, of at most `most` times. `moved` are
    the first files that changed while it ran."""

    check: Check
    failed: int
    most: int
    moved: tuple[str, ...] = ()


def begin(sq: SparkQ, task_id: int, here: Path, *, attempt: int | None = None) -> Run:
    """Begin the check of a running task whose worker is in folder `here`. Restarts its stale clock.

    `attempt` is as in `complete`. Raises NoCheck, CheckFailed if the attempt has failed it as often as the queue allows,
    AttemptNeeded, ClaimLost, NoSuchTask, WrongState.
    """
    now = sq.clock.now()
    with sq.db.write() as tx:
        if attempt is None and fence.earlier_is_silent(tx, task_id):
            raise fence.keep(tx, "check", task_id, "", now)
        task = _alive(tx, task_id, attempt, now)
        queue = queues.by_id(tx, task.queue_id)
        if queue.check_command is None:
            raise NoCheck(f"The queue {queue.name} has no check.", "Complete the task without one.")
        times = checks.failures(tx, task.id, task.attempts, queue.check_command)
        if times >= queue.max_checks:
            raise checks.failed(task.id, task.attempts, queue.check_command, times, queue.max_checks)
    deadline = Deadline.after(checks.SECONDS)
    place = current.place(sq.config.root, here, deadline)
    files = current.files(sq.config, place.work_tree, deadline)
    return Run(
        task.id, task.attempts, queue.check_command, queue.max_checks, task.timeout, sq.clock.now(), place, files
    )


class Beat:
    """Restarts the stale clock of a task while its check runs: its worker waits for it. Call it as often as you like."""

    def __init__(self, sq: SparkQ, run: Run) -> None:
        self._sq = sq
        self._values = guard("progress", run.task_id, run.attempt)
        self._pause = run.timeout / BEATS
        self._until = sq.clock.monotonic() + LONGEST_SECONDS
        self._next = sq.clock.monotonic() + self._pause

    def __call__(self) -> None:
        """Restart the clock when it is time. Whether the attempt still runs, and any trouble, is seen at the end."""
        now = self._sq.clock.monotonic()
        if not self._next <= now <= self._until:
            return
        self._next = now + self._pause
        with suppress(SparkQError), patience.for_reader(), self._sq.db.write() as tx:
            tx.run(HEARTBEAT, self._values | {"now": self._sq.clock.now()})


def end(sq: SparkQ, run: Run, exit_code: int | None, tail: bytes, *, stopped: bool = False) -> Ended:
    """Record how a check ended: by its exit code, or `stopped` before. `tail` is the end of what it printed.

    It has passed only if the files are the same as when it began. Raises ClaimLost if its attempt no longer runs: then
    nothing is recorded.
    """
    took = max(sq.clock.now() - run.started_at, 0)
    moved = _moved(sq, run) if exit_code == 0 and not stopped else ()
    outcome = _outcome(exit_code, stopped=stopped, moved=moved is None or bool(moved))
    touched = _touched(sq, run)
    now = sq.clock.now()
    with sq.db.write() as tx:
        task = _alive(tx, run.task_id, run.attempt, now)
        which = {"task_id": run.task_id, "attempt": run.attempt}
        check = Check(
            **which, number=tx.rows(LAST, which)[0][0] + 1, command=run.command, outcome=outcome, exit_code=exit_code,
            started_at=run.started_at, duration_ms=took, tail=_text(tail),
            work_tree=run.files and run.files.work_tree, tree=run.files and run.files.tree, same_tree=None,
            touched=json.dumps(touched, ensure_ascii=False) if touched else None,
        )  # fmt: skip
        tx.run(ADD, check._asdict())
        how = "" if exit_code is None else f", exit {exit_code}"
        text = f"{run.command}{how}, {times.took(took, tenths=False)}"
        note(tx, now, f"check {outcome}", task=task.id, queue=task.queue_id, attempt=task.attempts, text=text)
        return Ended(check, checks.failures(tx, task.id, task.attempts, run.command), run.most, moved or ())


def _alive(tx: Transaction, task_id: int, attempt: int | None, now: int) -> Task:
    """Restart the stale clock of a running attempt, and return its task. Raises what refuses a check."""
    row = tx.row(HEARTBEAT, guard("progress", task_id, attempt) | {"now": now})
    if row is None:
        raise refused(tx, task_id, "check", attempt)
    return Task(*row)


def _outcome(exit_code: int | None, *, stopped: bool, moved: bool) -> CheckOutcome:
    if stopped:
        return CheckOutcome.STOPPED
    if exit_code != 0:
        return CheckOutcome.FAILED
    return CheckOutcome.CHANGED if moved else CheckOutcome.PASSED


def _moved(sq: SparkQ, run: Run) -> tuple[str, ...] | None:
    """Return the first files that changed since the check began; None if Git cannot say although it could then."""
    if run.files is None:
        return ()
    deadline = Deadline.after(checks.SECONDS)
    after = current.files(sq.config, run.place.work_tree, deadline)
    if after is None:
        return None
    if after.tree == run.files.tree:
        return ()
    with suppress(GitFailed):
        reader = diff.reader(sq.config, after.work_tree, deadline)
        return tuple(file.path for file in diff.files(reader, run.files.tree, after.tree)[:MOST_NAMED]) or None
    return None


def _touched(sq: SparkQ, run: Run) -> tuple[str, ...]:
    """Return the files that the check itself reads, of those that the attempt has changed so far."""
    row = sq.db.row(BEGAN, {"task": run.task_id, "attempt": run.attempt})
    began = parsed(row[0]) if row else {}
    here = run.place.work_tree
    if here is None or run.files is None or not OBJECT_ID.fullmatch(began.get("tree", "")):
        return ()
    with suppress(GitFailed):
        reader = diff.reader(sq.config, run.files.work_tree, Deadline.after(checks.SECONDS))
        changed = diff.files(reader, began["tree"], run.files.tree)
        return check_files.touched(run.command, changed, run.folder.relative_to(here.top).as_posix())
    return ()


def _text(tail: bytes) -> str:
    """Return the end of an output as a text that can be stored."""
    return tail[-TAIL:].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
