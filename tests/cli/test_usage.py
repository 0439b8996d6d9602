"""`sparkq usage`: what an attempt cost, from what its client printed."""

import json
import subprocess

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.core.test_usage import CLAUDE, CODEX, lines
from tests.harness.shell import SPARKQ, Shell
from tests.harness.task_steps import add
from tests.harness.terminal import Terminal
from tests.promises import holds


@pytest.fixture
def done(shell: Shell, sq: SparkQ) -> Shell:
    """A shell in a project in which one task was done."""
    (number,) = add(sq, "one")
    tasks.claim(sq, "backend", "ann")
    tasks.complete(sq, number, "Done.")
    return shell


def piped(shell: Shell, text: str, *arguments: str) -> tuple[int, str, str]:
    """Run `sparkq usage` with the text on standard input; its exit code and what it printed."""
    ended = subprocess.run(
        [SPARKQ, "usage", *arguments],
        cwd=shell.folder, env=shell.environment(), input=text, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout, ended.stderr


@holds("command-usage")
def test_the_output_of_a_client_is_recorded_and_shown_where_the_result_is(done: Shell) -> None:
    code, out, _ = piped(done, json.dumps(CLAUDE), "1", "-")

    line = "#1, attempt 1: claude-code, claude-opus-5-5, claude-haiku-5: 1,150 tokens in (1,000 of them cached), 12 out, $0.05\n"
    assert (code, out) == (0, line)
    assert done.ok("usage", "1") == line
    assert "$0.05, backend" in done.ok("review", "--list")
    assert line.split(": ", 1)[1].strip() in done.ok("task", "1")
    assert json.loads(done.ok("review", "--list", "--json"))["tasks"][0]["usage"]["cost_usd"] == 0.050884


def test_a_file_does_as_well(done: Shell) -> None:
    (done.folder / "out.jsonl").write_text(lines(CODEX))

    assert done.ok("usage", "#1", "--file", "out.jsonl", "--attempt", "1") == (
        "#1, attempt 1: codex: 250 tokens in (90 of them cached), 25 out\n"
    )
    assert "275 tokens" in done.ok("review", "--list")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((), 2, "No task was named."),
        (("1", "2"), 2, "Give one task"),
        (("1", "-", "-"), 2, "Give one task"),
        (("1", "-", "--file", "x"), 2, "Give one task"),
        (("x", "-"), 2, "'x' is not a task id."),
        (("9", "-"), 3, "There is no task #9."),
        (("1", "-"), 2, "The output tells no usage."),
        (("1", "-", "--attempt", "2"), 2, "tells no usage"),
        (("1", "--attempt", "2"), 2, "#1 has no attempt 2."),
        (("1", "--file", "nowhere"), 2, "nowhere cannot be read"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_recorded(
    done: Shell, arguments: tuple[str, ...], code: int, said: str
) -> None:
    exit_code, out, err = piped(done, "hello\n", *arguments)

    assert (exit_code, out) == (code, "")
    assert said in err
    assert done.ok("usage", "1") == "#1: no usage is recorded.\n"


def test_without_a_task_the_chat_must_have_claimed_one(done: Shell) -> None:
    code, _, err = piped(done, json.dumps(CLAUDE), "-")

    assert code == 3
    assert "No task was claimed by the chat a44e270d-b912." in err
    assert "sparkq usage ID -" in err


def test_a_terminal_is_not_waited_for(done: Shell) -> None:
    with Terminal(done, "usage", "1", "-") as terminal:
        assert terminal.end() == 2
        assert "No output comes from another program." in terminal.screen
