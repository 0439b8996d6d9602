"""`sparkq connect`: a client's configuration, merged with what is there and checked by starting what it names."""

import json
import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sparkq_core.files import lock
from sparkq_core.installation import mcp_clients
from tests.cli.clients import AT_HOME, FILES, connected, entry, file_of, servers_in
from tests.harness.shell import SPARKQ, Shell
from tests.harness.terminal import CTRL_C, FreshTerminal
from tests.harness.waiting import until
from tests.promises import holds


@holds("command-connect")
@pytest.mark.parametrize("client", [*FILES, *AT_HOME])
def test_it_writes_the_server_and_checks_that_it_starts(shell: Shell, client: str) -> None:
    printed = shell.ok("connect", client, "--no-allow")

    assert servers_in(shell, client) == {"sparkq": entry(shell, client)}
    assert str(file_of(shell, client)[0]) in printed
    assert "the server starts and offers 12 tools" in printed


@holds("connect-keeps")
def test_what_was_there_is_kept_and_a_copy_beside_earlier_ones(shell: Shell) -> None:
    file, _ = file_of(shell, "cursor")
    file.parent.mkdir()
    before = '{"mcpServers": {"other": {"command": "x"}}, /* — ü */ "theme": "dark", }'
    file.write_text(before)
    earlier = file.with_name(f"{file.name}.before-sparkq")
    earlier.write_text("{}")

    answer = shell.facts("connect", "cursor")

    written = json.dumps(entry(shell, "cursor"))
    assert file.read_text() == before.replace('"x"}}', f'"x"}}, "sparkq": {written}}}')
    assert (Path(answer["kept"]).read_text(), earlier.read_text()) == (before, "{}")
    assert answer["tools"] == 12


def test_again_changes_nothing_and_keeps_no_copy(shell: Shell) -> None:
    shell.ok("connect", "claude-code", "--no-allow")
    before = sorted(shell.folder.iterdir())

    assert shell.facts("connect", "claude-code", "--no-allow")["kept"] is None
    assert sorted(shell.folder.iterdir()) == before


@holds("command-connect")
def test_print_only_shows_it(shell: Shell) -> None:
    printed = shell.ok("connect", "vscode", "--print")

    assert json.loads(printed) == {"servers": {"sparkq": entry(shell, "vscode")}}
    assert not (shell.folder / ".vscode").exists()


@holds("command-connect")
@pytest.mark.parametrize("text", ["{", "[]", '{"mcpServers": []}', "// a comment\n{}", '{"a": 1,}'])
def test_a_configuration_that_cannot_be_read_is_left_as_it_is(shell: Shell, text: str) -> None:
    file, _ = file_of(shell, "claude-code")
    file.write_text(text)

    assert str(file) in shell.refused(2, "connect", "claude-code", "--no-allow")
    assert file.read_text() == text


def test_a_server_that_does_not_start_is_not_written(shell: Shell, written: Path) -> None:
    written.write_text("server:\n  prot: 1\n")

    assert "prot" in shell.refused(2, "connect", "claude-code", "--no-allow")
    assert not file_of(shell, "claude-code")[0].exists()


def test_a_folder_that_cannot_be_written_is_a_storage_error(shell: Shell) -> None:
    (shell.folder / ".cursor").write_text("a file")

    assert "--print" in shell.refused(74, "connect", "cursor")


def test_an_unknown_client_is_answered_with_the_nearest(shell: Shell) -> None:
    assert "Did you mean claude-code" in shell.refused(2, "connect", "claude-cod")
    assert "vscode" in shell.refused(2, "connect", "xyz")


def test_without_a_client_it_lists_them_and_shows_a_whole_command(shell: Shell) -> None:
    said = " ".join(shell.refused(2, "connect").split())

    assert "sparkq connect claude-code." in said
    assert all(client in said for client in mcp_clients.CLIENTS)


def test_the_server_says_in_a_terminal_that_a_client_starts_it(shell: Shell) -> None:
    with FreshTerminal(shell, "mcp") as terminal:
        terminal.until("To set one up: sparkq connect claude-code. Ctrl-C ends this.")
        terminal.press(CTRL_C)
        terminal.end()


def test_there_must_be_a_project_to_connect(bare: Shell) -> None:
    assert "sparkq setup" in bare.refused(3, "connect", "claude-code")
    assert list(bare.folder.iterdir()) == []


def test_claude_desktop_keeps_the_server_of_another_project(shell: Shell, tmp_path: Path) -> None:
    file = connected(shell, "claude-desktop")
    second = shell._replace(folder=tmp_path / "my shop")
    second.folder.mkdir()
    second.ok("setup", "--yes")

    printed = second.ok("connect", "claude-desktop")
    second.ok("connect", "claude-desktop")  # again, when both are there

    assert json.loads(file.read_text())["mcpServers"] == {
        "sparkq": entry(shell, "claude-desktop"),
        "sparkq-my-shop": entry(second, "claude-desktop"),
    }
    assert "sparkq-my-shop" in printed


def test_projects_that_connect_at_the_same_time_are_all_there(shell: Shell, tmp_path: Path) -> None:
    second = shell._replace(folder=tmp_path / "second")
    second.folder.mkdir()
    second.ok("setup", "--yes")

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(lambda each: each.ok("connect", "claude-desktop"), (shell, second)))

    servers = json.loads(file_of(shell, "claude-desktop")[0].read_text())["mcpServers"]
    assert [entry(each, "claude-desktop") in servers.values() for each in (shell, second)] == [True, True]


def test_a_configuration_keeps_its_permissions_and_what_others_write_meanwhile(shell: Shell) -> None:
    file, _ = file_of(shell, "claude-code")
    file.write_text("{}")
    file.chmod(0o600)
    with ThreadPoolExecutor(1) as threads:
        with lock.folder(file.parent):
            connecting = threads.submit(shell.ok, "connect", "claude-code", "--no-allow")
            until(lambda: is_being_checked(shell))
            file.write_text('{"mcpServers": {"files": {"command": "files"}}}')
        connecting.result()

    assert set(json.loads(file.read_text())["mcpServers"]) == {"files", "sparkq"}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def is_being_checked(shell: Shell) -> bool:
    """True if the server of the project runs."""
    return subprocess.run(["pgrep", "-f", f"{SPARKQ} mcp$"], stdout=subprocess.DEVNULL).returncode == 0


def test_claude_desktop_forgets_a_project_that_is_gone(shell: Shell, tmp_path: Path) -> None:
    file, _ = file_of(shell, "claude-desktop")
    file.parent.mkdir(parents=True)
    gone = {"command": "sparkq", "args": ["mcp", "--project", str(tmp_path / "gone")]}
    file.write_text(json.dumps({"mcpServers": {"sparkq": gone}}))

    shell.ok("connect", "claude-desktop")

    assert json.loads(file.read_text())["mcpServers"] == {"sparkq": entry(shell, "claude-desktop")}
