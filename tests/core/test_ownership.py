"""A project of another user is refused at every place where one is found, as Git's safe.directory does."""

import json
import os
from pathlib import Path

import pytest

from sparkq_core import project
from sparkq_core.config import cache, copies, loading, ownership
from sparkq_core.config.location import Location, find
from sparkq_core.errors import OtherOwner
from sparkq_core.installation import setup
from sparkq_core.installation.findings import FAILURE, WARNING
from sparkq_core.project import SparkQ
from tests.core.examination import examined
from tests.core.test_location import file_in, git, repository, sub
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of, open_new_project
from tests.harness.shell import Shell
from tests.mcp.chat import Raw
from tests.promises import holds

STRANGER = 65534

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")


def given_away(*paths: Path) -> None:
    """Make another user the owner, as of files that this user has put there."""
    for path in paths:
        os.chown(path, STRANGER, STRANGER, follow_symlinks=False)


def refused(start: Path, env: dict[str, str] | None = None) -> OtherOwner:
    """The error of a search that ends at another user's project."""
    with pytest.raises(OtherOwner) as caught:
        find(start, env or {})
    return caught.value


def trust(home: Path, *lines: object) -> Path:
    """A list of trusted folders in the `home` folder."""
    file = home / ".config/sparkq/trusted"
    file.parent.mkdir(parents=True)
    file.write_text("".join(f"{line}\n" for line in lines))
    return file


@holds("other-owners")
def test_another_users_file_in_the_working_directory_is_refused_by_name(root: Path, tmp_path: Path) -> None:
    file = file_in(root)
    given_away(file)

    error = refused(root, {"HOME": str(tmp_path)})

    assert error.message == f"{file} belongs to the user nobody, not to you."
    assert str(tmp_path / ".config/sparkq/trusted") in error.hint
    assert str(root) in error.hint


@holds("other-owners")
def test_a_folder_of_another_user_is_refused_although_the_file_is_yours(root: Path) -> None:
    file_in(root)
    given_away(root)

    assert refused(root).message.startswith(f"{root} belongs")


@holds("other-owners")
def test_a_project_of_another_user_above_is_refused(root: Path) -> None:
    given_away(root, file_in(root))

    refused(sub(root))


@holds("other-owners")
def test_a_file_that_the_variable_names_is_refused(root: Path, tmp_path: Path) -> None:
    file = file_in(tmp_path / "elsewhere")
    given_away(file)

    refused(root, {"SPARKQ_CONFIG": str(file)})


@holds("other-owners")
def test_a_link_is_as_foreign_as_its_target(root: Path, tmp_path: Path) -> None:
    target = file_in(tmp_path / "elsewhere")
    given_away(target)
    (root / "sparkq.yml").symlink_to(target)

    refused(root)


@holds("other-owners")
def test_another_users_repository_above_is_refused(root: Path) -> None:
    (root / ".git").mkdir()
    given_away(root / ".git")

    assert refused(sub(root)).message.startswith(f"{root / '.git'} belongs")


@holds("other-owners")
def test_a_main_work_tree_of_another_user_is_refused(tmp_path: Path) -> None:
    top = repository(tmp_path / "repository")
    git(top, "worktree", "add", "../linked")
    given_away(file_in(top))

    refused(tmp_path / "linked")


@holds("other-owners")
def test_a_main_work_tree_of_another_user_without_a_file_is_refused(tmp_path: Path) -> None:
    top = repository(tmp_path / "repository")
    git(top, "worktree", "add", "../linked")
    given_away(top)

    refused(tmp_path / "linked")


@holds("other-owners")
def test_another_users_database_above_is_refused(root: Path, clock: SetClock) -> None:
    open_new_project(root, clock).close()
    given_away(database_of(root))

    refused(sub(root))


@holds("other-owners")
def test_another_users_database_is_refused_wherever_it_is_set(root: Path, tmp_path: Path, clock: SetClock) -> None:
    other = tmp_path / "other"
    other.mkdir()
    open_new_project(other, clock).close()
    given_away(database_of(other))

    with pytest.raises(OtherOwner, match="belongs to the user nobody"):
        project.open(root, env={"SPARKQ_DATABASE__PATH": str(database_of(other))})


@holds("other-owners")
def test_a_write_ahead_log_that_another_user_left_is_never_replayed(root: Path, clock: SetClock) -> None:
    open_new_project(root, clock).close()
    log = database_of(root).with_name("sparkq.db-wal")
    log.write_bytes(b"")
    given_away(log)

    with pytest.raises(OtherOwner, match=r"sparkq\.db-wal belongs"):
        project.open(root, env={})


