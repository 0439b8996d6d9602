"""Row 6: a purge of 100,000 tasks beside a claiming worker."""

import multiprocessing
import time
from pathlib import Path

from bench.figure import Figure, at_most, opened, percentile
from bench.scale import ATTEMPTS, FILL, PLACES, PROMPTS
from sparkq_core import project, queues, tasks
from sparkq_core.maintenance import purge

MANY = 200_000
"""Half of them finished."""

MOMENTS = 3_000


def measure() -> list[Figure]:
    """The purge runs in a process of its own; the lock's holds are timed from its batches."""
    with opened() as sq:
        queues.create(sq, "other")
        with sq.db.write() as tx:
            tx.run(FILL, {"many": MANY})
            tx.run(PROMPTS)
            tx.run(ATTEMPTS)
            tx.run(PLACES)
            tx.run("UPDATE tasks SET reviewed_at = finished_at WHERE finished_at IS NOT NULL")
        quiet = [_claim(sq) for _ in range(MOMENTS)]
        context = multiprocessing.get_context("spawn")
        holds: multiprocessing.Queue[list[float]] = context.Queue()
        other = context.Process(target=_purge, args=(sq.config.root, holds))
        other.start()
        time.sleep(1.0)
        beside = []
        while other.is_alive() and holds.empty():
            beside.append(_claim(sq))
        held = holds.get()
        other.join()
    longest = percentile(held, 0.999) * 1000
    ratio = percentile(beside, 0.99) / percentile(quiet, 0.99)
    return [
        at_most(6, "longest hold of the write lock in a purge of 100,000", longest, 25, "ms", f"{len(held)} batches of {purge.BATCH}"),
        at_most(6, "p99 of a claim beside the purge", ratio, 3, beside=f"{percentile(beside, 0.99) * 1000:.1f} ms against {percentile(quiet, 0.99) * 1000:.1f} ms, {len(beside)} claims"),
    ]  # fmt: skip


def _claim(sq: project.SparkQ) -> float:
    started = time.perf_counter()
    tasks.claim(sq, "other", "bench")
    return time.perf_counter() - started


def _purge(root: Path, holds: "multiprocessing.Queue[list[float]]") -> None:
    sq = project.open(root, env={})
    held: list[float] = []
    write = sq.db.write

    class Timed:
        """A write transaction whose time from its begin to its end is noted."""

        def __enter__(self) -> object:
            self.inner = write()
            found = self.inner.__enter__()
            self.started = time.perf_counter()
            return found

        def __exit__(self, *error: object) -> object:
            done = self.inner.__exit__(*error)  # type: ignore[arg-type]  # handed on
            held.append(time.perf_counter() - self.started)
            return done

    sq.db.write = Timed  # type: ignore[method-assign,assignment]  # only here
    purge.purge(sq, older_than=0)
    holds.put(held)
