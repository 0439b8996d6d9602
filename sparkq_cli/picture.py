"""The live picture of a project, on the alternate screen of a terminal: what was on the screen before is there again after it."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from sparkq_cli import questions, show, task_table
from sparkq_core import inbox, queues, tasks, times, wire
from sparkq_core.lifecycle import Status, elapsed_ms
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments
from sparkq_core.text import safe

BAR, MOST_RUNNING, MOST_FINISHED = 20, 15, 8
ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""To the alternate screen, without a cursor, and back."""


@contextmanager
def alternate_screen() -> Iterator[None]:
    """Use the alternate screen in the block. However the block ends, also by a signal, the screen is as it was.

    Ctrl-Z gives the screen back until the command goes on.
    """

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    def stop(number: int, _: object) -> None:
        _write(LEAVE)
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)  # it goes on here
        signal.signal(number, stop)
        _write(ENTER)

    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGTSTP)}
    _write(ENTER)
    try:
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGHUP, end)
        signal.signal(signal.SIGTSTP, stop)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        _write(LEAVE)


def draw(lines: list[str], bell: bool) -> None:
    """Show the lines that fit, in place of those before."""
    height = max(show.rows() - 1, 2)
    if len(lines) > height:
        lines = [*lines[: height - 1], show.paint(f"… {len(lines) - height + 1} more lines", "dim")]
    _write("\x1b[H" + "".join(f"{line}\x1b[K\n" for line in lines) + "\x1b[J" + ("\a" if bell else ""))


def last_line(sq: SparkQ) -> str:
    """Return the state of the project in a line, for when the picture is gone."""
    listed = [counts for _, counts in queues.all_of(sq)]
    counted = (("running", sum(each.running for each in listed)), ("queued", sum(each.queued for each in listed)))
    parts = [f"{number} {name}" for name, number in counted if number]
    waiting = inbox.waiting(sq)
    parts += [f"{waiting} to review: sparkq review"] if waiting else []
    return ", ".join(parts) or "Nothing is queued or running."


def picture(sq: SparkQ, queue: str | None) -> list[str]:
    """Return the present state as lines."""
    now = sq.clock.now()
    shown = [(each, counts) for each, counts in queues.all_of(sq) if queue in (None, each.name)]
    lines = [f"{show.paint(safe(sq.config.name), 'bold')}  {times.second(now, now)}  (Ctrl-C ends)", ""]
    needs = questions.needs_you(sq, queue)
    lines += [line for part in needs for line in part.split("\n")] + ([""] if needs else [])
    lines.append(show.paint("Running", "bold"))
    wanted = tasks.Wanted(queue=queue, status=Status.RUNNING)
    running = tasks.list_page(sq, wanted, sort="oldest", limit=MOST_RUNNING).tasks
    lines += [line for task in running for line in _running(sq, task, now)] or ["  nothing"]
    lines += [f"  {each.sentence}" for each in assignments.open_ones(sq) if queue in (None, each.assignment.queue)]
    lines += ["", show.paint("Next up", "bold")]
    waiting = [
        f"  {each.name}: {_heads(sq, each.name)} ({counts.queued} queued)" for each, counts in shown if counts.queued
    ]
    lines += waiting or ["  nothing"]
    lines += ["", show.paint("Finished, to review", "bold")]
    finished = inbox.newest(sq, queue=queue, limit=MOST_FINISHED)
    lines += [_finished(each.task, now) for each in finished] or ["  nothing"]
    return [show.fit(line, show.columns()) for line in lines]


def _running(sq: SparkQ, task: Task, now: int) -> list[str]:
    if task.limit_until is not None:
        return [f"  {wire.friendly(task.id)}  {show.mark(task, now)} {show.limit(task, now)}  {safe(task.title)}"]
    silent = elapsed_ms(task.heartbeat_at or task.claimed_at or now, now)
    part = min(1.0, max(0.0, silent / (task.timeout * 1000)))
    bar = "#" * round(BAR * part) + "." * (BAR - round(BAR * part))
    style = "failed" if part >= 1 else "running"
    who = show.paint(show.chat_gone(task, now), "warning") or safe(task.worker or "")
    times_of = f"{times.span(silent)} of {times.span(task.timeout * 1000)}"
    line = f"  {wire.friendly(task.id)}  [{show.paint(bar, style)}] {times_of} {show.mark(task, now)} {safe(task.title)}  {who}"
    total = elapsed_ms(task.claimed_at or now, now)
    longer = f", for {times.took(total)}" if total - silent > 1000 else ""
    note = task_table.note_line(sq, task, now)
    return [f"{line}{show.paint(longer, 'dim')}", *([note] if note else [])]


def _finished(task: Task, now: int) -> str:
    took = f", took {times.took(task.duration_ms)}" if task.duration_ms is not None else ""
    state = f"{show.state(task, now)}, {times.ago(task.news_at, now)} ago{took}"
    return f"  {wire.friendly(task.id)}  {state}  {safe(task.title)}"


def _heads(sq: SparkQ, queue: str) -> str:
    return ", ".join(f"{wire.friendly(task.id)} {safe(task.title)}" for task in tasks.peek(sq, queue, 2).tasks)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()
