"""Git's everyday commands neither commit, remove nor replace the database, on any branch."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkq_core import project, queues
from sparkq_core.clock import SystemClock
from sparkq_core.config import ignoring
from sparkq_core.installation import doctor, setup, teardown
from sparkq_core.installation.findings import FAILURE, OK, WARNING, Finding
from sparkq_core.maintenance.rounds import upkeep
from sparkq_core.project import SparkQ
from tests.core.examination import examined
from tests.harness.projects import database_of
from tests.harness.task_steps import add, queued_count
from tests.promises import holds

Git = Callable[..., str]


@pytest.fixture
def git(root: Path) -> Git:
    """Git in a new repository with one commit on `main`, and the branch `dev` checked out."""

    def run(*arguments: str) -> str:
        identity = ("-c", "user.name=x", "-c", "user.email=x@y.z", "-c", "commit.gpgsign=false")
        done = subprocess.run(["git", *identity, *arguments], cwd=root, capture_output=True, text=True, check=True)
        return done.stdout

    run("init", "--quiet", "--initial-branch=main")
    run("commit", "--quiet", "--allow-empty", "-m", "root")
    run("checkout", "--quiet", "-b", "dev")
    return run


def set_up(root: Path, **settings: object) -> SparkQ:
    """Set the project up as `sparkq setup` does, and open it."""
    wanted = {name.replace("__", "."): value for name, value in settings.items()}
    setup.setup(root, setup.defaults(root) | wanted, SystemClock(), {})
    return project.open(root, env={})


@holds("git-commands")
def test_branches_stash_and_clean_leave_the_database_in_its_place(root: Path, git: Git) -> None:
    sq = set_up(root)
    add(sq, "one", queue=queues.create(sq, "backend").name)
    before = database_of(root).stat().st_ino

    git("stash", "--quiet", "--include-untracked")
    git("clean", "--quiet", "-fd")
    set_up(root).close()  # the settings went with the stash
    git("checkout", "--quiet", "main")
    git("add", "--all")
    git("commit", "--quiet", "-m", "everything")
    committed = git("ls-tree", "-r", "--name-only", "HEAD").split()
    git("checkout", "--quiet", "dev")
    git("checkout", "--quiet", "main")

    assert committed == ["sparkq.yml"]
    assert (database_of(root).stat().st_ino, queued_count(sq)) == (before, 1)
    sq.close()


@holds("git-commands")
@pytest.mark.parametrize("is_shared", [False, True])
def test_data_in_other_folders_is_ignored_and_teardown_leaves_the_repository_as_it_was(
    root: Path, git: Git, is_shared: bool
) -> None:
    if is_shared:
        (root / "var").mkdir()
        (root / "var/notes.md").write_text("mine")
        git("add", "--all")
        git("commit", "--quiet", "-m", "notes")
    sq = set_up(root, database__path="var/my q.db", logs__path="var/log/q.log", queue_runner__lock_dir="var/run")
    sq.close()
    for file in ("var/log/q.log.1", "var/run/runner-7.lock"):
        (root / file).parent.mkdir(exist_ok=True)
        (root / file).touch()

    untracked = git("status", "--porcelain", "--untracked-files=all").split("\n")
    assert untracked[:-1] == (["?? .gitignore"] if is_shared else []) + ["?? sparkq.yml"]
    assert examined(root)["git"].state == OK

    teardown.remove(sq.config, teardown.manifest(sq.config))
    assert git("status", "--porcelain", "--ignored", "--untracked-files=all") == ""


def test_a_folder_with_files_of_others_keeps_them_visible(root: Path, git: Git) -> None:
    """A package that happens to be called sparkq."""
    (root / "sparkq").mkdir()
    (root / "sparkq/module.py").write_text("mine")

    set_up(root).close()

    assert not (root / "sparkq/.gitignore").exists()
    assert git("status", "--porcelain", "--untracked-files=all").split("\n")[:-1] == [
        "?? sparkq.yml",
        "?? sparkq/module.py",
    ]


def test_a_gitignore_of_yours_in_the_folder_is_kept(root: Path, git: Git) -> None:
    (root / "sparkq").mkdir()
    (root / "sparkq/.gitignore").write_text("mine\n")

    sq = set_up(root)
    teardown.remove(sq.config, teardown.manifest(sq.config))

    assert (root / "sparkq/.gitignore").read_text() == "mine\n"
    sq.close()


@holds("git-commands")
def test_the_doctor_sees_what_git_would_take(root: Path, git: Git) -> None:
    sq = set_up(root)
    assert examined(root)["git"].state == OK
    (root / "sparkq/.gitignore").unlink()

    unignored = examined(root)["git"]
    assert (unignored.state, unignored.fix) == (WARNING, "sparkq setup")
    upkeep(sq)
    assert (root / "sparkq/.gitignore").read_text() == ignoring.TEXT

    git("add", "--force", "sparkq/data/sparkq.db")
    tracked = examined(root)["git"]
    assert (tracked.state, "a checkout replaces it" in tracked.message) == (FAILURE, True)
    subprocess.run(tracked.fix, shell=True, check=True, capture_output=True)
    assert examined(root)["git"].state == OK
    sq.close()


def test_what_git_does_not_answer_is_not_called_in_order(root: Path, git: Git, tmp_path: Path) -> None:
    set_up(root).close()

    def seen(**env: str) -> Finding:
        return next(finding for finding in doctor.examine(root, env) if finding.check == "git")

    refusing = tmp_path / "bin/git"
    refusing.parent.mkdir()
    refusing.write_text("#!/bin/sh\necho 'fatal: detected dubious ownership in repository' >&2\nexit 128\n")
    refusing.chmod(0o755)
    refused = seen(PATH=f"{refusing.parent}:{os.environ['PATH']}")
    assert (refused.state, "--add safe.directory" in refused.fix) == (WARNING, True)
    elsewhere = seen(GIT_DIR=str(tmp_path / "nowhere"), GIT_INDEX_FILE=str(tmp_path / "index"))
    assert elsewhere.state == OK, "a caller's repository is not ours"
    assert (seen(PATH=str(tmp_path)).state, "not checked" in seen(PATH=str(tmp_path)).message) == (OK, True)
    (root / ".git/config").write_text("[broken")
    assert (seen().state, "not checked: Git says:" in seen().message) == (WARNING, True)
