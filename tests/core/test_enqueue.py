"""What may enter a queue, where it stands then, and what is refused with nothing changed."""

from collections.abc import Callable

import pytest

from sparkq_core import queues, sessions, tasks
from sparkq_core.errors import (
    InvalidText,
    InvalidValue,
    KeyUsed,
    NoSuchClass,
    NoSuchQueue,
    NoSuchTool,
    QueueClosed,
    SparkQError,
)
from sparkq_core.project import SparkQ
from sparkq_core.tasks import Draft
from sparkq_core.tasks.line import STEP
from sparkq_core.text import MAX_TEXT
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, queued_count, queued_ids, take
from tests.promises import holds


@holds("enqueue")
def test_a_task_waits_at_the_end_of_its_line(sq: SparkQ, queue: str) -> None:
    first = tasks.enqueue(sq, queue, "one")
    second = tasks.enqueue(sq, queue, "two")

    assert (first.place, second.place) == (1, 2)
    assert queued_ids(sq) == [first.task.id, second.task.id]


@holds("enqueue-front")
def test_new_tasks_at_the_front_keep_their_order(sq: SparkQ, queue: str) -> None:
    (waits,) = add(sq, "waits")

    added = tasks.enqueue_all(sq, queue, [Draft("one"), Draft("two", key="k")], front=True)
    first = tasks.enqueue(sq, queue, "first", front=True)

    one, two = (each.task.id for each in added)
    assert [each.place for each in (*added, first)] == [1, 2, 1]
    assert queued_ids(sq) == [first.task.id, one, two, waits]
    again = tasks.enqueue_all(sq, queue, [Draft("new"), Draft("two", key="k")], front=True)
    assert [(each.again, each.place) for each in again] == [(False, 1), (True, 4)]


