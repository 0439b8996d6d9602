"""`sparkq queue check` sets what proves a task done, and `sparkq check` runs it in the worker's shell."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.lifecycle import CheckOutcome
from sparkq_core.model import Check
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from tests.cli.stream import Stream
from tests.harness.all_rows import all_rows
from tests.harness.change_steps import repository
from tests.harness.git_steps import git
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import Terminal
from tests.harness.waiting import until
from tests.promises import holds


@pytest.fixture
def claimed(sq: SparkQ) -> SparkQ:
    """A repository with the claimed task #1 in a strict queue whose check is `sh verify`."""
    repository(sq.config.root, verify="echo checking; test -f ok\n")
    checks.set_command(sq, "backend", "sh verify")
    queues.limit_reviews(sq, "backend", 1)
    add(sq, "one")
    take(sq)
    return sq


def last_check(sq: SparkQ) -> Check:
    return tasks.detail(sq, 1).checks[-1]


@holds("check", "command-queue")
def test_the_check_of_a_queue_is_set_shown_and_removed(shell: Shell, sq: SparkQ) -> None:
    assert "backend has no check" in shell.ok("queue", "check", "backend")
    assert "The review shows whether it has passed; an attempt may fail it 3 times." in shell.ok(
        "queue", "check", "backend", "make test"
    )
    assert "may fail it 5 times" in shell.ok("queue", "check", "backend", "--max", "5")
    shell.ok("queue", "set", "backend", "--strict")
    assert "make test\nA task is completed only after it has passed" in shell.ok("queue", "show", "backend")
    shown = shell.facts("queue", "check", "backend")
    assert (shown["check_command"], shown["max_checks"]) == ("make test", 5)
    assert "Give one of" in shell.refused(2, "queue", "check", "backend", "make", "--off")
    assert "more than one line" in shell.refused(2, "queue", "check", "backend", "a\nb")
    assert "has no check" in shell.ok("queue", "check", "backend", "--off")
    assert queues.by_name(sq, "backend").check_command is None


@holds("check")
@pytest.mark.parametrize("change", [["true"], ["--off"], ["--max", "9"]])
def test_an_agent_sees_the_check_and_does_not_change_it(claimed: SparkQ, shell: Shell, change: list[str]) -> None:
    before = all_rows(claimed)

    assert "set by the user" in shell.refused(4, "queue", "check", "backend", *change, CLAUDECODE="1")

    assert all_rows(claimed) == before
    assert "sh verify" in shell.ok("queue", "check", "backend", CLAUDECODE="1")


@holds("check", "command-check")
def test_a_worker_checks_its_task_and_completes_it(claimed: SparkQ, shell: Shell) -> None:
    assert "Run: sparkq check 1 --attempt 1" in shell.refused(4, "complete", "1", "done")
    failed = shell.sparkq("check", "1", CLAUDECODE="1")
    assert failed.code == 1
    assert failed.out == (
        "checking\n✗ exit 1, 0 s. The check of #1 has failed, 1 of at most 3 times: sh verify\n"
        "  Correct the cause, then run: sparkq check 1 --attempt 1\n"
    )
    (shell.folder / "ok").write_text("")

    assert shell.ok("check", "1", "--attempt", "1", CLAUDECODE="1") == (
        "checking\n✓ sh verify: exit 0, 0 s. Complete #1 (attempt 1) before you change another file.\n"
    )

    shell.ok("complete", "1", "done", CLAUDECODE="1")
    assert "✓ sh verify, exit 0, 0 s, on this very tree, after 1 failure" in shell.ok("review", "--list")
    shown = shell.ok("task", "1", "--timeline")
    assert "check     ✓ sh verify, exit 0" in shown
    assert "sh verify: failed, exit 1, 0 s\n    checking" in shown


@holds("check")
def test_the_last_failure_says_so_and_no_further_check_runs(claimed: SparkQ, shell: Shell) -> None:
    checks.set_command(claimed, "backend", "sh verify", 1)

    assert "Fail the task with what stops it: sparkq fail 1 --attempt 1" in shell.sparkq("check", "1").out

    assert "has failed, 1 of at most 1 time" in shell.refused(4, "check", "1")
    assert "Fail the task" in shell.refused(4, "complete", "1", "done")
    assert len(tasks.detail(claimed, 1).checks) == 1


@holds("check")
def test_files_that_the_check_writes_are_named(claimed: SparkQ, shell: Shell) -> None:
    checks.set_command(claimed, "backend", "date +%N > report.xml")

    done = shell.sparkq("check", "1")

    assert done.code == 1
    assert "but files changed while it ran: report.xml" in done.out
    assert "files have changed since" not in shell.refused(4, "complete", "1", "done")
    assert "files changed while it ran" in shell.refused(4, "complete", "1", "done")


@holds("check")
def test_json_is_beside_the_output_of_the_check(claimed: SparkQ, shell: Shell) -> None:
    done = shell.sparkq("check", "1", "--json")

    assert (done.code, done.err) == (1, "checking\n")
    run = json.loads(done.out)
    assert (run["id"], run["attempt"], run["failed"], run["max_checks"]) == (1, 1, 1, 3)
    assert run["check"] | {"outcome": "failed", "exit_code": 1, "tail": "checking\n", "work_tree": "."} == run["check"]


@holds("check")
def test_a_check_needs_the_running_attempt(claimed: SparkQ, shell: Shell) -> None:
    shell.refused(2, "check", "1", "--attempt", "2")
    shell.refused(3, "check", "9")
    shell.ok("release", "1")
    shell.refused(4, "check", "1")
    checks.set_command(claimed, "backend", None)
    take(claimed)
    assert "has no check" in shell.refused(4, "check", "1")
    assert not tasks.detail(claimed, 1).checks


