"""Whatever ends a snapshot, and wherever: the tasks go on, and the repository has not been touched.

A worker does two tasks, and is killed while it records what one of them changed, alone or together with its Git. On a
full disk the snapshot fails by itself.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sparkq_core import changes, queues, tasks
from sparkq_core.changes import recording, store, view
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.disks import small_disk
from tests.harness.git_steps import commit, git, start
from tests.harness.projects import TOP, open_new_project, second_handle
from tests.harness.task_steps import add, attempts
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.extent import extent

TRIES = extent(6, 200, 1000)
FILES = 300
LONGEST_SECONDS = 0.12
"""Until when after an answer a worker is killed: its snapshot takes about half as long."""

WORKER = """
import os, signal
from pathlib import Path
from sparkq_core import changes, project, tasks
sq, here = project.open(), Path.cwd()
for _ in range(2):
    claimed = tasks.claim(sq, "backend", "ann")
    print("claimed", claimed.task.id, flush=True)
    begun = changes.Execution(claimed.task.id, claimed.task.attempts)
    changes.record(sq, here, begun=begun)
    for number in range(20):
        (here / f"file{number}").write_text(f"{claimed.task.id}\\n" * 50)
    (here / "new.bin").write_bytes(os.urandom(200_000))
    tasks.complete(sq, claimed.task.id, "done")
    print("completed", claimed.task.id, flush=True)
    changes.record(sq, here, ended=[begun])
signal.pause()
"""


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is busy with tests Git may take longer than a person would wait."""
    monkeypatch.setattr(recording, "SECONDS", 60.0)


def everything_of_git(root: Path) -> dict[Path, tuple[bytes, int]]:
    """Each file in .git with its content and its time."""
    return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in (root / ".git").rglob("*") if file.is_file()}


def repository(root: Path) -> None:
    """A repository with a few hundred files."""
    start(root)
    for number in range(FILES):
        (root / f"file{number}").write_text("x\n" * 50)
    commit(root)


def killed(root: Path, random_: random.Random) -> list[tuple[str, int]]:
    """Let a worker work, and kill it a moment after one of its first answers; its answers."""
    with subprocess.Popen(
        [sys.executable, "-c", WORKER],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(TOP)},
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as worker:
        assert worker.stdout is not None
        answers = [worker.stdout.readline() for _ in range(random_.randint(1, 3))]
        time.sleep(random_.uniform(0, LONGEST_SECONDS))
        if random_.random() < 0.5:
            os.killpg(worker.pid, signal.SIGKILL)
        else:  # its Git goes on
            worker.kill()
        said = [line.split() for line in [*answers, *worker.stdout]]
    return [(verb, int(task)) for verb, task in said]


def do(sq: SparkQ) -> int:
    """Do the next task with a change of one line; its id."""
    claimed = tasks.claim(sq, "backend", "ann")
    assert claimed is not None
    begun = changes.Execution(claimed.task.id, claimed.task.attempts)
    changes.record(sq, sq.config.root, begun=begun)
    with (sq.config.root / "file299").open("a") as file:
        file.write("of the task\n")
    tasks.complete(sq, claimed.task.id, "done")
    changes.record(sq, sq.config.root, ended=[begun])
    return claimed.task.id


def temporary(sq: SparkQ) -> int:
    """How many temporary folders are in the store."""
    return sum(name.startswith(store.TEMPORARY) for name in os.listdir(store.path(sq.config)))


@holds("snapshots-harm-nothing")
@pytest.mark.usefixtures("patient")
def test_a_snapshot_that_is_killed_loses_and_delays_no_task(root: Path, counts: Counts) -> None:
    repository(root)
    sq = open_new_project(root)
    queues.create(sq, "backend")
    untouched = everything_of_git(root)
    random_ = random.Random(7)
    left = 0

    for _ in range(TRIES):
        add(sq, *["one"] * 4)
        answers = killed(root, random_)
        left += temporary(sq) > 0

        for verb, task in answers:
            status = tasks.get(sq, task).status
            assert status == "succeeded" or (verb == "claimed" and status == "running"), (verb, task, status)
        number = do(sq)
        assert [(file.path, file.insertions) for file in view.files(sq, view.of(sq, number))] == [("file299", 1)]
        assert temporary(sq) == 0

    assert everything_of_git(root) == untouched
    assert unreadable(root, store.path(sq.config)) == ""
    counts(killed_snapshots=left, tries=TRIES)
    sq.close()


def unreadable(root: Path, folder: Path) -> str:
    """What Git finds wrong with the objects of the store."""
    done = subprocess.run(
        ["git", "fsck", "--no-dangling", "--connectivity-only"],
        cwd=root,
        env={
            **os.environ,
            "GIT_OBJECT_DIRECTORY": str(folder),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(root / ".git/objects"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return "\n".join(line for line in done.stderr.splitlines() if line.startswith(("error", "fatal")))


@holds("snapshots-harm-nothing")
@pytest.mark.usefixtures("patient")
def test_a_full_disk_takes_the_snapshot_and_nothing_else(tmp_path: Path, clock: SetClock) -> None:
    with small_disk(tmp_path / "small") as root:
        start(root)
        (root / "file299").write_text("x\n")
        commit(root)
        sq = open_new_project(root, clock)
        queues.create(sq, "backend")
        add(sq, "one", "two", "three")
        do(sq)
        untouched = everything_of_git(root)
        (root / "new.bin").write_bytes(os.urandom(500_000))
        with (root / "filler").open("wb") as filler:
            filler.write(bytes(os.statvfs(root).f_bavail * os.statvfs(root).f_frsize - 250_000))

        number = do(sq)
        halves = [file for name, file, _ in store.objects(store.path(sq.config)) if not name]
        assert halves == [], "nothing half-written takes the rest of the disk"
        assert (tasks.get(sq, number).status, tasks.get(sq, number).attempts) == ("succeeded", 1)
        assert "tree" not in (attempts(sq, number)[-1].git_after or "").replace("work_tree", "")
        (root / "filler").unlink()
        (root / "new.bin").unlink()
        number = do(sq)

        assert [file.path for file in view.files(second_handle(sq), view.of(sq, number))] == ["file299"]
        assert everything_of_git(root) == untouched
        assert git(root, "status", "--porcelain", "--untracked-files=no") == "M file299"
        sq.close()
