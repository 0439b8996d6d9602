"""What each door shows of tasks and queues, the same through library, command line, MCP and HTTP."""

from collections.abc import Callable
from typing import Any

import pytest

from sparkq_core import inbox, queues, tasks, wire
from sparkq_core.errors import Kind
from sparkq_core.project import SparkQ
from tests.harness.door import Door
from tests.harness.doors import Chat
from tests.harness.task_steps import add, purge_all, take
from tests.promises import holds

pytest_plugins = ("tests.harness.every_door",)


@holds("slim-lists", "tool-list_tasks")
def test_lists_carry_neither_prompts_nor_results(door: Door, store: SparkQ) -> None:
    add(store, "one title\nSECRET PROMPT", "two title\nSECRET PROMPT")
    take(store)
    tasks.complete(store, 1, "SECRET RESULT", data={"SECRET": "DATA"})

    for listed in (door.tasks(), door.tasks(queue="backend", status="succeeded"), door.peek("backend", 5)):
        assert listed["tasks"]
        assert "SECRET" not in wire.compact(listed.facts)


def test_a_prompt_keeps_what_its_script_and_its_emoji_need(door: Door, store: SparkQ) -> None:
    prompt = "«می\u200cخواهم», क\u094d\u200dष, 👨\u200d👩\u200d👧 and ❤\ufe0f into Donau\u00addampf"
    add(store, prompt)

    assert door.tasks()["tasks"][0]["title"] == prompt
    assert door.claim("backend")["task"]["prompt"] == prompt
    assert door.task(1)["prompt"] == prompt


@holds("tool-list_tasks")
def test_a_list_is_filtered_and_continues_where_the_page_ended(door: Door, store: SparkQ) -> None:
    queues.create(store, "docs")
    ids = add(store, *(f"task {number}" for number in range(5)))
    add(store, "elsewhere", queue="docs")
    first = door.tasks(queue="backend", limit=3)
    second = door.tasks(queue="backend", limit=3, cursor=first["next_cursor"])

    assert [task["id"] for task in (*first["tasks"], *second["tasks"])] == ids[::-1]
    assert (first["total"], second["total"]) == (5, 5)
    assert "next_cursor" not in second.facts


def test_the_queued_tasks_of_one_queue_are_listed_in_their_order(door: Door, store: SparkQ) -> None:
    ids = add(store, "one", "two", "three")

    assert [task["id"] for task in door.tasks(queue="backend", status="queued")["tasks"]] == ids


@holds("tool-list_queues")
def test_queues_are_listed_with_what_stands_where(door: Door, store: SparkQ) -> None:
    add(store, "one", "two", "three", "four")
    take(store)
    take(store)
    tasks.complete(store, 1, "done")

    (queue,) = door.queues()["queues"]

    wanted = {"name": "backend", "status": "active", "queued": 2, "running": 1, "succeeded": 1, "unreviewed": 1}
    assert queue | wanted == queue


@holds("cancel", "tool-list_queues", "tool-list_tasks")
def test_a_cancelled_task_is_counted_and_listed_apart_from_the_failed_ones(door: Door, store: SparkQ) -> None:
    add(store, "done in vain", "not wanted", "also not wanted")
    take(store)
    tasks.fail(store, 1, "broke")
    tasks.cancel(store, 2, "done by hand")
    tasks.cancel(store, 3)

    (queue,) = door.queues()["queues"]

    assert queue | {"queued": 0, "failed": 1, "cancelled": 2, "unreviewed": 1} == queue
    assert [task["id"] for task in door.tasks(status="failed")["tasks"]] == [1]
    assert [task["id"] for task in door.tasks(status="cancelled")["tasks"]] == [3, 2]
    shown = wire.exclude_none(door.task(2).facts)
    assert (shown["status"], shown.get("error_type"), shown["error_message"]) == ("cancelled", None, "done by hand")


@holds("question", "tool-list_queues", "tool-list_tasks")
def test_a_held_task_is_counted_and_listed_apart_from_the_queued_ones(door: Door, store: SparkQ) -> None:
    add(store, "asked", "queued")
    take(store)
    tasks.release(store, 1, question="A or B?")

    (queue,) = door.queues()["queues"]

    assert queue | {"queued": 1, "held": 1, "running": 0, "unreviewed": 0} == queue
    assert [task["id"] for task in door.tasks(status="held")["tasks"]] == [1]
    assert [task["id"] for task in door.tasks(status="queued")["tasks"]] == [2]


DESIGN_KEYS = set(
    """id friendly_id queue session title status prompt tool_name task_class timeout attempts worker_id result_summary
    result_data error_message error_type stale created_at claimed_at started_at heartbeat_at stale_warned_at deadline
    finished_at reviewed_at""".split()  # noqa: SIM905  # reads as the design's line does
)

MORE_KEYS = {
    "review_state",
    "chat_closed_at",
    "source",
    "key",
    "late",
    "feedback",
    "question",
    "answer",
    "limit_until",
    "prompt_revision",
    "history",
    "events",
    "chat",
    "check",
}
"""What the whole of a task has besides: who put it in, its retry key, which revision its prompt is, whether a late text came,
what the next worker reads, what was asked and answered, its history, its chat, and its check."""


