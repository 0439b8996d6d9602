"""`sparkq branch`: commits out of what tasks changed, in a repository that otherwise stays as it is."""

import json
from pathlib import Path

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.harness.git_steps import commit, git, start
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.promises import holds

LINES = [f"line {number}" for number in range(1, 31)]


@pytest.fixture
def repository(shell: Shell, sq: SparkQ) -> Path:
    """A repository with one commit, and two queued tasks."""
    start(shell.folder)
    (shell.folder / "app.py").write_text("\n".join(LINES) + "\n")
    commit(shell.folder, "Begin")
    add(sq, "Change the first line", "Change the last line")
    return shell.folder


@pytest.fixture
def worked(shell: Shell, sq: SparkQ) -> Shell:
    """Five tasks that were worked one after another in one tree; what you edited in between, and nothing committed."""
    start(shell.folder)
    (shell.folder / "app.py").write_text("\n".join(LINES) + "\n")
    (shell.folder / "own.txt").write_text("mine\n")
    commit(shell.folder, "Begin")
    add(sq, "Change the first line", "Write a module", "Look only", "Change the last line", "Rename the module")
    for number in range(1, 6):
        shell.ok("claim", "--queue", "backend")
        edit(shell.folder, number)
        shell.ok("complete", str(number), f"Did {number}.\nIn two lines.", "--quiet")
        (shell.folder / "own.txt").write_text(f"mine, after {number}\n")
    return shell


def edit(folder: Path, number: int) -> None:
    """The work of a task."""
    match number:
        case 1:
            replace_line(folder, 1, "first")
        case 2:
            (folder / "module.py").write_text("x = 1\n" * 20)
            (folder / "picture.bin").write_bytes(bytes(range(256)) * 9)
        case 4:
            replace_line(folder, 30, "last")
        case 5:
            (folder / "module.py").rename(folder / "better.py")


def replace_line(folder: Path, number: int, text: str) -> None:
    """Change a line of app.py."""
    lines = (folder / "app.py").read_text().splitlines()
    lines[number - 1] = text
    (folder / "app.py").write_text("\n".join(lines) + "\n")


def subjects(shell: Shell, branch: str) -> list[str]:
    """The subjects of the commits of a branch since main, oldest first."""
    return git(shell.folder, "log", "--reverse", "--format=%s", f"main..{branch}").splitlines()


def rest_of(repository: Path) -> dict[Path, tuple[bytes, int]]:
    """Every file of the work tree and of Git, but objects, this branch and its log."""
    return {
        file: (file.read_bytes(), file.stat().st_mtime_ns)
        for file in repository.rglob("*")
        if file.is_file() and not {"objects", "sparkq"} & set(file.parts) and file.name != "work"
    }


@holds("command-branch")
def test_each_task_is_a_commit_and_everything_else_is_as_it_was(worked: Shell) -> None:
    folder = worked.folder
    (folder / "staged.txt").write_text("staged\n")
    git(folder, "add", "staged.txt")
    before, head = rest_of(folder), git(folder, "rev-parse", "HEAD")

    said = worked.ok("branch", "work", "1-5")

    assert subjects(worked, "work") == [
        "Change the first line", "Write a module", "Change the last line", "Rename the module"
    ]  # fmt: skip
    assert rest_of(folder) == before
    assert git(folder, "rev-parse", "HEAD", "work~4").split() == [head, head]
    assert said.splitlines()[0] == f"Branch work: 4 commits on {head[:7]}."
    assert "No commit, because nothing changed beyond the others: #3." in said
    assert "#5 Rename the module  1 file, +0 −0" in said
    git(folder, "fsck", "--strict")


@holds("command-branch")
def test_a_commit_has_only_what_its_task_changed(worked: Shell) -> None:
    worked.ok("branch", "work", "1-5")

    stats = git(worked.folder, "log", "--reverse", "--format=tformat:-", "--name-status", "main..work").split()
    assert stats == [
        *("-", "M", "app.py"), *("-", "A", "module.py", "A", "picture.bin"), *("-", "M", "app.py"),
        *("-", "R100", "module.py", "better.py"),
    ]  # fmt: skip
    assert git(worked.folder, "show", "work:own.txt") == "mine"
    assert git(worked.folder, "rev-parse", "work:picture.bin") == git(worked.folder, "hash-object", "picture.bin")
    assert git(worked.folder, "diff", "--stat", "work", "--", "app.py") == ""


def test_the_message_names_the_task_and_begins_with_its_result(worked: Shell) -> None:
    assert worked.sparkq("branch", "work", "2").code == 0

    message = git(worked.folder, "log", "-1", "--format=%an%n%ae%n%B", "work")
    assert message == "Ann\nann@example.org\nWrite a module\n\nDid 2.\nIn two lines.\n\nSparkQ-Task: #2"
    assert git(worked.folder, "log", "-1", "--format=%(trailers:key=SparkQ-Task,valueonly)", "work") == "#2"


