"""`sparkq` in a project of SparkQ 1: it says so, and brings it over after a yes."""

import pytest

from tests.harness.projects import database_of
from tests.harness.shell import Shell
from tests.harness.terminal import Terminal
from tests.harness.version_one import DAY_3, SETTINGS, SHOP, create, task
from tests.promises import holds


@pytest.fixture
def old(bare: Shell) -> Shell:
    """A folder with a project of SparkQ 1."""
    tasks = [task(1), task(2, status="running"), task(3, status="failed", error="\x1b[31mboom", finished_at=DAY_3)]
    create(bare.folder, {**SHOP, "tasks": tasks})
    return bare


@holds("from-version-one")
@pytest.mark.parametrize(
    "command", ["tasks", "setup --yes", "setup", "", "enqueue x --queue backend", "teardown --force"]
)
def test_a_command_in_a_project_of_version_one_says_so(old: Shell, command: str) -> None:
    message = old.refused(4, *command.split())

    assert "This is a project of SparkQ 1" in message
    assert "sparkq setup --from-v1" in message
    assert (old.folder / "sparkq.yml").read_text() == SETTINGS
    assert not database_of(old.folder).with_name("sparkq1.db").exists()


@holds("from-version-one", "command-setup")
def test_setup_brings_it_over_and_reports_figures(old: Shell) -> None:
    said = old.ok("setup", "--from-v1")

    assert "Brought over from SparkQ 1: 2 queued tasks, 0 finished tasks, 3 queues, 2 sessions." in said
    assert "1 of them had been running: queued again." in said
    assert "1 finished task left out: older than purge.unreviewed_days." in said
    assert "UI Fixes is now called UI-Fixes." in said
    assert "server.host was 0.0.0.0 and is now 127.0.0.1" in said
    assert "project.repo_path" in said
    assert "Do not start SparkQ 1 here again" in said
    assert "kept    sparkq.v1.yml" in said
    assert "kept    sparkq/data/sparkq1.db" in said
    assert "created sparkq.yml" in said
    assert old.facts("tasks")["total"] == 2
    assert "nothing to bring over" in old.refused(4, "setup", "--from-v1")
    assert "is set up" in old.ok("setup", "--yes")


def test_a_folder_without_one_has_nothing_to_bring_over(bare: Shell) -> None:
    assert "no project of SparkQ 1" in bare.refused(4, "setup", "--from-v1")
    assert list(bare.folder.iterdir()) == []


def test_the_figures_are_json_too(old: Shell) -> None:
    figures = old.facts("setup", "--from-v1")["from_v1"]

    assert (figures["queued"], figures["again"], figures["old"], figures["queues"]) == (2, 1, 1, 3)
    assert figures["renamed"] == {"Week 1 - done": "Week-1-done", "UI Fixes": "UI-Fixes"}
    assert figures["kept"] == [str(old.folder / "sparkq.v1.yml"), str(old.folder / "sparkq/data/sparkq1.db")]


@holds("from-version-one")
def test_on_a_terminal_it_asks_first(old: Shell) -> None:
    with Terminal(old, "setup") as terminal:
        terminal.until("sparkq/data/sparkq.db becomes sparkq/data/sparkq1.db")
        terminal.until("Bring it over? [Y/n]: ")
        terminal.type("n")
        terminal.until("Nothing was changed.")
        assert terminal.end() == 1
    assert (old.folder / "sparkq.yml").read_text() == SETTINGS

    with Terminal(old, "setup") as terminal:
        terminal.until("Bring it over? [Y/n]: ")
        terminal.type("y")
        terminal.until("Brought over from SparkQ 1")
        assert terminal.end() == 0
    assert old.facts("tasks")["total"] == 2


def test_the_doctor_says_the_same(old: Shell) -> None:
    done = old.sparkq("doctor")

    assert done.code == 1
    assert "This is a project of SparkQ 1" in done.out
    assert "sparkq setup --from-v1" in done.out


def test_of_two_at_once_one_brings_it_over(old: Shell) -> None:
    """The other sees that it is done, whenever it comes."""
    done = old.run("sh", "-c", "sparkq setup --from-v1 >one 2>&1 & sparkq setup --from-v1 >two 2>&1; wait")

    assert done.code == 0
    said = [(old.folder / name).read_text() for name in ("one", "two")]
    assert ["Brought over" in text for text in sorted(said, key=lambda text: "Brought over" in text)] == [False, True]
    assert old.facts("tasks")["total"] == 2
    assert (old.folder / "sparkq.v1.yml").read_text() == SETTINGS


def test_the_program_of_version_one_beside_its_data_stays_visible_to_git(old: Shell) -> None:
    """SparkQ 1 was copied into the project: Git may have its files."""
    program = old.folder / "sparkq/src/cli.py"
    program.parent.mkdir()
    program.write_text("print('one')")
    old.run("git", "init", "--quiet")

    old.ok("setup", "--from-v1")

    assert "sparkq/src/" in old.run("git", "status", "--porcelain", "-uall").out
    assert "sparkq1.db" not in old.run("git", "status", "--porcelain", "-uall").out
