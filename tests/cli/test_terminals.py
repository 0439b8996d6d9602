"""Terminals: narrow ones, ones without colour, pipes that close, and Ctrl-C wherever it comes."""

import os
import re
import signal
from pathlib import Path

import pytest

from sparkq_core import queues, sessions, tasks
from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.cli.test_wait import taken_long_ago, until_swept
from tests.harness.projects import TOP
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import CTRL_C, CTRL_D, FreshTerminal, shown
from tests.promises import holds

ESCAPE = re.compile(r"\x1b\[[0-9;]*m")
TABLES = ["", "tasks", "queue list", "peek --queue backend --limit 5", "session list", "session show x", "config show"]


@pytest.fixture
def full(sq: SparkQ, bare: Shell) -> Shell:
    """A project whose names and titles are long."""
    sessions.create(sq, "x")
    queues.create(sq, "a-queue-with-quite-a-long-name-for-one", session="x")
    add(sq, "Fix the parser, which is wrong in many ways, and write tests for each of them", "語" * 60)
    take(sq, "worker-of-a-machine-with-a-long-name")
    tasks.complete(sq, 1, "done")
    return bare


def columns(line: str) -> int:
    return len(line.replace("️", "")) + sum(line.count(wide) for wide in "語⚠")


@pytest.mark.parametrize("command", TABLES)
@pytest.mark.parametrize("wide", [40, 80])
def test_tables_fit_the_terminal(full: Shell, command: str, wide: int) -> None:
    screen = ESCAPE.sub("", shown(full, *command.split(), columns=wide))

    table = [line for line in screen.splitlines() if str(full.folder) not in line]
    assert max(columns(line) for line in table) <= wide, screen


def test_a_terminal_that_does_not_say_how_wide_it_is_gets_a_usual_width(full: Shell) -> None:
    assert "Fix the parser" in shown(full, "tasks", columns=0)


def test_what_matters_stays_when_there_is_little_room(full: Shell) -> None:
    heads = ESCAPE.sub("", shown(full, "queue", "list", columns=40)).splitlines()[0].split()
    assert heads == ["QUEUE", "QUEUED", "RUNNING", "TO", "REVIEW"]

    screen = ESCAPE.sub("", shown(full, "tasks", columns=40))
    assert screen.splitlines()[0].split() == ["ID", "STATUS", "QUEUE", "TITLE", "AGE"]
    assert "Fix the" in screen


def test_a_pipe_gets_every_column_whole(full: Shell) -> None:
    printed = full.ok("tasks")

    assert "and write tests for each of them" in printed
    assert "worker-of-a-machine-with-a-long-name" in printed


@holds("cli-colour")
def test_colour_is_for_terminals_that_want_it(full: Shell) -> None:
    assert "\x1b[" in shown(full, "tasks")
    assert "\x1b" not in shown(full, "tasks", NO_COLOR="1")
    assert "\x1b" not in shown(full, "tasks", TERM="dumb")
    assert "\x1b" not in full.ok("tasks")


@holds("cli-pipes")
@pytest.mark.parametrize("command", ["tasks", "export", "task 1 --timeline", "tasks --json", "config show", "--help"])
def test_a_pipe_that_closes_early_is_quiet(full: Shell, sq: SparkQ, command: str) -> None:
    tasks.enqueue_all(sq, "backend", [tasks.Draft("a title of some length " * 3)] * 900)

    done = full.run(
        "sh", "-c", f"sparkq {command} --limit 900 | head -1" if "tasks" in command else f"sparkq {command} | head -1"
    )

    assert (done.err, done.out.count("\n")) == ("", 1)


@holds("cli-interrupted")
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
@pytest.mark.parametrize("command", ["setup", "review", "purge --older-than 0s"])
def test_a_question_that_is_broken_off_ends_quietly(full: Shell, written: Path, command: str, key: bytes) -> None:
    full.ok("review", "1")
    full.ok("requeue", "1", "--again")
    full.ok("claim", "1")
    full.ok("complete", "1", "done again")
    if "purge" in command:
        full.ok("review", "1")
    with FreshTerminal(full, *command.split()) as terminal:
        terminal.until({"review": " > ", "setup": "]: "}.get(command, "[y/N]: "))
        assert terminal.break_off(key) == 130

    assert "Abort" not in terminal.screen


STOPS = """
try:
    print("here", flush=True)
    while True:
        pass
except KeyboardInterrupt as error:
    raise RuntimeError from error
"""
"""A module whose import does not end and turns KeyboardInterrupt into another error, as `__set_name__` does in 3.11."""


@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("tasks", "signal"),
        ("tasks", "sparkq_core"),
        ("tasks", "typer"),
        ("tasks", "apsw"),
        ("", "apsw"),
        ("run", "uvicorn"),
    ],
)
@holds("cli-interrupted")
def test_ctrl_c_during_start_up_shows_no_traceback(shell: Shell, tmp_path: Path, command: str, module: str) -> None:
    (tmp_path / f"{module}.py").write_text(STOPS)

    assert interrupted(shell, tmp_path, *command.split()) == (-signal.SIGINT, "here\n")


def test_ctrl_c_while_python_ends_shows_no_traceback(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "stops.py").write_text(STOPS)
    (tmp_path / "sitecustomize.py").write_text("import atexit\n\natexit.register(__import__, 'stops')\n")

    code, printed = interrupted(shell, tmp_path, "tasks")

    assert (code, printed.splitlines()[1:]) == (-signal.SIGINT, ["here"])


def interrupted(shell: Shell, modules: Path, *words: str) -> tuple[int, str]:
    """Start a command to which these modules come first, and send Ctrl-C when one says that it is here."""
    with Stream(shell, *words, PYTHONPATH=f"{modules}{os.pathsep}{TOP}") as command:
        command.until("here\n")
        command.kill(signal.SIGINT)
        return command.end(), command.printed


def test_ctrl_c_in_front_of_another_program_ends_with_130(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    taken_long_ago(shell, 1)
    with FreshTerminal(shell, "wait", "1") as terminal:
        until_swept(sq)
        terminal.press(CTRL_C)
        assert terminal.end() == 130


@holds("cli-links")
def test_ids_are_links_where_the_terminal_has_them_and_the_server_runs(shell: Shell, sq: SparkQ, port: int) -> None:
    add(sq, "Fix the parser, see #77")
    assert "\x1b]8;;" not in shown(shell, "tasks", TERM_PROGRAM="WezTerm"), "no server runs"
    shell.ok("start", "--port", str(port))
    try:
        link = f"\x1b]8;;http://127.0.0.1:{port}/#/tasks/1\x1b\\#1\x1b]8;;\x1b\\"
        for command in ("tasks", "edit 1 --timeout 60"):
            screen = shown(shell, *command.split(), TERM_PROGRAM="WezTerm")
            assert screen.count("\x1b]8;;http") == 1, "only the id of the task, not what its text names"
            assert link in screen
        assert "\x1b]8;;" not in shown(shell, "tasks")
        assert "\x1b]8;;" not in shown(shell, "tasks", TERM_PROGRAM="WezTerm", TERM="tmux-256color")
        assert "\x1b]8;;" not in shown(shell, "tasks", TERM_PROGRAM="WezTerm", FORCE_HYPERLINK="0")
        assert "\x1b]8;;" not in shell.ok("tasks")
    finally:
        shell.ok("stop")
