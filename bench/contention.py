"""Row 4: eight processes back to back on one queue, with SparkQ's waiting and with SQLite's own."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from bench.figure import Figure, at_least, at_most, opened
from sparkq_core import project, tasks

PROCESSES = 8
SECONDS = 4.0
SUPPLY = 40_000


def measure() -> list[Figure]:
    """FULL durability. The plain way is the same work with SQLite's busy_timeout, which doubles its sleeps."""
    ours, plain = _run("ours"), _run("plain")
    served = [len(process["waits"]) for process in ours]
    ids = [number for process in ours for number in process["ids"]]
    longest = max(wait for process in ours for wait in process["waits"]) * 1000
    theirs = [len(process["waits"]) for process in plain]
    their_longest = max(wait for process in plain for wait in process["waits"]) * 1000
    return [
        at_most(4, "tasks handed out twice to 8 processes", len(ids) - len(set(ids)), 0, "", f"of {len(ids):,}"),
        at_least(4, "fairness: least by most served", min(served) / max(served), 0.4, "", f"busy_timeout: {min(theirs) / max(theirs):.2f}"),
        at_most(4, "longest claim-and-complete", longest, 300, "ms", f"busy_timeout: {their_longest:,.0f} ms"),
        at_least(4, "throughput against busy_timeout", sum(served) / sum(theirs), 0.6, beside=f"{sum(served) / SECONDS:,.0f} tasks/s against {sum(theirs) / SECONDS:,.0f}"),
    ]  # fmt: skip


def _run(how: str) -> list[dict[str, Any]]:
    with opened() as sq:
        tasks.enqueue_all(sq, "main", [tasks.Draft("one")] * SUPPLY)
        command = [sys.executable, "-m", "bench.contention", how, str(sq.config.root)]
        started = [
            subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)
            for _ in range(PROCESSES)
        ]
        for process in started:
            assert process.stdout is not None
            process.stdout.readline()  # it is ready
        reports = []
        for process in started:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        for process in started:
            reports.append(json.loads(process.communicate()[0]))
        return reports


def work(how: str, root: Path) -> None:
    """Claim and complete back to back until the time is over."""
    sq = project.open(root, env={})
    if how == "plain":
        sq.db.connection().set_busy_timeout(10_000)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    waits, ids = [], []
    end = time.perf_counter() + SECONDS
    while time.perf_counter() < end:
        started = time.perf_counter()
        claim = tasks.claim(sq, "main", "bench")
        if claim is None:
            break
        tasks.complete(sq, claim.task.id, "done", attempt=claim.task.attempts)
        waits.append(time.perf_counter() - started)
        ids.append(claim.task.id)
    sys.stdout.write(json.dumps({"waits": waits, "ids": ids}))


if __name__ == "__main__":
    work(sys.argv[1], Path(sys.argv[2]))
