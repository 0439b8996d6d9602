"""Working a queue by hand: claim, progress, complete, fail, release; and changing one's mind: requeue, edit, cancel, accept."""

import json
from pathlib import Path

import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, attempts, queued_ids, take, timed_out_task
from tests.harness.terminal import Terminal, editor
from tests.promises import holds


@pytest.fixture
def late(sq: SparkQ, bare: Shell) -> int:
    """A task that timed out an hour ago and whose result came then."""
    clock = SetClock(SystemClock().now() - 3_600_000)
    earlier = project.open(bare.folder, env={}, clock=clock)
    task = timed_out_task(earlier, clock)
    with pytest.raises(Exception, match="no longer holds"):
        tasks.complete(earlier, task.id, "finished after all", data={"files": 2}, attempt=1)
    return task.id


@holds("command-claim")
def test_a_claim_shows_what_to_do_and_how_to_end_it(shell: Shell, sq: SparkQ) -> None:
    queues.instruct(sq, "backend", "Run make test.")
    tasks.enqueue(sq, "backend", "Fix the parser\nall of it", tool="run-bash")

    printed = shell.ok("claim", "--queue", "backend", "--worker", "ann")

    for part in (
        "#1 (attempt 1): Fix",
        "run-bash: ",
        "queue backend:\n  Run make test.",
        "\nFix the parser\nall of it\n",
    ):
        assert part in printed
    assert "\nsparkq complete 1 --attempt 1 - <<'" in printed
    assert "\nsparkq fail 1 --attempt 1 - <<'" in printed
    assert tasks.get(sq, 1).worker == "ann"


