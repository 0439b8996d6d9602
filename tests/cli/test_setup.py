"""`sparkq setup`: every setting shown, nothing of the person's lost, the same again harmless."""

import re
import stat
import subprocess
from pathlib import Path

import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.config import loading, reading
from sparkq_core.installation import setup
from sparkq_core.project import SparkQ
from tests.cli.clients import connected
from tests.cli.folders import files
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.harness.terminal import Terminal
from tests.promises import holds

DEFAULTS = {
    "server.host": "127.0.0.1",
    "server.port": "5005",
    "database.path": "sparkq/data/sparkq.db",
    "logs.path": "sparkq/logs/sparkq.log",
    "purge.older_than_days": "3",
    "queue_runner.poll_interval_seconds": "30",
    "queue_runner.auto_fail_interval_seconds": "30",
    "env": "dev",
    "task_classes.FAST_SCRIPT": "30",
    "task_classes.MEDIUM_SCRIPT": "300",
    "task_classes.LLM_LITE": "300",
    "task_classes.LLM_HEAVY": "900",
}


def settings_in(printed: str) -> dict[str, str]:
    """The `name  value` lines, and those of the table."""
    return {words[0]: words[1] for line in printed.splitlines() if len(words := re.split(r" {2,}", line)) >= 2}


@holds("task-classes", "defaults", "server", "setup-no-silent-defaults", "command-setup")
def test_yes_prints_every_setting_and_makes_the_project(bare: Shell) -> None:
    printed = bare.ok("setup", "--yes")

    shown = settings_in(printed)
    assert shown | DEFAULTS == shown
    assert set(setup.defaults(bare.folder)) <= set(shown)
    assert shown["project.name"] == "project"
    assert printed.count("created ") == 3
    with_defaults = loading.load(bare.folder, {})
    assert with_defaults.file == bare.folder / "sparkq.yml"
    assert with_defaults.settings.server == ("127.0.0.1", 5005, True)
    assert queues.all_of(project.open(bare.folder, env={})) == ()


@holds("owner-only")
def test_the_data_is_the_owners_alone(bare: Shell) -> None:
    bare.ok("setup", "--yes")

    database = bare.folder / "sparkq/data/sparkq.db"
    assert stat.S_IMODE(database.stat().st_mode) == 0o600
    assert stat.S_IMODE(database.parent.stat().st_mode) == 0o700


@holds("setup-no-silent-defaults")
def test_every_line_of_the_written_file_is_explained(bare: Shell) -> None:
    bare.ok("setup", "--yes")

    lines = (bare.folder / "sparkq.yml").read_text().splitlines()
    for at, line in enumerate(lines):
        if line.startswith("  ") and ": " in line and not line.strip().startswith("#") and line.strip()[0].islower():
            assert lines[at - 1].strip().startswith("# "), line


@holds("setup-again")
def test_again_keeps_settings_and_tasks(shell: Shell, sq: SparkQ, written: Path) -> None:
    add(sq, "one")
    written.write_text(written.read_text().replace("port: 5005", "port: 5006"))
    before = written.read_bytes()

    printed = shell.ok("setup", "--yes")

    assert written.read_bytes() == before
    assert settings_in(printed)["server.port"] == "5006"
    assert "is set up" in printed
    assert printed.count("kept ") == 2
    assert tasks.get(sq, 1).title == "one"


def test_a_file_that_is_lost_is_written_anew_and_the_tasks_are_kept(shell: Shell, sq: SparkQ, written: Path) -> None:
    add(sq, "one")
    written.unlink()

    shell.ok("setup", "--yes")

    assert written.is_file()
    assert shell.facts("tasks")["total"] == 1


def test_a_first_session_and_queue_are_made_on_demand(bare: Shell) -> None:
    answer = bare.facts("setup", "--yes", "--session", "feature-x", "--queue", "backend")

    assert (answer["session"], answer["queue"]) == ("feature-x", "backend")
    (queue,) = bare.facts("queue", "list")["queues"]
    assert (queue["name"], queue["session"]) == ("backend", "feature-x")
    assert answer["settings"]["server.port"] == 5005
    assert {step["done"] for step in answer["steps"]} == {"created"}


def test_setup_again_with_the_same_queue_is_harmless(shell: Shell, sq: SparkQ) -> None:
    shell.ok("setup", "--yes", "--queue", "backend")

    assert queues.names(sq) == ("backend",)


def test_git_ignores_the_data_and_its_own_gitignore_stays_as_it_was(repository: Shell) -> None:
    (repository.folder / ".gitignore").write_text("*.log\nbuild/")

    printed = repository.ok("setup", "--yes")

    assert "created sparkq/.gitignore" in printed
    assert (repository.folder / ".gitignore").read_text() == "*.log\nbuild/"
    untracked = subprocess.run(
        ["git", "status", "--porcelain", "-uall"], cwd=repository.folder, capture_output=True, text=True, check=True
    )
    assert untracked.stdout.split() == ["??", ".gitignore", "??", "sparkq.yml"]


