"""Row 22: the inbox before the first look, and lists that find nothing, among 200,000 finished tasks."""

from collections.abc import Callable

from bench.figure import Figure, at_most, interleaved, medians, opened, spread
from bench.scale import ATTEMPTS, FILL, PLACES, PROMPTS
from sparkq_core import inbox, queues, sessions, tasks
from sparkq_core.project import SparkQ
from sparkq_core.tasks import Wanted

FINISHED = 200_000
ROUNDS = 40
MOST_MS = 5
EMPTY = {
    "a session": Wanted(session="unused"),
    "a tool": Wanted(tool="unused"),
    "a worker": Wanted(worker="unused"),
    "a status of a queue": Wanted(queue="main", status="failed"),
    "a later time": Wanted(since=1 << 50),
    "an earlier time": Wanted(until=1),
    "what is reviewed": Wanted(reviewed=True),
}
ALL_UNREVIEWED = FILL.replace("CASE WHEN i % 4 THEN NULL ELSE 1700000000000 + i END FROM n", "NULL FROM n")


def measure() -> list[Figure]:
    """Everything that was finished waits in the inbox of one queue; another one has as many queued tasks."""
    with opened("normal") as sq:
        queues.create(sq, "other")
        sessions.create(sq, "unused")
        with sq.db.write() as tx:
            tx.run(ALL_UNREVIEWED, {"many": 2 * FINISHED})
            for statement in (PROMPTS, ATTEMPTS, PLACES):
                tx.run(statement)
        calls: dict[str, Callable[[], object]] = {
            "the inbox before the first look": lambda: _look(sq),
            "the inbox of a queue without outcomes": lambda: inbox.unreviewed(sq, queue="other"),
        }
        for name, wanted in EMPTY.items():
            calls[f"a list that is empty by {name}"] = lambda wanted=wanted: tasks.list_page(sq, wanted)  # type: ignore[misc]  # inferred by its call
        times = interleaved(ROUNDS, **calls)
    middle = medians(times)
    return [
        at_most(22, f"{name}, {FINISHED:,} finished", middle[name] * 1000, MOST_MS, "ms", spread(times[name]))
        for name in calls
    ]


def _look(sq: SparkQ) -> None:
    inbox.unreviewed(sq)
    inbox.since_last_look(sq)
