"""Row 21: the first search of 100 MB of text beside a process that enqueues."""

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

TASKS = 5000
WORDS = 2500
"""Words of each prompt: 20 KB."""

PAUSE = 0.002
"""Seconds between two enqueues."""


def measure() -> list[Figure]:
    """How long the enqueues of another process waited while the index was built."""
    waits, took = _waits()
    beside = f"{len(waits):,} enqueues in {took:.0f} s, p99 {percentile(waits, 0.99) * 1000:.1f} ms"
    what = f"longest wait of an enqueue beside the first search of {TASKS * WORDS * 8 / 1e6:.0f} MB"
    return [at_most(21, what, max(waits) * 1000, 50, "ms", beside)]


def _waits() -> tuple[list[float], float]:
    """Return the seconds that each enqueue waited, and those until everything was indexed."""
    with opened() as sq:
        dice = random.Random(1)
        words = ["".join(dice.choices(string.ascii_lowercase, k=7)) for _ in range(30_000)]
        for _ in range(TASKS // 50):
            tasks.enqueue_all(sq, "main", [tasks.Draft(" ".join(dice.choices(words, k=WORDS))) for _ in range(50)])
        command = [sys.executable, "-m", "bench.search", str(sq.config.root)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            writer.stdout.readline()  # it has begun
            started = time.perf_counter()
            while not indexing.update(sq):
                pass
            took = time.perf_counter() - started
            waits = json.loads(writer.communicate("end\n")[0])
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
