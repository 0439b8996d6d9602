"""Rows 1, 5 and 13: the verbs against the physical limit, many at once against one by one, bytes on the disk."""

import os
from collections.abc import Callable
from pathlib import Path

import apsw

from bench.figure import Figure, at_least, at_most, by_round, interleaved, medians, opened
from sparkq_core import tasks
from sparkq_core.project import SparkQ

TASKS = 60
ROUNDS = 25
BULK = 1000
STORED = 5000
PROMPT = "x" * 500
PAGED = 200
FRAME = 24 + 4096
"""Bytes of a page in the log."""


def measure() -> list[Figure]:
    """Against a raw loop of guarded row writes on a file of its own, with the same durability."""
    figures = []
    for synchronous, goal in (("full", 0.80), ("normal", 0.60)):
        with opened(synchronous) as sq:
            raw = _raw(sq.config.root / "raw.db", synchronous)
            times = interleaved(ROUNDS, ours=lambda sq=sq: _ours(sq), raw=raw)  # type: ignore[misc]  # inferred by its call
        middle = medians(times)
        beside = f"{3 * TASKS / middle['ours']:,.0f} verbs/s against {3 * TASKS / middle['raw']:,.0f} ({by_round(times['raw'], times['ours'])})"
        what = f"enqueue, claim, complete against a raw loop ({synchronous.upper()})"
        figures.append(at_least(1, what, middle["raw"] / middle["ours"], goal, beside=beside))
    return [*figures, _pages(), _bulk(), *_bytes()]


def _pages() -> Figure:
    """Pages in the log, with those of the tasks that were there before, so that a leaf is not the same for all."""
    wrote = {}
    with opened() as sq:
        _worked_through(sq)
        log = sq.config.database.with_name(f"{sq.config.database.name}-wal")
        connection = sq.db.connection()
        connection.wal_autocheckpoint(0)

        def pages(verbs: Callable[[], object], many: int) -> float:
            connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
            verbs()
            return os.path.getsize(log) / FRAME / many

        wrote["enqueue"] = pages(lambda: [tasks.enqueue(sq, "main", PROMPT) for _ in range(PAGED)], PAGED)
        wrote["claim"] = pages(lambda: [tasks.claim(sq, "main", "bench") for _ in range(PAGED // 2)], PAGED // 2)
        held = _running(sq)
        wrote["complete"] = pages(lambda: [tasks.complete(sq, number, "done") for number in held], len(held))
        left = PAGED - PAGED // 2
        wrote["complete and claim"] = pages(lambda: _work_through(sq), left)
    verb = (wrote["enqueue"] + wrote["complete and claim"]) / 3
    alone = ", ".join(f"{name} {many:.1f}" for name, many in wrote.items())
    return at_most(1, "pages written a verb by a worker that goes through a queue", verb, 7, "", alone)


def _worked_through(sq: SparkQ) -> None:
    tasks.enqueue_all(sq, "main", [tasks.Draft(PROMPT)] * STORED)
    _work_through(sq)


def _work_through(sq: SparkQ) -> None:
    """Claim all tasks of the queue, each with the outcome of the one before."""
    held = tasks.claim(sq, "main", "bench")
    while held is not None:
        held = tasks.complete(sq, held.task.id, "done", attempt=1, next_for="bench").claimed


def _ours(sq: SparkQ) -> None:
    for _ in range(TASKS):
        tasks.enqueue(sq, "main", PROMPT)
    for _ in range(TASKS):
        tasks.claim(sq, "main", "bench")
    for number in _running(sq):
        tasks.complete(sq, number, "done")


def _running(sq: SparkQ) -> list[int]:
    return [task.id for task in tasks.list_page(sq, tasks.Wanted(status="running"), limit=1000).tasks]


def _raw(path: Path, synchronous: str) -> Callable[[], None]:
    """One `BEGIN IMMEDIATE` transaction with one guarded row write for each verb, and nothing else."""
    connection = apsw.Connection(str(path))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", synchronous)
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, status TEXT, prompt TEXT, result TEXT) STRICT")
    last = 0

    def write(sql: str, *values: object) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(sql, values)
        connection.execute("COMMIT")

    def run() -> None:
        nonlocal last
        for _ in range(TASKS):
            write("INSERT INTO t (status, prompt) VALUES ('queued', ?)", PROMPT)
        for number in range(last + 1, last + TASKS + 1):
            write("UPDATE t SET status = 'running' WHERE id = ? AND status = 'queued'", number)
        for number in range(last + 1, last + TASKS + 1):
            write("UPDATE t SET status = 'succeeded', result = 'done' WHERE id = ? AND status = 'running'", number)
        last += TASKS

    return run


def _bulk() -> Figure:
    drafts = [tasks.Draft(PROMPT)] * BULK
    with opened() as sq:
        times = interleaved(
            5,
            together=lambda: tasks.enqueue_all(sq, "main", drafts),
            one_by_one=lambda: [tasks.enqueue(sq, "main", PROMPT) for _ in range(BULK)],
        )
    middle = medians(times)
    beside = f"{middle['together'] * 1000:.0f} ms against {middle['one_by_one'] * 1000:.0f} ms ({by_round(times['one_by_one'], times['together'])})"
    return at_least(
        5,
        f"{BULK:,} tasks in one transaction against one by one",
        middle["one_by_one"] / middle["together"],
        30,
        beside=beside,
    )


def _bytes() -> list[Figure]:
    sizes = {}
    for name in ("queued", "finished"):
        with opened() as sq:
            before = _size(sq)
            tasks.enqueue_all(sq, "main", [tasks.Draft(PROMPT)] * STORED)
            if name == "finished":
                for _ in range(STORED):
                    claim = tasks.claim(sq, "main", "bench")
                    assert claim is not None
                    tasks.complete(sq, claim.task.id, "Done: see the branch.")
            sizes[name] = (_size(sq) - before) / STORED
    return [
        at_most(13, "bytes on disk, a queued task with a 500-byte prompt", sizes["queued"], 900, "B"),
        at_most(13, "bytes on disk, the same finished", sizes["finished"], 1400, "B"),
    ]


def _size(sq: SparkQ) -> int:
    sq.db.connection().wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    return os.path.getsize(sq.config.database)
