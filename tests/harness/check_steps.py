"""Queues with a check, and workers that run it."""

import subprocess
from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from sparkq_core.tasks.check import Ended
from tests.harness.change_steps import PATIENCE, repository
from tests.harness.projects import second_handle

COMMAND = "test -f ok"


@pytest.fixture(autouse=True)
def patient_with_git(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is busy with tests Git may take longer than a person would wait."""
    monkeypatch.setattr(checks, "SECONDS", PATIENCE)


def with_check(store: SparkQ, command: str = COMMAND, *, strict: bool = True, queue: str = "backend") -> SparkQ:
    """Make the project a repository whose queue has a check, and open it again."""
    repository(store.config.root, one_txt="one\n")
    sq = second_handle(store)
    checks.set_command(sq, queue, command)
    if strict:
        queues.limit_reviews(sq, queue, 9)
    return sq


def check(sq: SparkQ, task_id: int, here: Path | None = None, *, attempt: int | None = None) -> Ended:
    """Run the check as `sparkq check` does in the folder `here` (default: the project's)."""
    run = tasks.begin_check(sq, task_id, here or sq.config.root, attempt=attempt)
    done = subprocess.run(run.command, shell=True, cwd=run.folder, capture_output=True, check=False)
    return tasks.end_check(sq, run, done.returncode, done.stdout + done.stderr)
