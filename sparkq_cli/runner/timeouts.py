"""What a runner does after its task timed out: nobody seems to read, so it claims no more until somebody does.

Otherwise each task of the queue would be claimed and time out, one after another. The signs of a reader are a report on the
task that timed out, a review of it, a report on another task of this runner, Enter, and a new start.
"""

import os
import select
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import NamedTuple

from sparkq_cli import reader
from sparkq_cli.hand_out import say
from sparkq_cli.runner.waiting import Mode, Runner, outlasting, wait
from sparkq_core import events, tasks, wire
from sparkq_core.errors import Kind, NoSuchTask, SparkQError
from sparkq_core.files import lock
from sparkq_core.lifecycle import RELEASED, Status
from sparkq_core.model import Claim, Event
from sparkq_core.text import counted, safe

TIMED_OUT = "timed out"
BY_ITSELF = (TIMED_OUT, "stale")
"""The events of a task that happen by themselves."""

BY_A_WORKER = (Status.SUCCEEDED, Status.FAILED, RELEASED, "progress", "late", "late progress")
SIGNS = {
    "late": "{} got a late result",
    "late progress": "{} reported progress",
    "progress": "{} reported progress",
    "requeued": "{} was requeued",
    "resumed": "{} was resumed",
    "reviewed": "{} was reviewed",
    "accepted": "The late result of {} was accepted",
    "review undone": "The review of {} was undone",
    "acceptance undone": "The acceptance of the late result of {} was undone",
    "requeue undone": "The requeue of {} was undone",
}
"""The signs that somebody reads, in words. Others are as in the timeline: `#3 succeeded`."""

MOST_NAMED = 5
FURTHEST_BACK = 5000
"""How many events a start looks back at most."""


class NobodySettled(SparkQError):
    """A task that the runner handed out timed out: the others are not handed out to nobody."""

    kind, code = Kind.CONFLICT, "nobody_settled"


class Silence(NamedTuple):
    """An attempt that timed out, and the event that says so."""

    task_id: int
    attempt: int
    event: int

    @property
    def name(self) -> str:
        return wire.friendly(self.task_id)

    @property
    def late(self) -> str:
        """The command that reports on it late."""
        return f"sparkq complete {self.task_id} --attempt {self.attempt} -"


def silence(runner: Runner, claim: Claim) -> Silence | None:
    """Return the silence by which the attempt of a claim ended, None if a worker or you ended it."""
    task = claim.task
    with suppress(NoSuchTask):
        for event in reversed(tasks.detail(runner.sq, task.id).events):
            if event.attempt == task.attempts and event.kind == TIMED_OUT:
                return Silence(task.id, task.attempts, event.id)
    return None


def until_somebody_reads(runner: Runner, silent: Silence) -> None:
    """Wait for a sign that somebody reads. `--drain` waits for none: it raises NobodySettled."""
    signs = _Signs(runner, silent)
    if outlasting(runner, signs.next):
        return
    waiting = outlasting(runner, lambda: runner.by_name(lambda name: tasks.peek(runner.sq, name)).total)
    others = ("later tasks", "the queued task")[waiting] if waiting < 2 else f"the {counted(waiting, 'queued task')}"
    what = f"{silent.name} timed out: nobody settled attempt {silent.attempt}."
    if runner.mode == Mode.DRAIN:
        raise NobodySettled(
            f"{what} The runner ends, so that it does not use up {others}.",
            f"To go on, start it again. A late result is kept: {silent.late}",
        )
    _remember(runner, silent.event)
    keyboard = _Keyboard()
    runner.say(
        f"{what} The runner claims nothing more, so that it does not use up {others}. It goes on after one of these:\n"
        f"  - a late result of {silent.name}, which is kept for the review: {silent.late}\n"
        f"  - a sign of its worker: sparkq progress {silent.task_id} --attempt {silent.attempt}\n"
        f"  - a review of {silent.name}\n"
        f"  - {'Enter here, or ' if keyboard.is_there else ''}another start of the runner"
    )
    sign = ""
    while not sign:
        seen = outlasting(runner, runner.sq.version)
        sign = outlasting(runner, signs.next)
        if not sign:
            wait(runner, runner.poll, seen, keyboard.pause)
            sign = "Enter was pressed" if keyboard.pressed else ""
    runner.say(f"{sign}. The runner goes on.")


