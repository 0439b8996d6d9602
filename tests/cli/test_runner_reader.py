"""A runner whose reader is gone: after a timeout it claims no more, until it sees that somebody reads."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from socket import gethostname

import pytest

from sparkq_core import inbox, tasks
from sparkq_core.errors import ClaimLost
from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.shell import Shell
from tests.harness.task_steps import add, after_silence, queued_ids, take
from tests.harness.terminal import FreshTerminal
from tests.harness.waiting import until
from tests.promises import holds

HELD = "The runner claims nothing more"


@pytest.fixture
def sweeping(shell: Shell, written: Path) -> Shell:
    """A shell in a project whose processes sweep every second."""
    written.write_text(written.read_text().replace("auto_fail_interval_seconds: 30", "auto_fail_interval_seconds: 1"))
    return shell


def time_out(sq: SparkQ, task_id: int) -> None:
    """Let the worker of a task be silent for two timeouts."""
    after_silence(sq, task_id, 60)
    until(lambda: tasks.get(sq, task_id).stale_warned_at is not None)
    after_silence(sq, task_id, 60)
    until(lambda: tasks.get(sq, task_id).timed_out)


def late_result(sq: SparkQ, task_id: int) -> None:
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task_id, "finished after all", attempt=1)


def late_progress(sq: SparkQ, task_id: int) -> None:
    with pytest.raises(ClaimLost):
        tasks.progress(sq, task_id, attempt=1)


def requeued(sq: SparkQ, task_id: int) -> None:
    tasks.requeue(sq, task_id)


def reviewed(sq: SparkQ, task_id: int) -> None:
    inbox.review(sq, task_id)


def deleted(sq: SparkQ, task_id: int) -> None:
    tasks.delete(sq, task_id)


SAYS: dict[Callable[[SparkQ, int], None], str] = {
    late_result: "#1 got a late result.",
    late_progress: "#1 reported progress.",
    requeued: "#1 was requeued.",
    reviewed: "#1 was reviewed.",
    deleted: "#1 was deleted.",
}


@holds("runner-reader")
@pytest.mark.parametrize("mode", ["--run", "--watch"])
@pytest.mark.parametrize("sign", SAYS)
def test_after_a_timeout_it_claims_no_more_until_it_sees_a_sign(
    sweeping: Shell, sq: SparkQ, mode: str, sign: Callable[[SparkQ, int], None]
) -> None:
    add(sq, "one", "two")
    with Stream(sweeping, "runner", mode, "--poll", "0.1") as runner:
        runner.until("Task #1")
        time_out(sq, 1)
        said = runner.until("another start of the runner")
        assert "#1 timed out: nobody settled attempt 1." in said
        assert "does not use up the queued task." in said
        assert "sparkq complete 1 --attempt 1 -" in said
        add(sq, "three", "four")  # more work is not a sign
        assert queued_ids(sq) == [2, 3, 4]

        sign(sq, 1)
        assert SAYS[sign] in runner.until("The runner goes on.")
        runner.until("Task #2")


@holds("runner-reader")
def test_a_result_of_another_task_of_the_runner_is_a_sign_and_one_of_another_worker_is_not(
    sweeping: Shell, sq: SparkQ
) -> None:
    add(sq, "one", "two", "three", "four")
    with Stream(sweeping, "runner", "--poll", "0.1") as runner:
        runner.until("Task #1")
        take(sq, f"worker-{gethostname()}-backend")
        take(sq, "ann")
        time_out(sq, 1)
        runner.until("another start of the runner")
        tasks.complete(sq, 3, "done")
        tasks.complete(sq, 2, "done")
        assert "#2 succeeded." in runner.until("The runner goes on.")
        runner.until("Task #4")


@holds("runner-reader")
def test_drain_ends_after_a_timeout_and_leaves_the_other_tasks(sweeping: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    with Stream(sweeping, "runner", "--drain", "--poll", "0.1") as runner:
        runner.until("Task #1")
        time_out(sq, 1)
        assert runner.end() == 4

    assert (
        "#1 timed out: nobody settled attempt 1. The runner ends, so that it does not use up the 2 queued tasks."
        in (runner.printed)
    )
    assert queued_ids(sq) == [2, 3]


def test_a_start_after_a_timeout_says_so_once_and_goes_on(sweeping: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    assert "timed out" not in sweeping.ok("runner", "--once")
    after_silence(sq, 1, 60)
    tasks.get(sq, 1)
    after_silence(sq, 1, 60)

    told = sweeping.ok("runner", "--once")

    assert "#1 timed out: nobody settled attempt 1. A late result is kept: sparkq complete 1 --attempt 1 -\n" in told
    assert "Task #2 (attempt 1)" in told
    assert "#1 timed out" not in sweeping.ok("runner", "--once")


def test_a_start_says_nothing_of_a_timeout_that_somebody_has_seen(sweeping: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    sweeping.ok("runner", "--once")
    after_silence(sq, 1, 60)
    tasks.get(sq, 1)
    after_silence(sq, 1, 60)
    assert tasks.get(sq, 1).timed_out
    reviewed(sq, 1)

    assert "timed out" not in sweeping.ok("runner", "--once")


def test_a_timeout_of_another_worker_stops_nothing(sweeping: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq, "ann")
    with Stream(sweeping, "runner", "--poll", "0.1") as runner:
        runner.until("Task #2")
        time_out(sq, 1)
        tasks.complete(sq, 2, "done")
        runner.until("waiting for tasks.")

    assert "#1 timed out" not in sweeping.ok("runner", "--once")


def test_what_was_said_while_it_waited_is_not_said_again_at_the_next_start(sweeping: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    with Stream(sweeping, "runner", "--poll", "0.1") as runner:
        runner.until("Task #1")
        time_out(sq, 1)
        runner.until("another start of the runner")

    again = sweeping.ok("runner", "--once")

    assert "timed out" not in again
    assert "Task #2" in again


def test_enter_on_its_terminal_lets_it_go_on(sweeping: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    with FreshTerminal(sweeping, "runner", "--poll", "0.1") as terminal:
        terminal.until("Task #1")
        time_out(sq, 1)
        terminal.until("Enter here, or another start of the runner")
        assert queued_ids(sq) == [2]
        terminal.type("")
        terminal.until("Enter was pressed. The runner goes on.")
        terminal.until("Task #2")


def test_enter_before_the_timeout_is_not_an_answer_to_it(sweeping: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    with FreshTerminal(sweeping, "runner", "--poll", "0.1") as terminal:
        terminal.until("presses Ctrl-D.")
        terminal.type("")
        time_out(sq, 1)
        terminal.until("another start of the runner")
        late_progress(sq, 1)
        assert "#1 reported progress." in terminal.until("The runner goes on.")


@pytest.fixture
def handing_out(shell: Shell, sq: SparkQ) -> Iterator[FreshTerminal]:
    """A runner on a terminal that has printed #1."""
    add(sq, "one", "two")
    with FreshTerminal(shell, "runner") as terminal:
        terminal.until("presses Ctrl-D.")
        yield terminal


