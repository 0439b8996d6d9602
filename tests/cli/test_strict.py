"""`sparkq queue create --strict`, `queue set`, and what the other commands say of a queue that waits for your review."""

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.promises import holds

WHY = "backend waits for your review: 1 of 1"
TO_REVIEW = "sparkq review --queue backend"


@holds("strict-queue", "command-queue")
def test_a_strict_queue_says_what_it_waits_for(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("queue", "set", "backend", "--strict") == (
        "backend hands out at most 1 unreviewed task. To undo: sparkq queue set backend --relaxed\n"
    )
    add(sq, "one", "two")
    take(sq)
    assert "backend hands out 1 task between two reviews, and 1 is running, 1 queued" in shell.ok("claim")

    assert f"{WHY}: {TO_REVIEW}" in shell.ok("complete", "1", "done", "--next")

    assert f"{WHY}, 1 queued: {TO_REVIEW}" in shell.ok()
    assert "active, strict" in shell.ok("queue", "list")
    assert shell.facts("claim") == {"task": None, "remaining": 1, "waiting_for_review": 1}
    assert shell.refused(4, "claim", "2") == f"sparkq: {WHY}.\n        To go on: {TO_REVIEW}\n"
    assert shell.sparkq("runner", "--drain").code == 4
    assert shell.sparkq("wait", "--queue", "backend").code == 1
    assert shell.ok("queue", "set", "backend", "--relaxed") == (
        "backend hands out tasks without waiting for your review.\n"
    )
    assert shell.facts("claim")["task"]["id"] == 2


@holds("strict-queue", "command-queue")
def test_a_queue_is_created_with_its_limit(shell: Shell, sq: SparkQ) -> None:
    assert shell.facts("queue", "create", "risky", "--strict")["review_limit"] == 1
    assert shell.facts("queue", "create", "docs", "--review-limit", "4")["review_limit"] == 4
    assert "at most 4 unreviewed" in shell.ok("queue", "list", COLUMNS="160")

    assert "review limit 0" in shell.refused(2, "queue", "create", "x", "--review-limit", "0")
    assert "review limit 0" in shell.refused(2, "queue", "set", "docs", "--review-limit", "0")
    assert "Give one of" in shell.refused(2, "queue", "create", "x", "--strict", "--review-limit", "2")
    assert "Give one of" in shell.refused(2, "queue", "set", "docs")
    assert queues.by_name(sq, "docs").review_limit == 4


@holds("strict-queue")
@pytest.mark.parametrize("option", ["--strict", "--relaxed"])
def test_an_agent_does_not_change_the_limit(shell: Shell, sq: SparkQ, option: str) -> None:
    before = all_rows(sq)

    assert "set by the user" in shell.refused(4, "queue", "set", "backend", option, CLAUDECODE="1")

    assert all_rows(sq) == before
    assert not tasks.list_page(sq, tasks.Wanted()).tasks
