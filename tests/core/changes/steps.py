"""What a worker does in a repository, and what is recorded of it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import changes, inbox, tasks
from sparkq_core.changes import view
from sparkq_core.project import SparkQ
from tests.harness.task_steps import add, attempts
from tests.harness.waiting import until

Work = Callable[[], object]


def claim(sq: SparkQ, folder: Path | None = None, worker: str = "ann") -> int:
    """Add a task, and claim it in a folder (default: the project's); its id."""
    add(sq, "one")
    claimed = tasks.claim(sq, "backend", worker)
    assert claimed is not None
    begun = changes.Execution(claimed.task.id, claimed.task.attempts)
    changes.record(sq, folder or sq.config.root, begun=begun)
    return claimed.task.id


def complete(sq: SparkQ, task_id: int, folder: Path | None = None) -> None:
    """Complete a task in a folder (default: the project's)."""
    done = tasks.complete(sq, task_id, "done")
    changes.record(sq, folder or sq.config.root, ended=[changes.Execution(task_id, done.attempt)])


def after(sq: SparkQ, task_id: int = 1) -> Any:
    """What was recorded at the outcome of the last attempt."""
    return json.loads(attempts(sq, task_id)[-1].git_after or "null")


def before(sq: SparkQ, task_id: int = 1) -> Any:
    """What was recorded at the claim of the last attempt."""
    return json.loads(attempts(sq, task_id)[-1].git_before or "null")


def review_lines(sq: SparkQ) -> list[str]:
    """What a review says of the changes."""
    return [changes.summary(finished.git_after) for finished in inbox.unreviewed(sq).tasks]


def changed(sq: SparkQ, task_id: int = 1) -> list[tuple[str, str, int | None, int | None]]:
    """Status, path and lines of each file that a task changed."""
    return [(file.status, file.path, file.insertions, file.deletions) for file in view.files(sq, view.of(sq, task_id))]


def quickly(sq: SparkQ, work: Work) -> int:
    """Let a task do this work before its claim is recorded; its id."""
    add(sq, "one")
    begun = tasks.claim(sq, "backend", "ann")
    assert begun is not None
    at_work(sq, begun.task.claimed_at or 0, work)
    changes.record(sq, sq.config.root, begun=changes.Execution(begun.task.id, begun.task.attempts))
    complete(sq, begun.task.id)
    return begun.task.id


def at_work(sq: SparkQ, claimed_at: int, work: Work) -> None:
    """Work once the times of files, which are some ms behind, are after the claim."""
    probe = sq.config.database.with_name("probe")

    def is_later() -> bool:
        probe.write_text("x")
        return probe.stat().st_ctime_ns // 1_000_000 > claimed_at

    until(is_later)
    work()


def append(file: Path, text: str) -> None:
    """Add text to a file."""
    with file.open("a") as stream:
        stream.write(text)


def fake_git(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `git` before the real one in PATH."""
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")