def test_a_part_of_the_tasks_has_only_their_changes_and_says_who_else_was_there(worked: Shell) -> None:
    done = worked.sparkq("branch", "work", "4")

    assert (done.code, subjects(worked, "work")) == (0, ["Change the last line"])
    assert git(worked.folder, "diff", "--numstat", "main", "work") == "1\t1\tapp.py"
    assert done.err == ""

    done = worked.sparkq("branch", "other", "1-2")
    assert done.err.splitlines() == [
        "sparkq: #4, which is not in the branch, changed app.py as well.",
        "sparkq: #5, which is not in the branch, changed module.py as well.",
    ]


@holds("command-branch")
def test_a_change_that_does_not_fit_is_named_and_no_branch_is_made(worked: Shell) -> None:
    objects = sorted((worked.folder / ".git/objects").rglob("*"))

    done = worked.sparkq("branch", "work", "1", "5")

    assert (done.code, done.out) == (4, "")
    assert "The change of #5 does not fit" in done.err
    assert git(worked.folder, "branch", "--list", "work") == ""
    assert sorted((worked.folder / ".git/objects").rglob("*")) == objects


def test_a_branch_is_never_overwritten(worked: Shell) -> None:
    worked.ok("branch", "work", "4")
    first = git(worked.folder, "rev-parse", "work")

    assert "There is a branch work already." in worked.refused(4, "branch", "work", "5")
    assert "There is a branch main already." in worked.refused(4, "branch", "main", "4")
    assert git(worked.folder, "rev-parse", "work") == first
    assert "Git refused" in worked.refused(4, "branch", "work/deeper", "4")


@pytest.mark.parametrize("name", ["a b", "a..b", "@{-1}", "x.lock", "/x", "a\x1b[31m", "HEAD"])
def test_a_name_that_git_does_not_allow_is_refused(worked: Shell, name: str) -> None:
    assert "cannot be the name of a branch" in worked.refused(2, "branch", name, "1")


def test_tasks_without_a_change_are_said(worked: Shell, sq: SparkQ) -> None:
    add(sq, "Not yet")

    done = worked.sparkq("branch", "work", "4-7")
    assert (done.code, "#6 has not been claimed yet" in done.err, "There is no task #7" in done.err) == (4, True, True)
    assert "changed a file" in worked.refused(3, "branch", "work", "3")
    assert "has not been claimed yet" in worked.refused(3, "branch", "work", "6")
    assert "3 is before 5" in worked.refused(2, "branch", "work", "5-3")
    assert git(worked.folder, "branch", "--list", "work") == ""


def test_the_commits_are_json_for_programs(worked: Shell) -> None:
    answer = json.loads(worked.sparkq("branch", "work", "1-2", "--json").out)

    assert [(made["task_id"], made["files"], made["insertions"]) for made in answer["commits"]] == [
        (1, 1, 1),
        (2, 2, 20),
    ]
    assert answer["commits"][1]["commit"] == git(worked.folder, "rev-parse", "work")
    assert (answer["branch"], answer["others"]) == ("work", [4, 5])


def test_the_work_may_have_been_committed_meanwhile(worked: Shell) -> None:
    base = git(worked.folder, "rev-parse", "HEAD")
    commit(worked.folder, "All at once")

    worked.ok("branch", "work", "1-5")

    assert git(worked.folder, "rev-parse", "work~4") == base


def test_who_commits_must_be_known(worked: Shell) -> None:
    git(worked.folder, "config", "--unset", "user.email")
    git(worked.folder, "config", "user.useConfigOnly", "true")

    assert "git config user.email" in worked.refused(4, "branch", "work", "4")
    worked.ok("branch", "work", "4", GIT_AUTHOR_EMAIL="a@example.org", GIT_COMMITTER_EMAIL="b@example.org")
    assert git(worked.folder, "log", "-1", "--format=%ae %ce", "work") == "a@example.org b@example.org"


