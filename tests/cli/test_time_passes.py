"""Time passes, on the machine's own clock and through the command alone: what a task class of one second shows."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from sparkq_core import project, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.shell import SECONDS, Shell
from tests.harness.task_steps import add, take

HOUR_MS = 3_600_000


@pytest.fixture
def quick(shell: Shell) -> Shell:
    """A shell in a project with the task class QUICK: 1 s."""
    shell.ok("config", "set", "task_classes.QUICK", "1")
    return shell


def until(shell: Shell, task_id: int, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Look at a task until it is as wanted; how it is then."""
    deadline = time.monotonic() + SECONDS
    while not wanted(task := shell.facts("task", str(task_id))):
        assert time.monotonic() < deadline, task
    return task


def test_an_abandoned_claim_is_warned_then_failed_and_its_late_result_kept_and_accepted(quick: Shell) -> None:
    quick.ok("enqueue", "Add tests for the parser", "--class", "QUICK")
    claimed = quick.facts("claim", "--worker", "ann")["task"]
    assert (claimed["id"], claimed["attempt"], claimed["timeout"]) == (1, 1, 1)

    warned = until(quick, 1, lambda task: task["stale"] is not None)
    assert (warned["status"], warned["stale"], warned["worker_id"]) == ("running", "warned", "ann")

    failed = until(quick, 1, lambda task: task["status"] != "running")
    assert (failed["status"], failed["error_type"]) == ("failed", "timeout")
    assert failed["finished_at"] >= failed["stale_warned_at"]
    assert "failed 💀" in quick.ok("tasks")

    said = quick.refused(4, "complete", "1", "finished after all", "--attempt", "1", "--data", '{"tests": 12}')
    assert "timed out" in said
    assert "kept" in said

    waiting = quick.ok("review", "--list")
    assert "1 timed out, 1 came late" in waiting
    assert "finished after all" in waiting
    assert "sparkq accept 1" in waiting

    assert quick.ok("accept", "1") == "#1 succeeded: late result accepted.\n"
    accepted = quick.facts("task", "1")
    assert (accepted["status"], accepted["error_type"]) == ("succeeded", None)
    assert (accepted["result_summary"], accepted["result_data"]) == ("finished after all", {"tests": 12})
    assert [event["kind"] for event in accepted["events"]] == [
        *("enqueued", "claimed", "stale", "timed out", "late", "accepted")
    ]
    assert quick.ok("review", "--list") == "Nothing to review.\n"


def claimed_ago(shell: Shell, milliseconds: int, *, timeout: int) -> None:
    """Task #1, claimed so long ago by a worker that was not heard of since."""
    before = project.open(shell.folder, env={}, clock=SetClock(SystemClock().now() - milliseconds))
    add(before, "one", timeout=timeout)
    take(before)
    before.close()


def test_a_worker_that_is_heard_of_has_the_whole_time_again(shell: Shell) -> None:
    claimed_ago(shell, 90_000, timeout=60)
    assert shell.facts("task", "1")["stale"] == "warned"
    assert "running ⚠️" in shell.ok("tasks")

    heard = shell.facts("progress", "1", "still at it")

    assert "stale" not in heard
    assert shell.facts("complete", "1", "in time")["status"] == "succeeded"
    kinds = [event["kind"] for event in shell.facts("task", "1")["events"]]
    assert kinds == ["enqueued", "claimed", "stale", "progress", "succeeded"]


def test_after_hours_of_sleep_the_worker_is_warned_before_it_is_failed(shell: Shell, sq: SparkQ) -> None:
    claimed_ago(shell, 8 * HOUR_MS, timeout=2)

    assert [task["stale"] for task in shell.facts("tasks")["tasks"]] == ["warned"]
    failed = until(shell, 1, lambda task: task["status"] != "running")

    assert failed["error_type"] == "timeout"
    warned, ended = (event for event in tasks.detail(sq, 1).events if event.kind in ("stale", "timed out"))
    assert ended.at - warned.at >= 2000


def test_a_task_that_timed_out_is_sent_back_with_feedback_to_the_next_worker(quick: Shell) -> None:
    quick.ok("enqueue", "one", "--class", "QUICK")
    quick.ok("claim", "--worker", "ann")
    until(quick, 1, lambda task: task["status"] == "failed")

    quick.ok("requeue", "1", "--feedback", "Say so when it takes long")
    again = quick.facts("claim", "--worker", "bob")["task"]

    assert (again["attempt"], again["feedback"]) == (2, "Say so when it takes long")
    assert (again["previous"]["worker_id"], again["previous"]["error_type"]) == ("ann", "timeout")
    assert "#1" in quick.refused(4, "complete", "1", "from ann", "--attempt", "1")
    assert quick.facts("complete", "1", "from bob", "--attempt", "2")["status"] == "succeeded"