class _Signs:
    """The events since a task timed out by which a runner sees that somebody reads. Each event is read once."""

    def __init__(self, runner: Runner, silent: Silence) -> None:
        self._runner = runner
        self._silent = silent
        self._seen = silent.event

    def next(self) -> str:
        """Return the first new sign, or an empty text."""
        for event in _after(self._runner, self._seen):
            is_sign = event.task_id is not None and self._is_sign(event, event.task_id)
            self._seen = event.id  # only now: a look that finds the database locked is repeated
            if is_sign:
                return _in_words(event)
        try:
            tasks.get(self._runner.sq, self._silent.task_id)
        except NoSuchTask:
            return f"{self._silent.name} was deleted"
        return ""

    def _is_sign(self, event: Event, task_id: int) -> bool:
        if task_id == self._silent.task_id:
            return event.kind not in BY_ITSELF
        if event.queue_id != self._runner.queue_id or event.kind not in BY_A_WORKER:
            return False
        with suppress(NoSuchTask):
            return self._runner.is_own(tasks.get(self._runner.sq, task_id).worker)
        return False


def _in_words(event: Event) -> str:
    task = wire.friendly(event.task_id or 0)
    return SIGNS[event.kind].format(task) if event.kind in SIGNS else f"{task} {safe(event.kind)}"


def _after(runner: Runner, event_id: int) -> Iterator[Event]:
    while page := events.after(runner.sq, event_id):
        yield from page
        event_id = page[-1].id


def tell_at_start(runner: Runner) -> None:
    """Say once which tasks of this runner have timed out since it looked last, and that their results are still kept.

    A start is itself a sign that somebody reads, so it goes on.
    """
    seen, last = _remembered(runner), events.last(runner.sq)
    if seen is not None and seen <= last:  # else it is the first start, or the database was replaced by an older one
        silent = [
            Silence(event.task_id, event.attempt or 1, event.id)
            for event in _after(runner, max(seen, last - FURTHEST_BACK))
            if event.kind == TIMED_OUT and event.task_id is not None and _is_unheeded(runner, event)
        ]
        for each in silent[-MOST_NAMED:]:
            say(f"{each.name} timed out: nobody settled attempt {each.attempt}. A late result is kept: {each.late}")
    _remember(runner, last)


def _is_unheeded(runner: Runner, event: Event) -> bool:
    """True if an attempt of this runner timed out, and nobody has reported, reviewed or requeued it since."""
    if event.queue_id != runner.queue_id or event.task_id is None or not runner.is_own(event.worker):
        return False
    try:
        task = tasks.get(runner.sq, event.task_id)
    except NoSuchTask:
        return False
    return task.timed_out and (task.attempts, task.late_at, task.reviewed_at) == (event.attempt, None, None)


def _remembered(runner: Runner) -> int | None:
    """Return the last event that a runner of this queue has seen. It is in the lock file, which one runner holds."""
    text = lock.noted(runner.lock)
    return int(text) if text.isdecimal() else None


def _remember(runner: Runner, event_id: int) -> None:
    lock.sign(runner.lock, str(event_id))


class _Keyboard:
    """Enter at the terminal of the runner, if it has one. Keys that were pressed before do not count."""

    def __init__(self) -> None:
        self.pressed = False
        self.is_there = self._is_in_front()
        if self.is_there:
            termios.tcflush(sys.stdin, termios.TCIFLUSH)

    def _is_in_front(self) -> bool:
        """True if standard input is a terminal that this process may read: in the background it would be suspended."""
        try:
            return sys.stdin.isatty() and os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
        except OSError:
            return False

    def pause(self, seconds: float) -> bool:
        """Sleep, or return True as soon as Enter was pressed."""
        if not self._is_in_front():
            reader.pause(seconds)
            return False
        if not select.select([sys.stdin], [], [], seconds)[0]:
            return False
        self.pressed = bool(os.read(sys.stdin.fileno(), 4096))
        if not self.pressed:  # Ctrl-D
            time.sleep(seconds)
        return self.pressed
