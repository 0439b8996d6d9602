"""What Git says at a claim and at a result: read only, and the queue never waits for it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import inbox, queues, tasks
from sparkq_core.project import SparkQ
from sparkq_core.tasks.git import BEFORE_SECONDS, summary
from tests.harness.clocks import SetClock
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add, attempts, claimed_task, take, timed_out_task

BUDGET_SECONDS = BEFORE_SECONDS
SAID = "echo 0123456789012345678901234567890123456789; echo main"
"""What Git answers to the question for commit and branch."""


def git(folder: Path, *arguments: str) -> str:
    """What a Git command of the person's prints."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def start(folder: Path) -> None:
    """Make the folder a repository without a commit."""
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "config", "user.name", "Ann")
    git(folder, "config", "user.email", "ann@example.org")


def commit(folder: Path, message: str = "Work") -> str:
    """Commit everything but SparkQ's own files; the commit."""
    git(folder, "add", "--all", ":!sparkq")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is busy with tests Git may take longer than a person would wait."""
    for name in ("BEFORE_SECONDS", "AFTER_SECONDS"):
        monkeypatch.setattr(f"sparkq_core.tasks.git.{name}", 30.0)


@pytest.fixture
def repository(root: Path) -> Path:
    """A repository on branch "main" with one commit of three files."""
    start(root)
    for name in ("one.txt", "two.txt", "three.txt"):
        (root / name).write_text("".join(f"line {number}\n" for number in range(10)))
    commit(root, "Begin")
    return root


@pytest.fixture
def sq(repository: Path, clock: SetClock) -> Iterator[SparkQ]:
    """An open project in the repository, with the queue "backend"."""
    opened = open_new_project(repository, clock)
    queues.create(opened, "backend")
    yield opened
    opened.close()


def before(sq: SparkQ, task_id: int = 1) -> Any:
    """What was noted at the claim of the last attempt."""
    return json.loads(attempts(sq, task_id)[-1].git_before or "null")


def after(sq: SparkQ, task_id: int = 1) -> Any:
    """What was noted at the result of the last attempt."""
    return json.loads(attempts(sq, task_id)[-1].git_after or "null")


def review_line(sq: SparkQ) -> str:
    """What a review says of the change."""
    ((_, _, _, changes),) = inbox.unreviewed(sq).tasks
    return summary(changes)


def test_a_claim_notes_branch_commit_and_that_nothing_is_changed(sq: SparkQ, repository: Path) -> None:
    claimed_task(sq)

    assert before(sq) == {"branch": "main", "head": git(repository, "rev-parse", "HEAD"), "dirty": False}


def test_a_claim_notes_that_something_is_changed_already(sq: SparkQ, repository: Path) -> None:
    (repository / "one.txt").write_text("other\n")
    claimed_task(sq)

    assert before(sq)["dirty"] is True


def test_a_result_notes_the_size_of_the_change(sq: SparkQ, repository: Path) -> None:
    claimed_task(sq)
    (repository / "one.txt").write_text("line 0\nnew\nnew\nnew\n")
    (repository / "two.txt").unlink()
    tasks.complete(sq, 1, "done")

    counts = {"files": 2, "insertions": 3, "deletions": 19}
    assert after(sq) == {"branch": "main", "head": git(repository, "rev-parse", "HEAD"), "dirty": True, **counts}
    assert review_line(sq) == "2 files, +3 −19"


def test_what_was_changed_before_the_claim_is_not_counted_as_the_tasks_without_a_word(
    sq: SparkQ, repository: Path
) -> None:
    with (repository / "one.txt").open("a") as file:
        file.write("mine\n")
    claimed_task(sq)
    tasks.complete(sq, 1, "only looked")

    assert after(sq)["changed_before"] is True
    assert review_line(sq) == "1 file, +1 −0 with changes from before"


def test_what_was_committed_in_between_is_part_of_the_change(sq: SparkQ, repository: Path) -> None:
    claimed_task(sq)
    (repository / "new.txt").write_text("a\nb\n")
    head = commit(repository)
    tasks.complete(sq, 1, "done")

    counts = {"files": 1, "insertions": 2, "deletions": 0}
    assert after(sq) == {"branch": "main", "head": head, "dirty": False, **counts}
    assert review_line(sq) == "1 file, +2 −0"


def test_a_failure_notes_what_was_changed_too(sq: SparkQ, repository: Path) -> None:
    claimed_task(sq)
    (repository / "one.txt").write_text("")

    tasks.fail(sq, 1, "boom")

    assert (after(sq)["files"], after(sq)["deletions"]) == (1, 10)


def test_a_task_that_changed_nothing_says_nothing(sq: SparkQ) -> None:
    claimed_task(sq)
    tasks.complete(sq, 1, "only looked")

    assert after(sq)["files"] == 0
    assert review_line(sq) == ""


def test_work_on_another_branch_is_measured_from_the_claim(sq: SparkQ, repository: Path) -> None:
    claimed_task(sq)
    git(repository, "checkout", "--quiet", "-b", "feature")
    (repository / "one.txt").write_text("x\n")
    commit(repository)

    tasks.complete(sq, 1, "done")

    assert (before(sq)["branch"], after(sq)["branch"]) == ("main", "feature")
    assert (after(sq)["insertions"], after(sq)["deletions"]) == (1, 10)


def test_each_attempt_has_its_own_change(sq: SparkQ, repository: Path) -> None:
    claimed_task(sq)
    (repository / "one.txt").write_text("x\n")
    tasks.fail(sq, 1, "boom")
    commit(repository)
    tasks.requeue(sq, 1)
    take(sq)
    (repository / "two.txt").unlink()
    tasks.complete(sq, 1, "done")

    assert [json.loads(attempt.git_after or "{}")["deletions"] for attempt in attempts(sq, 1)] == [10, 10]
    assert review_line(sq) == "1 file, +0 −10"


def test_a_task_taken_with_an_outcome_begins_with_what_that_one_left(sq: SparkQ, repository: Path) -> None:
    add(sq, "one", "two")
    take(sq)
    (repository / "one.txt").write_text("x\n")
    tasks.complete(sq, 1, "done", next_for="ann")
    head = commit(repository)
    tasks.complete(sq, 2, "done")

    assert {key: after(sq)[key] for key in ("branch", "head", "dirty")} == before(sq, 2)
    assert (before(sq, 2)["dirty"], after(sq, 2)["head"], after(sq, 2)["files"]) == (True, head, 1)


def test_a_commit_that_is_gone_when_the_result_comes_is_no_hindrance(sq: SparkQ, repository: Path) -> None:
    (repository / "one.txt").write_text("x\n")
    lost = commit(repository)
    claimed_task(sq)
    git(repository, "reset", "--quiet", "--hard", "HEAD~")
    git(repository, "reflog", "expire", "--expire=now", "--all")
    git(repository, "gc", "--quiet", "--prune=now")
    tasks.complete(sq, 1, "done")

    assert before(sq)["head"] == lost
    assert (after(sq)["dirty"], after(sq).get("files")) == (False, None)
    assert review_line(sq) == ""


def test_a_detached_head_has_a_commit_and_no_branch_name(sq: SparkQ, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    claimed_task(sq)
    tasks.complete(sq, 1, "done")

    assert before(sq) == {"branch": "HEAD", "head": git(repository, "rev-parse", "HEAD"), "dirty": False}
    assert after(sq)["branch"] == "HEAD"


def test_the_repository_of_a_calling_hook_is_not_the_projects(
    sq: SparkQ, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    start(other)
    commit(other)
    git(other, "checkout", "--quiet", "-b", "elsewhere")
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(other / ".git/index"))

    claimed_task(sq)

    assert before(sq)["branch"] == "main"


def test_before_the_first_commit_nothing_is_noted(root: Path, clock: SetClock) -> None:
    start(root)
    sq = open_new_project(root, clock)
    queues.create(sq, "backend")
    claimed_task(sq)
    assert sq.config.watches_git

    tasks.complete(sq, 1, "done")

    assert (before(sq), after(sq)) == (None, None)
    sq.close()


def test_the_first_commit_is_no_hindrance(root: Path, clock: SetClock) -> None:
    start(root)
    sq = open_new_project(root, clock)
    queues.create(sq, "backend")
    claimed_task(sq)
    (root / "one.txt").write_text("x\n")
    head = commit(root)

    tasks.complete(sq, 1, "done")

    assert (after(sq)["head"], after(sq)["files"]) == (head, 0)
    sq.close()


def test_without_a_repository_nothing_is_noted(tmp_path: Path, clock: SetClock) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    sq = open_new_project(folder, clock)
    queues.create(sq, "backend")
    claimed_task(sq)
    tasks.complete(sq, 1, "done")

    assert (before(sq), after(sq)) == (None, None)
    sq.close()


def test_it_can_be_turned_off(sq: SparkQ, repository: Path) -> None:
    (repository / "sparkq.yml").write_text("git: false\n")
    without = second_handle(sq)
    claimed_task(without)
    tasks.complete(without, 1, "done")

    assert (before(sq), after(sq)) == (None, None)
    without.close()


@pytest.mark.parametrize("way", ["released", "timed out", "cancelled"])
def test_what_has_no_result_has_no_change(sq: SparkQ, clock: SetClock, way: str) -> None:
    if way == "timed out":
        timed_out_task(sq, clock)
    elif way == "released":
        tasks.release(sq, claimed_task(sq).id)
    else:
        tasks.cancel(sq, add(sq, "one")[0])

    assert [attempt.git_after for attempt in attempts(sq, 1)] == ([] if way == "cancelled" else [None])


def fake_git(folder: Path, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A `git` before the real one in PATH."""
    folder.mkdir()
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=":")


