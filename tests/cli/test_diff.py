"""`sparkq diff`: what a task changed, for a person on a terminal and for `git apply`."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from sparkq_core import queues
from sparkq_core.changes import store
from sparkq_core.project import SparkQ
from tests.harness.git_steps import commit, git, start
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.harness.terminal import shown
from tests.promises import holds


@pytest.fixture
def worked(shell: Shell, sq: SparkQ) -> Shell:
    """Three tasks that were worked by the command, one after another, in a repository in which nothing was committed."""
    start(shell.folder)
    (shell.folder / "app.py").write_text("one\ntwo\nthree\n")
    commit(shell.folder)
    add(sq, "Add a line", "Write a module", "Look only")
    for number in (1, 2, 3):
        shell.ok("claim", "--queue", "backend")
        edit(shell.folder, number)
        shell.ok("complete", str(number), "did it", "--quiet")
    return shell


def edit(folder: Path, number: int) -> None:
    """The work of a task."""
    if number == 1:
        (folder / "app.py").write_text("one\ntwo\nthree\nfour\n")
    elif number == 2:
        (folder / "module.py").write_text("x = '\x1b[31m'\n" * 3)
        (folder / "picture.bin").write_bytes(bytes(range(256)))


@holds("command-diff")
def test_each_task_has_its_own_patch(worked: Shell) -> None:
    assert worked.ok("diff", "1").splitlines()[-5:] == ["@@ -1,3 +1,4 @@", " one", " two", " three", "+four"]
    assert "four" not in worked.ok("diff", "2")
    assert "module.py   |   3 +++" in worked.ok("diff", "#2", "--stat")
    assert "module.py   |   3 ---" in worked.ok("diff", "#2", "--stat", "--reverse")


@holds("command-diff")
def test_a_patch_applies_and_its_reverse_takes_the_change_back(worked: Shell) -> None:
    for number in ("2", "1"):
        done = worked.run("sh", "-c", f"sparkq diff {number} --reverse | git apply")
        assert (done.code, done.err) == (0, "")
    assert git(worked.folder, "status", "--porcelain", "--", "*.py", "*.bin") == ""

    done = worked.run("sh", "-c", "sparkq diff 1-2 | git apply")
    assert (done.code, done.err) == (0, "")
    assert (worked.folder / "picture.bin").read_bytes() == bytes(range(256))
    assert (worked.folder / "app.py").read_text() == "one\ntwo\nthree\nfour\n"


def test_the_patches_of_several_are_in_the_order_in_which_they_ended(shell: Shell, sq: SparkQ) -> None:
    start(shell.folder)
    (shell.folder / "app.py").write_text("one\n")
    commit(shell.folder)
    add(sq, "First", "Second")
    for number in (2, 1):
        shell.ok("claim", str(number))
        (shell.folder / "app.py").write_text(f"of {number}\n")
        shell.ok("complete", str(number), "did it", "--quiet")

    done = shell.run("sh", "-c", "sparkq diff 1-2 --reverse | git apply")
    assert (done.code, done.err) == (0, "")
    assert (shell.folder / "app.py").read_text() == "one\n"


def test_what_has_no_change_is_said_beside_the_patch(worked: Shell) -> None:
    nothing, range_ = worked.sparkq("diff", "3"), worked.sparkq("diff", "1-5")

    assert (nothing.code, nothing.out, nothing.err) == (0, "", "sparkq: #3 changed nothing.\n")
    assert range_.code == 0
    assert "There is no task #4." in range_.err
    assert range_.out.count("diff --git") == 3


def test_a_single_task_without_a_change_is_an_error(worked: Shell, sq: SparkQ) -> None:
    add(sq, "not yet")

    queues.create(sq, "docs")
    not_begun = worked.refused(3, "diff", "4")
    assert "has not been claimed yet" in not_begun
    assert "#4" in worked.ok(*not_begun.partition(": sparkq ")[2].split())
    assert "There is no task #9" in worked.refused(3, "diff", "9")
    assert "no attempt 7" in worked.refused(3, "diff", "1", "--attempt", "7")
    assert "too many" in worked.refused(2, "diff", "1-9999")
    assert "is not a task id" in worked.refused(2, "diff", "x")
    assert "single task" in worked.refused(2, "diff", "1-2", "--attempt", "1")


def test_of_a_task_with_several_attempts_each_says_what_it_changed(worked: Shell, sq: SparkQ) -> None:
    assert "Attempt 1  succeeded" in worked.ok("task", "1")
    worked.ok("requeue", "1", "--again")
    worked.ok("claim", "1")
    (worked.folder / "app.py").write_text("")
    worked.ok("complete", "1", "emptied", "--quiet")

    first, second = [line for line in worked.ok("task", "1").split("\n") if line.startswith("Attempt ")]

    assert ", 1 file, +1 −0, " in first
    assert ", 1 file, +0 −4, " in second


def test_of_a_purged_task_it_says_what_became_of_it(worked: Shell) -> None:
    worked.ok("review", "1")
    worked.ok("purge", "--yes", "--older-than", "0s")

    assert "#1 was purged" in worked.refused(3, "diff", "1")


def test_status_says_how_much_of_the_disk_the_changes_take(worked: Shell) -> None:
    taken = json.loads(worked.sparkq("status", "--json").out)["changes_bytes"]

    assert taken > 0
    assert f"takes {store.share(taken)}." in worked.sparkq("status").out


def test_the_files_are_json_for_programs(worked: Shell) -> None:
    answer = worked.facts("diff", "1-2")

    assert [change["task_id"] for change in answer["changes"]] == [1, 2]
    assert answer["changes"][1]["files"] == [
        {"path": "module.py", "status": "added", "insertions": 3, "deletions": 0},
        {"path": "picture.bin", "status": "added"},
    ]


def test_on_a_terminal_it_says_whose_it_is_and_nothing_reaches_the_terminal_raw(worked: Shell) -> None:
    screen = shown(worked, "diff", "2", PAGER="cat")

    assert "#2 Write a module" in screen
    assert "2 files, +3 −0, on main" in screen
    assert "\x1b[32m+x = '\\x1b[31m'" in screen.replace("␛", "\\x1b")


def test_who_asks_in_the_middle_of_the_work_is_told_so(shell: Shell, sq: SparkQ) -> None:
    start(shell.folder)
    commit(shell.folder)
    add(sq, "one")
    shell.ok("claim", "--queue", "backend")

    assert "It is running" in shell.refused(3, "diff", "1")


def test_the_environment_of_a_hook_does_not_lead_astray(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    start(shell.folder)
    commit(shell.folder)
    add(sq, "one")
    strange = {"GIT_DIR": str(tmp_path / "no"), "GIT_INDEX_FILE": str(tmp_path / "no"), "GIT_WORK_TREE": "/"}
    shell.ok("claim", "--queue", "backend", **strange)
    (shell.folder / "new.txt").write_text("x\n")
    shell.ok("complete", "1", "done", **strange)

    assert json.loads(shell.ok("diff", "1", "--json", **strange))["changes"][0]["total"] == 1
    assert subprocess.run(["git", "fsck"], cwd=shell.folder, capture_output=True, check=False).returncode == 0


def test_the_overview_mentions_a_store_that_is_more_than_half_full(worked: Shell, sq: SparkQ) -> None:
    assert "of the disk" not in worked.ok()

    for first in "0f":
        folder = store.path(sq.config) / f"{first}0"
        folder.mkdir(exist_ok=True)
        with (folder / ("a" * 38)).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, 60_000_000)

    assert "What the tasks changed takes more than 100 MB of the disk." in worked.ok()