def test_a_second_attempt_shows_feedback_and_the_earlier_outcome(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    tasks.fail(sq, 1, "The API broke")
    tasks.requeue(sq, 1, feedback="Keep the old API")

    printed = shell.ok("claim", "1")

    assert "Feedback:\n  Keep the old API" in printed
    assert "Attempt 1 failed:\n  The API broke" in printed
    assert "attempt 2" in printed


@pytest.mark.parametrize("command", ["claim", "peek"])
def test_an_empty_queue_is_named(shell: Shell, command: str) -> None:
    assert shell.ok(command) == "Nothing is queued in backend.\n"


@pytest.mark.parametrize("command", ["peek", "claim", "runner --once"])
def test_an_ended_queue_is_drained_without_being_named(shell: Shell, sq: SparkQ, command: str) -> None:
    add(sq, "the last one")
    queues.end(sq, "backend")

    assert "the last one" in shell.ok(*command.split())


def test_the_editor_does_not_open_for_a_task_that_cannot_be_edited(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    add(sq, "one")
    take(sq)
    opens = editor(tmp_path, f'touch "{tmp_path}/opened"; echo Written > "$1"')
    with Terminal(shell, "edit", "1", EDITOR=opens) as terminal:
        terminal.until("#1 cannot be edited")
        assert terminal.end() == 4

    assert not (tmp_path / "opened").exists()


def test_what_was_typed_is_kept_when_a_worker_was_faster(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    add(sq, "one")
    program = editor(tmp_path, 'sparkq claim > /dev/null; echo "Better words" > "$1"')
    with Terminal(shell, "edit", "1", EDITOR=program, TMPDIR=str(tmp_path)) as terminal:
        terminal.until("#1 cannot be edited")
        assert terminal.end() == 4

    (kept,) = tmp_path.glob("sparkq-*.md")
    assert kept.read_text() == "Better words\n"


def test_a_new_prompt_that_is_given_twice_is_refused(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    tasks.fail(sq, 1, "cannot be done")
    (shell.folder / "new.md").write_text("From a file")

    assert "twice" in shell.refused(2, "requeue", "1", "--prompt", "an option", "--file", "new.md")
    assert tasks.get(sq, 1).status == "failed"


@holds("command-peek")
def test_peek_shows_the_next_and_how_many_more(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")

    assert shell.ok("peek", "--limit", "2").splitlines()[-1] == "1 more."
    assert [task["id"] for task in shell.facts("peek", "--limit", "2")["tasks"]] == [1, 2]
    shell.refused(2, "peek", "--limit", "-5")


@holds("quiet-peek")
def test_a_quiet_peek_answers_by_its_exit_code_alone(shell: Shell, sq: SparkQ) -> None:
    assert shell.sparkq("peek", "--quiet") == (1, "", "")

    (task_id,) = add(sq, "one")
    assert shell.sparkq("peek", "--quiet") == (0, "", "")
    assert queued_ids(sq) == [task_id], "nothing was claimed"

    take(sq)
    assert shell.sparkq("peek", "-q") == (1, "", "")


@holds("quiet-peek")
@pytest.mark.parametrize(
    ("words", "code"), [("--queue nowhere", 3), ("--limit 0", 2), ("--json", 2), ("--id", 2), ("--no-such-option", 2)]
)
def test_a_quiet_peek_that_cannot_look_says_so(shell: Shell, sq: SparkQ, words: str, code: int) -> None:
    shell.refused(code, "peek", "--quiet", *words.split())


@holds("quiet-peek")
def test_a_peek_for_ids_prints_nothing_else(shell: Shell, sq: SparkQ) -> None:
    assert shell.sparkq("peek", "--id") == (1, "", "")

    add(sq, "one", "two", "three")
    assert shell.ok("peek", "--id") == "1\n"
    assert shell.ok("peek", "--id", "--limit", "2") == "1\n2\n"


@holds("quiet-claim")
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_a_quiet_claim_of_an_empty_queue_prints_nothing(shell: Shell, sq: SparkQ, form: list[str]) -> None:
    assert shell.sparkq("claim", "--quiet", *form) == (1, "", "")


@holds("quiet-claim")
def test_a_quiet_claim_prints_the_task_that_it_took(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")

    assert shell.ok("claim", "--quiet").startswith("Task #1 ")
    assert shell.facts("claim", "--quiet")["task"]["id"] == 2


@holds("quiet-claim")
def test_a_loop_over_quiet_claims_ends(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    loop = "while task=$(sparkq claim --queue backend --quiet --json); do echo $task >> claimed; done"

    assert shell.run("sh", "-c", loop) == (0, "", "")

    packets = [json.loads(line) for line in (shell.folder / "claimed").read_text().splitlines()]
    assert [packet["task"]["prompt"] for packet in packets] == ["one", "two", "three"]


@holds("cli-spelling", "command-complete")
def test_complete_tells_how_long_it_took_and_what_remains(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)

    printed = shell.ok("complete", "1", "Did it", "--data", '{"files": 3}')

    assert printed.startswith("#1 succeeded after ")
    assert printed.endswith("1 queued in backend.\n")
    assert (attempts(sq, 1)[0].result, attempts(sq, 1)[0].data) == ("Did it", '{"files":3}')
    assert "already; nothing changed" in shell.ok("complete", "1", "Did it")


@holds("command-complete", "command-fail")
def test_a_result_comes_from_a_pipe_or_a_file(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)
    take(sq)
    (shell.folder / "result.md").write_text("From a file\n")

    shell.ok("complete", "1", "-", stdin="From a pipe\n")
    shell.ok("fail", "2", "--file", "result.md", "--type", "environment")

    assert attempts(sq, 1)[0].result == "From a pipe\n"
    assert (attempts(sq, 2)[0].error, attempts(sq, 2)[0].error_type) == ("From a file\n", "environment")


@pytest.mark.parametrize("data", ["{", "NaN", "[1,", "[" * 100_000], ids=["half", "NaN", "open", "deep"])
def test_data_that_is_not_json_settles_nothing(shell: Shell, sq: SparkQ, data: str) -> None:
    add(sq, "one")
    take(sq)
    before = all_rows(sq)

    assert "JSON" in shell.refused(2, "complete", "1", "Did it", "--data", data)
    assert all_rows(sq) == before


def test_a_result_must_say_something(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)

    assert "empty" in shell.refused(2, "complete", "1", "  ")
    assert "No result was given" in shell.refused(2, "complete", "1")
    assert "No error message was given" in shell.refused(2, "fail", "1")
    assert "SparkQ's own" in shell.refused(2, "fail", "1", "x", "--type", "timeout")
    assert tasks.get(sq, 1).status == "running"


def test_an_attempt_that_settled_before_hears_of_its_own_outcome(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)
    tasks.complete(sq, 1, "done")
    tasks.requeue(sq, 1, again=True)

    assert shell.ok("complete", "1", "done", "--attempt", "1").startswith(
        "Attempt 1 of #1 succeeded already; nothing changed. The task is queued."
    )
    take(sq, task_id=1)
    assert "The task is running, attempt 2." in shell.ok("complete", "1", "done", "--attempt", "1")
    assert tasks.get(sq, 1).status == "running"


def test_only_what_can_be_accepted_is_offered(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    tasks.complete(sq, 1, "done")
    tasks.complete(sq, 1, "done in other words")

    shown = shell.ok("task", "1")

    assert "Its worker said later (succeeded, kept):\n    done in other words" in shown
    assert "sparkq accept" not in shown


@holds("command-progress", "command-release")
def test_progress_and_release_say_what_they_did(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", timeout=77)
    take(sq)

    assert shell.ok("progress", "1", "half done") == "#1 has 77 s more.\n"
    assert shell.ok("release", "1", "needs staging") == "#1 is back in backend, at its old place.\n"


@holds("command-requeue", "manual-recovery")
def test_requeue_sends_it_back_with_feedback_or_a_new_prompt(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)
    tasks.fail(sq, 1, "broke")
    (shell.folder / "new.md").write_text("One, but better")

    printed = shell.ok("requeue", "1", "--feedback", "Mind the API", "--file", "new.md", "--front")

    assert printed == "#1 in backend, 1st in line.\n"
    again = take(sq)
    assert (again.task.id, again.prompt, again.feedback) == (1, "One, but better", "Mind the API")


@holds("requeue-again")
def test_a_succeeded_task_is_done_again_only_on_purpose(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    tasks.complete(sq, 1, "Did it")

    assert "requeue --again" in shell.refused(4, "requeue", "1")
    assert shell.facts("requeue", "1", "--again")["status"] == "queued"


@holds("edit", "command-edit")
def test_edit_changes_what_waits_and_keeps_what_was(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")

    answer = shell.facts("edit", "1", "One, clearer", "--timeout", "120")

    assert (answer["title"], answer["timeout"]) == ("One, clearer", 120)
    assert tasks.get(sq, 1).revision == 2
    assert shell.facts("edit", "1", "--class", "FAST_SCRIPT")["timeout"] == 30
    take(sq)
    assert "it is running" in shell.refused(4, "edit", "1", "too late")


def test_feedback_is_replaced_and_withdrawn_without_an_editor(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    tasks.fail(sq, 1, "broke")
    tasks.requeue(sq, 1, feedback="Mind the API")

    assert shell.ok("edit", "1", "--feedback", "Never mind the API").endswith(
        "Its next worker gets this feedback: Never mind the API\n"
    )
    assert shell.facts("task", "1")["feedback"] == "Never mind the API"
    assert shell.ok("edit", "1", "--feedback", "").endswith("Its feedback is withdrawn.\n")
    assert shell.facts("task", "1")["feedback"] is None
    assert take(sq).feedback is None


@holds("cancel", "command-cancel")
def test_cancel_takes_it_out_and_requeue_brings_it_back(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")

    assert "sparkq requeue 1" in shell.ok("cancel", "1", "done by hand")
    assert shell.facts("task", "1")["status"] == "cancelled"
    assert "done by hand" in shell.ok("task", "1")
    shell.ok("requeue", "1")
    assert queued_ids(sq) == [1]


@holds("late-result", "command-accept", "terminal-marks")
def test_a_late_result_is_kept_shown_and_accepted(shell: Shell, sq: SparkQ, late: int) -> None:
    assert "💀" in shell.ok("tasks")
    assert f"sparkq accept {late}" in shell.ok("task", str(late))
    assert "finished after all" in shell.ok("task", str(late))

    assert "succeeded" in shell.ok("accept", str(late))

    answer = shell.facts("task", str(late))
    assert (answer["status"], answer["result_summary"]) == ("succeeded", "finished after all")
    assert answer["result_data"] == {"files": 2}
    assert answer["reviewed_at"] is not None
    assert attempts(sq, late)[0].error_type == "timeout"


@holds("command-accept")
def test_only_a_finished_task_or_a_late_result_can_be_accepted(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)
    tasks.fail(sq, 1, "broke")
    before = all_rows(sq)

    assert "has no late result" in shell.refused(4, "accept", "2")
    assert "has no late result" in shell.refused(4, "accept", "1", "2")
    assert "#9" in shell.refused(3, "accept", "1", "9")
    assert all_rows(sq) == before
    assert shell.ok("accept", "1") == "#1 accepted: it has failed.\n"


def test_the_late_result_of_a_queued_task_is_accepted_by_its_attempt(shell: Shell, sq: SparkQ, late: int) -> None:
    tasks.requeue(sq, late)
    assert f"sparkq accept {late} --attempt 1" in shell.ok("task", str(late))
    assert "no attempt 2" in shell.refused(2, "accept", str(late), "--attempt", "2")

    assert shell.ok("accept", str(late), "--attempt", "1") == f"#{late} succeeded: late result accepted.\n"
    assert queued_ids(sq) == []


def test_a_correction_that_is_not_on_its_attempt_is_shown_with_the_task(shell: Shell, sq: SparkQ, late: int) -> None:
    shell.refused(4, "fail", str(late), "I was wrong", "--attempt", "1")

    assert "Its worker said later (failed):\n  I was wrong" in shell.ok("task", str(late))


@holds("cli-quiet")
def test_quiet_prints_nothing(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)

    for command in (["progress", "1"], ["release", "1"], ["edit", "1", "new"], ["cancel", "1"], ["requeue", "1"]):
        assert shell.ok(*command, "--quiet") == ""
    assert queued_ids(sq) == [2, 1]


def test_a_waiting_task_is_moved_to_the_front(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")

    assert shell.ok("edit", "3", "--front") == "#3 is now the next task in backend.\n"
    assert shell.ok("edit", "2", "--front", "--timeout", "70").endswith("It is now the next task in backend.\n")

    assert queued_ids(sq) == [2, 3, 1]
    assert shell.facts("task", "2")["timeout"] == 70
