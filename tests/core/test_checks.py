"""Checks: what proves a task done, on which files, and how often it may fail."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sparkq_core import changes, inbox, queues, stale, tasks
from sparkq_core.changes import Execution, current
from sparkq_core.changes.git import Deadline
from sparkq_core.errors import (
    AttemptNeeded,
    Busy,
    CheckFailed,
    CheckMissing,
    ClaimLost,
    InvalidText,
    InvalidValue,
    SparkQError,
    TreeChanged,
    Unchecked,
    WrongState,
)
from sparkq_core.lifecycle import CheckOutcome
from sparkq_core.maintenance.purge import purge
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from sparkq_core.tasks.check import LONGEST_SECONDS, TAIL, Beat, NoCheck
from sparkq_core.verdicts import REST, Giver
from tests.harness.all_rows import all_rows
from tests.harness.change_steps import record, repository
from tests.harness.check_steps import COMMAND, check, patient_with_git, with_check
from tests.harness.clocks import SetClock
from tests.harness.git_steps import git
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, queued_ids, refusal_of, take, timed_out_task, timeline
from tests.promises import holds

__all__ = ["patient_with_git"]
pytestmark = pytest.mark.usefixtures("queue")


@pytest.fixture
def checked(sq: SparkQ) -> SparkQ:
    """A repository whose strict queue has a check, with a claimed task #1 and a queued one."""
    opened = with_check(sq)
    add(opened, "one", "two")
    take(opened)
    return opened


def complete(sq: SparkQ, task_id: int = 1) -> SparkQError | None:
    """What `complete` is refused with, None if it is not."""
    return refusal_of(lambda: tasks.complete(sq, task_id, "done", attempt=1, next_for="ann"))


def put(sq: SparkQ, name: str, text: str = "x\n") -> None:
    (sq.config.root / name).write_text(text)


@holds("check")
def test_a_task_is_completed_only_after_its_check_has_passed(checked: SparkQ) -> None:
    missing = complete(checked)
    assert isinstance(missing, CheckMissing)
    assert (missing.hint, missing.command) == ("Run: sparkq check 1 --attempt 1", COMMAND)
    assert check(checked, 1).check.outcome == CheckOutcome.FAILED
    failed = complete(checked)
    assert isinstance(failed, CheckFailed)
    assert not failed.is_spent
    assert queued_ids(checked) == [2], "a refused outcome claims nothing"
    put(checked, "ok")
    assert isinstance(complete(checked), CheckFailed)
    assert check(checked, 1).check.outcome == CheckOutcome.PASSED

    settled = tasks.complete(checked, 1, "done", attempt=1, next_for="ann")

    assert settled.claimed is not None
    (finished,) = inbox.unreviewed(checked).tasks
    assert checks.described(finished.check) == f"✓ {COMMAND}, exit 0, 0 s, on this very tree, after 1 failure"
    assert timeline(checked, 1) == ["enqueued", "claimed", "check failed", "check passed", "succeeded"]


@holds("check")
def test_a_change_after_the_check_needs_another_one(checked: SparkQ) -> None:
    put(checked, "ok")
    check(checked, 1)
    put(checked, "one.txt", "changed\n")

    assert isinstance(complete(checked), TreeChanged)
    check(checked, 1)
    assert complete(checked) is None


@holds("check")
def test_files_that_are_put_back_are_checked_already(checked: SparkQ) -> None:
    put(checked, "ok")
    check(checked, 1)
    (checked.config.root / "ok").unlink()
    check(checked, 1)
    assert isinstance(complete(checked), CheckFailed)

    put(checked, "ok")

    assert complete(checked) is None


@holds("check")
def test_a_later_failure_on_the_same_files_counts(checked: SparkQ) -> None:
    put(checked, "ok")
    check(checked, 1)
    run = tasks.begin_check(checked, 1, checked.config.root)
    tasks.end_check(checked, run, 1, b"flaky")

    assert isinstance(complete(checked), CheckFailed)


