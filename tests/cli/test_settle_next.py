"""`complete --next` and `fail --next`: settle a task and get the next of its queue, for the same worker."""

import json

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.cli.printed import command
from tests.cli.stream import Stream
from tests.harness.shell import BIN, SPARKQ, Shell
from tests.harness.task_steps import add, attempts, queued_ids, take
from tests.promises import holds


@holds("settle-next")
@pytest.mark.parametrize(("verb", "status"), [("complete", "succeeded"), ("fail", "failed")])
def test_the_next_task_comes_with_the_answer(shell: Shell, sq: SparkQ, verb: str, status: str) -> None:
    queues.instruct(sq, "backend", "Run make test.")
    add(sq, "one", "two", "three")
    take(sq, "ann")

    printed = shell.ok(verb, "1", "--attempt", "1", "--next", "-", stdin="did `this` for $(that)\n")

    assert printed.startswith(f"#1 {status} after ")
    assert "Task #2 (attempt 1): two" in printed
    assert "Run make test." in printed
    assert "sparkq complete 2 --attempt 1 --next - <<'SPARKQ_" in printed
    assert (tasks.get(sq, 2).worker, queued_ids(sq)) == ("ann", [3])
    assert "did `this` for $(that)\n" in (attempts(sq, 1)[0].result, attempts(sq, 1)[0].error)


def test_the_printed_commands_work_through_a_queue(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    printed = shell.ok("claim").replace("--attempt 1 -", "--attempt 1 --next -")
    for _ in range(3):
        printed = shell.run("sh", "-c", command(printed)).out

    assert "There is no next task." in printed
    assert [task.status for task in tasks.list_page(sq).tasks] == ["succeeded"] * 3


@holds("settle-next")
def test_json_is_the_settled_task_and_the_claim(shell: Shell, sq: SparkQ) -> None:
    queues.instruct(sq, "backend", "Run make test.")
    add(sq, "one", "two")
    take(sq)

    first = shell.facts("complete", "1", "done", "--next")
    last = shell.facts("fail", "2", "broke", "--next")

    assert (first["id"], first["status"]) == (1, "succeeded")
    assert first["claimed"]["task"]["prompt"] == "two"
    assert (first["claimed"]["remaining"], first["claimed"]["instructions"]) == (0, "Run make test.")
    assert (last["id"], last["status"], last["claimed"]) == (2, "failed", None)


def test_an_empty_or_archived_queue_is_said_and_is_not_an_error(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    take(sq)
    take(sq)
    queues.archive(sq, "backend")

    assert "It is archived and hands out no tasks." in shell.ok("complete", "1", "done", "--next")
    queues.unarchive(sq, "backend")
    assert "Task #3" in shell.ok("complete", "2", "done", "--next")
    assert "There is no next task." in shell.ok("complete", "3", "done", "--next")


def test_a_lost_claim_gets_no_next_task(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)
    tasks.release(sq, 1)

    shell.refused(4, "complete", "1", "done", "--attempt", "1", "--next")

    assert queued_ids(sq) == [1, 2]


def test_a_lost_answer_can_be_asked_for_again(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    take(sq)
    shell.ok("complete", "1", "done", "--attempt", "1", "--next")

    again = shell.ok("complete", "1", "done", "--attempt", "1", "--next")

    assert "#1 succeeded already; nothing changed." in again
    assert "Task #2 is still open (attempt 1, handed out " in again
    assert queued_ids(sq) == [3]
    unread = shell.run("bash", "-c", f"{SPARKQ} complete 1 done --attempt 1 --next > /dev/full")
    assert (unread.code, tasks.get(sq, 2).status) == (74, "running"), "the first answer may have been read"
    tasks.complete(sq, 2, "done")
    assert "sparkq claim --queue backend" in shell.ok("complete", "1", "done", "--attempt", "1", "--next")
    assert queued_ids(sq) == [3]


def test_a_next_task_that_is_not_printed_makes_no_sense(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)

    assert "--next and --quiet exclude" in shell.refused(2, "complete", "1", "done", "--next", "--quiet")
    assert tasks.get(sq, 1).status == "running"


def test_the_installed_command_has_it_too(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)

    done = shell.run(BIN / "sparkq-complete", "1", "done", "--next", "--json")

    assert json.loads(done.out)["claimed"]["task"]["id"] == 2


def test_a_runner_of_the_queue_goes_on_with_the_task_that_came_by_next(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    with Stream(shell, "runner", "--poll", "0.1") as runner:
        runner.until("Task #1")
        shell.ok("complete", "1", "done", "--next")
        runner.until("Task #2 is still open (attempt 1, handed out ")
        assert queued_ids(sq) == [3]
