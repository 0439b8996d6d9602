"""Row 3: the same call at a thousand and at a million stored tasks."""

import statistics
import time
from collections.abc import Callable

from bench.figure import Figure, at_most, opened
from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ

SMALL, MIDDLE, LARGE = 1_000, 100_000, 1_000_000
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
    """Half of the tasks wait in one queue, half are history of another."""
    times = {many: _times(many) for many in (SMALL, MIDDLE, LARGE)}
    found = []
    for name, base in times[SMALL].items():
        ratio = times[LARGE][name] / base
        beside = f"{base * 1e6:.0f}, {times[MIDDLE][name] * 1e6:.0f}, {times[LARGE][name] * 1e6:.0f} µs"
        found.append(at_most(3, f"{name} at 1,000,000 tasks against 1,000", ratio, GOALS.get(name, 1.3), beside=beside))
    return found


def _times(many: int) -> dict[str, float]:
    with opened("normal") as sq:
        queues.create(sq, "other")
        with sq.db.write() as tx:
            tx.run(FILL, {"many": many})
            tx.run(PROMPTS)
            tx.run(ATTEMPTS)
            tx.run(PLACES)
        sq.db.connection().execute("PRAGMA optimize")
        sq.db.connection().pragma("wal_checkpoint(truncate)")
        return {name: _median(call) for name, call in _calls(sq).items()}


def _calls(sq: SparkQ) -> dict[str, Callable[[], object]]:
    queue = "other"
    middle = tasks.page(sq, limit=1).tasks[0].id // 2
    calls: dict[str, Callable[[], object]] = {
        "claim": lambda: tasks.claim(sq, queue, "bench"),
        "peek": lambda: tasks.peek(sq, queue, 1),
        "get": lambda: tasks.get(sq, middle),
        "enqueue": lambda: tasks.enqueue(sq, queue, "one more"),
        "counts": lambda: queues.all_of(sq),
    }
    for name, wanted in FILTERS.items():
        calls[name] = lambda wanted=wanted: tasks.page(sq, wanted, limit=50)  # type: ignore[misc]  # inferred by its call
    return calls


def _median(call: Callable[[], object]) -> float:
    for _ in range(20):
        call()
    times = []
    for _ in range(CALLS):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return statistics.median(times)