@holds("check")
def test_files_that_change_while_it_runs_prove_neither_state(checked: SparkQ) -> None:
    run = tasks.begin_check(checked, 1, checked.config.root)
    put(checked, "ok")

    ended = tasks.end_check(checked, run, 0, b"fine")

    assert (ended.check.outcome, ended.moved, ended.failed) == (CheckOutcome.CHANGED, ("ok",), 0)
    assert isinstance(complete(checked), TreeChanged)
    (checked.config.root / "ok").unlink()
    assert isinstance(complete(checked), TreeChanged)


@holds("check")
def test_after_the_last_failure_no_further_check_runs(checked: SparkQ) -> None:
    checks.set_command(checked, "backend", COMMAND, 2)
    for _ in range(2):
        check(checked, 1)
    before = all_rows(checked)

    refused = refusal_of(lambda: check(checked, 1))

    assert isinstance(refused, CheckFailed)
    assert refused.is_spent
    assert "sparkq fail 1 --attempt 1" in refused.hint
    assert all_rows(checked)["checks"] == before["checks"]
    put(checked, "ok")
    spent = complete(checked)
    assert isinstance(spent, CheckFailed)
    assert spent.is_spent
    tasks.fail(checked, 1, "the test needs a database")
    (finished,) = inbox.unreviewed(checked).tasks
    assert checks.described(finished.check) == f"✗ {COMMAND}, exit 1: 2 of 2 failed"
    tasks.requeue(checked, 1)
    take(checked, task_id=1)
    assert check(checked, 1).failed == 0, "another attempt begins again"


@holds("check")
def test_a_check_that_is_broken_off_says_nothing(checked: SparkQ) -> None:
    put(checked, "ok")
    check(checked, 1)
    run = tasks.begin_check(checked, 1, checked.config.root)

    ended = tasks.end_check(checked, run, None, b"half", stopped=True)

    assert (ended.check.outcome, ended.failed) == (CheckOutcome.STOPPED, 0)
    assert complete(checked) is None


@holds("check")
@pytest.mark.parametrize(
    "change", [lambda sq: checks.set_command(sq, "backend", "true"), lambda sq: put(sq, "ok", "y\n")]
)
def test_another_command_and_other_files_need_another_check(
    checked: SparkQ, change: Callable[[SparkQ], object]
) -> None:
    put(checked, "ok")
    check(checked, 1)

    change(checked)

    assert isinstance(complete(checked), Unchecked)


@holds("check")
def test_a_relaxed_queue_shows_whether_the_check_has_passed(sq: SparkQ) -> None:
    opened = with_check(sq, strict=False)
    add(opened, "one", "two", "three")
    take(opened)
    tasks.complete(opened, 1, "done")
    for task_id in (2, 3):
        begun = take(opened).task
        record(opened, begun=Execution(task_id, begun.attempts))
        put(opened, "ok")
        check(opened, task_id)
        if task_id == 3:
            put(opened, "one.txt", "after the check\n")
        tasks.complete(opened, task_id, "done")
        record(opened, ended=Execution(task_id, 1))

    said = [checks.described(finished.check) for finished in inbox.unreviewed(opened).tasks]

    assert said == [
        f"– not checked: {COMMAND}",
        f"✓ {COMMAND}, exit 0, 0 s, on this very tree",
        f"✓ {COMMAND}, exit 0, 0 s, on another tree",
    ]


@holds("check")
def test_without_a_repository_a_pass_is_enough(sq: SparkQ) -> None:
    checks.set_command(sq, "backend", COMMAND)
    queues.limit_reviews(sq, "backend", 1)
    add(sq, "one")
    take(sq)
    assert isinstance(complete(sq), CheckMissing)
    put(sq, "ok")
    check(sq, 1)

    assert complete(sq) is None
    (finished,) = inbox.unreviewed(sq).tasks
    assert checks.described(finished.check) == f"✓ {COMMAND}, exit 0, 0 s, files not compared"


@holds("check")
def test_a_pass_of_which_the_files_are_unknown_is_none_where_they_can_be_known(sq: SparkQ) -> None:
    checks.set_command(sq, "backend", "true")
    queues.limit_reviews(sq, "backend", 1)
    add(sq, "one")
    take(sq)
    check(sq, 1)
    repository(sq.config.root)

    assert isinstance(complete(second_handle(sq)), TreeChanged)


