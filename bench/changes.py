"""Row 23: a snapshot against `git status`, a claim over MCP beside the snapshots, and how much their store grows."""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.figure import Figure, at_most, by_round, interleaved, medians
from bench.mcp import Server
from sparkq_core import changes, project, queues, tasks
from sparkq_core.changes import earlier, snapshot, store
from sparkq_core.changes.git import Deadline, work_tree
from sparkq_core.clock import SystemClock
from sparkq_core.config import loading
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema

SIZES = (SMALL, MIDDLE, LARGE) = (100, 5_000, 50_000)
MOST_OF_STATUS = 3
"""How many times as long as `git status` a snapshot of MIDDLE files may take."""
EDITS = 10
ROUNDS = {SMALL: 15, MIDDLE: 15, LARGE: 3}
CLAIMS = 60
TASKS = 50
CLOCK_SECONDS = 0.02
"""The clock of a file system goes in steps of a few milliseconds."""

PAUSE_SECONDS = 0.3
"""Between an answer and the next call: longer than a snapshot, which begins 50 ms after the answer."""


def measure() -> list[Figure]:
    """Everything in repositories of its own."""
    return [*(figure for files in SIZES for figure in _snapshot(files)), _claim(), _growth()]


def _snapshot(files: int) -> list[Figure]:
    with _repository(files) as sq:
        root, folder = sq.config.root, store.path(sq.config)
        here = work_tree(root, Deadline.after(60))
        assert here is not None

        def status() -> None:
            _edit(root, files)
            subprocess.run(
                ["git", "--no-optional-locks", "status", "--porcelain"], cwd=root, check=True, stdout=subprocess.DEVNULL
            )

        def take() -> snapshot.Snapshot:
            _edit(root, files)
            taken = snapshot.take(here, folder, [folder], Deadline.after(60))
            assert taken is not None
            return taken

        def at_claim() -> None:
            """The edits came after the claim, so they are taken out of the tree again."""
            moment = time.time_ns() // 1_000_000
            time.sleep(CLOCK_SECONDS)  # files that change now are later than the claim for any clock
            earlier.tree(here, folder, take(), moment, None, Deadline.after(60))

        times = interleaved(ROUNDS[files], status=status, take=take, at_claim=at_claim)
    times["at_claim"] = [seconds - CLOCK_SECONDS for seconds in times["at_claim"]]
    took = medians(times)
    return [
        _against_status(f"a snapshot of {files:,} files with {EDITS} edits", took, times, "take", files == MIDDLE),
        _against_status("the same as of a claim before the edits", took, times, "at_claim", False),
    ]


def _against_status(
    what: str, took: dict[str, float], times: dict[str, list[float]], name: str, has_goal: bool
) -> Figure:
    beside = (
        f"{took[name] * 1000:.0f} ms against {took['status'] * 1000:.0f} ms ({by_round(times[name], times['status'])})"
    )
    ratio = took[name] / took["status"]
    what = f"{what} against git status"
    return at_most(23, what, ratio, MOST_OF_STATUS, beside=beside) if has_goal else Figure(23, what, f"{ratio:,.2f} ×", beside=beside)  # fmt: skip


def _claim() -> Figure:
    """The servers answer a claim right after one another; their snapshots are taken in the pause, while nobody waits.

    Each was asked for a peek just before: a server that wakes up for one call answers in 2 to 4 ms, whatever it does.
    """
    times: dict[str, list[float]] = {"full": [], "off": []}
    with contextlib.ExitStack() as opened:
        servers = {}
        for setting in times:
            sq = opened.enter_context(_repository(MIDDLE, setting))
            for _ in range(CLAIMS + 1):
                tasks.enqueue(sq, "main", "one")
            servers[setting] = Server(
                sys.executable, "-m", "sparkq_mcp.transport.stdio", "--project", str(sq.config.root)
            )
            opened.callback(servers[setting].close)
        for number in range(CLAIMS + 1):
            in_turn = sorted(servers.items(), reverse=number % 2 == 1)
            for setting, server in in_turn:
                _answered(server, "peek", {"queue": "main"})
                times[setting].append(_answered(server, "claim", {"queue": "main"}))
            time.sleep(PAUSE_SECONDS)  # the snapshots end, which begin after the answers
            for _, server in in_turn:
                _answered(server, "complete", {"task_id": number + 1, "result": "done"})
            time.sleep(PAUSE_SECONDS)  # the snapshots end, which begin after the answers
    took = {name: statistics.median(seconds[1:]) for name, seconds in times.items()}
    beside = f"{took['full'] * 1e6:.0f} µs against {took['off'] * 1e6:.0f} µs"
    return at_most(
        23, "a claim over MCP with changes: full against off", took["full"] / took["off"], 1.05, beside=beside
    )


def _answered(server: Server, tool: str, arguments: dict[str, object]) -> float:
    """Seconds of a call that succeeded."""
    started = time.perf_counter()
    server.call(tool, arguments)
    answer = server.read()
    seconds = time.perf_counter() - started
    assert not answer["result"].get("isError"), answer
    return seconds


def _growth() -> Figure:
    with _repository(MIDDLE) as sq:
        for number in range(TASKS):
            tasks.enqueue(sq, "main", "one")
            claimed = tasks.claim(sq, "main", "bench")
            assert claimed is not None
            begun = changes.Execution(claimed.task.id, claimed.task.attempts)
            changes.record(sq, sq.config.root, begun=begun)
            _edit(sq.config.root, MIDDLE, number)
            tasks.complete(sq, claimed.task.id, "done")
            changes.record(sq, sq.config.root, ended=[begun])
        objects = [*store.objects(store.path(sq.config))]
        taken = store.size(store.path(sq.config)) / 1e6
        content = sum(file.stat().st_size for _, file, _ in objects) / 1e6
    beside = f"{len(objects):,} objects with {content:.1f} MB, of at most {store.MAX_BYTES / 1e6:.0f} MB"
    return Figure(23, f"store on disk after {TASKS} tasks of {EDITS} edits each", f"{taken:,.2f} MB", beside=beside)


@contextlib.contextmanager
def _repository(files: int, setting: str = "full") -> Iterator[SparkQ]:
    """A project with one queue in a repository of so many files of 2 kB, a hundred in each folder."""
    # On a busy machine, a Git that a server has left may still write.
    with tempfile.TemporaryDirectory(prefix="sparkq-bench-", ignore_cleanup_errors=True) as name:
        root = Path(name)
        for number in range(files):
            file = _file(root, number)
            if number % 100 == 0:
                file.parent.mkdir(parents=True)
            file.write_text(f"{number}\n" + "a line of a program of some length\n" * 55)
        (root / "sparkq.yml").write_text(f"changes: {setting}\n")
        (root / ".gitignore").write_text("sparkq/\n")
        who = ("-c", "user.name=Ann", "-c", "user.email=ann@example.org")
        for command in (("init", "--quiet"), ("add", "."), (*who, "commit", "--quiet", "--message", "Begin")):
            subprocess.run(["git", *command], cwd=root, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull})
        schema.create(loading.load(root, {}).database, "bench", SystemClock())
        with contextlib.closing(project.open(root, env={})) as sq:
            queues.create(sq, "main")
            yield sq


def _file(root: Path, number: int) -> Path:
    return root / f"src/part{number // 100}/file{number % 100}.py"


def _edit(root: Path, files: int, seed: int = 0) -> None:
    """Change a line in ten files that are far apart, each time to something that was never there."""
    for number in range(EDITS):
        file = _file(root, (number * (files // EDITS) + seed) % files)
        with file.open("a") as stream:
            stream.write(f"{time.perf_counter_ns()}\n")