@holds("runner-hangup")
def test_a_closed_terminal_gives_the_task_back_that_was_printed_there(handing_out: FreshTerminal, sq: SparkQ) -> None:
    handing_out.close()

    assert queued_ids(sq) == [1, 2]
    (released,) = [event for event in tasks.detail(sq, 1).events if event.kind == "released"]
    assert released.text == "The terminal in which it was printed was closed."


@holds("runner-hangup")
def test_ctrl_c_on_a_terminal_leaves_the_task_to_who_has_read_it(handing_out: FreshTerminal, sq: SparkQ) -> None:
    handing_out.break_off(then=b"")

    assert tasks.get(sq, 1).status == "running"


@holds("runner-hangup")
def test_a_hangup_leaves_what_was_printed_elsewhere_and_gives_the_rest_back(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "a prompt that no pipe holds\n" * 10_000)
    with Stream(shell, "runner", "--poll", "0.1") as runner:
        runner.until("presses Ctrl-D.")
        runner.kill(signal.SIGHUP)
        assert runner.end() == 0
    assert tasks.get(sq, 1).status == "running"

    tasks.complete(sq, 1, "done")
    with Stream(shell, "runner") as runner:
        until(lambda: tasks.get(sq, 2).status == "running")
        runner.kill(signal.SIGHUP)
        assert runner.process.wait(60) == 0
    assert tasks.get(sq, 2).status == "queued"


def test_a_runner_that_ignores_hangups_goes_on(shell: Shell, sq: SparkQ) -> None:
    with Stream(shell, "sparkq", "runner", "--poll", "0.1", program=("nohup",)) as runner:
        runner.until("waiting for tasks.")
        runner.kill(signal.SIGHUP)
        add(sq, "one")
        runner.until("Task #1")
