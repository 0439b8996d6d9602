"""A claimed task reaches its reader, or goes back: a claim that nobody can read would only time out."""

import signal
from pathlib import Path

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.shell import SECONDS, SPARKQ, Shell
from tests.harness.task_steps import add, queued_ids, take, timeline
from tests.harness.waiting import until
from tests.promises import holds

OUTPUTS = {
    "a pipe without a reader": "{} | true",
    "a full disk": "{} > /dev/full",
}


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
