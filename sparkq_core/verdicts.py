"""Record your verdicts on tasks: in the timeline by which door they were given, and what they changed, to take them back."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from sparkq_core import events
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction

RECORD = """
INSERT INTO verdicts (event, task_id, call, size, since, kind, before)
VALUES (:event, :task, :call, :size, :event, :kind, :before)
"""
ARTEFACT_DUE = """
INSERT INTO artefacts_due (task_id, event) VALUES (:task, :event) ON CONFLICT (task_id) DO UPDATE SET event = :event
"""
CHANGED = (
    "status", "position", "title", "revision", "worker", "claimed_at", "heartbeat_at", "stale_warned_at", "finished_at",
    "reviewed_at", "error_type", "late_at", "late_attempt", "late_outcome", "accepted_attempt",
)  # fmt: skip
"""What a verdict may change in the row of a task."""

TERMINAL, PAGE, REST = "terminal", "page", "REST"
DOORS = (TERMINAL, PAGE, REST)
SAID_OF_DOOR = {TERMINAL: "in a terminal", PAGE: "on the page", REST: "over REST"}

MAX_NAME = 80
"""Characters of a giver's name."""


class Giver(NamedTuple):
    """By which door a verdict is given (of DOORS), and the name of the program where that is known."""

    door: str
    name: str | None = None


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
        door=giver.door if giver else None,
        worker=giver.name[:MAX_NAME] if giver and giver.name else None,
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


def owe_artefacts(sq: SparkQ, tx: Transaction, task_id: int) -> None:
    """Note that the files of a task no longer say what became of it, if the project keeps any: see artefacts."""
    if sq.config.reviews is not None:
        tx.run(ARTEFACT_DUE, {"task": task_id, "event": events.newest(tx)})
