"""`sparkq wait`: returns when work is finished; its exit code is the outcome, for scripts."""

import re
from collections.abc import Callable

import pytest

from sparkq_core import events, inbox, project, queues, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.clocks import SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.waiting import until
from tests.promises import holds


def settled(sq: SparkQ, verb: Callable[..., object] = tasks.complete) -> int:
    """A new task, claimed and settled."""
    (task_id,) = add(sq, "one")
    take(sq, task_id=task_id)
    verb(sq, task_id, "done")
    return task_id


def outcomes(printed: str) -> list[str]:
    """The lines of what finished, without titles and durations."""
    lines = [line for line in printed.splitlines() if not line.startswith("sparkq: Waiting for ")]
    return [re.sub(r" after [0-9.]+ \w+|\s\([\w ]+\)", "", line) for line in lines]


def taken_long_ago(shell: Shell, task_id: int, worker: str = "ann") -> None:
    """Claim a task whose warning is due."""
    before = project.open(shell.folder, env={}, clock=SetClock(SystemClock().now() - 90_000))
    take(before, worker, task_id=task_id)
    before.close()


def until_swept(sq: SparkQ) -> None:
    """Until the command is there: it has warned of the task that was taken long ago."""
    until(lambda: "stale" in [event.kind for event in events.after(sq, events.last(sq) - 5)])


@holds("command-wait")
@pytest.mark.parametrize(("verb", "code"), [(tasks.complete, 0), (tasks.fail, 1)])
def test_the_code_is_the_outcome(shell: Shell, sq: SparkQ, verb: Callable[..., object], code: int) -> None:
    settled(sq)
    settled(sq, verb)

    assert shell.sparkq("wait", "1", "#2").code == code


