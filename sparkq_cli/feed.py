"""Events as they come: a line for each, with the title of its task, or a JSON object for each; of all tasks or of some."""

import sys
from collections.abc import Iterator

from sparkq_cli import show
from sparkq_cli.reader import pause
from sparkq_core import events, tasks, times, wire
from sparkq_core.clock import iso
from sparkq_core.errors import NoSuchTask
from sparkq_core.lifecycle import FINISHED_STATUSES, Status
from sparkq_core.maintenance import rounds
from sparkq_core.model import Detail, Event, Task
from sparkq_core.project import SparkQ
from sparkq_core.text import cut, safe

LOOK_SECONDS = 0.2
LINE = 200
TITLE = 60
"""Characters of a title behind an event."""

AT_REST = (*FINISHED_STATUSES, Status.HELD)
"""The statuses of a task that does not go on by itself."""


def follow_all(sq: SparkQ, queue_id: int | None, *, json: bool) -> None:
    """Print the events of a queue, or of all, for ever."""
    last, now = events.last(sq), sq.clock.now()
    if json:
        show.json_row({"at": iso(now), "kind": "watching", "text": sq.config.name})
    else:
        show.say(f"{times.second(now, now)} watching {safe(sq.config.name)}")
    sys.stdout.flush()
    for event in _coming(sq, last):
        if event is not None and queue_id in (None, event.queue_id):
            _print(sq, event, json=json)


def follow_tasks(sq: SparkQ, ids: list[int], *, json: bool) -> bool:
    """Print the events of some tasks until all are at rest; True if all have succeeded. Raises NoSuchTask."""
    last = events.last(sq)
    for task in [tasks.get(sq, number) for number in ids]:
        if not json and task.status not in AT_REST:
            show.say(described(task, sq.clock.now()))
    sys.stdout.flush()
    if not _at_rest(sq, ids):
        for event in _coming(sq, last):
            if event is not None and event.task_id in ids:
                _print(sq, event, json=json)
            if event is None and _at_rest(sq, ids):
                break
    ended = [tasks.detail(sq, number) for number in ids]
    for detail in ended:
        if not json:
            show.say(_ended(detail, sq.clock.now()))
    return all(detail.task.status == Status.SUCCEEDED for detail in ended)


def described(task: Task, now: int) -> str:
    """Return a task with its status and since when it has that: `#42 running, ann, for 3 min (Fix the parser)`."""
    who = [safe(task.worker)] if task.status == Status.RUNNING and task.worker else []
    since = [f"for {times.ago(task.claimed_at, now)}"] if task.status == Status.RUNNING else []
    took = f" after {times.took(task.duration_ms)}" if task.duration_ms is not None else ""
    state = ", ".join([f"{show.state(task, now)}{took}", *who, *since])
    return f"{wire.friendly(task.id)} {state} ({safe(cut(task.title, TITLE))})"


def _ended(detail: Detail, now: int) -> str:
    """Return how a task ended, with its whole outcome."""
    outcome = wire.outcome(detail)
    text = outcome["result_summary"] or outcome["error_message"]
    if detail.task.status == Status.HELD:
        text = f'It waits for your answer: sparkq answer {detail.task.id} "…"'
    return described(detail.task, now) + (f"\n{show.block(text)}" if text else "")


def _coming(sq: SparkQ, last: int) -> Iterator[Event | None]:
    """Yield the events as they come, and None whenever all that are there were yielded."""
    while True:
        while page := events.after(sq, last):
            last = page[-1].id
            yield from page
        yield None
        rounds.upkeep(sq)
        pause(LOOK_SECONDS)


def _at_rest(sq: SparkQ, ids: list[int]) -> bool:
    return all(tasks.get(sq, number).status in AT_REST for number in ids)


def _print(sq: SparkQ, event: Event, *, json: bool) -> None:
    title = _title(sq, event)
    if json:
        show.json_row(wire.exclude_none({**wire.event(event), "title": title}))
    else:
        what = f"{wire.friendly(event.task_id)} " if event.task_id else ""
        about = f" ({safe(cut(title, TITLE))})" if title else ""
        note = f": {safe(event.text)}" if event.text else ""
        line = f"{times.second(event.at, sq.clock.now())} {what}{event.kind}{about}{note}"
        show.say(show.fit(line, show.columns() if show.is_terminal() else LINE))
    sys.stdout.flush()


def _title(sq: SparkQ, event: Event) -> str | None:
    if event.task_id is None:
        return None
    try:
        return tasks.get(sq, event.task_id).title
    except NoSuchTask:  # it may have been deleted since
        return None
