"""A claimed task reaches its reader, or goes back: a claim that nobody can read would only time out."""

import errno
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sparkq_cli.hand_out import HandOut, Unprinted
from sparkq_core import tasks
from sparkq_core.errors import Busy
from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.projects import second_handle
from tests.harness.shell import SECONDS, SPARKQ, Shell
from tests.harness.task_steps import add, queued_ids, refusal_of, take, timeline
from tests.harness.terminal import FreshTerminal
from tests.harness.waiting import until
from tests.promises import holds

OUTPUTS = {
    "a pipe without a reader": "{} | true",
    "a full disk": "{} > /dev/full",
}
SAYS_BUSY_AT_ONCE = """
import sys
from sparkq_core.storage import patience
patience.WAIT_SECONDS = 0.2
from sparkq_cli.main import main
sys.argv[0] = "sparkq"
main()
"""
"""The command, with less patience for locks."""


def waits_little(tmp_path: Path) -> tuple[str, ...]:
    program = tmp_path / "impatient.py"
    program.write_text(SAYS_BUSY_AT_ONCE)
    return (sys.executable, str(program))


def piped(shell: Shell, command: str, output: str) -> str:
    """Run a command whose output cannot be written; what it says instead."""
    done = shell.run("bash", "-c", f"set -o pipefail; {OUTPUTS[output].format(f'{SPARKQ} {command}')}")
    assert "Traceback" not in done.err
    assert "internal error" not in done.err
    return f"{done.code} {done.err}"


@holds("unprinted-claims")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a full disk to try")
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("command", ["claim", "claim --json", "claim 1"])
def test_a_claim_that_cannot_be_printed_goes_back(shell: Shell, sq: SparkQ, command: str, output: str) -> None:
    add(sq, "one", "two")

    said = piped(shell, command, output)

    assert said.startswith("74 ")
    assert "#1 cannot be printed: " in said
    assert "back in backend, at its old place." in said
    assert queued_ids(sq) == [1, 2]
    assert timeline(sq, 1) == ["enqueued", "claimed", "released"]


@holds("unprinted-claims", "settle-next")
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a full disk to try")
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("command", ["complete 1 done --next", "fail 1 broke --next --json"])
def test_a_next_task_that_cannot_be_printed_goes_back_and_the_outcome_stays(
    shell: Shell, sq: SparkQ, command: str, output: str
) -> None:
    add(sq, "one", "two", "three")
    take(sq)

    said = piped(shell, command, output)

    assert said.startswith("74 ")
    assert "#2 cannot be printed: " in said
    assert tasks.get(sq, 1).status in ("succeeded", "failed")
    assert queued_ids(sq) == [2, 3]


def test_a_signal_while_a_claim_waits_for_its_reader_gives_it_back(shell: Shell, sq: SparkQ) -> None:
    add(sq, "a prompt that no pipe holds\n" * 10_000)
    with Stream(shell, "claim") as claim:
        until(lambda: tasks.get(sq, 1).status == "running")
        claim.kill(signal.SIGTERM)
        assert claim.process.wait(SECONDS) == -signal.SIGTERM

    assert queued_ids(sq) == [1]


def test_a_long_task_is_printed_whole_to_a_slow_reader(shell: Shell, sq: SparkQ) -> None:
    add(sq, "a prompt that no pipe holds\n" * 10_000)

    printed = shell.ok("claim")

    assert "\n" + "a prompt that no pipe holds\n" * 10_000 + "\n-----" in printed
    assert tasks.get(sq, 1).status == "running"


@holds("runner-busy")
@pytest.mark.parametrize("mode", ["--run", "--drain"])
def test_a_runner_outlives_a_held_lock_and_says_it_once(shell: Shell, sq: SparkQ, tmp_path: Path, mode: str) -> None:
    add(sq, "one", "two")
    with Stream(shell, "runner", mode, "--poll", "0.1", program=waits_little(tmp_path)) as runner:
        runner.until("Task #1")
        runner.until("presses Ctrl-D.")
        runner.kill(signal.SIGSTOP)
        tasks.complete(sq, 1, "done")
        with second_handle(sq).db.write():
            runner.kill(signal.SIGCONT)
            assert "locked" in runner.until("The runner waits and tries again.")
        runner.until("Task #2")
        tasks.complete(sq, 2, "done")
        runner.until("Nothing is queued in backend")

    assert runner.printed.count("waits and tries again") == 1


@holds("runner-busy")
def test_a_claim_waits_for_the_lock_too(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    add(sq, "one")
    with second_handle(sq).db.write(), Stream(shell, "runner", program=waits_little(tmp_path)) as runner:
        said = runner.until("The runner waits and tries again.")
        assert "locked" in said
    assert tasks.get(sq, 1).status == "queued"


def test_once_is_one_poll_and_reports_the_lock(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    add(sq, "one")
    with second_handle(sq).db.write():
        done = shell.run(*waits_little(tmp_path), "runner", "--once")

    assert done.code == 75
    assert queued_ids(sq) == [1]


@holds("unprinted-claims")
def test_a_terminal_that_closes_while_the_task_is_printed_gives_it_back(shell: Shell, sq: SparkQ) -> None:
    with FreshTerminal(shell, "runner", "--poll", "0.1") as terminal:
        terminal.until("waiting for tasks.")
        add(sq, "a prompt that no terminal holds\n" * 20_000)
        until(lambda: tasks.get(sq, 1).status == "running")
        terminal.close()

    assert queued_ids(sq) == [1]


def unprinted(sq: SparkQ, meanwhile: Callable[[], object]) -> Unprinted:
    """Claim a task, let something happen, and find the reader gone; what is said then."""

    def verb() -> None:
        with HandOut(sq) as out:
            out.claim = take(sq)
            meanwhile()
            raise BrokenPipeError(errno.EPIPE, "Broken pipe")

    refusal = refusal_of(verb)
    assert isinstance(refusal, Unprinted)
    return refusal


def test_a_claim_that_cannot_be_given_back_either_is_named(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    add(sq, "one")
    tries: list[int] = []

    def locked(*_: object, attempt: int) -> None:
        tries.append(attempt)
        raise Busy("It is locked.")

    monkeypatch.setattr("sparkq_core.tasks.release", locked)
    refusal = unprinted(sq, list)

    assert refusal.message == "#1 cannot be printed: Broken pipe. It is still claimed."
    assert refusal.hint == "Give it back: sparkq release 1 --attempt 1"
    assert not refusal.is_gone, "the runner must say it"
    assert tries == [1, 1, 1]


def test_a_claim_that_was_settled_meanwhile_is_left_alone(sq: SparkQ) -> None:
    add(sq, "one")

    refusal = unprinted(sq, partial(tasks.complete, sq, 1, "done"))

    assert refusal.is_gone
    assert timeline(sq, 1) == ["enqueued", "claimed", "succeeded"]
