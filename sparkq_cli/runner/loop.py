"""Print the tasks of a queue on standard output, for chats without MCP.

One task at a time: the next is claimed only when the last is settled, so no timeout runs while nobody works, and none is
claimed after a timeout until somebody reads again. The runner never executes anything. There is one runner per queue, by
a lock of the operating system, which ends with the process.
"""

import os
import signal
import time
from contextlib import suppress
from types import FrameType

from sparkq_cli import announcement, questions, show
from sparkq_cli.context import record_change
from sparkq_cli.hand_out import CLOSED, GONE, HandOut, Stopped, Unprinted, heeded, on_terminal, say, writable
from sparkq_cli.runner import timeouts, worker
from sparkq_cli.runner.waiting import Mode, Poll, Runner, outlasting, wait
from sparkq_core import queues, tasks, times, wire
from sparkq_core.errors import ClaimLost, NoSuchTask, QueueClosed, SparkQError
from sparkq_core.files import lock
from sparkq_core.lifecycle import Status
from sparkq_core.model import Claim, Task
from sparkq_core.queues import gates
from sparkq_core.text import safe


class RunnerTaken(SparkQError):
    """Another runner works this queue."""

    kind, code = QueueClosed.kind, "runner_taken"


ENDLESS = (Mode.RUN, Mode.WATCH)
"""The modes that only end when they are stopped, so that being stopped does not count as a failure."""


def work(runner: Runner) -> int:
    """Stream the queue until its mode says to end, or a signal comes. Raises RunnerTaken, NobodySettled, StorageError.

    Returns the exit code: as a shell gives it for a signal if that ended a mode that ends by itself, else 0.
    """
    file = runner.sq.config.run_dir / f"runner-{runner.queue_id}.lock"
    handle = lock.acquire(file, wait=False)
    if handle is None:
        process = lock.holder(file)
        who = f" (process {process})" if process else ""
        raise RunnerTaken(
            f"A runner is already working on {runner.queue}{who}.",
            f"One runner for each queue is enough.{f' To end it: kill {process}' if process else ''}",
        )
    try:
        lock.sign(handle, lock.noted(handle))
        ended_by = _stream(runner._replace(hosts=worker.hosts(runner.sq), lock=handle))
    finally:
        os.close(handle)
    return 0 if ended_by is None or runner.mode in ENDLESS else 128 + ended_by


def _stream(runner: Runner) -> int | None:
    """Return the number of the signal that ended it, SIGPIPE if its reader is gone; None if it ended by itself."""
    for number in heeded():
        signal.signal(number, _stop)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a reader that is gone must raise, so that its task goes back
    try:
        outlasting(runner, lambda: _introduce(runner))
        outlasting(runner, lambda: timeouts.tell_at_start(runner))
        _loop(runner)
    except Unprinted as unprinted:
        if not unprinted.is_gone:
            raise
        return signal.SIGPIPE
    except OSError as error:
        if error.errno not in GONE:
            raise
        return signal.SIGPIPE
    except Stopped as stopped:
        for number in heeded():
            signal.signal(number, signal.SIG_DFL)
        if stopped.number != signal.SIGHUP and writable(0):
            with suppress(OSError, SparkQError):
                say(f"The runner of {runner.queue} stops. Tasks that it printed can still be completed.")
        return stopped.number
    return None


def _stop(number: int, _frame: FrameType | None) -> None:
    raise Stopped(number)


def _loop(runner: Runner) -> None:
    poll, said = Poll(runner.poll), ""
    while True:
        seen = outlasting(runner, runner.sq.version)
        if _one_task(runner):
            said = ""
            if runner.mode == Mode.ONCE:
                return
            continue
        if runner.mode == Mode.DRAIN:
            _check_drained(runner)
        why = questions.nothing_queued(runner.sq, runner.queue)
        if runner.mode in (Mode.ONCE, Mode.DRAIN):
            say(f"{why}.")
            return
        is_due = poll.is_due()
        if why != said or (is_due and runner.mode == Mode.WATCH):
            runner.say(f"{why}; waiting for tasks.")
        said = why
        wait(runner, poll.left(), seen)


def _check_drained(runner: Runner) -> None:
    """Raise QueueWaits if tasks are left that the queue does not hand out: it will not be empty until you act."""
    gate = gates.of_queue(runner.sq.db, runner.queue_id)
    if gate is not None and gate.queued:
        raise gates.closed(gate)


