"""Real repositories in the states in which people have them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from sparkq_core import queues
from sparkq_core.changes import snapshot, store, view
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.core.changes.steps import after, append, before, changed, claim, complete, review_lines
from tests.harness.clocks import NOON, SetClock
from tests.harness.git_steps import commit, git, start
from tests.harness.projects import open_new_project


def kept_bytes(sq: SparkQ) -> int:
    """The bytes of all objects in the store."""
    return sum(file.stat().st_size for _, file, _ in store.objects(store.path(sq.config)))


def test_files_of_every_kind_are_told_apart(sq: SparkQ, repository: Path) -> None:
    number = claim(sq)
    (repository / "picture.bin").write_bytes(bytes(range(256)))
    (repository / "one.txt").rename(repository / "first.txt")
    (repository / "two.txt").unlink()
    (repository / "two.txt").symlink_to("three.txt")
    (repository / "a b\tc\nd é.txt").write_text("x\n")
    (repository / "three.txt").chmod(0o755)
    complete(sq, number)

    assert changed(sq) == [
        ("A", "a b\tc\nd é.txt", 1, 0),
        ("R", "first.txt", 0, 0),
        ("A", "picture.bin", None, None),
        ("M", "three.txt", 0, 0),
        ("T", "two.txt", 1, 10),
    ]
    assert view.files(sq, view.of(sq, 1))[1].old_path == "one.txt"


def test_the_patch_makes_the_change_and_its_reverse_undoes_it(sq: SparkQ, repository: Path) -> None:
    number = claim(sq)
    (repository / "picture.bin").write_bytes(bytes(range(256)) * 40)
    append(repository / "one.txt", "x\n")
    (repository / "two.txt").unlink()
    complete(sq, number)
    work = {file.name: file.read_bytes() for file in repository.iterdir() if file.is_file()}
    change = view.of(sq, number)

    subprocess.run(["git", "apply"], cwd=repository, input=view.patch(sq, change, reverse=True), check=True)
    assert git(repository, "status", "--porcelain", "--untracked-files=all", "--", "*.txt", "*.bin") == ""
    subprocess.run(["git", "apply"], cwd=repository, input=view.patch(sq, change), check=True)
    assert {file.name: file.read_bytes() for file in repository.iterdir() if file.is_file()} == work


def test_a_change_of_the_same_size_at_the_same_moment_is_seen(sq: SparkQ, repository: Path) -> None:
    """Git knows by the time of its index which files it must read: a copy must have the same time."""
    for number in range(20):
        (repository / "one.txt").write_text(f"{number:03}\n")
        git(repository, "add", "one.txt")
        task = claim(sq)
        os.utime(repository / "one.txt", ns=(0, (repository / ".git/index").stat().st_mtime_ns))
        git(repository, "add", "one.txt")
        stamp = (repository / "one.txt").stat().st_mtime_ns
        os.utime(repository / ".git/index", ns=(stamp, stamp))
        (repository / "one.txt").write_text("xxx\n")
        os.utime(repository / "one.txt", ns=(stamp, stamp))
        complete(sq, task)

        assert changed(sq, task) == [("M", "one.txt", 1, 1)]


def test_nothing_in_git_is_touched(sq: SparkQ, repository: Path) -> None:
    append(repository / "one.txt", "staged\n")
    git(repository, "add", "one.txt")
    (repository / "two.txt").touch()
    (repository / ".git/index.lock").touch()

    def everything() -> dict[Path, tuple[bytes, int]]:
        files = [file for file in (repository / ".git").rglob("*") if file.is_file()]
        return {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in files}

    untouched = everything()
    for _ in range(3):
        number = claim(sq)
        append(repository / "one.txt", "more\n")
        (repository / f"new{number}.txt").write_text("new\n")
        complete(sq, number)

    assert everything() == untouched
    assert [file for _, file, _, _ in changed(sq, 2)] == ["new2.txt", "one.txt"]


def test_no_program_of_the_repository_is_run(sq: SparkQ, repository: Path, tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    trap.write_text(f"#!/bin/sh\ntouch {tmp_path}/sprung\ncat\n")
    trap.chmod(0o755)
    attributes = "one.txt diff=trap\ntwo.txt filter=a=b\nthree.txt filter=long\n"
    (repository / ".gitattributes").write_text(attributes)
    commit(repository)
    for hook in ("post-index-change", "pre-commit", "reference-transaction", "post-checkout"):
        (repository / ".git/hooks").mkdir(exist_ok=True)
        (repository / ".git/hooks" / hook).symlink_to(trap)
    filters = ("filter.a=b.clean", "filter.a=b.smudge", "filter.long.process")
    for key in ("core.fsmonitor", "diff.external", "diff.trap.command", "diff.trap.textconv", "core.pager", *filters):
        git(repository, "config", key, str(trap))
    git(repository, "config", "filter.long.required", "true")

    number = claim(sq)
    for name in ("one.txt", "two.txt", "three.txt"):
        (repository / name).write_text("other\n")
    complete(sq, number)

    assert changed(sq) == [("M", "one.txt", 1, 10)]
    assert after(sq)["skipped"] == 2, "what a filter would have changed is not kept"
    assert not (tmp_path / "sprung").exists()


def test_a_file_of_git_lfs_is_kept_as_its_pointer(sq: SparkQ, repository: Path) -> None:
    (repository / ".gitattributes").write_text("*.bin filter=lfs -text\n")
    commit(repository)
    for key, value in (("clean", "false"), ("smudge", "false"), ("process", "false"), ("required", "true")):
        git(repository, "config", f"filter.lfs.{key}", value)
    number = claim(sq)
    (repository / "big.bin").write_bytes(b"x" * 3_000_000)
    complete(sq, number)

    patch = view.patch(sq, view.of(sq, number)).decode()
    assert "+version https://git-lfs.github.com/spec/v1\n+oid sha256:" in patch
    assert "+size 3000000\n" in patch
    git(repository, "config", "--remove-section", "filter.lfs")
    commit(repository)
    git(repository, "config", "filter.lfs.clean", "false")
    number = claim(sq)
    (repository / "big.bin").unlink()
    complete(sq, number)
    assert [(status, path) for status, path, *_ in changed(sq, number)] == [("D", "big.bin")]
    assert kept_bytes(sq) < 10_000


@pytest.mark.parametrize("ignored", ["none", "all"])
def test_a_submodule_that_moved_is_a_change(sq: SparkQ, repository: Path, tmp_path: Path, ignored: str) -> None:
    library = tmp_path / "library"
    start(library)
    commit(library)
    git(repository, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "lib")
    git(repository, "config", "--file", ".gitmodules", "submodule.lib.ignore", ignored)
    git(repository / "lib", "config", "user.name", "Ann")
    git(repository / "lib", "config", "user.email", "ann@example.org")
    commit(repository)
    number = claim(sq)
    (repository / "lib/file.txt").write_text("x\n")
    commit(repository / "lib")
    complete(sq, number)

    assert changed(sq) == [("M", "lib", 1, 1)]


def test_a_merge_in_progress_is_no_hindrance(sq: SparkQ, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "other")
    (repository / "one.txt").write_text("theirs\n")
    commit(repository)
    git(repository, "checkout", "--quiet", "main")
    (repository / "one.txt").write_text("ours\n")
    commit(repository)
    subprocess.run(["git", "merge", "--quiet", "other"], cwd=repository, capture_output=True, check=False)
    number = claim(sq)
    (repository / "one.txt").write_text("both\n")
    complete(sq, number)

    assert [(status, path) for status, path, *_ in changed(sq)] == [("M", "one.txt")]
    assert "UU one.txt" in git(repository, "status", "--porcelain"), "it is still in progress"


def test_a_conflict_over_a_new_name_is_no_hindrance(sq: SparkQ, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "-b", "other")
    git(repository, "mv", "one.txt", "theirs.txt")
    commit(repository)
    git(repository, "checkout", "--quiet", "main")
    git(repository, "mv", "one.txt", "ours.txt")
    commit(repository)
    subprocess.run(["git", "merge", "--quiet", "other"], cwd=repository, capture_output=True, check=False)
    number = claim(sq)
    append(repository / "ours.txt", "more\n")
    complete(sq, number)

    assert changed(sq) == [("M", "ours.txt", 1, 0)]
    assert "AU ours.txt" in git(repository, "status", "--porcelain"), "it is still in progress"


def test_a_folder_that_became_a_link_is_a_change(sq: SparkQ, repository: Path) -> None:
    for folder in ("old", "new"):
        (repository / folder).mkdir()
        (repository / folder / "same.txt").write_text(f"{folder}\n")
    (repository / "old/only.txt").write_text("x\n")
    commit(repository)
    number = claim(sq)
    shutil.rmtree(repository / "old")
    (repository / "old").symlink_to("new")
    complete(sq, number)

    assert changed(sq) == [("A", "old", 1, 0), ("D", "old/only.txt", 0, 1), ("D", "old/same.txt", 0, 1)]


def test_before_the_first_commit_there_are_changes_too(root: Path, clock: SetClock) -> None:
    start(root)
    sq = open_new_project(root, clock)
    queues.create(sq, "backend")
    number = claim(sq)
    (root / "one.txt").write_text("x\n")
    commit(root)
    complete(sq, number)

    assert changed(sq) == [("A", "one.txt", 1, 0)]
    assert ("head" in before(sq), "head" in after(sq)) == (False, True)
    sq.close()


def test_a_detached_head_is_said(sq: SparkQ, repository: Path) -> None:
    git(repository, "checkout", "--quiet", "--detach")
    complete(sq, claim(sq))

    assert "branch" not in after(sq)
    assert view.where(view.of(sq, 1)) == f"detached at {git(repository, 'rev-parse', 'HEAD')[:7]}"


def test_line_ends_that_git_converts_are_not_a_change(sq: SparkQ, repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "true")
    git(repository, "config", "core.safecrlf", "true")
    number = claim(sq)
    text = (repository / "one.txt").read_bytes()
    (repository / "one.txt").write_bytes(text.replace(b"\n", b"\r\n") + b"new\r\n")
    complete(sq, number)

    assert changed(sq) == [("M", "one.txt", 1, 0)]


def test_files_that_are_too_large_or_too_many_are_left_out_and_counted(
    sq: SparkQ, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "MAX_UNTRACKED", 5)
    number = claim(sq)
    with (repository / "a-huge-file").open("wb") as file:
        file.truncate(600 * 1024 * 1024)
    for index in range(7):
        (repository / f"new{index}").write_text("x\n")
    os.mkfifo(repository / "a-pipe")
    complete(sq, number)

    assert len(changed(sq)) == 4
    assert after(sq)["skipped"] == 4
    assert view.notes(view.of(sq, 1)) == ["4 files not kept: too large, not readable, or filtered by another program."]
    assert kept_bytes(sq) < 10_000


def test_a_change_with_only_a_file_that_is_left_out_is_not_called_nothing(sq: SparkQ, repository: Path) -> None:
    number = claim(sq)
    (repository / "model.bin").write_bytes(bytes(snapshot.MAX_UNTRACKED_BYTES + 1))
    complete(sq, number)

    assert review_lines(sq) == ["nothing changed, 1 file not compared"]


def test_a_file_that_is_left_out_by_now_was_not_deleted(
    sq: SparkQ, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "MAX_UNTRACKED_BYTES", 1000)
    for name in ("build.log", "secret.env", "grows.csv", "gone.log"):
        (repository / name).write_text("x\n")
    git(repository, "add", "secret.env")
    git(repository, "commit", "--quiet", "--message", "A secret")
    number = claim(sq)
    (repository / ".gitignore").write_text("*.log\n*.env\n")
    git(repository, "rm", "--quiet", "--cached", "secret.env")
    (repository / "grows.csv").write_text("x\n" * 1000)
    (repository / "gone.log").unlink()
    complete(sq, number)
    following = claim(sq)
    complete(sq, following)

    assert changed(sq) == [("A", ".gitignore", 2, 0), ("D", "gone.log", 0, 1), ("D", "secret.env", 0, 1)]
    assert after(sq)["skipped"] == 1, "grows.csv"
    assert "between" not in before(sq, following)
    assert changed(sq, following) == []


def test_a_file_that_no_snapshot_had_was_not_added_if_it_was_there_before(
    sq: SparkQ, repository: Path, clock: SetClock
) -> None:
    (repository / ".gitignore").write_text("*.env\n*.log\n")
    for name in ("secret.env", "kept.env", "build.log"):
        (repository / name).write_text("KEY=1\n")
    clock.at = SystemClock().now() + 10_000
    number = claim(sq)
    clock.at = NOON
    (repository / ".gitignore").unlink()
    git(repository, "add", "kept.env")
    complete(sq, number)

    assert changed(sq) == [("D", ".gitignore", 0, 2), ("A", "kept.env", 1, 0)]
    assert after(sq)["skipped"] == 2, "secret.env and build.log"


def test_files_of_a_folder_that_has_another_name_now_are_not_gone(
    sq: SparkQ, repository: Path, clock: SetClock
) -> None:
    """That changes no file in it, so each looks as if it had been there before."""
    (repository / "lib").mkdir()
    (repository / "lib/a.py").write_text("a = 1\n" * 5)
    (repository / ".gitignore").write_text("*.log\n")
    commit(repository)
    clock.at = SystemClock().now() + 10_000
    number = claim(sq)
    clock.at = NOON
    (repository / "lib").rename(repository / "core")
    append(repository / ".gitignore", "*.tmp\n")
    complete(sq, number)

    assert changed(sq) == [("M", ".gitignore", 1, 0), ("R", "core/a.py", 0, 0)]
    assert "skipped" not in after(sq)


def test_a_file_that_was_not_kept_before_is_not_what_another_one_became(
    sq: SparkQ, repository: Path, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When one of many untracked files goes, the next one comes into the snapshot."""
    monkeypatch.setattr(snapshot, "MAX_UNTRACKED", 3)
    (repository / "fx").mkdir()
    for index in range(5):
        (repository / f"fx/{index}.txt").write_text("the same\n" * 20 + f"{index % 4}\n")
    clock.at = SystemClock().now() + 10_000
    number = claim(sq)
    clock.at = NOON
    (repository / "fx/0.txt").unlink()
    complete(sq, number)

    assert changed(sq) == [("D", "fx/0.txt", 0, 21)]


