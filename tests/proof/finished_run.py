"""What a finished run must look like, read from the project itself: order, turns of each task, counters, soundness."""

import re
from collections import defaultdict

from sparkq_core import events, queues
from sparkq_core.model import Event
from sparkq_core.project import SparkQ

LIFE = re.compile(r"enqueued( claimed( (failed|timed out|released) requeued)?)*( (succeeded|failed|timed out))?")
MOVES = frozenset({"enqueued", "claimed", "succeeded", "failed", "timed out", "released", "requeued"})
RECOUNT = """
SELECT queues.name, count(*) FILTER (WHERE tasks.status = 'queued'), count(*) FILTER (WHERE tasks.status = 'running'),
    count(*) FILTER (WHERE tasks.status = 'succeeded'), count(*) FILTER (WHERE tasks.status = 'failed')
FROM queues LEFT JOIN tasks ON tasks.queue_id = queues.id GROUP BY queues.id
"""


def moves(sq: SparkQ) -> list[Event]:
    """Every event that moved a task, in the order in which that happened."""
    made: list[Event] = []
    last = 0
    while page := events.after(sq, last):
        made += [event for event in page if event.kind in MOVES]
        last = page[-1].id
    return made


def out_of_order(log: list[Event]) -> list[str]:
    """The claims that did not take the head of their line; requeued tasks stand at its end."""
    lines: defaultdict[int | None, list[int]] = defaultdict(list)
    wrong = []
    for event in log:
        line = lines[event.queue_id]
        if event.task_id is None:
            continue
        if event.kind in ("enqueued", "requeued"):
            line.append(event.task_id)
        elif event.kind == "claimed" and (not line or line.pop(0) != event.task_id):
            wrong.append(f"#{event.task_id} was claimed out of turn (event {event.id})")
    return wrong


def twice(log: list[Event]) -> list[str]:
    """The tasks that ran again without having failed and been requeued in between."""
    lives: defaultdict[int | None, list[str]] = defaultdict(list)
    for event in log:
        lives[event.task_id].append(event.kind)
    return [f"#{task}: {life}" for task, kinds in lives.items() if not LIFE.fullmatch(life := " ".join(kinds))]


def unsound(sq: SparkQ) -> list[str]:
    """What is wrong with the file: its pages, its references, its kept counters."""
    problems = [str(row[0]) for row in sq.db.rows("PRAGMA integrity_check") if row[0] != "ok"]
    problems += [f"{row[0]} {row[1]} points nowhere" for row in sq.db.rows("PRAGMA foreign_key_check")]
    kept_counters = queues.all_of(sq, archived=True)  # first, because it fails the tasks that are due
    counted = {row[0]: row[1:] for row in sq.db.rows(RECOUNT)}
    for queue, kept in kept_counters:
        if (kept.queued, kept.running, kept.succeeded, kept.failed) != counted[queue.name]:
            problems.append(f"the counters of {queue.name} are {kept}, there are {counted[queue.name]}")
    return problems