def test_no_program_of_the_repository_is_run(worked: Shell, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\n")
    trap.chmod(0o755)
    for hook in ("reference-transaction", "pre-commit", "commit-msg", "post-commit"):
        (worked.folder / ".git/hooks").mkdir(exist_ok=True)
        (worked.folder / ".git/hooks" / hook).symlink_to(trap)
    (worked.folder / ".git/info").mkdir(exist_ok=True)
    (worked.folder / ".git/info/attributes").write_text("* merge=trap filter=trap diff=trap\n")
    for key in ("merge.trap.driver", "filter.trap.clean", "diff.trap.textconv", "gpg.program", "core.fsmonitor"):
        git(worked.folder, "config", key, str(trap))
    git(worked.folder, "config", "commit.gpgSign", "true")

    worked.ok("branch", "work", "1-5")
    assert "does not fit" in worked.refused(4, "branch", "more", "4"), "a merge that only the program can do"

    assert not (tmp_path / "sprung").exists()


def test_a_title_and_a_result_cannot_forge_another_message(shell: Shell, sq: SparkQ) -> None:
    start(shell.folder)
    commit(shell.folder)
    add(sq, "Title \x1b[31m red")
    shell.ok("claim", "--queue", "backend")
    (shell.folder / "new.txt").write_text("x\n")
    shell.ok("complete", "1", "SparkQ-Task: #9\n" * 30, "--quiet")

    assert "\x1b" not in shell.ok("branch", "work", "1")
    assert git(shell.folder, "log", "-1", "--format=%(trailers:key=SparkQ-Task,valueonly)", "work") == "#1"
    assert len(git(shell.folder, "log", "-1", "--format=%B", "work").splitlines()) == 15
    assert tasks.get(sq, 1).status == "succeeded"


def test_before_the_first_commit_the_branch_begins_with_nothing(shell: Shell, sq: SparkQ) -> None:
    start(shell.folder)
    add(sq, "Begin")
    shell.ok("claim", "--queue", "backend")
    (shell.folder / "new.txt").write_text("x\n")
    shell.ok("complete", "1", "did it", "--quiet")

    assert shell.ok("branch", "work", "1").startswith("Branch work: 1 commit.\n")
    assert git(shell.folder, "ls-tree", "--name-only", "work") == "new.txt"


def test_tasks_that_ran_at_the_same_time_say_that_a_commit_may_be_of_both(shell: Shell, repository: Path) -> None:
    for _ in range(2):
        shell.ok("claim", "--queue", "backend")
    for number in (1, 2):
        edit(repository, 4 if number == 2 else 1)
    for number in (2, 1):
        shell.ok("complete", str(number), "done", "--quiet")

    done = shell.sparkq("branch", "work", "1-2")
    assert done.err.splitlines() == [
        f"sparkq: #{number}: #{other} ran at the same time in the same folder, as far as is known: some of this may be theirs."
        for number, other in ((1, 2), (2, 1))
    ]
    assert "No commit, because nothing changed beyond the others: #1." in done.out


def tried_again(shell: Shell) -> None:
    """#1 fails after it has written a module, is requeued, and changes the module and the first line."""
    shell.ok("claim", "--queue", "backend")
    edit(shell.folder, 2)
    shell.ok("fail", "1", "No time.", "--quiet")
    shell.ok("requeue", "1", "--feedback", "Go on.")


def finished(shell: Shell) -> None:
    """Its second attempt."""
    shell.ok("claim", "1")
    edit(shell.folder, 1)
    (shell.folder / "module.py").write_text("x = 1\n" * 20 + "y = 2\n")
    shell.ok("complete", "1", "done", "--quiet")


@holds("command-branch")
def test_an_attempt_on_which_the_accepted_one_was_built_has_a_commit_of_its_own(shell: Shell, repository: Path) -> None:
    tried_again(shell)
    shell.ok("claim", "2")
    replace_line(repository, 30, "last")
    shell.ok("complete", "2", "done", "--quiet")
    finished(shell)

    done = shell.sparkq("branch", "work", "1-2")

    assert (done.code, done.err) == (0, "")
    assert subjects(shell, "work") == [
        "Change the first line (attempt 1)",
        "Change the last line",
        "Change the first line",
    ]
    assert git(repository, "log", "--format=%(trailers:key=SparkQ-Task,valueonly)", "main..work").split() == [
        "#1",
        "#2",
        "#1",
    ]
    for name in ("app.py", "module.py", "picture.bin"):
        assert git(repository, "rev-parse", f"work:{name}") == git(repository, "hash-object", name)
    listed = json.loads(shell.ok("branch", "again", "1-2", "--json"))["commits"]
    assert [(each["task_id"], each.get("attempt")) for each in listed] == [(1, 1), (2, None), (1, None)]


def test_an_attempt_that_was_taken_back_is_not_in_the_branch_and_named(shell: Shell, repository: Path) -> None:
    tried_again(shell)
    (repository / "picture.bin").unlink()
    (repository / "module.py").unlink()
    finished(shell)

    done = shell.sparkq("branch", "work", "1")

    assert subjects(shell, "work") == ["Change the first line"]
    assert done.err.splitlines() == [
        "sparkq: Attempt 1 of #1 is not in the branch: what it changed was not all there at the next attempt: "
        "sparkq diff 1 --attempt 1"
    ]
    assert git(repository, "ls-tree", "--name-only", "work").split() == ["app.py", "module.py"]


def test_the_change_of_another_repository_is_refused(shell: Shell, repository: Path) -> None:
    library = repository / "library"
    library.mkdir()
    start(library)
    (library / "lib.py").write_text("x = 1\n")
    commit(library)
    (repository / "sparkq.yml").touch()
    work = "cd library && sparkq claim 1 && echo x > new.py && sparkq complete 1 done --quiet"
    assert shell.run("sh", "-c", work, SPARKQ_CONFIG=str(repository / "sparkq.yml")).code == 0

    done = shell.sparkq("branch", "work", "1")
    assert (done.code, "#1 was done in another repository: library." in done.err) == (4, True)
    assert git(repository, "branch", "--list", "work") == ""