def test_a_file_that_was_not_ignored_counts_whatever_its_time(sq: SparkQ, repository: Path, clock: SetClock) -> None:
    clock.at = SystemClock().now() + 10_000
    number = claim(sq)
    clock.at = NOON
    (repository / "new.txt").write_text("x\n")
    complete(sq, number)

    assert changed(sq) == [("A", "new.txt", 1, 0)]


def test_what_a_task_does_to_a_file_that_was_ignored_counts(sq: SparkQ, repository: Path, clock: SetClock) -> None:
    (repository / ".gitignore").write_text("*.env\n")
    (repository / "secret.env").write_text("KEY=1\n")
    clock.at = SystemClock().now() - 10_000
    number = claim(sq)
    (repository / ".gitignore").unlink()
    (repository / "secret.env").write_text("KEY=2\n")
    complete(sq, number)

    assert changed(sq) == [("D", ".gitignore", 0, 1), ("A", "secret.env", 1, 0)]


def test_what_git_ignores_is_not_kept(sq: SparkQ, repository: Path) -> None:
    (repository / ".gitignore").write_text("*.env\n")
    number = claim(sq)
    (repository / "secret.env").write_text("KEY=1\n")
    (repository / "sparkq/data/note.txt").write_text("x\n")
    complete(sq, number)

    assert changed(sq) == []