@holds("check")
def test_git_that_cannot_say_is_no_pass(checked: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    put(checked, "ok")
    check(checked, 1)
    before = all_rows(checked)
    monkeypatch.setattr(checks, "SECONDS", 0.0)

    assert isinstance(complete(checked), Busy)
    assert all_rows(checked)["attempts"] == before["attempts"]


@holds("check")
def test_a_check_runs_in_the_work_tree_of_its_worker(checked: SparkQ, tmp_path: Path) -> None:
    elsewhere = tmp_path / "linked"
    git(checked.config.root, "worktree", "add", "--quiet", str(elsewhere))
    (elsewhere / "ok").write_text("x\n")
    ended = check(checked, 1, elsewhere)
    assert (ended.check.outcome, ended.check.work_tree) == (CheckOutcome.PASSED, str(elsewhere))
    put(checked, "one.txt", "another chat's\n")
    (elsewhere / "one.txt").write_text("mine\n")
    assert isinstance(complete(checked), TreeChanged)
    check(checked, 1, elsewhere)

    assert complete(checked) is None


@holds("check")
def test_a_work_tree_that_is_gone_has_other_files(checked: SparkQ, tmp_path: Path) -> None:
    elsewhere = tmp_path / "linked"
    git(checked.config.root, "worktree", "add", "--quiet", str(elsewhere))
    (elsewhere / "ok").write_text("x\n")
    check(checked, 1, elsewhere)

    git(checked.config.root, "worktree", "remove", "--force", str(elsewhere))

    assert isinstance(complete(checked), TreeChanged)


def test_a_check_in_a_folder_of_another_repository_runs_in_the_project(checked: SparkQ, tmp_path: Path) -> None:
    other = repository(tmp_path / "other")

    place = current.place(checked.config.root, other, Deadline.after(60))

    assert place.folder == checked.config.root


@holds("check")
def test_a_check_is_about_its_own_attempt(checked: SparkQ) -> None:
    put(checked, "ok")
    run = tasks.begin_check(checked, 1, checked.config.root, attempt=1)
    tasks.release(checked, 1)
    take(checked, "bob", task_id=1)
    before = all_rows(checked)

    assert isinstance(refusal_of(lambda: tasks.end_check(checked, run, 0, b"")), ClaimLost)
    assert isinstance(refusal_of(lambda: check(checked, 1, attempt=1)), ClaimLost)
    assert all_rows(checked) == before


@holds("check")
def test_a_check_without_an_attempt_may_be_that_of_a_silent_worker(sq: SparkQ, clock: SetClock) -> None:
    checks.set_command(sq, "backend", "true")
    timed_out_task(sq, clock)
    tasks.requeue(sq, 1)
    take(sq, "bob")

    assert isinstance(refusal_of(lambda: check(sq, 1)), AttemptNeeded)
    assert check(sq, 1, attempt=2).check.outcome == CheckOutcome.PASSED


def test_only_a_running_task_of_a_queue_with_a_check_is_checked(checked: SparkQ) -> None:
    assert isinstance(refusal_of(lambda: check(checked, 2)), WrongState)
    checks.set_command(checked, "backend", None)
    assert isinstance(refusal_of(lambda: check(checked, 1)), NoCheck)
    assert complete(checked) is None


@holds("check", "heartbeat")
def test_a_check_and_a_refused_outcome_are_signs_of_life(sq: SparkQ, clock: SetClock) -> None:
    checks.set_command(sq, "backend", "false")
    queues.limit_reviews(sq, "backend", 1)
    add(sq, "one")
    take(sq)
    for step in (lambda: check(sq, 1), lambda: complete(sq)):
        clock.move(1)
        step()
        assert tasks.get(sq, 1).heartbeat_at == clock.now()


@holds("check", "late-result")
def test_a_check_keeps_its_attempt_while_it_runs_but_not_one_that_hangs(sq: SparkQ, clock: SetClock) -> None:
    checks.set_command(sq, "backend", COMMAND)
    add(sq, "one", timeout=60)
    take(sq)
    beat = Beat(sq, tasks.begin_check(sq, 1, sq.config.root))
    for _ in range(6):
        clock.move(25)
        beat()
        stale.sweep(sq)
    kept = tasks.get(sq, 1)
    clock.move(LONGEST_SECONDS)
    beat()
    stale.sweep(sq)
    warned = tasks.get(sq, 1)
    clock.move(60)
    stale.sweep(sq)
    beat()

    assert (kept.status, kept.stale_warned_at) == ("running", None)
    assert (warned.status, warned.stale_warned_at is None) == ("running", False)
    assert tasks.get(sq, 1).timed_out


def test_a_late_result_is_kept_without_a_check_for_you_to_decide(sq: SparkQ, clock: SetClock) -> None:
    checks.set_command(sq, "backend", "false")
    queues.limit_reviews(sq, "backend", 1)
    timed_out_task(sq, clock)

    assert isinstance(complete(sq), ClaimLost)
    assert tasks.accept(sq, 1).status == "succeeded"


@holds("check")
def test_the_end_of_the_output_is_kept_as_text(checked: SparkQ) -> None:
    run = tasks.begin_check(checked, 1, checked.config.root)

    tasks.end_check(checked, run, 1, b"x" * 9000 + b"\0\xff\xed\xa0\x80 the end")

    (kept,) = tasks.detail(checked, 1).checks
    assert kept.tail.endswith(" the end")
    assert kept.tail.startswith("x")
    assert len(kept.tail) <= TAIL
    assert "\0" not in kept.tail


@holds("check")
def test_a_change_of_what_the_check_reads_is_marked(sq: SparkQ) -> None:
    opened = with_check(sq, "sh scripts/verify.sh")
    (opened.config.root / "scripts").mkdir()
    put(opened, "scripts/verify.sh", "false\n")
    add(opened, "one")
    record(opened, begun=Execution(1, take(opened).task.attempts))
    put(opened, "scripts/verify.sh", "true\n")
    put(opened, "Makefile", "test:\n")
    put(opened, "two.txt")

    check(opened, 1)
    tasks.complete(opened, 1, "done")

    (finished,) = inbox.unreviewed(opened).tasks
    assert checks.warning(finished.check) == "changed what the check reads: Makefile, scripts/verify.sh"


@holds("check")
def test_checks_go_with_their_task(checked: SparkQ, clock: SetClock) -> None:
    put(checked, "ok")
    check(checked, 1)
    tasks.complete(checked, 1, "done")
    tasks.cancel(checked, 2)

    clock.move(1)

    purge(checked, older_than=0, unreviewed=0)

    assert all_rows(checked)["checks"] == []


@holds("check")
def test_the_check_of_a_queue_is_one_line_and_logged_with_its_door(sq: SparkQ) -> None:
    before = all_rows(sq)
    for refused, error in (
        (lambda: checks.set_command(sq, "backend", "make\nrm -rf /"), InvalidText),
        (lambda: checks.set_command(sq, "backend", ""), InvalidText),
        (lambda: checks.set_command(sq, "backend", "make", 0), InvalidValue),
    ):
        assert isinstance(refusal_of(refused), error)
    assert all_rows(sq) == before

    for _ in range(2):
        checks.set_command(sq, "backend", "make", 5, giver=Giver(REST, "curl"))

    assert (queues.by_name(sq, "backend").check_command, queues.by_name(sq, "backend").max_checks) == ("make", 5)
    (event,) = [row for row in all_rows(sq)["events"] if row[2] == "queue check"]
    assert event[6:] == ("curl", "make (at most 5 failures)", REST)


def test_at_once_a_task_with_a_check_is_left_as_it_is(checked: SparkQ) -> None:
    before = all_rows(checked)

    assert tasks.complete_at_once(checked, 1, "done", attempt=1, next_for="ann") is None
    assert all_rows(checked) == before


def test_without_a_check_completing_never_looks_at_the_files(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = with_check(sq, strict=False)
    monkeypatch.setattr(current, "files_of", lambda *_: pytest.fail("it looked"))
    add(opened, "one")
    take(opened)
    assert not checks.is_needed(opened.db, 1)

    tasks.complete(opened, 1, "done")

    assert json.loads(inbox.unreviewed(opened).tasks[0].check or "")["outcome"] == "missing"
    changes.record(opened, opened.config.root, ended=[Execution(1, 1)])
