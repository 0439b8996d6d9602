"""`sparkq watch`"""

import sys
import time
from typing import Annotated

import typer

from sparkq_cli import chat_lines, questions, show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import OnlyQueue, new_app
from sparkq_core import events, inbox, queues, tasks, wire
from sparkq_core.lifecycle import Status, elapsed_ms
from sparkq_core.maintenance import rounds
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments
from sparkq_core.text import safe

app = new_app()

LOOK_SECONDS = 0.2
BAR, LINE = 20, 200


@app.command()
def watch(
    queue: OnlyQueue = None,
    interval: Annotated[
        float, typer.Option("--interval", metavar="S", help="Seconds between updates.", min=0.2, max=60)
    ] = 1.0,
) -> None:
    """Watch the project live: running tasks, the next ones, the finished ones. Ctrl-C ends it.

    A new question of a worker rings the bell of the terminal.

    In a pipe it prints one line for each event.

    Example: sparkq watch
    """
    sq = open_sparkq()
    queue_id = None if queue is None else queues.by_name(sq, queue).id  # an unknown name is an error now
    try:
        if sys.stdout.isatty():
            _pictures(sq, queue_id, interval)
        else:
            _lines(sq, queue_id)
    except KeyboardInterrupt:
        if sys.stdout.isatty():
            show.say()  # the shell's prompt begins below the ^C


def _pictures(sq: SparkQ, queue_id: int | None, interval: float) -> None:
    asked = _asked(sq, queue_id)
    while True:
        rounds.upkeep(sq)
        lines = picture(sq, None if queue_id is None else queues.with_id(sq, queue_id).name)
        known, asked = asked, _asked(sq, queue_id)
        bell = "\a" if asked - known else ""
        sys.stdout.write("\x1b[H\x1b[2J" + "\n".join(lines) + "\n" + bell)
        sys.stdout.flush()
        time.sleep(interval)


def _asked(sq: SparkQ, queue_id: int | None) -> set[tuple[int, int]]:
    """Return the open questions, each by its task and attempt: a new one rings the bell."""
    name = None if queue_id is None else queues.with_id(sq, queue_id).name
    return {(each.task.id, each.task.attempts) for each in tasks.open_questions(sq, queue=name, limit=1000).questions}


def picture(sq: SparkQ, queue: str | None) -> list[str]:
    """The present state as lines."""
    now = sq.clock.now()
    shown = [(each, counts) for each, counts in queues.all_of(sq) if queue in (None, each.name)]
    lines = [
        f"{show.paint(safe(sq.config.name), 'bold')}  {time.strftime('%H:%M:%S', time.localtime(now / 1000))}  (Ctrl-C ends)",
        "",
    ]
    needs = questions.needs_you(sq, queue)
    lines += [line for part in needs for line in part.split("\n")] + ([""] if needs else [])
    lines.append(show.paint("Running", "bold"))
    running = tasks.list_page(sq, tasks.Wanted(queue=queue, status=Status.RUNNING), sort="oldest", limit=15).tasks
    lines += [_running(task, now) for task in running] or ["  nothing"]
    lines += [f"  {each.sentence}" for each in assignments.open_ones(sq) if queue in (None, each.assignment.queue)]
    lines += ["", show.paint("Next up", "bold")]
    waiting = [
        f"  {each.name}: {_heads(sq, each.name)} ({counts.queued} queued)" for each, counts in shown if counts.queued
    ]
    lines += waiting or ["  nothing"]
    lines += ["", show.paint("Finished, to review", "bold")]
    finished = inbox.newest(sq, queue=queue, limit=8)
    lines += [
        f"  {wire.friendly(each.task.id)}  {show.state(each.task, now)}, {show.ago(each.task.news_at, now)} ago  {safe(each.task.title)}"
        for each in finished
    ] or ["  nothing"]
    return [show.fit(line, show.columns()) for line in lines]


def _running(task: Task, now: int) -> str:
    if task.limit_until is not None:
        return f"  {wire.friendly(task.id)}  {show.mark(task, now)} {show.limit(task, now)}  {safe(task.title)}"
    age = elapsed_ms(task.heartbeat_at or task.claimed_at or now, now)
    part = min(1.0, max(0.0, age / (task.timeout * 1000)))
    bar = "#" * round(BAR * part) + "." * (BAR - round(BAR * part))
    style = "failed" if part >= 1 else "running"
    who = show.paint(chat_lines.gone(task, now), "warning") or safe(task.worker or "")
    return f"  {wire.friendly(task.id)}  [{show.paint(bar, style)}] {show.span(age)}/{task.timeout}s {show.mark(task, now)} {safe(task.title)}  {who}"


def _heads(sq: SparkQ, queue: str) -> str:
    return ", ".join(f"{wire.friendly(task.id)} {safe(task.title)}" for task in tasks.peek(sq, queue, 2).tasks)


def _lines(sq: SparkQ, queue_id: int | None) -> None:
    """The event feed, for pipes and logs."""
    last = events.last(sq)
    _line(sq.clock.now(), f"watching {safe(sq.config.name)}")
    while True:
        while page := events.after(sq, last):
            last = page[-1].id
            for event in page:
                if queue_id in (None, event.queue_id):
                    what = f"{wire.friendly(event.task_id)} " if event.task_id else ""
                    note = f": {safe(event.text)}" if event.text else ""
                    _line(event.at, f"{what}{event.kind}{note}")
        rounds.upkeep(sq)
        time.sleep(LOOK_SECONDS)


def _line(at: int, text: str) -> None:
    show.say(show.fit(f"{time.strftime('%H:%M:%S', time.localtime(at / 1000))} {text}", LINE))
    sys.stdout.flush()