def test_a_claim_does_not_wait_for_a_slow_git(sq: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If it waited, it would have what the slow one says in the end."""
    monkeypatch.setattr("sparkq_core.tasks.git.BEFORE_SECONDS", BUDGET_SECONDS)
    fake_git(tmp_path / "bin", f"sleep 1; {SAID}", monkeypatch)

    claimed_task(sq)

    assert before(sq) is None
    assert BUDGET_SECONDS < 0.050, "the promise"


def test_a_claim_does_not_wait_for_a_slow_comparison(
    sq: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Branch and commit are there at once; whether something is changed would take too long."""
    monkeypatch.setattr("sparkq_core.tasks.git.BEFORE_SECONDS", 1.0)
    fake_git(tmp_path / "bin", f'case "$*" in *diff*) sleep 3; echo 1 file changed;; *) {SAID};; esac', monkeypatch)

    claimed_task(sq)

    assert before(sq) == {"branch": "main", "head": "0123456789012345678901234567890123456789"}


def test_a_result_is_safe_before_git_is_asked(sq: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    claimed_task(sq)
    look = "from sparkq_core import project, tasks; print(tasks.get(project.open(), 1).status)"
    fake_git(tmp_path / "bin", f"{sys.executable} -c '{look}' > {tmp_path}/seen 2>&1; exit 1", monkeypatch)

    tasks.complete(sq, 1, "done")

    assert (tmp_path / "seen").read_text() == "succeeded\n"


@pytest.mark.parametrize("script", ["exit 1", "echo", "echo one line", "kill -9 $$", "printf 'a\\nb\\nc\\nd'"])
def test_a_git_that_says_something_else_is_no_hindrance(
    sq: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    fake_git(tmp_path / "bin", script, monkeypatch)
    claimed_task(sq)

    assert tasks.complete(sq, 1, "done").task.status == "succeeded"
    assert (before(sq), after(sq)) == (None, None)


def test_without_git_on_the_machine_the_queue_works(
    sq: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    claimed_task(sq)

    assert tasks.complete(sq, 1, "done").task.status == "succeeded"
    assert (before(sq), after(sq)) == (None, None)


def test_an_empty_queue_asks_nothing(sq: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_git(tmp_path / "bin", f"touch {tmp_path}/asked", monkeypatch)

    assert tasks.claim(sq, "backend", "ann") is None
    assert not (tmp_path / "asked").exists()


def test_reading_changes_nothing_in_the_repository(sq: SparkQ, repository: Path) -> None:
    (repository / "one.txt").write_text("other\n")
    (repository / "two.txt").touch()
    (repository / ".git/index.lock").touch()
    untouched = {file: file.read_bytes() for file in (repository / ".git").rglob("*") if file.is_file()}

    claimed_task(sq)
    tasks.complete(sq, 1, "done")

    assert after(sq)["files"] == 1
    assert {file: file.read_bytes() for file in (repository / ".git").rglob("*") if file.is_file()} == untouched


def test_no_program_of_the_repository_is_run(sq: SparkQ, repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    (repository / ".gitattributes").write_text(
        "*.txt diff=trap filter=trap\ntwo.txt filter=a=b\nthree.txt filter=long\n"
    )
    commit(repository)
    filters = ("filter.trap.clean", "filter.trap.smudge", "filter.a=b.clean", "filter.long.process")
    for key in ("core.fsmonitor", "diff.external", "diff.trap.command", "diff.trap.textconv", "core.pager", *filters):
        git(repository, "config", key, str(trap))
    git(repository, "config", "filter.trap.required", "true")
    for name in ("one.txt", "two.txt", "three.txt"):
        (repository / name).write_text("other\n")

    claimed_task(sq)
    tasks.complete(sq, 1, "done")

    assert (before(sq)["dirty"], after(sq)["files"], after(sq)["insertions"]) == (True, 3, 3)
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    "changes", [None, "{}", '{"branch":"main","head":"x"}', '{"files":0,"insertions":0,"deletions":0}']
)
def test_without_a_change_there_is_no_summary(changes: str | None) -> None:
    assert summary(changes) == ""
