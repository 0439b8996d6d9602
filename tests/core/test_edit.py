"""Changing a task while it waits."""

import pytest

from sparkq_core import queues, tasks
from sparkq_core.errors import QueueClosed, SparkQError, Unseen, WrongState
from sparkq_core.project import SparkQ
from sparkq_core.text import MAX_TEXT
from tests.harness.all_rows import all_rows
from tests.harness.task_steps import add, claimed_task, queued_ids, take, timeline
from tests.promises import holds


@holds("prompt-revisions", "edit")
def test_an_edited_prompt_is_the_next_revision_and_what_the_worker_gets(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")

    edited = tasks.edit(sq, task_id, prompt="better")

    assert (edited.revision, edited.title) == (2, "better")
    assert take(sq).prompt == "better"
    assert timeline(sq, task_id) == ["enqueued", "edited", "claimed"]


@holds("prompt-revisions")
def test_an_edit_keeps_the_place_and_the_earlier_revision(sq: SparkQ, queue: str) -> None:
    first, second = add(sq, "one", "two")

    tasks.edit(sq, first, prompt="better")

    assert queued_ids(sq) == [first, second]
    kept = sq.db.rows("SELECT revision, text FROM prompts WHERE task_id = :id ORDER BY 1", {"id": first})
    assert kept == [(1, "one"), (2, "better")]


def test_an_edit_and_a_move_to_the_front_are_made_together_or_not_at_all(sq: SparkQ, queue: str) -> None:
    first, second = add(sq, "one", "two")

    edited = tasks.edit(sq, second, prompt="better", front=True)

    assert (edited.title, queued_ids(sq)) == ("better", [second, first])
    queues.archive(sq, queue)
    before = all_rows(sq)
    with pytest.raises(QueueClosed):
        tasks.edit(sq, first, prompt="better", front=True)
    assert all_rows(sq) == before


def test_feedback_is_replaced_or_withdrawn_while_the_task_waits(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)
    tasks.fail(sq, task.id, "boom")
    tasks.requeue(sq, task.id, feedback="Keep the old API")

    before = tasks.edit(sq, task.id, feedback="The old API may go")
    assert tasks.detail(sq, task.id).feedback == "The old API may go"
    assert tasks.edit(sq, task.id, feedback="", prompt="Write the new API").revision == before.revision + 1

    assert (tasks.detail(sq, task.id).feedback, take(sq).feedback) == (None, None)
    assert timeline(sq, task.id)[-5:] == ["requeued", "feedback", "feedback", "edited", "claimed"]
    with pytest.raises(WrongState):
        tasks.edit(sq, task.id, feedback="too late")


@pytest.mark.parametrize("feedback", ["nul \0", "x" * (MAX_TEXT + 1)], ids=["nul", "long"])
def test_feedback_that_cannot_be_stored_changes_nothing(sq: SparkQ, queue: str, feedback: str) -> None:
    (task_id,) = add(sq, "one")
    before = all_rows(sq)

    with pytest.raises(SparkQError):
        tasks.edit(sq, task_id, prompt="better", feedback=feedback)

    assert all_rows(sq) == before


def test_an_edited_class_brings_its_timeout(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one", timeout=60)

    edited = tasks.edit(sq, task_id, task_class="FAST_SCRIPT")

    assert (edited.task_class, edited.timeout, edited.revision) == ("FAST_SCRIPT", 30, 1)


def test_an_edited_prompt_leaves_tool_and_timeout_alone(sq: SparkQ, queue: str) -> None:
    task = tasks.enqueue(sq, queue, "one", tool="run-bash", timeout=7).task

    edited = tasks.edit(sq, task.id, prompt="two")

    assert (edited.tool, edited.task_class, edited.timeout) == ("run-bash", "MEDIUM_SCRIPT", 7)


def test_a_bad_edit_changes_nothing(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    before = tasks.detail(sq, task_id)

    for bad in ({"prompt": "\x00"}, {"prompt": "two", "tool": "none"}, {"prompt": "two", "timeout": 0}):
        with pytest.raises(SparkQError):
            tasks.edit(sq, task_id, **bad)

    assert tasks.detail(sq, task_id) == before


@holds("edit")
def test_a_claimed_task_cannot_be_edited(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq)

    with pytest.raises(WrongState, match=r"cannot be edited: it "):
        tasks.edit(sq, task.id, prompt="two")

    assert tasks.detail(sq, task.id).prompt == "one"


def test_a_prompt_that_is_not_the_one_that_was_shown_is_not_replaced(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    tasks.edit(sq, task_id, prompt="two", revision=1)
    before = all_rows(sq)

    with pytest.raises(Unseen, match="has revision 2 by now, and you saw revision 1"):
        tasks.edit(sq, task_id, prompt="three", revision=1)
    tasks.edit(sq, task_id, revision=2)
    assert all_rows(sq) == before
