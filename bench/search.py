"""Row 15: the first search of much text beside a process that enqueues."""

import json
import random
import string
import subprocess
import sys
import threading
import time
from pathlib import Path

from bench.figure import Figure, at_most, opened, percentile
from sparkq_core import project, tasks
from sparkq_core.search import indexing

TASKS = 2000
WORDS = 2500
"""Words of each prompt: 20 KB."""

PAUSE = 0.002
"""Seconds between two enqueues."""


def measure() -> list[Figure]:
    """The same text indexed in batches, and as one transaction, which is what one batch without limits is."""
    batches, took = _waits(in_batches=True)
    whole, took_whole = _waits(in_batches=False)
    beside = f"{max(batches) * 1000:.0f} ms against {max(whole) * 1000:,.0f} ms, {took:.1f} s against {took_whole:.1f} s for {TASKS * WORDS * 8 / 1e6:.0f} MB"
    return [
        at_most(15, "longest wait of an enqueue beside the first search, against one transaction", max(batches) / max(whole), 0.1, beside=beside),
        at_most(15, "p99 of these waits", percentile(batches, 0.99) * 1000, 50, "ms", f"{len(batches):,} enqueues"),
    ]  # fmt: skip


def _waits(*, in_batches: bool) -> tuple[list[float], float]:
    """Return the seconds that each enqueue waited, and those until everything was indexed."""
    with opened() as sq:
        dice = random.Random(1)
        words = ["".join(dice.choices(string.ascii_lowercase, k=7)) for _ in range(30_000)]
        for _ in range(TASKS // 50):
            tasks.enqueue_all(sq, "main", [tasks.Draft(" ".join(dice.choices(words, k=WORDS))) for _ in range(50)])
        limits = indexing.BATCH_BYTES, indexing.BATCH_EVENTS, indexing.BATCH_SECONDS
        if not in_batches:
            indexing.BATCH_BYTES, indexing.BATCH_EVENTS, indexing.BATCH_SECONDS = 1 << 40, 1 << 40, 1e9
        command = [sys.executable, "-m", "bench.search", str(sq.config.root)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()  # it has begun
            started = time.perf_counter()
            while not indexing.update(sq):
                pass
            took = time.perf_counter() - started
            waits = json.loads(writer.communicate("end\n")[0])
        indexing.BATCH_BYTES, indexing.BATCH_EVENTS, indexing.BATCH_SECONDS = limits
    return waits, took


def enqueue(root: Path) -> None:
    """Enqueue until something is said on standard input; print how long each took."""
    sq = project.open(root, env={})
    ended = threading.Event()

    def listen() -> None:
        sys.stdin.readline()
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    waits: list[float] = []
    while not ended.is_set():
        started = time.perf_counter()
        tasks.enqueue(sq, "main", "one")
        waits.append(time.perf_counter() - started)
        if len(waits) == 1:
            print("begun", flush=True)
        ended.wait(PAUSE)
    print(json.dumps(waits))


if __name__ == "__main__":
    enqueue(Path(sys.argv[1]))