def test_a_partial_clone_fetches_nothing_and_needs_no_remote(tmp_path: Path, clock: SetClock) -> None:
    upstream, clone = tmp_path / "upstream", tmp_path / "clone"
    start(upstream)
    git(upstream, "config", "uploadpack.allowFilter", "true")
    (upstream / "app").mkdir()
    (upstream / "big").mkdir()
    (upstream / "app/one.txt").write_text("one\n")
    (upstream / "big/one.bin").write_bytes(bytes(range(256)) * 40)
    commit(upstream)
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", "--sparse", f"file://{upstream}", str(clone))
    git(clone, "sparse-checkout", "set", "app")
    upstream.rename(tmp_path / "gone")
    sq = open_new_project(clone, clock)
    queues.create(sq, "backend")

    number = claim(sq)
    append(clone / "app/one.txt", "two\n")
    complete(sq, number)

    assert changed(sq) == [("M", "app/one.txt", 1, 0)]
    assert not list((clone / "big").glob("*")) if (clone / "big").exists() else True
    sq.close()


def test_the_repository_of_a_calling_hook_is_not_the_workers(
    sq: SparkQ, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other"
    start(other)
    commit(other)
    for name, value in (
        ("GIT_DIR", other / ".git"),
        ("GIT_INDEX_FILE", other / ".git/index"),
        ("GIT_WORK_TREE", other),
        ("GIT_OBJECT_DIRECTORY", other / ".git/objects"),
        ("GIT_EXTERNAL_DIFF", "/nonsense"),
    ):
        monkeypatch.setenv(name, str(value))
    number = claim(sq)
    append(repository / "one.txt", "x\n")
    complete(sq, number)

    assert (changed(sq), after(sq)["branch"]) == ([("M", "one.txt", 1, 0)], "main")


def test_a_folder_with_odd_characters_is_a_folder(tmp_path: Path, clock: SetClock) -> None:
    root = tmp_path / 'a: "b" é\\'
    start(root)
    (root / "one.txt").write_text("x\n")
    commit(root)
    sq = open_new_project(root, clock)
    queues.create(sq, "backend")
    number = claim(sq)
    append(root / "one.txt", "y\n")
    complete(sq, number)

    assert changed(sq) == [("M", "one.txt", 1, 0)]
    sq.close()


def test_a_project_in_a_subfolder_has_the_change_of_the_whole_tree(repository: Path, clock: SetClock) -> None:
    inside = repository / "app"
    inside.mkdir()
    (inside / "sparkq.yml").write_text("env: dev\n")
    sq = open_new_project(inside, clock)
    queues.create(sq, "backend")
    number = claim(sq)
    append(repository / "one.txt", "y\n")
    complete(sq, number)

    assert ("M", "one.txt", 1, 0) in changed(sq)
    assert after(sq)["work_tree"] == "."
    sq.close()
