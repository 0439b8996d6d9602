"""A queue with a check: what completes a task through each door, and what refuses it."""

import pytest

from sparkq_core import queues, tasks
from sparkq_core.errors import Kind
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from tests.harness.check_steps import COMMAND, check, patient_with_git, with_check
from tests.harness.door import Door
from tests.harness.doors import Chat
from tests.harness.task_steps import add
from tests.promises import holds

pytest_plugins = ("tests.harness.every_door",)
__all__ = ["patient_with_git"]

RUN = "sparkq check 1 --attempt 1"


@pytest.fixture
def checked(store: SparkQ) -> SparkQ:
    """A repository whose strict queue has a check, and two tasks."""
    sq = with_check(store)
    add(sq, "one", "two")
    return sq


def put(sq: SparkQ, name: str, text: str = "x\n") -> None:
    (sq.config.root / name).write_text(text)


@holds("check", "one-suite", "tool-claim", "tool-complete")
def test_a_strict_queue_completes_a_task_only_on_the_files_that_passed(door: Door, checked: SparkQ) -> None:
    held = door.claim("backend")["task"]
    assert held["check"] == RUN

    missing = door.complete(1, "Did it", attempt=1)
    assert (missing.kind, missing.facts["error"]) == (Kind.CONFLICT, "check_missing")
    assert COMMAND in missing.said
    assert RUN in missing.said
    check(checked, 1)
    failed = door.complete(1, "Did it", attempt=1)
    assert (failed.kind, failed.facts["error"]) == (Kind.CONFLICT, "check_failed")
    assert RUN in failed.said
    put(checked, "ok")
    check(checked, 1)
    put(checked, "one.txt", "changed\n")
    changed = door.complete(1, "Did it", attempt=1)
    assert (changed.kind, changed.facts["error"]) == (Kind.CONFLICT, "tree_changed")
    assert RUN in changed.said
    assert door.task(1)["status"] == "running"
    check(checked, 1)

    assert door.complete(1, "Did it", attempt=1)["status"] == "succeeded"

    shown = door.task(1)["check"]
    assert (shown["outcome"], shown["same_tree"], shown["failed"], shown["runs"]) == ("passed", True, 1, 3)
    assert [run["outcome"] for run in door.task(1)["history"][0]["checks"]] == ["failed", "passed", "passed"]


@holds("check", "tool-complete")
def test_after_the_last_failure_every_door_says_to_fail_the_task(door: Door, checked: SparkQ) -> None:
    checks.set_command(checked, "backend", COMMAND, 1)
    door.claim("backend")
    check(checked, 1)

    spent = door.complete(1, "Did it", attempt=1)

    assert (spent.kind, spent.facts["error"]) == (Kind.CONFLICT, "check_failed")
    assert ("fail(task_id=1, attempt=1" if isinstance(door, Chat) else "sparkq fail 1 --attempt 1") in spent.said
    assert "sparkq check" not in spent.said
    assert door.fail(1, "It needs a database", attempt=1)["status"] == "failed"
    assert door.task(1)["check"] | {"outcome": "failed", "exit_code": 1, "failed": 1} == door.task(1)["check"]


@holds("check")
def test_a_relaxed_queue_takes_the_result_and_says_that_it_is_not_checked(door: Door, store: SparkQ) -> None:
    checks.set_command(store, "backend", COMMAND)
    add(store, "one")
    assert door.claim("backend")["task"]["check"] == RUN

    assert door.complete(1, "Did it", attempt=1)["status"] == "succeeded"

    assert door.task(1)["check"] == {"outcome": "missing", "command": COMMAND}


@holds("check", "same-outcome-again")
def test_the_same_outcome_again_needs_no_other_check(door: Door, checked: SparkQ) -> None:
    door.claim("backend")
    put(checked, "ok")
    check(checked, 1)
    door.complete(1, "Did it", attempt=1)
    put(checked, "ok", "for the next task\n")

    assert door.complete(1, "Did it", attempt=1)["status"] == "succeeded"


@holds("check")
def test_a_queue_without_a_check_shows_none(door: Door, store: SparkQ) -> None:
    queues.limit_reviews(store, "backend", 1)
    add(store, "one")

    assert "check" not in door.claim("backend")["task"]
    door.complete(1, "Did it", attempt=1)

    assert tasks.detail(store, 1).check is None
    assert door.task(1).facts.get("check") is None
