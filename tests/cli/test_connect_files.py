"""The files of clients as they are found: in which folder, written how, and what takes them back."""

import json
import os
from pathlib import Path

import pytest

from tests.cli.clients import AT_HOME, FILES, entry, file_of, servers_in
from tests.harness.git_steps import commit, git, start
from tests.harness.shell import Shell
from tests.promises import holds

JSON = {
    "comments": '{\n  // ours\n  "KEY": {\n    "github": {"command": "gh-mcp"} /* keep */\n  }\n}\n',
    "trailing commas": '{\n  "KEY": {\n    "github": {"command": "gh-mcp"},\n  },\n}\n',
    "a byte order mark": '\ufeff{"KEY": {"github": {"command": "gh-mcp"}}}',
    "tabs and line ends of Windows": '{\r\n\t"KEY": {\r\n\t\t"github": {}\r\n\t}\r\n}\r\n',
    "another key": '{\n  "theme": "dark"\n}',
    "nothing": "",
}
TOML = {
    "comments": '# mine\nmodel = "gpt"   # fast\n\n[mcp_servers.github]\ncommand = "gh"  # keep\n\n[tui]\ntheme = "dark"\n',
    "line ends of Windows": '[mcp_servers.github]\r\ncommand = "gh"\r\n',
    "nothing": "",
}


def given(shell: Shell, client: str, text: str) -> Path:
    """The client's file with a text."""
    file, key = file_of(shell, client)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.replace("KEY", key).encode())
    return file


@holds("connect-keeps")
@pytest.mark.parametrize("how", ["remove", "teardown"])
@pytest.mark.parametrize("text", JSON.values(), ids=JSON)
def test_a_file_comes_back_byte_for_byte(shell: Shell, text: str, how: str) -> None:
    client = "vscode" if how == "remove" else "opencode"
    file = given(shell, client, text)
    before = file.read_bytes()

    shell.ok("connect", client)
    assert servers_in(shell, client)["sparkq"] == entry(shell, client)
    shell.ok(*{"remove": ("connect", client, "--remove"), "teardown": ("teardown", "--force")}[how])

    assert file.read_bytes() == before
    assert list(file.parent.glob("*.before-sparkq*")) == []


@holds("connect-keeps")
@pytest.mark.parametrize("text", TOML.values(), ids=TOML)
def test_the_configuration_of_codex_keeps_its_comments_and_comes_back(shell: Shell, text: str) -> None:
    file = given(shell, "codex", text)

    shell.ok("connect", "codex")
    assert servers_in(shell, "codex")["sparkq"] == entry(shell, "codex")
    assert [line for line in text.splitlines() if line not in file.read_text().splitlines()] == []
    shell.ok("connect", "codex", "--remove")

    assert file.read_bytes() == text.encode()


@holds("connect-keeps")
@pytest.mark.parametrize("client", [*FILES, *AT_HOME])
def test_a_file_that_was_made_goes_and_so_does_its_folder(shell: Shell, client: str) -> None:
    shell.home.mkdir(exist_ok=True)
    before = {path for folder in (shell.folder, shell.home) for path in folder.rglob("*")}

    shell.ok("connect", client, "--no-allow")
    assert "Removed" in shell.ok("connect", client, "--remove")
    assert "Nothing of SparkQ's is in the files" in shell.ok("connect", client, "--remove")

    left = {path for folder in (shell.folder, shell.home) for path in folder.rglob("*")} - before
    assert {path for path in left if "sparkq/" not in str(path) and not path.is_dir()} == set()


def test_codex_keeps_the_server_of_another_project(shell: Shell, tmp_path: Path) -> None:
    second = shell._replace(folder=tmp_path / "shop")
    second.folder.mkdir()
    second.ok("setup", "--yes")
    shell.ok("connect", "codex")

    assert "It is named sparkq-shop there" in second.ok("connect", "codex")
    assert servers_in(shell, "codex") == {"sparkq": entry(shell, "codex"), "sparkq-shop": entry(second, "codex")}
    assert "stays: it is outside the project: sparkq connect codex --remove" in shell.ok("teardown", "--force")
    shell.ok("connect", "codex", "--remove")
    assert servers_in(shell, "codex") == {"sparkq-shop": entry(second, "codex")}