@holds("check")
def test_it_runs_in_the_linked_work_tree_from_where_the_project_is(
    claimed: SparkQ, shell: Shell, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "linked"
    git(shell.folder, "worktree", "add", "--quiet", str(elsewhere))
    (elsewhere / "src").mkdir()
    (elsewhere / "ok").write_text("")

    shell._replace(folder=elsewhere / "src").ok("check", "1")

    assert last_check(claimed).work_tree == str(elsewhere)


@holds("check")
def test_a_check_that_runs_is_a_sign_of_its_worker(sq: SparkQ, shell: Shell) -> None:
    checks.set_command(sq, "backend", "echo begun; sleep 600")
    add(sq, "one", timeout=2)
    take(sq)
    with Stream(shell, "check", "1") as stream:
        stream.until("begun")
        first = tasks.get(sq, 1).heartbeat_at
        assert first is not None
        until(lambda: (tasks.get(sq, 1).heartbeat_at or 0) > first)
        stream.kill()
        stream.end()


@holds("check")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_breaks_it_off_with_its_children_and_counts_for_nothing(
    claimed: SparkQ, shell: Shell, number: signal.Signals
) -> None:
    checks.set_command(claimed, "backend", "sleep 600 & echo child $!; wait")
    with Stream(shell, "check", "1") as stream:
        stream.until("child ")
        child = int(stream.until("\n"))
        stream.kill(number)
        assert stream.end() == 128 + number
        assert "broken off after" in stream.printed

    until(lambda: not is_running(child))
    assert (last_check(claimed).outcome, last_check(claimed).exit_code) == (CheckOutcome.STOPPED, None)
    assert "has not been checked" in shell.refused(4, "complete", "1", "done")


@holds("check")
def test_ctrl_c_on_a_terminal_breaks_it_off(claimed: SparkQ, shell: Shell) -> None:
    checks.set_command(claimed, "backend", "echo begun; sleep 600")
    with Terminal(shell, "check", "1") as terminal:
        terminal.until("begun")
        terminal.press(b"\x03")
        terminal.until("broken off")
        assert terminal.end() == 130

    assert last_check(claimed).outcome == CheckOutcome.STOPPED


@holds("check")
def test_a_command_that_ignores_the_signal_is_killed(claimed: SparkQ, shell: Shell) -> None:
    checks.set_command(claimed, "backend", "trap '' TERM; echo begun; sleep 600")
    with Stream(shell, "check", "1") as stream:
        stream.until("begun")
        stream.kill()
        assert stream.end() == 143

    assert last_check(claimed).outcome == CheckOutcome.STOPPED


@holds("check")
@pytest.mark.parametrize("before", ["", "trap '' TERM; "], ids=["ends", "ignores TERM"])
def test_a_check_that_is_killed_takes_its_command_and_its_children_along(
    claimed: SparkQ, shell: Shell, before: str
) -> None:
    checks.set_command(claimed, "backend", f"{before}sleep 600 & echo child $!; wait")
    with Stream(shell, "check", "1") as stream:
        stream.until("child ")
        child = int(stream.until("\n"))
        stream.kill(signal.SIGKILL)

        until(lambda: not is_running(child))
    assert not tasks.detail(claimed, 1).checks


@holds("check")
def test_a_process_that_it_leaves_behind_does_not_keep_it(claimed: SparkQ, shell: Shell) -> None:
    checks.set_command(claimed, "backend", "sleep 600 & echo $!; true")

    printed = shell.ok("check", "1")

    stop(int(printed.splitlines()[0]))


@holds("check")
def test_a_reader_that_is_gone_does_not_end_it(claimed: SparkQ, shell: Shell) -> None:
    (shell.folder / "ok").write_text("")
    checks.set_command(claimed, "backend", "seq 200000; echo the end; test -f ok")

    shell.run("sh", "-c", "sparkq check 1 | head -1")

    until(lambda: tasks.detail(claimed, 1).checks)
    assert last_check(claimed).outcome == CheckOutcome.PASSED
    assert last_check(claimed).tail.endswith("the end\n")


@holds("check")
def test_a_claim_is_printed_with_the_check(claimed: SparkQ, shell: Shell) -> None:
    shell.ok("release", "1")

    printed = shell.ok("claim")

    assert "run the check of the queue in the repository (sh verify):\n    sparkq check 1 --attempt 2\n" in printed
    shell.ok("release", "1")
    assert shell.facts("claim")["task"]["check"] == "sparkq check 1 --attempt 3"


@holds("check")
@pytest.mark.parametrize(
    ("stop", "code"), [(lambda sq: tasks.release(sq, 1), 4), (lambda sq: tasks.fail(sq, 1, "by hand"), 4)]
)
def test_a_task_that_another_one_ends_meanwhile_is_not_checked(
    claimed: SparkQ, shell: Shell, stop: Callable[[SparkQ], object], code: int
) -> None:
    checks.set_command(claimed, "backend", "echo begun; until test -f go; do sleep 0.05; done")
    with Stream(shell, "check", "1") as stream:
        stream.until("begun")
        stop(claimed)
        (shell.folder / "go").write_text("")
        assert stream.end() == code

    assert not tasks.detail(claimed, 1).checks


def is_running(process: int) -> bool:
    """True if there is such a process, and it is not over and waits for its parent."""
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def stop(process: int) -> None:
    """End a process that a check left behind."""
    os.kill(process, signal.SIGKILL)