def test_that_new_files_are_kept_is_said_where_they_are(repository: Shell) -> None:
    assert "new files too, unless Git ignores them" in repository.ok("setup", "--yes")
    (repository.folder / "sparkq.yml").write_text("changes: sizes\n")
    assert "new files too" not in repository.ok("setup", "--yes")


def test_again_connecting_is_no_next_step_where_it_is_connected(repository: Shell) -> None:
    assert "sparkq connect claude-code" in repository.ok("setup", "--yes")

    connected(repository, "claude-code")

    assert "sparkq connect claude-code" not in repository.ok("setup", "--yes")


def test_the_lines_of_an_earlier_sparkq_stay_until_teardown(repository: Shell) -> None:
    file = repository.folder / ".gitignore"
    before = "*.log\n# SparkQ's data\nsparkq/data/\nsparkq/run/\nbuild/\n"
    file.write_text(before)
    repository.ok("setup", "--yes")
    repository.ok("setup", "--yes")
    assert file.read_text() == before

    repository.ok("teardown", "--force")

    assert file.read_text() == "*.log\nbuild/\n"
    assert files(repository.folder) == [".gitignore"]


def test_outside_git_there_is_no_gitignore(bare: Shell) -> None:
    bare.ok("setup", "--yes")

    assert not (bare.folder / ".gitignore").exists()


@holds("projects")
def test_setup_in_a_subfolder_is_the_repositorys(repository: Shell) -> None:
    below = repository.folder / "src" / "deep"
    below.mkdir(parents=True)

    repository._replace(folder=below).ok("setup", "--yes")

    assert (repository.folder / "sparkq.yml").is_file()
    assert list(below.iterdir()) == []


OWN = """\
# Ours, please ask before changing.
server:
  port: 5006  # 5005 is taken
task_classes:
  FAST_SCRIPT: {timeout: 45, description: "Seconds"}  # measured
tools:
  "#x": {how: 'Do it, "now"', task_class: LLM_LITE}
  # not yet:
  # y: {}
hooks: {on_failed: [echo, "a, b"]}
script_dirs: ["a, b", c]
"""
"""A settings file as a person keeps it."""


def test_again_leaves_every_character_of_the_persons_file(shell: Shell, sq: SparkQ) -> None:
    file = shell.folder / "sparkq.yml"
    file.write_text(OWN)

    answer = shell.facts("setup", "--yes")

    assert file.read_text() == OWN
    assert answer["settings"]["tools.#x"] == {"how": 'Do it, "now"', "task_class": "LLM_LITE"}
    assert [step["done"] for step in answer["steps"]] == ["kept", "kept", "created"], (
        "only what hides the data from Git"
    )


def test_a_file_that_is_written_anew_keeps_the_settings_of_the_database(shell: Shell, sq: SparkQ) -> None:
    shell.ok("config", "set", "purge.older_than_days", "9")

    shell.ok("setup", "--yes", SPARKQ_SERVER__PORT="6006")

    config = loading.load(shell.folder, {}).settings
    assert (config.purge.older_than_days, config.server.port) == (9, 5005)


@pytest.mark.parametrize("name", ["#x", "a: b", "null", "- x", "é", "'", "5"])
def test_any_name_stands_in_a_new_file_as_it_is(root: Path, name: str) -> None:
    values = setup.defaults(root) | {f"tools.{name}": {"how": "x", "task_class": name}, f"task_classes.{name}": 9}

    config = loading.build(reading.parse(setup.render(values), ""))

    assert (config.tools[name].how, config.task_classes[name].timeout) == ("x", 9)


@pytest.mark.parametrize("named", ["custom.yml", "conf/custom.yml"])
def test_the_file_that_the_environment_names_is_the_one_that_is_set_up(bare: Shell, named: str) -> None:
    file = bare.folder / named
    file.parent.mkdir(exist_ok=True)
    file.write_text("# ours\nenv: prod\n")

    bare.ok("setup", "--yes", "--queue", "backend", SPARKQ_CONFIG=named)

    assert file.read_text() == "# ours\nenv: prod\n"
    assert (file.parent / "sparkq/data/sparkq.db").is_file()
    assert list(bare.folder.rglob("sparkq.yml")) == []
    assert "backend" in bare.ok("queue", "list", SPARKQ_CONFIG=named)


@pytest.mark.parametrize("git", [False, True])
def test_the_home_folder_is_no_project_and_the_next_step_is_named(bare: Shell, git: bool) -> None:
    bare.home.mkdir()
    if git:
        subprocess.run(["git", "init", "--quiet", bare.home], check=True)
    before = sorted(bare.home.iterdir())

    message = bare._replace(folder=bare.home).refused(2, "setup", "--yes")

    assert "home folder" in message
    assert "mkdir my-project" in message
    assert sorted(bare.home.iterdir()) == before


def test_what_git_ignored_before_stays_byte_for_byte_whatever_its_encoding(repository: Shell) -> None:
    file = repository.folder / ".gitignore"
    file.write_bytes(b"caf\xe9/\r\n*.log\r\n")

    (repository.folder / "notes.md").touch()
    repository.ok("setup", "--yes")
    repository.ok("config", "set", "logs.path", "q.log")
    repository.ok("setup", "--yes")
    assert file.read_bytes() == b"caf\xe9/\r\n*.log\r\n# SparkQ's data\n/q.log\n/q.log.*\n"

    repository.ok("teardown", "--force")
    assert file.read_bytes() == b"caf\xe9/\r\n*.log\r\n"