@holds("command-wait")
def test_it_returns_when_the_last_of_them_is_finished(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    take(sq)
    taken_long_ago(shell, 2)
    with Stream(shell, "wait", "1", "2") as wait:
        until_swept(sq)
        tasks.complete(sq, 1, "done")
        assert wait.process.poll() is None
        tasks.complete(sq, 2, "done")
        wait.until("#2 succeeded after ")
        assert wait.end() == 0


@holds("command-wait")
def test_a_queue_is_waited_for_until_nothing_is_queued_or_running(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "docs")
    add(sq, "not waited for", queue="docs")
    add(sq, "one", "two")
    taken_long_ago(shell, 2)
    with Stream(shell, "wait", "--queue", "backend") as wait:
        until_swept(sq)
        tasks.complete(sq, 2, "done")
        take(sq, task_id=3)
        assert wait.process.poll() is None
        tasks.fail(sq, 3, "cannot be done")
        wait.until("#2 succeeded after ")
        wait.until("#3 failed 🔴 after ")
        assert wait.end() == 1


def test_a_failure_counts_however_many_tasks_came_after_it(shell: Shell, sq: SparkQ) -> None:
    """The first of a line finishes first: among the newest thousand it is not."""
    first, *rest = add(sq, *map(str, range(1010)))
    for task in rest:
        tasks.cancel(sq, task)
    taken_long_ago(shell, first)
    with Stream(shell, "wait", "--queue", "backend") as wait:
        until_swept(sq)
        tasks.fail(sq, first, "cannot be done")
        assert wait.end() == 1
        assert outcomes(wait.printed) == ["#1 failed 🔴"]


def test_what_was_reviewed_meanwhile_counts(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    taken_long_ago(shell, 2)
    with Stream(shell, "wait", "--queue", "backend") as wait:
        until_swept(sq)
        tasks.fail(sq, 2, "cannot be done")
        inbox.review(sq, 2)
        tasks.complete(sq, take(sq).task.id, "done")
        assert wait.end() == 1
        assert sorted(outcomes(wait.printed)) == ["#1 succeeded", "#2 failed 🔴"]


def test_a_queue_that_is_renamed_is_still_waited_for(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    taken_long_ago(shell, 1)
    with Stream(shell, "wait", "--queue", "backend") as wait:
        until_swept(sq)
        queues.rename(sq, "backend", "api")
        tasks.complete(sq, 1, "done")
        assert wait.end() == 0


@holds("command-wait")
def test_what_failed_before_it_waited_counts_until_it_is_reviewed(shell: Shell, sq: SparkQ) -> None:
    """Whoever walked away and types the command afterwards is not told that all went well."""
    settled(sq)
    settled(sq, tasks.fail)

    done = shell.sparkq("wait", "--queue", "backend")
    assert (done.code, outcomes(done.out)) == (1, ["#2 failed 🔴, earlier, not reviewed"])

    inbox.review(sq, 2)
    assert shell.ok("wait", "--queue", "backend") == ""


def test_what_the_person_cancels_is_no_failure_of_a_queue_but_of_its_own(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    taken_long_ago(shell, 2)
    with Stream(shell, "wait", "--queue", "backend") as wait:
        until_swept(sq)
        tasks.cancel(sq, 1)
        tasks.complete(sq, 2, "done")
        assert wait.end() == 0
        assert sorted(outcomes(wait.printed)) == ["#1 cancelled", "#2 succeeded"]

    done = shell.sparkq("wait", "1", "2")
    assert (done.code, outcomes(done.out)) == (1, ["#1 cancelled", "#2 succeeded"])


@pytest.mark.parametrize("arguments", [("--queue", "backend"), ("1",)])
def test_what_an_archived_queue_keeps_is_not_waited_for(shell: Shell, sq: SparkQ, arguments: tuple[str, ...]) -> None:
    add(sq, "one")
    queues.archive(sq, "backend")

    done = shell.sparkq("wait", *arguments)
    assert done.code == 1
    assert "backend is archived" in done.out
    assert "(sparkq queue unarchive backend)" in done.out


def test_the_only_queue_needs_no_name(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("wait") == ""

    queues.create(sq, "docs")
    assert "--queue backend or --queue docs" in shell.refused(2, "wait")


@holds("command-wait")
def test_the_time_can_be_over(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")

    done = shell.sparkq("wait", "1", "--timeout", "0.2")
    as_json = shell.sparkq("wait", "--queue", "backend", "--timeout", "0", "--json")

    assert (done.code, outcomes(done.out)) == (124, ["#1 queued", "Timed out."])
    assert (as_json.code, as_json.err) == (124, "")
    assert '"timed_out":true' in as_json.out


@holds("command-wait")
def test_it_says_what_it_waits_for_and_what_has_finished_when_it_has(shell: Shell, sq: SparkQ) -> None:
    add(sq, "Fix the parser", "Write the guide", "Read the logs")
    take(sq, "ann")

    done = shell.sparkq("wait", "1", "2", "--timeout", "0")
    assert re.match(
        r"sparkq: Waiting for #1 running, ann, for \d s \(Fix the parser\); #2 queued \(Write the guide\)\n", done.err
    )
    of_queue = shell.sparkq("wait", "--timeout", "0")
    assert of_queue.err == "sparkq: Waiting for backend: 1 running and 2 queued.\n"

    with Stream(shell, "wait", "1", "2") as wait:
        tasks.complete(sq, 1, "done")
        wait.until("#1 succeeded after ")
        assert "(Fix the parser)\n" in wait.until("\n")
        take(sq, task_id=2)
        tasks.complete(sq, 2, "done")
        assert wait.end() == 0


def test_a_worker_that_is_silent_is_failed_while_one_waits(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", timeout=1)
    take(sq)
    (sq.config.root / "sparkq.yml").write_text("queue_runner:\n  auto_fail_interval_seconds: 1\n")

    done = shell.sparkq("wait", "1", "--timeout", "15")

    assert (done.code, outcomes(done.out)) == (1, ["#1 failed 💀"])


def test_quiet_leaves_only_the_code(shell: Shell, sq: SparkQ) -> None:
    settled(sq, tasks.fail)

    done = shell.sparkq("wait", "1", "--quiet")

    assert (done.code, done.out, done.err) == (1, "", "")


def test_in_json_it_tells_of_every_task(shell: Shell, sq: SparkQ) -> None:
    settled(sq)

    answer = shell.facts("wait", "1")

    assert (answer["total"], answer["timed_out"], answer["tasks"][0]["status"]) == (1, False, "succeeded")


def test_what_is_not_there_cannot_be_waited_for(shell: Shell) -> None:
    assert "#9" in shell.refused(3, "wait", "9")
    assert "Did you mean backend?" in shell.refused(3, "wait", "--queue", "backnd")
    assert "--queue" in shell.refused(2, "wait", "1", "--queue", "backend")


def test_a_script_goes_on_only_after_success(shell: Shell, sq: SparkQ) -> None:
    settled(sq)
    settled(sq, tasks.fail)

    done = shell.run("sh", "-c", "sparkq wait 1 -q && echo released; sparkq wait 2 -q && echo again || echo held")

    assert done.out == "released\nheld\n"
