"""`sparkq queue pause` and `resume`, and what the other commands say of a paused queue."""

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.all_rows import all_rows
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.waiting import until
from tests.promises import holds

WHY = "backend is paused: it hands out no tasks"
TO_GO_ON = "sparkq queue resume backend"


@holds("pause", "command-queue")
def test_pausing_says_how_to_go_on_and_is_seen_everywhere(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")

    assert shell.ok("queue", "pause", "backend") == f"{WHY}. To go on: {TO_GO_ON}\n"

    assert f"{WHY}, 2 queued: {TO_GO_ON}" in shell.ok()
    assert "paused" in shell.ok("queue", "list")
    assert shell.facts("queue", "show", "backend")["paused_at"]
    assert shell.ok("claim") == f"{WHY}, 2 queued ({TO_GO_ON}).\n"
    assert shell.facts("claim") == {"task": None, "remaining": 2, "paused": True}
    assert shell.refused(4, "claim", "1") == f"sparkq: {WHY}.\n        To go on: {TO_GO_ON}\n"
    assert shell.ok("queue", "resume", "backend") == "backend hands out its tasks.\n"
    assert shell.facts("claim")["task"]["id"] == 1


@holds("pause")
@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_an_agent_neither_pauses_nor_resumes(shell: Shell, sq: SparkQ, verb: str) -> None:
    if verb == "resume":
        queues.pause(sq, "backend")
    before = all_rows(sq)

    printed = shell.refused(4, "queue", verb, "backend", CLAUDECODE="1")

    assert "Queues are paused and resumed by the user" in printed
    assert all_rows(sq) == before


@holds("pause")
def test_an_outcome_with_next_says_why_no_task_comes(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)
    queues.pause(sq, "backend")

    assert shell.ok("complete", "1", "done", "--next").endswith(f"1 queued in backend. {WHY}: {TO_GO_ON}\n")


@holds("pause", "command-runner")
def test_a_drain_fails_at_tasks_that_are_not_handed_out(shell: Shell, sq: SparkQ) -> None:
    queues.pause(sq, "backend")
    assert WHY in shell.ok("runner", "--drain")
    add(sq, "one")

    drained = shell.sparkq("runner", "--drain")
    assert drained.code == 4
    assert WHY in drained.err
    assert f"{WHY}, 1 queued" in shell.ok("runner", "--once")
    assert tasks.get(sq, 1).status == "queued"


@holds("pause", "command-runner")
def test_a_runner_waits_and_goes_on_when_you_resume(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    queues.pause(sq, "backend")
    with Stream(shell, "runner", "--poll", "60") as runner:
        runner.until(f"{WHY}, 1 queued ({TO_GO_ON}); waiting for tasks.")
        queues.resume(sq, "backend")
        until(lambda: tasks.get(sq, 1).status == "running")


@holds("pause", "command-wait")
def test_a_wait_does_not_wait_for_you(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)
    queues.pause(sq, "backend")
    assert shell.sparkq("wait", "--queue", "backend", "--timeout", "0").code == 124  # a task runs there

    tasks.complete(sq, 1, "done")

    queue = shell.sparkq("wait", "--queue", "backend")
    assert (queue.code, queue.out) == (1, f"{WHY}, 1 queued ({TO_GO_ON})\n")
    task = shell.sparkq("wait", "2")
    assert (task.code, task.out) == (1, f"#2 queued (two): {WHY} ({TO_GO_ON})\n")