BAD_FILES = (
    ("an unknown key", "server:\n  prot: 5006\n", "sparkq.yml:2", "server.port"),
    ("an unknown section", "env: dev\nsever:\n  port: 1\n", "sparkq.yml:2", "server"),
    ("a key twice", "env: dev\nenv: prod\n", "sparkq.yml:2", "twice"),
    ("an alias", "a: &x dev\nenv: *x\n", "sparkq.yml:", ""),
    ("a wrong type", "server:\n  port: many\n", "sparkq.yml:2", "whole number from 1 to 65535"),
    ("a value out of range", "env: dev\nserver:\n  port: 99999\n", "sparkq.yml:3", "65535"),
    ("an unknown choice", "env: staging\n", "sparkq.yml:1", "prod"),
    ("no YAML", "env: [dev\n", "sparkq.yml:", ""),
    ("a tag", "env: !!python/object:os.system dev\n", "sparkq.yml:1", ""),
    ("not UTF-8", b"env: d\xffev\n", "sparkq.yml", "UTF-8"),
)


SETUP_TOO = {"a key twice", "a value out of range", "no YAML"}


@holds("strict")
@pytest.mark.parametrize(("what", "text", "where", "says"), BAD_FILES, ids=[case[0] for case in BAD_FILES])
def test_a_bad_file_is_refused_with_its_line_and_left_as_it_is(
    shell: Shell, sq: SparkQ, what: str, text: str | bytes, where: str, says: str
) -> None:
    file = shell.folder / "sparkq.yml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    before = file.read_bytes()

    message = shell.refused(2, *(["setup", "--yes"] if what in SETUP_TOO else ["tasks"]))

    assert where in message
    assert says in message
    assert file.read_bytes() == before


@holds("environment")
def test_a_bad_environment_variable_is_named(shell: Shell) -> None:
    assert "SPARKQ_SERVER__PORT" in shell.refused(2, "tasks", SPARKQ_SERVER__PORT="many")
    assert "SPARKQ_SERVER__PROT" in shell.refused(2, "tasks", SPARKQ_SERVER__PROT="1")


@holds("environment")
def test_the_environment_goes_before_the_file(shell: Shell) -> None:
    assert shell.facts("tasks")["total"] == 0

    message = shell.refused(3, "tasks", SPARKQ_DATABASE__PATH="elsewhere.db")

    assert str(shell.folder / "elsewhere.db") in message
    assert not (shell.folder / "elsewhere.db").exists()


@holds("command-restore", "git-commands")
def test_after_git_has_cleaned_everything_each_command_leads_to_the_backup(repository: Shell) -> None:
    repository.ok("setup", "--yes", "--queue", "backend")
    repository.ok("enqueue", "one")
    made = repository.facts("backup")["path"]
    assert made.startswith(str(repository.folder / ".git/sparkq/backups/"))
    subprocess.run(["git", "clean", "-fdxq"], cwd=repository.folder, check=True)

    assert "sparkq restore" in repository.refused(3, "tasks")
    assert "sparkq restore" in repository.refused(4, "setup", "--yes")
    assert "--yes" in repository.refused(2, "restore")
    (listed,) = repository.facts("restore", "--list")["copies"]
    assert (listed["path"], listed["kind"], listed["tasks"]) == (made, "backup", 1)
    assert "1 task, 0 unreviewed" in repository.ok("restore", "--list")

    restored = repository.facts("restore", "--yes")

    assert (restored["restored"], restored["before"]) == (made, None)
    assert repository.facts("tasks")["total"] == 1
    assert "What was there before is in" in repository.ok("restore", Path(made).name, "--yes")


@holds("setup-one-project")
@pytest.mark.parametrize("place", ["inside", "above"])
def test_a_second_project_beside_another_is_begun_only_on_purpose(shell: Shell, sq: SparkQ, place: str) -> None:
    folder = shell.folder / "vendored" if place == "inside" else shell.folder.parent
    folder.mkdir(exist_ok=True)
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    other = shell._replace(folder=folder, home=Path("/nonexistent"))

    message = other.refused(4, "setup", "--yes")

    assert f"cd {shell.folder}" in message
    assert "sparkq setup --here" in message
    assert not (folder / "sparkq.yml").exists()
    assert "sparkq -C" in other.refused(3, "tasks")
    with Terminal(other, "setup") as terminal:
        terminal.until("Begin another, empty project here? [y/N]: ")
        terminal.type("")
        assert terminal.end() == 1
    assert not (folder / "sparkq.yml").exists()
    other.ok("setup", "--yes", "--here")
    assert (folder / "sparkq.yml").exists()


def test_it_says_what_to_commit_and_what_not(repository: Shell) -> None:
    printed = repository.ok("setup", "--yes", "--connect")

    assert "Commit sparkq.yml" in printed
    assert "Do not commit .mcp.json" in printed
    assert "Commit" not in repository.ok("setup", "--yes")
