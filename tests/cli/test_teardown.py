"""`sparkq teardown`: takes away what SparkQ made, inside the project only, and nothing else."""

import json
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from sparkq_core import project, tasks
from sparkq_core.installation import in_use
from tests.cli.clients import connected
from tests.cli.folders import files
from tests.cli.stream import Stream
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.harness.terminal import CTRL_C, Terminal
from tests.harness.waiting import until
from tests.promises import holds

ASKS = "Remove this, with every task and result? [y/N]: "


@pytest.fixture
def foreign_venv(project_of: Shell) -> Path:
    """A virtual environment of the project that the person made."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project_of.folder / ".venv"], check=True)
    return project_of.folder / ".venv"


@pytest.fixture
def venv(foreign_venv: Path) -> Path:
    """One that `sparkq.sh` made: it marks it so (tests/cli/test_wrapper.py)."""
    (foreign_venv / ".sparkq").touch()
    return foreign_venv


@holds("command-teardown", "teardown-force")
def test_it_leaves_the_repository_as_it_was(project_of: Shell) -> None:
    project_of.ok("enqueue", "one")

    printed = project_of.ok("teardown", "--force")

    assert files(project_of.folder) == [".gitignore", "app.py"]
    assert (project_of.folder / ".gitignore").read_text() == "*.log\n"
    assert "SparkQ has been removed from" in printed


@holds("command-teardown")
def test_again_is_harmless(project_of: Shell) -> None:
    project_of.ok("teardown", "--force")

    assert project_of.ok("teardown", "--force") == "SparkQ is not set up here.\n"
    assert project_of.ok("teardown") == "SparkQ is not set up here.\n"
    assert project_of.facts("teardown") == {"removed": [], "kept": []}


@holds("teardown-help")
def test_help_lists_everything_that_goes(bare: Shell) -> None:
    printed = bare.ok("teardown", "--help")

    for part in ("sparkq.db", "-wal", "sparkq.yml", "*.lock", "sparkq.log", ".gitignore", ".mcp.json", ".venv"):
        assert part in printed


def test_a_dry_run_shows_it_and_removes_nothing(project_of: Shell) -> None:
    before = files(project_of.folder)

    printed = project_of.ok("teardown", "--dry-run")
    answer = project_of.facts("teardown", "--dry-run")

    assert files(project_of.folder) == before
    for name in ("sparkq/data/sparkq.db", "sparkq.yml"):
        assert f"  {name}" in printed
        assert str(project_of.folder / name) in answer["would_remove"]


@holds("cli-asks")
def test_it_asks_and_a_no_removes_nothing(project_of: Shell) -> None:
    before = files(project_of.folder)
    with Terminal(project_of, "teardown") as terminal:
        assert "sparkq/data/sparkq.db" in terminal.until(ASKS)
        terminal.type("")
        terminal.until("Nothing was changed.")
        assert terminal.end() == 1
    with Terminal(project_of, "teardown") as terminal:
        terminal.until(ASKS)
        assert terminal.break_off(CTRL_C) == 130

    assert files(project_of.folder) == before


@holds("command-teardown")
def test_a_yes_removes_the_core_and_venv_is_asked_for_on_its_own(project_of: Shell, venv: Path) -> None:
    with Terminal(project_of, "teardown") as terminal:
        terminal.until(ASKS)
        terminal.type("y")
        terminal.until("Remove .venv too? [y/N]: ")
        terminal.type("")
        terminal.until("has been removed from")
        assert terminal.end() == 0

    assert not (project_of.folder / "sparkq.yml").exists()
    assert venv.is_dir()


BACKUPS = "Remove the backups in .git/sparkq/backups too? [y/N]: "


@holds("command-teardown", "teardown-backups")
@pytest.mark.parametrize(("answer", "stays"), [("", True), ("n", True), ("y", False)])
def test_backups_are_asked_for_on_their_own_before_anything_goes(
    project_of: Shell, answer: str, *, stays: bool
) -> None:
    made = Path(project_of.facts("backup")["path"])
    with Terminal(project_of, "teardown") as terminal:
        assert "the backups, asked for separately" in terminal.until(ASKS)
        terminal.type("y")
        terminal.until(BACKUPS)
        assert (project_of.folder / "sparkq.yml").exists()
        terminal.type(answer)
        terminal.until("has been removed from")
        assert terminal.end() == 0
        assert (f"The backups stay: {made.parent}" in terminal.screen) == stays

    assert made.is_file() == stays
    assert (project_of.folder / ".git/sparkq").exists() == stays
    assert not (project_of.folder / "sparkq.yml").exists()


@holds("teardown-backups")
def test_breaking_off_at_the_question_about_backups_removes_nothing(project_of: Shell) -> None:
    project_of.ok("backup")
    before = files(project_of.folder)
    with Terminal(project_of, "teardown") as terminal:
        terminal.until(ASKS)
        terminal.type("y")
        terminal.until(BACKUPS)
        assert terminal.break_off(CTRL_C) == 130

    assert files(project_of.folder) == before


@holds("teardown-backups")
def test_a_yes_of_a_program_keeps_the_backups_and_says_where(project_of: Shell) -> None:
    made = Path(project_of.facts("backup")["path"])

    assert f"The backups stay: {made.parent}" in project_of.ok("teardown", "--yes")

    assert made.is_file()
    assert "stay" not in project_of.ok("teardown", "--yes", "--backups").splitlines()[-1]
    assert not made.exists()


@holds("cli-asks")
@pytest.mark.parametrize("stdin", ["", "y\n"])
def test_where_nobody_can_answer_it_asks_nothing_and_names_yes(project_of: Shell, stdin: str) -> None:
    before = files(project_of.folder)

    done = project_of.sparkq("teardown", stdin=stdin)

    assert done.code == 2
    assert done.err == (
        "sparkq: Teardown asks for confirmation, and this is not a terminal.\n"
        "        Add --yes to remove it (backups stay), or --dry-run to see what it would remove.\n"
    )
    assert "?" not in done.out
    assert files(project_of.folder) == before


@holds("teardown-force")
@pytest.mark.parametrize("answer", ["y", "--force"])
def test_venv_goes_when_it_is_wanted(project_of: Shell, venv: Path, answer: str) -> None:
    if answer == "--force":
        project_of.ok("teardown", "--force")
    else:
        with Terminal(project_of, "teardown") as terminal:
            terminal.until(ASKS)
            terminal.type("y")
            terminal.until("Remove .venv too?")
            terminal.type("y")
            assert terminal.end() == 0

    assert files(project_of.folder) == [".gitignore", "app.py"]


def test_a_venv_that_is_no_virtual_environment_stays(project_of: Shell) -> None:
    (project_of.folder / ".venv").mkdir()
    (project_of.folder / ".venv/precious").write_text("mine")

    project_of.ok("teardown", "--force")

    assert (project_of.folder / ".venv/precious").read_text() == "mine"


def test_a_venv_that_sparkq_did_not_make_is_not_its_to_remove_or_to_ask_for(
    project_of: Shell, foreign_venv: Path
) -> None:
    printed = [project_of.ok("teardown", "--dry-run"), project_of.ok("teardown", "--force", "--dry-run")]
    with Terminal(project_of, "teardown") as terminal:
        terminal.until(ASKS)
        terminal.type("y")
        terminal.until("has been removed from")
        assert terminal.end() == 0
        printed.append(terminal.screen)
    printed.append(project_of.ok("teardown", "--force"))

    assert [line for line in printed if ".venv" in line] == []
    assert (foreign_venv / "pyvenv.cfg").is_file()


@pytest.mark.parametrize("option", ["--force", "--yes"])
def test_a_dry_run_lists_exactly_what_goes_with_the_same_options(project_of: Shell, venv: Path, option: str) -> None:
    connected(project_of, "claude-code")
    listed = project_of.facts("teardown", option, "--dry-run")
    shown = project_of.ok("teardown", option, "--dry-run")

    removed = project_of.facts("teardown", option)

    beside = {str(project_of.folder / f"sparkq/data/sparkq.db-{end}") for end in ("wal", "shm")}
    assert set(listed["would_remove"]) - beside == set(removed["removed"]) - beside  # SQLite may remove these itself
    assert venv.is_dir() == (option == "--yes")
    assert str(project_of.folder / "sparkq/.gitignore") in listed["would_remove"]
    assert (str(venv) in listed["would_remove"]) == (option == "--force")
    names = [str(Path(path).relative_to(project_of.folder)) for path in listed["would_remove"]]
    assert [name for name in names if f"  {name} " not in shown] == []


@holds("cli-asks")
def test_programs_say_yes_or_force(project_of: Shell, venv: Path) -> None:
    assert "--yes or --force" in project_of.refused(2, "teardown", "--json")
    assert (project_of.folder / "sparkq.yml").exists()

    assert str(project_of.folder / "sparkq.yml") in project_of.facts("teardown", "--yes")["removed"]
    assert venv.is_dir()


@holds("command-teardown")
def test_it_stops_the_server_first(project_of: Shell, port: int) -> None:
    project_of.ok("start", "--port", str(port))

    project_of.ok("teardown", "--force")

    assert files(project_of.folder) == [".gitignore", "app.py"]
    assert project_of.sparkq("status").code == 1


@holds("teardown-force")
def test_while_another_process_has_the_database_it_is_refused_unless_forced(project_of: Shell) -> None:
    sq = project.open(project_of.folder, env={})
    add(sq, "one")
    assert in_use.in_use(sq.config)
    done = project_of.sparkq("teardown")
    assert (done.code, done.err.splitlines()[0]) == (75, "sparkq: Another process is using the database.")
    assert (project_of.folder / "sparkq/data/sparkq.db").exists()

    project_of.ok("teardown", "--force")

    assert files(project_of.folder) == [".gitignore", "app.py"]
    sq.close()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="only Linux tells who has a file open")
def test_a_teardown_that_is_refused_leaves_the_server_running(project_of: Shell, port: int) -> None:
    project_of.ok("start", "--port", str(port))
    with Stream(project_of, "watch", "--queue", "backend") as chat:
        until(lambda: in_use.held_by_another(project.effective(project_of.folder, {}), server_of(project_of)))
        assert "Another process is" in project_of.sparkq("teardown", "--yes").err
        assert project_of.sparkq("status").code == 0
        chat.kill()
        chat.end()

    project_of.ok("teardown", "--yes")

    assert files(project_of.folder) == [".gitignore", "app.py"]


def server_of(shell: Shell) -> int:
    """The process of the server."""
    return int(json.loads((shell.folder / "sparkq/run/server.lock").read_text())["pid"])


def test_asking_whether_the_database_is_in_use_changes_not_a_byte_of_it(project_of: Shell) -> None:
    sq = project.open(project_of.folder, env={})
    add(sq, "one")
    sq.close()
    before = sq.config.database.read_bytes()

    assert not in_use.in_use(sq.config)

    assert sq.config.database.read_bytes() == before
    with closing(project.open(project_of.folder, env={})) as other:
        assert other.db.data_version()
        assert in_use.in_use(sq.config), "also one that only looks"
        assert other.db.connection().pragma("journal_mode") == "wal"
    assert not in_use.in_use(sq.config)


@holds("command-teardown")
def test_it_says_how_much_work_goes_and_how_to_keep_a_copy(project_of: Shell) -> None:
    assert "sparkq backup" not in project_of.ok("teardown", "--dry-run")
    with closing(project.open(project_of.folder, env={})) as sq:
        add(sq, "one", "two", "three")
        tasks.claim(sq, "backend", "ann")

    printed = project_of.ok("teardown", "--dry-run")

    assert "The database has 3 tasks in 1 queue: 2 queued, 1 running. A copy first: sparkq backup FILE" in printed


@holds("delete-as-shown")
def test_a_result_that_comes_while_it_asks_keeps_everything(project_of: Shell) -> None:
    with closing(project.open(project_of.folder, env={})) as sq:
        add(sq, "one")
    with Terminal(project_of, "teardown") as terminal:
        terminal.until(ASKS)
        with closing(project.open(project_of.folder, env={})) as sq:
            tasks.claim(sq, "backend", "ann")
            tasks.complete(sq, 1, "nobody has read this")
        terminal.type("y")
        terminal.until("Its tasks have changed since you were asked.")
        assert terminal.end() == 4

    assert "nobody has read this" in project_of.ok("task", "1")
