"""Row 3: the same call at a thousand and at a million stored tasks."""

import statistics
from collections.abc import Callable
from contextlib import ExitStack

import apsw

from bench.figure import Figure, at_most, interleaved, middle_half, opened
from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ

SIZES = (SMALL, MIDDLE, LARGE) = 1_000, 100_000, 1_000_000
CALLS = 300
GOALS = {"claim": 1.15, "peek": 1.15, "get": 1.15, "enqueue": 1.15, "counts": 1.5}
FILTERS = {
    "page": tasks.Wanted(),
    "page of a queue": tasks.Wanted(queue="main"),
    "page of a status": tasks.Wanted(status="failed"),
    "page of an absent status in a queue": tasks.Wanted(queue="main", status="running"),
    "page of a queue and status": tasks.Wanted(queue="main", status="succeeded"),
    "page to review": tasks.Wanted(reviewed=False),
}
FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :many)
INSERT INTO tasks (queue_id, status, position, title, tool, task_class, timeout, source, revision, attempts, created_at,
    worker, claimed_at, finished_at, reviewed_at)
SELECT 1 + i % 2, CASE WHEN i % 2 THEN 'queued' ELSE 'succeeded' END, i, 'Task ' || i, 'llm-sonnet', 'LLM_HEAVY', 900,
    'library', 1, 1 - i % 2, 1700000000000 + i, CASE WHEN i % 2 THEN NULL ELSE 'ann' END,
    CASE WHEN i % 2 THEN NULL ELSE 1700000000000 + i END, CASE WHEN i % 2 THEN NULL ELSE 1700000000000 + i END,
    CASE WHEN i % 4 THEN NULL ELSE 1700000000000 + i END FROM n
"""
PROMPTS = "INSERT INTO prompts (task_id, revision, text, created_at) SELECT id, 1, title, created_at FROM tasks"
ATTEMPTS = """
INSERT INTO attempts (task_id, attempt, worker, revision, claimed_at, finished_at, outcome, result)
SELECT id, 1, worker, 1, claimed_at, finished_at, 'succeeded', 'Done.' FROM tasks WHERE status = 'succeeded'
"""
PLACES = "UPDATE queues SET back = (SELECT max(position) FROM tasks WHERE queue_id = queues.id)"


def measure() -> list[Figure]:
    """Half of the tasks wait in one queue, half are history of another. The three databases are asked in turn."""
    with ExitStack() as open_ones:
        calls = {many: _calls(_filled(open_ones.enter_context(opened("normal")), many)) for many in SIZES}
        return [_figure(name, {many: calls[many][name] for many in SIZES}) for name in calls[LARGE]]


def _figure(name: str, by_size: dict[int, Callable[[], object]]) -> Figure:
    times = interleaved(CALLS, **{str(many): call for many, call in by_size.items()})
    small, middle, large = (statistics.median(times[str(many)]) for many in SIZES)
    beside = f"{small * 1e6:.0f}, {middle * 1e6:.0f}, {large * 1e6:.0f} µs ({middle_half(times[str(LARGE)], 1e6)})"
    return at_most(3, f"{name} at 1,000,000 tasks against 1,000", large / small, GOALS.get(name, 1.3), beside=beside)


def _filled(sq: SparkQ, many: int) -> SparkQ:
    queues.create(sq, "other")
    with sq.db.write() as tx:
        tx.run(FILL, {"many": many})
        tx.run(PROMPTS)
        tx.run(ATTEMPTS)
        tx.run(PLACES)
    sq.db.connection().execute("PRAGMA optimize")
    sq.db.connection().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    return sq


def _calls(sq: SparkQ) -> dict[str, Callable[[], object]]:
    queue = "other"
    middle = tasks.list_page(sq, limit=1).tasks[0].id // 2
    calls: dict[str, Callable[[], object]] = {
        "claim": lambda: tasks.claim(sq, queue, "bench"),
        "peek": lambda: tasks.peek(sq, queue, 1),
        "get": lambda: tasks.get(sq, middle),
        "enqueue": lambda: tasks.enqueue(sq, queue, "one more"),
        "counts": lambda: queues.all_of(sq),
    }
    for name, wanted in FILTERS.items():
        calls[name] = lambda wanted=wanted: tasks.list_page(sq, wanted, limit=50)  # type: ignore[misc]  # inferred by its call
    return calls
