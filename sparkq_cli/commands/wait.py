"""`sparkq wait`"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Annotated, NamedTuple

import typer

from sparkq_cli import feed, reader, show
from sparkq_cli.context import chosen_queue, open_sparkq
from sparkq_cli.options import Json, Quiet, new_app, task_ids
from sparkq_core import queues, stale, tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import FINISHED_STATUSES, QueueStatus, Status
from sparkq_core.maintenance import rounds
from sparkq_core.model import Queue, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates

app = new_app()

FAILED, TIMED_OUT = 1, 124
MOST_NAMED = 3
"""Tasks that are named when the wait begins."""

LOOK_SECONDS = 0.1
SWEEP_SECONDS = 5.0
"""At most; a shorter interval in the settings overrides it."""


@app.command()
def wait(
    ids: Annotated[list[int] | None, task_ids("The tasks to wait for:")] = None,
    queue: Annotated[
        str | None,
        typer.Option(
            "--queue",
            "-Q",
            metavar="NAME",
            help="Wait until this queue has nothing queued or running (default without ids: the only queue).",
        ),
    ] = None,
    timeout: Annotated[
        float | None, typer.Option("--timeout", metavar="S", help="Give up after this many seconds.", min=0)
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
) -> None:
    """Wait until tasks are finished, or until a queue has nothing queued or running.

    It says on standard error what it waits for, and prints each task when it has finished.

    It does not wait for you: a task that is held until you answer a question ends the wait too, if nothing else goes on. So
    does a queue that hands out no tasks until you let it: tasks that are still queued there count as not done.
    Exit code 0 if all succeeded, 1 if not, 124 after the timeout. For a queue, tasks count that finished while this command
    waited, held ones, and earlier failed ones that you have not reviewed; cancelled tasks do not.

    Examples:
      sparkq wait 42 43 --timeout 600 && make release
      sparkq wait --queue backend
    """
    if ids and queue:
        raise InvalidValue("Ids and a queue were given.", "Give ids, or --queue NAME.")
    sq = open_sparkq()
    started = sq.clock.now()
    awaited = None if ids else queues.by_name(sq, chosen_queue(sq, queue))
    told = _Told(sq, awaited) if not (json or quiet) else None
    if told is not None:
        told.begin(ids or [])

    def finished() -> bool:
        if told is not None:
            told.ended(_ended(sq, awaited, started) if awaited else _each(sq, ids or []))
        return _drained(sq, awaited) if awaited else _finished(sq, ids or [])

    pause = time.sleep if quiet else reader.pause  # quiet: its output may be closed, since nobody reads it
    over = not _until(sq, finished, timeout, pause)
    before = tasks.failed_before(sq, awaited, started) if awaited else ()
    ended = [*before, *(_ended(sq, awaited, started) if awaited else _each(sq, ids or []))]
    not_done = (
        (Status.FAILED, Status.HELD) if awaited else (Status.FAILED, Status.HELD, Status.QUEUED, Status.CANCELLED)
    )
    gate = _closed(sq, awaited.id) if awaited else None
    failed = any(task.status in not_done for task in ended) or bool(gate and gate.queued)
    if json:
        show.json_line(
            {"tasks": [wire.task_brief(task, sq.clock.now()) for task in ended], "total": len(ended), "timed_out": over}
        )
    elif told is not None:
        told.end(ended, before)
        if gate and gate.queued:
            show.say(f"{gate.sentence}, {gate.queued} queued ({gate.opener})")
        if over:
            show.say("Timed out.")
    if over or failed:
        raise typer.Exit(TIMED_OUT if over else FAILED)


class _Closed(NamedTuple):
    """Why a queue hands out no tasks, by what command it does again, and how many are queued and running there."""

    sentence: str
    opener: str
    queued: int
    running: int


def _closed(sq: SparkQ, queue_id: int) -> _Closed | None:
    """Return why a queue hands out no tasks until you let it; None if it does."""
    gate = gates.of_queue(sq.db, queue_id)
    if gate is not None:
        return _Closed(gates.sentence(gate), gates.opener(gate), gate.queued, gate.running)
    queue = queues.with_id(sq, queue_id)
    if queue.status != QueueStatus.ARCHIVED:
        return None
    counts = queues.counts_of(sq, queue)
    opener = f"sparkq queue unarchive {queue.name}"
    return _Closed(f"{queue.name} is archived", opener, counts.queued, counts.running)


class _Told:
    """Says what is waited for, and each task in the moment in which it has finished."""

    def __init__(self, sq: SparkQ, queue: Queue | None) -> None:
        self._sq = sq
        self._queue = queue
        self._said: set[tuple[int, int]] = set()

    def begin(self, ids: list[int]) -> None:
        """Say what is waited for, on standard error: the output is what finished."""
        now = self._sq.clock.now()
        open_ones = [task for task in _each(self._sq, ids) if task.status not in FINISHED_STATUSES]
        if self._queue is not None:
            counts = queues.counts_of(self._sq, self._queue)
            if counts.running or counts.queued:
                waiting = f"{counts.running} running and {counts.queued} queued"
                show.note(f"Waiting for {self._queue.name}: {waiting}.")
        elif open_ones:
            more = f", and {len(open_ones) - MOST_NAMED} more" if len(open_ones) > MOST_NAMED else ""
            show.note("Waiting for " + "; ".join(feed.described(task, now) for task in open_ones[:MOST_NAMED]) + more)

    def ended(self, tasks: Sequence[Task]) -> None:
        """Say which tasks have finished since the last time."""
        for task in tasks:
            if task.status in FINISHED_STATUSES:
                self._say(task, "")

    def end(self, tasks: Sequence[Task], before: Sequence[Task]) -> None:
        """Say all that was not said yet: tasks that do not go on, and those that failed before."""
        for task in tasks:
            more = ", earlier, not reviewed" if task in before else ""
            if task.status == Status.HELD:
                more = f": it waits for your answer: sparkq answer {task.id}"
            if task.status == Status.QUEUED and (closed := _closed(self._sq, task.queue_id)):
                more = f": {closed.sentence} ({closed.opener})"
            self._say(task, more)

    def _say(self, task: Task, more: str) -> None:
        if (task.id, task.attempts) not in self._said:
            self._said.add((task.id, task.attempts))
            show.say(f"{feed.described(task, self._sq.clock.now())}{more}")
            sys.stdout.flush()


def _each(sq: SparkQ, ids: list[int]) -> list[Task]:
    return [tasks.get(sq, number) for number in ids]


def _ended(sq: SparkQ, queue: Queue, since: int) -> list[Task]:
    """Return the tasks of a queue that finished since then, and those that wait for your answer, by id."""
    held = [
        each.task for each in tasks.open_questions(sq, queue=queues.with_id(sq, queue.id).name, limit=1000).questions
    ]
    return sorted([*tasks.ended_since(sq, queue, since), *held])


def _finished(sq: SparkQ, ids: list[int]) -> bool:
    """True if the tasks are finished or wait for you."""
    awaited = [tasks.get(sq, number) for number in ids]
    return all(task.status in (*FINISHED_STATUSES, Status.HELD) or _waits_for_you(sq, task) for task in awaited)


def _waits_for_you(sq: SparkQ, task: Task) -> bool:
    """True if the task is queued where nothing is handed out until you let it, and nothing runs there."""
    gate = _closed(sq, task.queue_id) if task.status == Status.QUEUED else None
    return gate is not None and not gate.running


def _drained(sq: SparkQ, queue: Queue) -> bool:
    counts = queues.counts_of(sq, queue)
    return not counts.running and (not counts.queued or _closed(sq, queue.id) is not None)


def _until(sq: SparkQ, condition: Callable[[], bool], timeout: float | None, pause: Callable[[float], None]) -> bool:
    """Whether it came true in time: looked at whenever another process has written."""
    end = None if timeout is None else time.monotonic() + timeout
    swept = time.monotonic()
    version = None
    longest = min(SWEEP_SECONDS, rounds.interval_seconds(sq))
    while True:
        present = sq.version()
        if present != version or time.monotonic() - swept > longest:
            version, swept = present, time.monotonic()
            stale.sweep(sq)
            if condition():
                return True
        if end is not None and time.monotonic() >= end:
            return condition()
        pause(LOOK_SECONDS)
