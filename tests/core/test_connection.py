"""Connecting a client and taking it back, called directly."""

import json
import sys
from pathlib import Path

import pytest

from sparkq_core.errors import AtTheKeyboard, InvalidConfig
from sparkq_core.installation import allowance, connection, connections, disconnecting
from sparkq_core.installation.connection import Target
from sparkq_core.project import SparkQ
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