def test_opencode_keeps_its_file_with_comments(shell: Shell) -> None:
    (shell.folder / "opencode.jsonc").write_text("{\n  // mine\n}\n")

    shell.ok("connect", "opencode")

    assert "// mine" in (shell.folder / "opencode.jsonc").read_text()
    assert not (shell.folder / "opencode.json").exists()


def test_a_symlink_stays_one(shell: Shell, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.json"
    real.write_text('{"servers": {}}')
    file, _ = file_of(shell, "vscode")
    file.parent.mkdir()
    file.symlink_to(real)

    shell.ok("connect", "vscode")
    assert json.loads(real.read_text())["servers"]["sparkq"] == entry(shell, "vscode")
    shell.ok("connect", "vscode", "--remove")

    assert file.is_symlink()
    assert real.read_text() == '{"servers": {}}'


@pytest.mark.parametrize(
    ("client", "text"),
    [("codex", "[mcp"), ("codex", "mcp_servers = 1"), ("vscode", '{"servers": 1}'), ("gemini", "{]")],
)
def test_what_cannot_be_changed_is_left_as_it_is(shell: Shell, client: str, text: str) -> None:
    file = given(shell, client, text)

    assert str(file) in shell.refused(2, "connect", client, "--no-allow")
    assert file.read_text() == text


def test_where_files_are_read_only_it_is_said(shell: Shell) -> None:
    file = given(shell, "vscode", "{}")
    file.chmod(0o444)
    if os.access(file, os.W_OK):  # root may write every file
        shell.ok("connect", "vscode")
    else:
        assert f"chmod u+w {file}" in shell.refused(74, "connect", "vscode")


@holds("connect-anywhere")
@pytest.mark.parametrize("subfolder", ["", "src"])
def test_a_linked_work_tree_gets_files_of_its_own(shell: Shell, tmp_path: Path, subfolder: str) -> None:
    start(shell.folder)
    commit(shell.folder)
    git(shell.folder, "worktree", "add", "-q", str(tmp_path / "linked"))
    there = shell._replace(folder=tmp_path / "linked" / subfolder)
    there.folder.mkdir(exist_ok=True)

    there.ok("connect", "claude-code", "--allow")

    assert servers_in(shell._replace(folder=tmp_path / "linked"), "claude-code") == {
        "sparkq": entry(shell, "claude-code")
    }
    assert (tmp_path / "linked/.claude/settings.local.json").is_file()
    assert not (shell.folder / ".mcp.json").exists()
    there.ok("connect", "claude-code", "--remove")
    assert not (tmp_path / "linked/.mcp.json").exists()


@holds("connect-anywhere")
def test_teardown_names_the_files_of_a_work_tree_beside_the_project(shell: Shell, tmp_path: Path) -> None:
    start(shell.folder)
    commit(shell.folder)
    git(shell.folder, "worktree", "add", "-q", str(tmp_path / "linked"))
    shell._replace(folder=tmp_path / "linked").ok("connect", "claude-code", "--no-allow")

    printed = shell.ok("teardown", "--force")

    assert "stays: it is outside the project: sparkq connect CLIENT --remove" in printed
    assert (tmp_path / "linked/.mcp.json").exists()


@holds("connect-anywhere")
def test_work_trees_of_a_bare_repository_each_get_their_files(bare: Shell, tmp_path: Path) -> None:
    start(tmp_path / "seed")
    commit(tmp_path / "seed")
    git(tmp_path, "clone", "-q", "--bare", "seed", "hub/.bare")
    (tmp_path / "hub/.git").write_text("gitdir: ./.bare\n")
    one, two = (bare._replace(folder=tmp_path / "hub" / name) for name in ("one", "two"))
    for tree in (one, two):
        git(tmp_path / "hub", "worktree", "add", "-q", str(tree.folder), "-b", tree.folder.name)
    one.ok("setup", "--yes")

    two.ok("connect", "cursor")
    one.ok("connect", "codex")

    assert servers_in(two, "cursor") == {"sparkq": entry(one, "cursor")}
    assert servers_in(one, "codex") == {"sparkq": entry(one, "codex")}