def test_a_new_task_is_queued_and_nobody_has_it(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = tasks.enqueue(sq, queue, "one").task

    assert (task.status, task.attempts, task.worker) == ("queued", 0, None)
    assert (task.created_at, task.claimed_at, task.finished_at) == (clock.now(), None, None)


def test_the_answer_is_the_task_as_it_is_stored(sq: SparkQ, queue: str) -> None:
    sessions.create(sq, "feature")
    queues.create(sq, "strict", session="feature", review_limit=1)

    for name, front in ((queue, False), ("strict", False), ("strict", True)):
        added = tasks.enqueue(sq, name, "## Do it", tool="run-bash", timeout=7, key=f"{name} {front}", front=front)
        assert added.task == tasks.get(sq, added.task.id)


@holds("fifo")
def test_a_task_that_came_back_is_before_the_next_new_one_however_many_came_back(sq: SparkQ, queue: str) -> None:
    (first,) = add(sq, "one")
    for _ in range(STEP + 1):
        with sq.db.write() as tx:
            queues.next_position(tx, queues.get(tx, queue))
    tasks.fail(sq, take(sq).task.id, "boom")
    tasks.requeue(sq, first)

    (second,) = add(sq, "two")

    assert queued_ids(sq) == [first, second]


def test_the_prompt_is_kept_to_the_letter(sq: SparkQ, queue: str) -> None:
    prompt = "  # Zeile\r\n\tπ 🦊 \x1b[31m[/red] 'x'; DROP TABLE tasks; \u202e\n"

    task = tasks.enqueue(sq, queue, prompt).task

    assert tasks.detail(sq, task.id).prompt == prompt
    assert take(sq).prompt == prompt


@holds("enqueue")
def test_what_was_enqueued_is_there_for_the_next_process(sq: SparkQ, queue: str) -> None:
    task = tasks.enqueue(sq, queue, "one").task
    sq.close()

    assert queued_ids(second_handle(sq)) == [task.id]


@pytest.mark.parametrize(
    ("prompt", "title"),
    [
        ("Fix the build\n\nIt is red.", "Fix the build"),
        ("\n\n  ## Fix   the\tbuild  \nmore", "Fix the build"),
        ("- [ ] tidy", "tidy"),
        ("###\n---\nFix", "Fix"),
        ("***", "(no words)"),
        ("x" * 80, "x" * 80),
        ("x" * 81, "x" * 79 + "…"),
        ("\u200b\nFix", "Fix"),
    ],
)
def test_the_title_is_the_first_line_that_says_something(sq: SparkQ, queue: str, prompt: str, title: str) -> None:
    assert tasks.enqueue(sq, queue, prompt).task.title == title


def test_a_task_that_names_nothing_is_work_for_the_chat(sq: SparkQ, queue: str) -> None:
    task = tasks.enqueue(sq, queue, "one").task

    assert (task.tool, task.task_class, task.timeout) == ("llm-sonnet", "LLM_HEAVY", 900)


def test_the_tool_gives_the_class_and_the_class_the_timeout(sq: SparkQ, queue: str) -> None:
    task = tasks.enqueue(sq, queue, "one", tool="run-bash").task

    assert (task.task_class, task.timeout) == ("MEDIUM_SCRIPT", 300)


@holds("timeout-override")
def test_a_class_overrides_the_tools_and_a_timeout_overrides_the_classes(sq: SparkQ, queue: str) -> None:
    task = tasks.enqueue(sq, queue, "one", tool="run-bash", task_class="FAST_SCRIPT", timeout=7).task

    assert (task.tool, task.task_class, task.timeout) == ("run-bash", "FAST_SCRIPT", 7)


@holds("idempotency-key")
def test_the_same_key_returns_the_task_that_it_made(sq: SparkQ, queue: str) -> None:
    first = tasks.enqueue(sq, queue, "one", key="nightly")
    again = tasks.enqueue(sq, queue, "one", key="nightly", timeout=7)

    assert (first.again, again.again) == (False, True)
    assert again.task == first.task
    assert queued_count(sq) == 1


def test_a_prompt_that_the_task_once_had_is_not_another_one(sq: SparkQ, queue: str) -> None:
    task_id = tasks.enqueue(sq, queue, "one", key="nightly").task.id
    tasks.edit(sq, task_id, prompt="one, in more words")

    again = [tasks.enqueue(sq, queue, text, key="nightly") for text in ("one", "one, in more words")]

    assert [(done.task.id, done.again) for done in again] == [(task_id, True)] * 2


@holds("idempotency-key")
@pytest.mark.parametrize(("into", "prompt"), [("backend", "two"), ("docs", "one"), ("docs", "two")])
def test_a_key_that_was_used_for_something_else_is_refused_with_its_task(
    sq: SparkQ, queue: str, into: str, prompt: str
) -> None:
    queues.create(sq, "docs")
    tasks.enqueue(sq, queue, "one", key="nightly")
    take(sq)
    before = all_rows(sq)

    with pytest.raises(KeyUsed, match="'nightly' was used for #1, which is running in backend"):
        tasks.enqueue(sq, into, prompt, key="nightly")

    assert all_rows(sq) == before


def test_of_a_bulk_with_a_key_that_was_used_for_something_else_nothing_is_added(sq: SparkQ, queue: str) -> None:
    tasks.enqueue(sq, queue, "one", key="nightly")
    before = all_rows(sq)

    with pytest.raises(KeyUsed):
        tasks.enqueue_all(sq, queue, [Draft("new"), Draft("one", key="nightly"), Draft("two", key="nightly")])

    assert all_rows(sq) == before


def test_a_key_is_remembered_after_the_task_has_finished(sq: SparkQ, queue: str) -> None:
    first = tasks.enqueue(sq, queue, "one", key="nightly").task
    tasks.complete(sq, take(sq).task.id, "done")

    again = tasks.enqueue(sq, queue, "one", key="nightly")

    assert (again.task.id, again.task.status, again.place) == (first.id, "succeeded", 0)


def test_a_key_tells_where_its_task_stands_now(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    tasks.enqueue(sq, queue, "two", key="nightly")
    add(sq, "three")

    assert tasks.enqueue(sq, queue, "two", key="nightly").place == 2


def test_a_key_answers_although_the_queue_has_ended(sq: SparkQ, queue: str) -> None:
    first = tasks.enqueue(sq, queue, "one", key="nightly").task
    queues.end(sq, queue)

    assert tasks.enqueue(sq, queue, "one", key="nightly").task.id == first.id


def test_a_key_twice_in_one_bulk_makes_one_task(sq: SparkQ, queue: str) -> None:
    first, second = tasks.enqueue_all(sq, queue, [Draft("one", key="k"), Draft("one", key="k")])

    assert first.task.id == second.task.id
    assert queued_count(sq) == 1


def test_a_bulk_keeps_its_order(sq: SparkQ, queue: str) -> None:
    made = tasks.enqueue_all(sq, queue, [Draft(word) for word in ("one", "two", "three")])

    assert [enqueued.place for enqueued in made] == [1, 2, 3]
    assert [task.title for task in tasks.peek(sq, queue, 3).tasks] == ["one", "two", "three"]


@pytest.mark.parametrize(
    "bad", [Draft("nul \x00"), Draft("x", tool="none"), Draft("x", task_class="none"), Draft("x", timeout=0)]
)
def test_a_bulk_with_one_bad_draft_enqueues_none(sq: SparkQ, queue: str, bad: Draft) -> None:
    with pytest.raises(SparkQError):
        tasks.enqueue_all(sq, queue, [Draft("one"), bad, Draft("three")])

    assert queued_count(sq) == 0
    assert tasks.list_page(sq).total == 0


def test_an_empty_bulk_is_harmless(sq: SparkQ, queue: str) -> None:
    assert tasks.enqueue_all(sq, queue, []) == ()


@pytest.mark.parametrize("prompt", ["x" * MAX_TEXT, "é" * (MAX_TEXT // 2)])
def test_a_prompt_of_one_mebibyte_is_kept(sq: SparkQ, queue: str, prompt: str) -> None:
    task = tasks.enqueue(sq, queue, prompt).task

    assert tasks.detail(sq, task.id).prompt == prompt


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("x" * (2 * MAX_TEXT), "2,097,152 bytes"),
        ("x" * (MAX_TEXT + 1), "1,048,577 bytes"),
        ("é" * (MAX_TEXT // 2) + "x", "1,048,577 bytes"),
        ("a\x00b", "NUL"),
        ("a\ud800b", r"U\+D800"),
        ("", "empty"),
        (" \n\t", "empty"),
    ],
    ids=["2 MiB", "1 MiB and a byte", "letters of two bytes", "NUL", "lone surrogate", "empty", "blank"],
)
def test_a_prompt_that_cannot_be_kept_is_refused(sq: SparkQ, queue: str, prompt: str, says: str) -> None:
    with pytest.raises(InvalidText, match=says) as refusal:
        tasks.enqueue(sq, queue, prompt)

    assert refusal.value.hint
    assert queued_count(sq) == 0


@pytest.mark.parametrize("key", ["", "a\x00", "\udfff", "k" * 201])
def test_a_key_is_text_of_at_most_200_bytes(sq: SparkQ, queue: str, key: str) -> None:
    with pytest.raises(InvalidText, match="key"):
        tasks.enqueue(sq, queue, "one", key=key)


@holds("nearest-names")
def test_an_unknown_queue_is_refused_with_the_nearest_name(sq: SparkQ, queue: str) -> None:
    with pytest.raises(NoSuchQueue, match="'backnd'") as refusal:
        tasks.enqueue(sq, "backnd", "one")

    assert refusal.value.hint == "Did you mean backend?"


def test_without_any_queue_the_refusal_says_how_to_make_one(sq: SparkQ) -> None:
    with pytest.raises(NoSuchQueue) as refusal:
        tasks.enqueue(sq, "backend", "one")

    assert "queue create" in refusal.value.hint


def test_an_unknown_tool_is_refused_with_the_nearest_name(sq: SparkQ, queue: str) -> None:
    with pytest.raises(NoSuchTool) as refusal:
        tasks.enqueue(sq, queue, "one", tool="run-bsh")

    assert "run-bash" in refusal.value.hint


def test_an_unknown_class_is_refused_with_the_nearest_name(sq: SparkQ, queue: str) -> None:
    with pytest.raises(NoSuchClass) as refusal:
        tasks.enqueue(sq, queue, "one", task_class="LLM_HAVY")

    assert "LLM_HEAVY" in refusal.value.hint


@pytest.mark.parametrize("seconds", [0, -1, 604_801, 2**70])
def test_a_timeout_is_one_second_to_a_week(sq: SparkQ, queue: str, seconds: int) -> None:
    with pytest.raises(InvalidValue, match="timeout"):
        tasks.enqueue(sq, queue, "one", timeout=seconds)


def test_an_unknown_source_is_refused(sq: SparkQ, queue: str) -> None:
    with pytest.raises(InvalidValue, match="'elsewhere'"):
        tasks.enqueue(sq, queue, "one", source="elsewhere")


@pytest.mark.parametrize(("close", "says"), [(queues.end, "has ended"), (queues.archive, "is archived")])
def test_a_closed_queue_accepts_no_new_tasks(
    sq: SparkQ, queue: str, close: Callable[[SparkQ, str], object], says: str
) -> None:
    close(sq, queue)

    with pytest.raises(QueueClosed, match=says):
        tasks.enqueue(sq, queue, "one")

    assert queued_count(sq) == 0
