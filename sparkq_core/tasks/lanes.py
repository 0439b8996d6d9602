"""The lanes of a list: its tasks by queue and status, each lane in the order of the ids and from an index. Queued tasks are in
that of the line.

A list with a filter is merged from its lanes. The counters of the queues say which lanes are empty, so that a filter without
a match costs no walk through the others.
"""

import json
from typing import NamedTuple

from sparkq_core.lifecycle import FINISHED_STATUSES, Status
from sparkq_core.model import TASK_COLUMNS, Task
from sparkq_core.storage.database import Reader
from sparkq_core.storage.parameters import Values
from sparkq_core.tasks import line

THIN = """
AND (:session IS NULL OR queue_id IN (SELECT q.id FROM queues AS q WHERE q.session_id = :session))
AND (:tool IS NULL OR tool = :tool) AND (:worker IS NULL OR worker = :worker)
AND (:since IS NULL OR created_at >= :since) AND (:until IS NULL OR created_at < :until)
AND (:reviewed IS NULL OR (finished_at IS NOT NULL AND (reviewed_at IS NOT NULL) = :reviewed))
"""
_DOWN = "id < :after AND id >= :low"
_UP = "id > :after AND id < :high"
_NEWEST = "ORDER BY id DESC LIMIT :limit"
_OLDEST = "ORDER BY id LIMIT :limit"
_LANE = "SELECT id FROM tasks INDEXED BY tasks_by_queue_status WHERE queue_id = :queue AND status = :status AND status NOT IN ('queued', 'running') AND"
_RUNNING = (
    "SELECT id FROM tasks INDEXED BY tasks_due WHERE status = 'running' AND (:queue IS NULL OR queue_id = :queue) AND"
)

ANY_NEWEST = f"SELECT {TASK_COLUMNS} FROM tasks WHERE {_DOWN} {THIN} {_NEWEST}"
ANY_OLDEST = f"SELECT {TASK_COLUMNS} FROM tasks WHERE {_UP} {THIN} {_OLDEST}"
RUNNING_NEWEST = f"{_RUNNING} {_DOWN} {THIN} {_NEWEST}"
RUNNING_OLDEST = f"{_RUNNING} {_UP} {THIN} {_OLDEST}"
LANE_NEWEST = f"{_LANE} {_DOWN} {_NEWEST}"
LANE_OLDEST = f"{_LANE} {_UP} {_OLDEST}"
THIN_LANE_NEWEST = f"{_LANE} {_DOWN} {THIN} {_NEWEST}"
THIN_LANE_OLDEST = f"{_LANE} {_UP} {THIN} {_OLDEST}"
QUEUED_NEWEST = f"{line.IN_LINE_DOWN} {THIN} ORDER BY position DESC LIMIT :limit"
QUEUED_OLDEST = f"{line.IN_LINE_UP} {THIN} ORDER BY position LIMIT :limit"
QUEUED_ELSEWHERE_NEWEST = f"{line.OUT_DOWN} {THIN} {_NEWEST}"
QUEUED_ELSEWHERE_OLDEST = f"{line.OUT_UP} {THIN} {_OLDEST}"
BY_IDS = f"SELECT {TASK_COLUMNS} FROM tasks WHERE id IN (SELECT value FROM json_each(:ids)) ORDER BY id"

LANES = f"""
SELECT id, {", ".join(Status)}, {", ".join(f"unreviewed_{status}" for status in FINISHED_STATUSES)} FROM queues
WHERE (:queue IS NULL OR id = :queue) AND (:session IS NULL OR session_id = :session)
AND (:tool IS NULL OR EXISTS (SELECT 1 FROM used AS u WHERE u.queue_id = queues.id AND u.what = 'tool' AND u.name = :tool))
AND (:worker IS NULL
    OR EXISTS (SELECT 1 FROM used AS u WHERE u.queue_id = queues.id AND u.what = 'worker' AND u.name = :worker))
"""
COUNT = f"""
SELECT count(*) FROM tasks WHERE id >= :low AND id < :high AND (:queue IS NULL OR queue_id = :queue)
AND (:status IS NULL OR status = :status) {THIN}
"""


class Lane(NamedTuple):
    """The tasks of a queue (its id) in one status, and how many there are."""

    queue: int
    status: Status
    tasks: int


def filled(db: Reader, statuses: tuple[Status, ...], values: Values) -> tuple[Lane, ...]:
    """Return the lanes that may have tasks with all filters of `values`. `tasks` counts those with the filters of queue,
    session, status and review."""
    lanes = []
    for queue, *counters in db.rows(LANES, values):
        counts = dict(zip(Status, counters, strict=False))
        unreviewed = dict(zip(FINISHED_STATUSES, counters[len(counts) :], strict=True))
        for status in statuses:
            count = _reviewed(counts[status], unreviewed.get(status), values["reviewed"])
            if count:
                lanes.append(Lane(queue, status, count))
    return tuple(lanes)


def _reviewed(count: int, unreviewed: int | None, reviewed: bool | None) -> int:
    """Return how many of a lane's tasks are reviewed, or unreviewed. `unreviewed` is None for a status that is not finished."""
    if reviewed is None:
        return count
    if unreviewed is None:
        return 0
    return count - unreviewed if reviewed else unreviewed


def merged(db: Reader, lanes: tuple[Lane, ...], values: Values, *, is_thin: bool, newest: bool) -> list[Task]:
    """Return the first `limit` tasks of the lanes in the order of their ids. `is_thin` is false if every task of a lane
    matches the filters."""
    ids: list[int] = []
    for lane in lanes:
        if lane.status != Status.RUNNING:
            for sql in _lane(lane.status, is_thin=is_thin, newest=newest):
                ids += [row[0] for row in db.rows(sql, {**values, "queue": lane.queue, "status": lane.status})]
    if any(lane.status == Status.RUNNING for lane in lanes):
        ids += [row[0] for row in db.rows(RUNNING_NEWEST if newest else RUNNING_OLDEST, values)]
    first = sorted(ids, reverse=newest)[: values["limit"]]
    tasks = [Task(*row) for row in db.rows(BY_IDS, {"ids": json.dumps(first)})] if first else []
    return tasks[::-1] if newest else tasks


def _lane(status: Status, *, is_thin: bool, newest: bool) -> tuple[str, ...]:
    """Return the statements that read the ids of a lane."""
    if status == Status.QUEUED:
        return (QUEUED_NEWEST, QUEUED_ELSEWHERE_NEWEST) if newest else (QUEUED_OLDEST, QUEUED_ELSEWHERE_OLDEST)
    if is_thin:
        return (THIN_LANE_NEWEST,) if newest else (THIN_LANE_OLDEST,)
    return (LANE_NEWEST,) if newest else (LANE_OLDEST,)
