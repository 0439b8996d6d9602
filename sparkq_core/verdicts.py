"""Record your verdicts on tasks: in the timeline by which door they were given, and what they changed, to take them back."""

import json
from collections.abc import Iterable
from typing import NamedTuple, TypedDict

from sparkq_core import events
from sparkq_core.model import RestVerdict, Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction

RECORD = """
INSERT INTO verdicts (event, task_id, call, size, since, kind, before)
VALUES (:event, :task, :call, :size, :event, :kind, :before)
"""
ARTEFACT_DUE = """
INSERT INTO artefacts_due (task_id, event) VALUES (:task, :event) ON CONFLICT (task_id) DO UPDATE SET event = :event
"""
OVER_REST = """
SELECT v.task_id, t.title, v.kind, e.worker, e.at
FROM (SELECT event, task_id, kind FROM verdicts ORDER BY event DESC LIMIT :most) AS v
JOIN events AS e ON e.id = v.event JOIN tasks AS t ON t.id = v.task_id
WHERE e.door = 'REST' AND e.at > :since ORDER BY v.event DESC
"""
CHANGED = (
    "status", "position", "title", "revision", "worker", "claimed_at", "heartbeat_at", "stale_warned_at", "finished_at",
    "reviewed_at", "error_type", "late_at", "late_attempt", "late_outcome", "accepted_attempt",
)  # fmt: skip
"""What a verdict may change in the row of a task."""

TERMINAL, PAGE, REST = "terminal", "page", "REST"
DOORS = (TERMINAL, PAGE, REST)
SAID_OF_DOOR = {TERMINAL: "in a terminal", PAGE: "on the page", REST: "over REST"}

MOST_LOOKED_AT = 1000
"""Of so many of the latest verdicts those over REST are listed."""

MAX_NAME = 80
"""Characters of a giver's name."""


class Giver(NamedTuple):
    """By which door you do something (of DOORS), and the name of the program where that is known."""

    door: str
    name: str | None = None


class Mark(TypedDict):
    """What an event says of its giver."""

    door: str | None
    worker: str | None


def mark(giver: Giver | None) -> Mark:
    """Return what an event says of its giver: nothing, if there is none."""
    if giver is None:
        return {"door": None, "worker": None}
    return {"door": giver.door, "worker": giver.name[:MAX_NAME] if giver.name else None}


class Verdict(NamedTuple):
    """A verdict on a task as it was `before`; `event` logs it."""

    event: int
    kind: str
    before: Task


def log(
    tx: Transaction,
    now: int,
    kind: str,
    before: Task,
    giver: Giver | None,
    *,
    attempt: int | None = None,
    text: str | None = None,
) -> Verdict:
    """Log a verdict in the timeline of its task, and return it to be kept."""
    events.note(
        tx,
        now,
        kind,
        task=before.id,
        queue=before.queue_id,
        attempt=attempt,
        text=text,
        **mark(giver),
    )
    return Verdict(events.newest(tx), kind, before)


def keep(sq: SparkQ, tx: Transaction, given: Iterable[Verdict]) -> None:
    """Keep what the verdicts of one call changed: they are taken back together. Their artefacts are then due."""
    verdicts = list(given)
    for verdict in verdicts:
        before = {name: getattr(verdict.before, name) for name in CHANGED}
        tx.run(RECORD, {
            "event": verdict.event, "task": verdict.before.id, "call": verdicts[0].event, "size": len(verdicts),
            "kind": verdict.kind, "before": json.dumps(before, ensure_ascii=False),
        })  # fmt: skip
        owe_artefacts(sq, tx, verdict.before.id)


def over_rest(sq: SparkQ, since: int | None) -> tuple[RestVerdict, ...]:
    """Return the verdicts that came over REST and not from the page after a moment (UTC ms), the newest first.

    A script of yours may have given them, or a model that had a shell. Those that were undone are left out.
    """
    rows = sq.db.rows(OVER_REST, {"since": since or 0, "most": MOST_LOOKED_AT})
    return tuple(RestVerdict(*row) for row in rows)


def owe_artefacts(sq: SparkQ, tx: Transaction, task_id: int) -> None:
    """Note that the files of a task no longer say what became of it, if the project keeps any: see artefacts."""
    if sq.config.reviews is not None:
        tx.run(ARTEFACT_DUE, {"task": task_id, "event": events.newest(tx)})
