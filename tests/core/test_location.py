"""Where a project is: found from anywhere inside the repository, and never in somebody's home."""

import subprocess
from pathlib import Path

import pytest

from sparkq_core.config import location
from sparkq_core.config.location import Location, find
from sparkq_core.errors import NoProject
from sparkq_core.storage import schema
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of
from tests.promises import holds


def git(folder: Path, *arguments: str) -> None:
    """A real Git command."""
    names = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


def repository(folder: Path) -> Path:
    """A new repository with one commit."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init")
    git(folder, "commit", "--allow-empty", "-m", "Begin")
    return folder


def file_in(folder: Path) -> Path:
    """An empty sparkq.yml in a folder that is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "sparkq.yml"
    file.write_text("")
    return file


def sub(folder: Path, path: str = "src/deep") -> Path:
    """A subfolder."""
    below = folder / path
    below.mkdir(parents=True, exist_ok=True)
    return below


@holds("config-location")
def test_the_file_in_the_working_directory_is_the_projects(root: Path) -> None:
    file = file_in(root)

    assert find(root, {}) == Location(root, file)


@holds("config-location", "projects")
def test_a_subfolder_finds_the_nearest_file_above(root: Path) -> None:
    file_in(root)
    nearer = file_in(root / "src")

    assert find(sub(root), {}) == Location(root / "src", nearer)


@holds("config-location")
def test_the_variable_overrides_every_file(root: Path, tmp_path: Path) -> None:
    file_in(root)
    other = file_in(tmp_path / "other")

    assert find(root, {"SPARKQ_CONFIG": str(other)}) == Location(tmp_path / "other", other)
    assert find(root, {"SPARKQ_CONFIG": "../other/sparkq.yml"}) == Location(tmp_path / "other", other)


def test_a_variable_that_names_no_file_is_refused(root: Path) -> None:
    file_in(root)

    with pytest.raises(NoProject, match="SPARKQ_CONFIG") as refusal:
        find(root, {"SPARKQ_CONFIG": "none.yml"})

    assert "SPARKQ_CONFIG" in refusal.value.hint


@holds("config-location")
def test_the_search_ends_at_the_repositorys_root(tmp_path: Path) -> None:
    file_in(tmp_path)
    top = repository(tmp_path / "repository")

    assert find(sub(top), {}) == Location(top, None)


def test_a_repository_without_a_file_is_a_project_at_its_root(tmp_path: Path) -> None:
    top = repository(tmp_path / "repository")

    assert find(sub(top), {}) == Location(top, None)


def test_a_folder_without_file_or_repository_is_its_own_project(root: Path) -> None:
    assert find(root, {}) == Location(root, None)


def test_a_database_without_a_file_is_found_from_a_subfolder(root: Path, clock: SetClock) -> None:
    schema.create(database_of(root), "test", clock)

    assert find(sub(root), {}) == Location(root, None)


@holds("work-trees")
def test_a_linked_work_tree_shares_the_main_ones_project(tmp_path: Path) -> None:
    top = repository(tmp_path / "repository")
    file = file_in(top)
    git(top, "worktree", "add", "../linked")
    linked = tmp_path / "linked"

    assert find(linked, {}) == Location(top, file)
    assert find(sub(linked), {}) == Location(top, file)


def test_a_linked_work_trees_own_copy_of_the_file_does_not_split_the_store(tmp_path: Path) -> None:
    top = repository(tmp_path / "repository")
    file = file_in(top)
    git(top, "add", "sparkq.yml")
    git(top, "commit", "-m", "Configure")
    git(top, "worktree", "add", "../linked")

    assert (tmp_path / "linked/sparkq.yml").is_file()
    assert find(tmp_path / "linked", {}) == Location(top, file)


def test_a_linked_work_tree_without_any_file_shares_the_main_ones_root(tmp_path: Path) -> None:
    top = repository(tmp_path / "repository")
    git(top, "worktree", "add", "../linked")

    assert find(sub(tmp_path / "linked"), {}) == Location(top, None)