@pytest.mark.parametrize("what", ["sparkq.yml", "sparkq", ".git"])
def test_what_others_leave_in_a_folder_of_everybody_decides_nothing_below_it(tmp_path: Path, what: str) -> None:
    """Any user can create it in /tmp: an error would let each of them stop your work there."""
    everybodys = tmp_path / "tmp"
    everybodys.mkdir()
    everybodys.chmod(0o1777)
    own = sub(everybodys, "own")
    if what == "sparkq.yml":
        given_away(file_in(everybodys))
    elif what == ".git":
        (everybodys / ".git").mkdir()
        given_away(everybodys / ".git", file_in(everybodys))
    else:
        open_new_project(everybodys).close()
        given_away(everybodys / "sparkq", database_of(everybodys))

    assert find(own, {}) == Location(own, None)


def test_your_own_project_in_a_folder_of_everybody_is_found(tmp_path: Path) -> None:
    everybodys = tmp_path / "tmp"
    file = file_in(everybodys)
    everybodys.chmod(0o1777)

    assert find(sub(everybodys), {}) == Location(everybodys, file)


def test_setup_never_begins_a_project_in_another_users_folder(root: Path) -> None:
    given_away(root)

    with pytest.raises(OtherOwner):
        setup.setup(root, {}, SetClock(), {})

    assert list(root.iterdir()) == []


@pytest.mark.parametrize("line", ["the folder", "above", "*"])
def test_a_trusted_folder_is_used_with_all_below_it(root: Path, tmp_path: Path, line: str) -> None:
    given_away(root, file_in(root))
    trust(tmp_path, {"the folder": root, "above": tmp_path, "*": "*"}[line])

    assert find(sub(root), {"HOME": str(tmp_path)}).root == root


@pytest.mark.parametrize("line", ["", "# *", "{root}/src", "{root}-2"])
def test_any_other_line_trusts_nothing(root: Path, tmp_path: Path, line: str) -> None:
    given_away(root, file_in(root))
    trust(tmp_path, line.format(root=root))

    refused(root, {"HOME": str(tmp_path)})


def test_the_list_is_in_the_folder_of_settings_where_one_is_set(root: Path, tmp_path: Path) -> None:
    given_away(root, file_in(root))
    file = trust(tmp_path, root)

    assert find(root, {"HOME": "/nowhere", "XDG_CONFIG_HOME": str(file.parent.parent)}).root == root


@pytest.mark.parametrize("fault", ["another user's", "writable by all"])
def test_a_list_that_others_can_write_trusts_nothing(root: Path, tmp_path: Path, fault: str) -> None:
    given_away(root, file_in(root))
    file = trust(tmp_path, root)
    if fault == "writable by all":
        file.chmod(0o666)
    else:
        given_away(file)

    said = refused(root, {"HOME": str(tmp_path)})

    assert f"chmod go-w {file}" in said.hint


def test_under_sudo_the_files_of_the_user_who_called_it_are_used(root: Path) -> None:
    given_away(root, file_in(root))

    assert find(root, {"SUDO_UID": str(STRANGER)}).root == root
    refused(root, {"SUDO_UID": "1234"})


def test_settings_that_another_user_left_are_not_remembered(root: Path) -> None:
    settings = root / cache.PATH
    settings.parent.mkdir(parents=True)
    settings.write_text(json.dumps({"of": "", "values": {"hooks.on_failed": [["./evil"], "sparkq.yml:1"]}}))
    assert loading.load(root, {}).settings.hooks
    given_away(settings)

    assert not loading.load(root, {}).settings.hooks


def test_git_is_never_used_in_another_users_repository(root: Path) -> None:
    file_in(root)
    (root / ".git").mkdir()
    given_away(root / ".git")

    config = loading.load(root, {})

    assert not config.watches_git
    assert copies.folder(config) == root / "sparkq"


def test_a_user_without_a_name_is_shown_by_number() -> None:
    assert ownership.user_name(4_123_456) == "4123456"


def test_the_doctor_says_it(root: Path) -> None:
    given_away(file_in(root))

    (finding,) = examined(root).values()

    assert (finding.check, finding.state) == ("configuration", FAILURE)
    assert "belongs to the user nobody" in finding.message


def test_the_doctor_names_the_owner_that_you_trust(sq: SparkQ, tmp_path: Path) -> None:
    given_away(database_of(sq.config.root))
    trust(tmp_path, sq.config.root)

    finding = examined(sq.config.root, tmp_path)["permissions"]

    assert (finding.state, finding.message) == (WARNING, "sparkq.db belongs to the user nobody, whom you trust")


def test_every_command_is_refused_with_the_owner(root: Path, tmp_path: Path) -> None:
    given_away(root, file_in(root))
    home = tmp_path / "home"
    home.mkdir()

    said = Shell(sub(root), home).refused(2, "tasks")

    assert "belongs to the user nobody" in said
    assert f"{home}/.config/sparkq/trusted" in said


def test_a_chat_reads_who_owns_it_and_never_how_to_trust(root: Path) -> None:
    """What takes a protection away is the person's."""
    given_away(file_in(root))
    with Raw(root) as raw:
        raw.initialize()
        answer = raw.tool("list_queues", {})

    assert (answer["error"], "belongs to the user nobody" in answer["message"]) == ("other_owner", True)
    assert answer["next"].startswith("Tell the person")
    assert "trusted" not in json.dumps(answer)
