"""`sparkq teardown` keeps what SparkQ did not make: other files, other projects, other entries of clients."""

import json
from pathlib import Path

from tests.cli.clients import connected
from tests.cli.folders import files
from tests.harness.projects import open_new_project
from tests.harness.shell import Shell
from tests.promises import holds


@holds("command-teardown")
def test_what_stands_elsewhere_is_left_alone(project_of: Shell, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    file = project_of.folder / "sparkq.yml"
    file.write_text(file.read_text().replace("path: sparkq/data/sparkq.db", f"path: {elsewhere}/sparkq.db"))
    project_of.ok("setup", "--yes")

    printed = project_of.ok("teardown", "--force")

    assert "stays: it is outside the project" in printed
    assert (elsewhere / "sparkq.db").exists()


@holds("command-teardown")
def test_a_link_and_what_it_points_to_stay(project_of: Shell, tmp_path: Path) -> None:
    database = project_of.folder / "sparkq/data/sparkq.db"
    target = tmp_path / "moved.db"
    database.rename(target)
    database.symlink_to(target)

    printed = project_of.ok("teardown", "--force")

    assert "stays: it is a symlink" in printed
    assert database.is_symlink()
    assert target.exists()


def test_a_linked_folder_leads_nowhere(project_of: Shell, tmp_path: Path) -> None:
    (project_of.folder / "sparkq").rename(tmp_path / "moved")
    (project_of.folder / "sparkq").symlink_to(tmp_path / "moved")

    project_of.ok("teardown", "--force")

    assert (tmp_path / "moved/data/sparkq.db").exists()


def test_a_database_of_another_program_stays(project_of: Shell) -> None:
    database = project_of.folder / "sparkq/data/sparkq.db"
    sound = database.read_bytes()
    database.write_bytes(sound[:68] + b"\0\0\0\0" + sound[72:])

    assert "it is not a database of SparkQ" in project_of.ok("teardown", "--force")
    assert database.exists()


def test_backups_and_other_files_in_its_folders_stay_until_they_are_to_go_too(project_of: Shell) -> None:
    made = Path(project_of.facts("backup")["path"])
    (project_of.folder / "sparkq/notes.md").write_text("mine")

    printed = project_of.ok("teardown", "--force")

    assert "sparkq/notes.md" in files(project_of.folder)
    assert "the backups, stays: --backups removes them too" in printed
    assert made.is_file()
    assert "the backups, goes" in project_of.ok("teardown", "--force", "--backups")
    assert not (project_of.folder / ".git/sparkq").exists()


def test_files_that_only_look_like_locks_and_logs_stay(project_of: Shell) -> None:
    mine = ["poetry.lock", "runner-x.lock", "logs/app-notes.txt", "logs/app.1/mine.txt"]
    for name in mine:
        (project_of.folder / name).parent.mkdir(parents=True, exist_ok=True)
        (project_of.folder / name).write_text("mine")
    project_of.ok("config", "set", "queue_runner.lock_dir", ".")
    project_of.ok("config", "set", "logs.path", "logs/app")
    (project_of.folder / "logs/app").write_text("a log")
    for lock in ("runner-1.lock", "runner-hosts.lock"):
        (project_of.folder / lock).touch()

    printed = project_of.ok("teardown", "--yes")

    left = files(project_of.folder)
    assert set(mine) <= set(left)
    assert {"logs/app", "runner-1.lock", "runner-hosts.lock"}.isdisjoint(left)
    assert "logs/app.1 a log, stays: it is a folder" in " ".join(printed.split())


def test_what_is_kept_stays_ignored_by_git(project_of: Shell) -> None:
    project_of.ok("backup", "sparkq/mine.backup.db")
    ignored = (project_of.folder / "sparkq/.gitignore").read_text()

    answer = project_of.facts("teardown", "--dry-run")
    printed = project_of.ok("teardown", "--force")

    assert str(project_of.folder / "sparkq/.gitignore") in [path["path"] for path in answer["kept"]]
    assert "hides SparkQ's data from Git, stays: it hides files that are kept from Git" in printed
    assert (project_of.folder / "sparkq/.gitignore").read_text() == ignored
    assert "backup.db" not in project_of.run("git", "status", "--porcelain", "--untracked-files=all").out


@holds("command-teardown")
def test_the_home_folder_is_never_torn_down(bare: Shell) -> None:
    home = bare._replace(folder=bare.home)
    bare.home.mkdir(exist_ok=True)
    open_new_project(bare.home).close()  # which setup would refuse

    assert "home folder" in home.refused(2, "teardown", "--force")
    assert (bare.home / "sparkq/data/sparkq.db").exists()


def test_clients_forget_the_project_and_keep_what_else_they_know(project_of: Shell) -> None:
    before = '{"mcpServers": {"other": {"command": "other"}}}\n'
    cursor = project_of.folder / ".cursor/mcp.json"
    cursor.parent.mkdir()
    cursor.write_text(before)
    project_of.ok("connect", "cursor")
    connected(project_of, "vscode")
    file = connected(project_of, "claude-code")
    file.write_text(json.dumps(json.loads(file.read_text()) | {"more": 1}))

    printed = project_of.ok("teardown", "--force")

    assert "SparkQ's entry, goes" in printed
    assert files(project_of.folder) == [".cursor", ".cursor/mcp.json", ".gitignore", ".mcp.json", "app.py"]
    assert cursor.read_text() == before
    assert json.loads(file.read_text()) == {"more": 1, "mcpServers": {}}


def test_a_client_that_knows_another_project_keeps_it(project_of: Shell) -> None:
    file = project_of.folder / ".mcp.json"
    file.write_text('{"mcpServers": {"sparkq": {"command": "sparkq", "args": ["mcp", "--project", "/elsewhere"]}}}')

    project_of.ok("teardown", "--force")

    assert "/elsewhere" in file.read_text()


def test_a_client_forgets_the_project_whatever_it_calls_it_and_nobody_else(project_of: Shell) -> None:
    other = {"command": "sparkq", "args": ["mcp", "--project", "/elsewhere"]}
    own = {"command": "sparkq", "args": ["mcp", "--project", str(project_of.folder)]}
    file = project_of.folder / ".mcp.json"
    file.write_text(json.dumps({"mcpServers": {"sparkq": other, "sparkq-shop": own}}))

    project_of.ok("teardown", "--force")

    assert json.loads(file.read_text()) == {"mcpServers": {"sparkq": other}}


def test_an_entry_outside_the_project_stays_and_is_named(project_of: Shell) -> None:
    file = connected(project_of, "claude-desktop")
    before = file.read_text()

    printed = project_of.ok("teardown", "--force")

    assert "its entry 'sparkq', stays: it is outside the project" in printed
    assert file.read_text() == before