def _one_task(runner: Runner) -> bool:
    """Hand out a task, and wait until it is settled. False if there is none.

    If the terminal in which it was printed is closed, nobody can read it any more, so the task is given back.
    """
    out, terminal = HandOut(runner.sq), on_terminal()
    try:
        if not outlasting(runner, lambda: _hand_out(runner, out)) or out.claim is None:
            return False
        claim = out.claim
        if runner.mode != Mode.ONCE:
            _until_settled(runner, claim)
    except Stopped as stopped:
        if stopped.number == signal.SIGHUP and terminal:
            out.give_back(CLOSED)
        raise
    except OSError as error:
        if error.errno in GONE and terminal:
            out.give_back(CLOSED)
        raise
    if runner.mode != Mode.ONCE:
        _after_timeout(runner, claim)
    return True


def _hand_out(runner: Runner, out: HandOut) -> bool:
    """Print the open task of this runner again, or else claim the next. False if there is none."""
    claim = _open_task(runner)
    if claim is not None:
        out.claim = claim
        say(_announced(runner, claim, again=True))
        return True
    with out:
        out.claim = runner.by_name(lambda name: tasks.claim(runner.sq, name, worker.name(runner.hosts, name)))
        if out.claim is not None:
            say(_announced(runner, out.claim))
    record_change(runner.sq, begun=out.claim)
    return out.claim is not None


def _announced(runner: Runner, claim: Claim, *, again: bool = False) -> str:
    more = announcement.More.OFFERED if runner.mode == Mode.ONCE else announcement.More.COMES
    return f"\n{announcement.text(claim, runner.sq.clock.now(), more, again=again)}"


def _open_task(runner: Runner) -> Claim | None:
    """Return the running task that a runner of this queue has handed out, if there is one.

    A task that was claimed under an earlier name of the queue or of the machine counts too: the lock is that of the
    queue's id, so no other runner on this machine can have claimed it.
    """
    running = runner.by_name(
        lambda name: tasks.list_page(runner.sq, tasks.Wanted(queue=name, status=Status.RUNNING), limit=1000).tasks
    )
    own = [task for task in running if runner.is_own(task.worker)]
    if not own:
        return None
    first = min(own, key=lambda task: (task.claimed_at or 0, task.id))
    try:
        return tasks.claim_again(runner.sq, first.id, attempt=first.attempts)
    except (ClaimLost, NoSuchTask):
        return None  # settled between the two looks


def _until_settled(runner: Runner, claim: Claim) -> None:
    """Wait until an attempt has ended, and say how. `--watch` adds a line at each poll, and for each sign of the worker."""
    began, poll, shown = time.monotonic(), Poll(runner.poll), claim.task
    while True:
        seen = outlasting(runner, runner.sq.version)
        task = outlasting(runner, lambda: _found(runner, claim.task.id))
        if task is None:
            runner.say(f"{wire.friendly(claim.task.id)} was deleted.")
            return
        if task.status != Status.RUNNING or task.attempts != claim.task.attempts:
            kind = f" ({task.error_type})" if task.error_type else ""
            if task.status == Status.HELD:
                kind = f": it waits for your answer: sparkq answer {task.id}"
            runner.say(f"{wire.friendly(task.id)} {task.status}{kind}.")
            return
        is_due = poll.is_due()
        if runner.mode == Mode.WATCH and (is_due or _looks_new(task, shown)):
            mark = show.mark(task, runner.sq.clock.now())
            took = times.took(int((time.monotonic() - began) * 1000))
            runner.say(f"{wire.friendly(task.id)} running for {took}{f' {mark} stale' if mark else ''}.")
        shown = task
        wait(runner, poll.left(), seen)


def _found(runner: Runner, task_id: int) -> Task | None:
    try:
        return tasks.get(runner.sq, task_id)
    except NoSuchTask:
        return None


def _looks_new(task: Task, shown: Task) -> bool:
    return (task.heartbeat_at, task.stale_warned_at) != (shown.heartbeat_at, shown.stale_warned_at)


def _after_timeout(runner: Runner, claim: Claim) -> None:
    """If the attempt timed out, wait until somebody reads."""
    silent = outlasting(runner, lambda: timeouts.silence(runner, claim))
    if silent is not None:
        timeouts.until_somebody_reads(runner, silent)


def _introduce(runner: Runner) -> None:
    queue, text = runner.by_name(lambda name: queues.instructions(runner.sq, name))
    say(
        f"Queue {queue.name}, worker {safe(worker.name(runner.hosts, queue.name))}. Claude does these tasks one at a time: "
        "each is printed when the one before it is settled."
    )
    if text:
        say("\nInstructions of this queue:")
        say(show.block(text))
