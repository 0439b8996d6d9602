"""Convert what several events touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sparkq_core.wire.queues import queue

if TYPE_CHECKING:
    from sparkq_core import model, shapes

MAX_TASKS = 200
NOWHERE = ("reloaded", "looked")
"""The kinds of events without a task and a queue that change nothing that a page shows in a list."""


def live_changes(
    events: Sequence[model.Event], queues: Iterable[tuple[model.Queue, model.Counts]]
) -> shapes.LiveChanges:
    """Convert what these events touched; `queues` are all that there are, archived ones too."""
    tasks = dict.fromkeys(event.task_id for event in events if event.task_id is not None)
    touched = {event.queue_id for event in events}
    homeless = (event for event in events if event.task_id is None and event.kind not in NOWHERE)
    changes: shapes.LiveChanges = {
        "kinds": list(dict.fromkeys(event.kind for event in events)),
        "tasks": list(tasks)[:MAX_TASKS],
        "queues": [queue(each, counts) for each, counts in queues if each.id in touched],
    }
    if len(tasks) > MAX_TASKS or any(event.queue_id is None or "purge" in event.kind for event in homeless):
        changes["everything"] = True
    return changes