@holds("task-keys")
def test_the_keys_of_a_task_are_the_designs(door: Door, store: SparkQ) -> None:
    add(store, "one")

    keys = set(door.task(1).facts)

    if isinstance(door, Chat):  # a chat pays for every word: what is absent is left out
        assert keys == {key for key, value in wire.task_history(tasks.detail(store, 1), 0).items() if value is not None}
    else:
        assert keys == DESIGN_KEYS | MORE_KEYS


@holds("one-suite", "task-keys", "tool-get_task", "mcp-same-facts")
def test_every_door_tells_the_same_of_a_task(door: Door, store: SparkQ) -> None:
    add(store, "one")
    take(store)
    tasks.fail(store, 1, "broke", error_type="environment")
    tasks.requeue(store, 1, feedback="again, please")
    take(store, "bob")
    tasks.complete(store, 1, "done", data=[1])

    assert wire.exclude_none(door.task(1).facts) == told_by_core(store)


@pytest.mark.parametrize("end", [tasks.fail, tasks.release, tasks.complete])
@holds("nothing-lost")
def test_every_door_tells_of_a_late_text(door: Door, store: SparkQ, end: Callable[[SparkQ, int, str], object]) -> None:
    add(store, "one")
    held = door.claim("backend")["task"]
    end(store, 1, "the first words")

    door.fail(1, "I broke the build", attempt=held["attempt"])

    task = door.task(1)
    assert (task["late"]["attempt"], task["late"]["outcome"]) == (1, "failed")
    assert task["history"][0]["late"]["text"] == "I broke the build"
    (shown,) = inbox.unreviewed(store).tasks
    assert shown.late_text == "I broke the build"


def test_every_door_tells_that_other_words_for_the_same_outcome_are_kept(door: Door, store: SparkQ) -> None:
    add(store, "one")
    held = door.claim("backend")["task"]
    door.complete(1, "Did it", attempt=held["attempt"])

    assert "kept" not in door.complete(1, "Did it", attempt=held["attempt"]).facts
    assert door.complete(1, "Did it, and more", attempt=held["attempt"])["kept"] is True


def told_by_core(store: SparkQ) -> dict[str, Any]:
    return {**wire.exclude_none(wire.task_history(tasks.detail(store, 1), store.clock.now()))}


@holds("times", "task-keys")
def test_times_are_utc_in_iso_8601(door: Door, store: SparkQ) -> None:
    add(store, "one")
    take(store)

    task = door.task(1)

    for key in ("created_at", "claimed_at", "started_at", "deadline"):
        assert task[key].endswith("Z")
        assert len(task[key]) == len("2026-11-23T14:04:52.730Z")


@holds("purge-lines")
def test_a_purged_task_is_shown_by_its_line(door: Door, store: SparkQ) -> None:
    take(store, task_id=add(store, "rename the parser\nSECRET")[0])
    tasks.complete(store, 1, "Renamed.")
    inbox.review(store, 1)
    purge_all(store)

    refused = door.task(1)

    assert (refused.kind, refused.facts["error"]) == (Kind.NOT_FOUND, "purged")
    line = refused.facts["purged"]
    kept = {"id": 1, "friendly_id": "#1", "queue": "backend", "title": "rename the parser", "status": "succeeded"}
    assert line == {
        **kept,
        "summary": "Renamed.",
        "attempts": 1,
        **{at: line[at] for at in ("finished_at", "reviewed_at", "purged_at")},
    }


@holds("purge-lines")
def test_a_search_finds_search_extras_after_the_others(door: Door, store: SparkQ) -> None:
    take(store, task_id=add(store, "rename the parser")[0])
    tasks.complete(store, 1, "Renamed.")
    purge_all(store)
    add(store, "test the parser")

    found = door.tasks(search="parser")

    assert ([task["id"] for task in found["tasks"]], found["total"]) == ([2], 1)
    ((line,), total) = found["purged"], found["purged_total"]
    assert (line["id"], line["title"], line["status"], line["summary"], total) == (
        1, "rename the parser", "succeeded", "Renamed.", 1,
    )  # fmt: skip
    assert "purged" not in door.tasks(search="test").facts


def test_a_search_shows_the_place_that_matches(door: Door, store: SparkQ) -> None:
    take(store, task_id=add(store, "Rename it")[0])
    tasks.complete(store, 1, "The parser is renamed.")

    found = door.tasks(search="parser")

    (task,) = found["tasks"]
    shown = found["snippets"][0] if "snippets" in found.facts else {"text": task["summary"]}
    assert shown["text"] == "The parser is renamed."


@holds("search-batches")
def test_a_search_beside_a_process_that_keeps_the_lock_says_that_it_is_still_indexing(
    door: Door, store: SparkQ
) -> None:
    add(store, "test the parser")
    with store.db.write():
        found = door.tasks(search="parser")

    assert (found["tasks"], found["indexing"]) == ([], True)
    assert "indexing" not in door.tasks(search="parser").facts