def test_a_project_in_a_subfolder_is_shared_by_its_place_in_the_work_tree(tmp_path: Path) -> None:
    top = repository(tmp_path / "repository")
    file = file_in(top / "service")
    git(top, "worktree", "add", "../linked")

    assert find(sub(tmp_path / "linked", "service/src"), {}) == Location(top / "service", file)


def test_a_work_tree_inside_the_main_one_finds_it_too(tmp_path: Path) -> None:
    top = repository(tmp_path / "repository")
    file = file_in(top)
    git(top, "worktree", "add", "trees/linked")

    assert find(top / "trees/linked", {}) == Location(top, file)


def test_a_submodule_is_a_repository_of_its_own(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner")
    top = repository(tmp_path / "outer")
    file_in(top)
    git(top, "-c", "protocol.file.allow=always", "submodule", "add", str(inner), "module")

    assert find(top / "module", {}) == Location(top / "module", None)


@pytest.mark.parametrize("content", [b"", b"gitdir", b"gitdir: /nowhere", b"gitdir: \xff\xfe", b"gitdir: a\x00b"])
def test_a_dot_git_file_that_leads_nowhere_is_no_link(root: Path, content: bytes) -> None:
    (root / ".git").write_bytes(content)

    assert find(sub(root), {}) == Location(root, None)


@holds("home-is-no-project")
def test_the_home_folders_file_is_never_found_from_below(tmp_path: Path) -> None:
    file_in(tmp_path)
    below = sub(tmp_path, "project")

    assert find(below, {"HOME": str(tmp_path)}) == Location(below, None)


def test_a_file_above_the_home_folder_is_never_found(tmp_path: Path) -> None:
    file_in(tmp_path)
    below = sub(tmp_path, "home/project")

    assert find(below, {"HOME": str(tmp_path / "home")}) == Location(below, None)


def test_the_home_folders_database_is_never_found_from_below(tmp_path: Path, clock: SetClock) -> None:
    schema.create(database_of(tmp_path), "test", clock)
    below = sub(tmp_path, "project")

    assert find(below, {"HOME": str(tmp_path)}) == Location(below, None)


@pytest.mark.parametrize("spelled", ["home", "home/", "link", "home/../home"])
def test_a_home_folder_that_is_a_repository_is_not_the_project_of_everything_in_it(
    tmp_path: Path, spelled: str
) -> None:
    home = repository(tmp_path / "home")
    file_in(home)
    (tmp_path / "link").symlink_to(home)
    below = sub(home, "project")

    assert find(below, {"HOME": f"{tmp_path}/{spelled}"}) == Location(below, None)


def test_a_repository_above_the_home_folder_is_not_the_project_of_everything_in_it(tmp_path: Path) -> None:
    file_in(repository(tmp_path))
    below = sub(tmp_path, "home/project")

    assert find(below, {"HOME": str(tmp_path / "home")}) == Location(below, None)


def test_a_home_reached_through_a_link_is_still_home(tmp_path: Path) -> None:
    file_in(tmp_path / "home")
    (tmp_path / "link").symlink_to(tmp_path / "home")
    below = sub(tmp_path / "home", "project")

    assert find(below, {"HOME": str(tmp_path / "link")}) == Location(below, None)


def test_a_repository_in_the_home_folder_is_found_as_any_other(tmp_path: Path) -> None:
    top = repository(tmp_path / "project")
    file = file_in(top)

    assert find(sub(top), {"HOME": str(tmp_path)}) == Location(top, file)


def test_the_place_of_a_repository_is_read_without_running_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    top = repository(tmp_path / "repository")
    git(top, "worktree", "add", "../linked")
    monkeypatch.setenv("PATH", "")

    assert location.repository(tmp_path / "linked", {}) == location.Repository(tmp_path / "linked", top)


def test_a_folder_that_is_gone_is_no_crash(root: Path) -> None:
    assert find(root / "gone", {}) == Location(root / "gone", None)
