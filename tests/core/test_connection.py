"""Connecting a client and taking it back, called directly."""

import json
import stat
import sys
from pathlib import Path

import pytest

from sparkq_core import project
from sparkq_core.errors import AtTheKeyboard, InvalidConfig
from sparkq_core.installation import allowance, connection, connections, disconnecting
from sparkq_core.installation.connection import Target
from sparkq_core.project import SparkQ
from tests.harness.projects import open_new_project
from tests.promises import holds

SPARKQ = Path(sys.executable).parent / "sparkq"


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """A home folder, and a PATH that leads to this SparkQ."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "sparkq").symlink_to(SPARKQ)
    return {"HOME": str(tmp_path / "home"), "PATH": str(folder)}


@pytest.fixture
def claude(sq: SparkQ, env: dict[str, str]) -> Target:
    return connection.target("claude-code", sq.config, sq.config.root, env)


def connect(at: Target, env: dict[str, str], *, allow: bool = False) -> None:
    connection.write(at, connection.entry(at, env, allow=allow))
    if allow:
        connection.allow(at, env)


@holds("connect-anywhere")
@pytest.mark.parametrize("client", ["claude-code", "cursor", "gemini", "opencode", "vscode"])
def test_an_entry_in_a_project_names_no_folder_of_this_machine(sq: SparkQ, env: dict[str, str], client: str) -> None:
    at = connection.target(client, sq.config, sq.config.root, env)

    connect(at, env)

    assert "/" not in at.file.read_text()


@holds("connect-anywhere")
def test_where_the_folder_does_not_lead_to_the_project_it_is_named(
    sq: SparkQ, env: dict[str, str], tmp_path: Path
) -> None:
    elsewhere = Target(
        "claude-code", *connection.target("claude-code", sq.config, tmp_path, env)[1:3], tmp_path, sq.config
    )

    assert connection.entry(elsewhere, env, allow=False)["args"] == ["mcp", "--project", str(sq.config.root)]


def test_another_sparkq_on_the_path_is_not_the_one_that_is_written(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "bin/sparkq").unlink()
    (tmp_path / "bin/sparkq").touch(0o755)

    assert connection.command(env) == [str(SPARKQ)]


@holds("connect-allow")
def test_an_agents_shell_allows_nothing(claude: Target, env: dict[str, str]) -> None:
    with pytest.raises(AtTheKeyboard):
        connection.allow(claude, env | {"GEMINI_CLI": "1"})

    assert not (claude.folder / allowance.SETTINGS).exists()


@holds("connect-keeps")
def test_what_is_taken_out_is_what_was_added(claude: Target, env: dict[str, str]) -> None:
    own = {"permissions": {"allow": ["mcp__sparkq"]}}
    file = claude.folder / allowance.SETTINGS
    file.parent.mkdir()
    file.write_text(json.dumps(own))

    connect(claude, env, allow=True)
    assert allowance.is_given(claude.folder)
    gone = tuple(disconnecting.take_out(claude.config, disconnecting.of(claude)))

    assert gone == (claude.file, file)
    assert json.loads(file.read_text()) == own
    assert not claude.file.exists()
    assert not connections.file_of(claude.config).exists()


@holds("connect-keeps")
def test_a_file_that_came_with_the_repository_is_not_taken_back(claude: Target, env: dict[str, str]) -> None:
    text = json.dumps({"mcpServers": {"sparkq": connection.entry(claude, env, allow=False)}})
    claude.file.write_text(text)

    connect(claude, env)

    assert disconnecting.found(claude.config, env) == ()
    assert claude.file.read_text() == text


@holds("connect-keeps")
def test_a_server_that_was_put_in_its_place_since_stays(claude: Target, env: dict[str, str]) -> None:
    connect(claude, env)
    other = json.loads(claude.file.read_text()) | {"mcpServers": {"github": {"command": "gh"}}}
    claude.file.write_text(json.dumps(other))

    tuple(disconnecting.take_out(claude.config, disconnecting.of(claude)))

    assert json.loads(claude.file.read_text()) == other


@holds("connect-keeps")
@pytest.mark.parametrize(
    ("client", "text", "comment"),
    [("opencode", '{\n  "theme": "dark"\n}\n', "  // mine\n"), ("codex", 'model = "o3"\n', "# mine\n")],
)
def test_a_comment_that_was_written_since_stays(
    sq: SparkQ, env: dict[str, str], client: str, text: str, comment: str
) -> None:
    at = connection.target(client, sq.config, sq.config.root, env)
    at.file.parent.mkdir(parents=True, exist_ok=True)
    at.file.write_text(text)
    connect(at, env)
    written = at.file.read_text().replace("{\n", "{\n" + comment, 1) if "{" in text else comment + at.file.read_text()
    at.file.write_text(written)

    tuple(disconnecting.take_out(sq.config, disconnecting.of(at)))

    left = at.file.read_text()
    assert comment in left
    assert "sparkq" not in left


def new_project(root: Path) -> SparkQ:
    """A project in a new folder."""
    root.mkdir()
    return open_new_project(root)


@holds("connect-keeps")
def test_the_server_of_another_project_stays(env: dict[str, str], tmp_path: Path) -> None:
    """Its folder was moved, and another project took its name over in the file that all of them share."""
    first = new_project(tmp_path / "first")
    connect(connection.target("codex", first.config, first.config.root, env), env)
    first.close()
    (tmp_path / "first").rename(tmp_path / "moved")
    moved = project.open(tmp_path / "moved", env={})
    other = new_project(tmp_path / "other")
    its = connection.target("codex", other.config, other.config.root, env)
    connect(its, env)
    before = its.file.read_text()

    at = connection.target("codex", moved.config, moved.config.root, env)
    assert str(tmp_path / "other") in before
    assert tuple(disconnecting.take_out(moved.config, disconnecting.of(at))) == ()
    assert its.file.read_text() == before
    assert tuple(disconnecting.take_out(other.config, disconnecting.of(its))) == (its.file,)
    for each in (moved, other):
        each.close()


@holds("connect-keeps")
def test_after_its_folder_was_moved_a_project_takes_out_what_it_added(env: dict[str, str], tmp_path: Path) -> None:
    first = new_project(tmp_path / "first")
    for client in ("claude-code", "codex"):
        connect(connection.target(client, first.config, first.config.root, env), env)
    first.close()
    (tmp_path / "first").rename(tmp_path / "moved")
    moved = project.open(tmp_path / "moved", env={})

    undos = disconnecting.found(moved.config, env)
    home = Path(env["HOME"]) / ".codex/config.toml"
    assert {undo.file for undo in undos} == {tmp_path / "moved/.mcp.json", home}
    assert set(disconnecting.take_out(moved.config, undos)) == {tmp_path / "moved/.mcp.json", home}
    assert not (tmp_path / "moved/.mcp.json").exists()
    assert not connections.file_of(moved.config).exists()
    moved.close()


def connected(sq: SparkQ, env: dict[str, str]) -> Target:
    """VS Code, connected in a file of your own that names no server."""
    at = connection.target("vscode", sq.config, sq.config.root, env)
    at.file.parent.mkdir()
    at.file.write_text('{"servers": {}}\n')
    connect(at, env)
    return at


@holds("connect-keeps")
def test_what_is_saved_while_it_is_taken_out_stays_with_its_rights(sq: SparkQ, env: dict[str, str]) -> None:
    at = connected(sq, env)
    undos = disconnecting.of(at)
    at.file.write_text(at.file.read_text().replace('"servers": {', '"servers": {"other": {"command": "gh"},', 1))
    at.file.chmod(0o600)

    assert tuple(disconnecting.take_out(sq.config, undos)) == (at.file,)
    assert json.loads(at.file.read_text()) == {"servers": {"other": {"command": "gh"}}}
    assert stat.S_IMODE(at.file.stat().st_mode) == 0o600


@holds("connect-keeps")
def test_the_old_file_comes_back_with_the_rights_that_it_has_now(sq: SparkQ, env: dict[str, str]) -> None:
    at = connected(sq, env)
    at.file.chmod(0o600)

    tuple(disconnecting.take_out(sq.config, disconnecting.of(at)))
    assert at.file.read_text() == '{"servers": {}}\n'
    assert stat.S_IMODE(at.file.stat().st_mode) == 0o600


def test_settings_that_the_client_ignores_are_not_written(claude: Target, env: dict[str, str]) -> None:
    file = claude.folder / allowance.SETTINGS
    file.parent.mkdir()
    file.write_text("// mine\n{}")

    with pytest.raises(InvalidConfig, match="neither comments"):
        connection.allow(claude, env)

    assert file.read_text() == "// mine\n{}"


@pytest.mark.parametrize("text", ["{", "[]", '[{"file": 1}]', '[{"file": "x", "added": [[1]], "empty": null}]'])
def test_a_record_that_cannot_be_read_takes_nothing_out(claude: Target, env: dict[str, str], text: str) -> None:
    connect(claude, env)
    connections.file_of(claude.config).write_text(text)

    assert disconnecting.of(claude) == ()
