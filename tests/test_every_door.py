"""The life of a task through each door: library, command line, MCP and HTTP. What they refuse is in another file."""

import pytest

from sparkq_core import queues, tasks, wire
from sparkq_core.errors import Kind
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SECOND, SetClock
from tests.harness.door import Door
from tests.harness.doors import Chat
from tests.harness.task_steps import add, attempts, queued_ids, take, timed_out_task, timeline
from tests.http.door import Rest
from tests.promises import holds

pytest_plugins = ("tests.harness.every_door",)

HOSTILE = (
    "[/red] [bold]x[/bold] \x1b]0;title\x07\x1b[31mred\x1b[0m \x9b31m '; DROP TABLE tasks; -- {braces} %s $(id) `id`",
    "emoji 👩‍👩‍👧 🏳️‍🌈, combining é, \U0001f600, right to left: \u202eevil\u202c שלום مرحبا",
    "tabs\tand\nlines\n\n  kept  \n",
)


@holds("one-suite", "no-server-needed", "claim-once")
def test_tasks_come_out_in_the_order_in_which_they_went_in(door: Door, store: SparkQ) -> None:
    ids = [door.enqueue("backend", prompt)["id"] for prompt in ("one", "two", "three")]

    claims = [door.claim("backend")["task"] for _ in ids]

    assert [claim["id"] for claim in claims] == ids
    assert [claim["prompt"] for claim in claims] == ["one", "two", "three"]


@holds("enqueue", "tool-enqueue")
def test_enqueue_says_the_id_and_the_place_in_line(door: Door, store: SparkQ) -> None:
    add(store, "before")

    done = door.enqueue("backend", "one")

    assert (done["id"], done["queue"], done["position"]) == (2, "backend", 2)


@holds("timeout-override")
def test_options_of_a_task_reach_its_worker(door: Door, store: SparkQ) -> None:
    door.enqueue("backend", "ls", tool_name="run-bash", task_class="FAST_SCRIPT")
    door.enqueue("backend", "think", timeout=1234)

    first, second = (door.claim("backend")["task"] for _ in range(2))

    assert (first["tool_name"], first["task_class"], first["timeout"]) == ("run-bash", "FAST_SCRIPT", 30)
    assert "Bash" in first["how"]
    assert second["timeout"] == 1234


@holds("tool-peek")
def test_peek_shows_the_line_and_takes_nothing(door: Door, store: SparkQ) -> None:
    add(store, "one", "two", "three")
    before = all_rows(store)

    seen = door.peek("backend", 2)

    assert [task["title"] for task in seen["tasks"]] == ["one", "two"]
    assert seen["total"] == 3
    assert all_rows(store) == before


@holds("claim-once")
def test_two_workers_never_get_the_same_task(door: Door, store: SparkQ) -> None:
    ids = add(store, "one", "two", "three", "four")
    workers = (door, door.another("bob"))

    claims = [worker.claim("backend")["task"] for _ in range(3) for worker in workers]

    assert [claim and claim["id"] for claim in claims] == [*ids, None, None]


@holds("tool-claim", "queue-instructions")
def test_a_claim_has_all_that_a_worker_needs(door: Door, store: SparkQ) -> None:
    queues.instruct(store, "backend", "Run make test.")
    add(store, "one", "two", timeout=90)

    claim = door.claim("backend")

    assert claim["task"] | {"id": 1, "prompt": "one", "timeout": 90, "attempt": 1} == claim["task"]
    assert claim["task"].keys() >= {"tool_name", "how", "task_class", "deadline"}
    assert (claim["instructions"], claim["remaining"]) == ("Run make test.", 1)


RENAMED = "CREATE TRIGGER renamed AFTER INSERT ON attempts BEGIN UPDATE queues SET name = 'api'; END"


def test_a_claim_is_answered_whatever_its_queue_is_called_by_then(door: Door, store: SparkQ) -> None:
    add(store, "one")
    with store.db.write() as tx:
        tx.run(RENAMED)

    assert door.claim("backend")["task"]["id"] == 1


@holds("claim-given")
def test_a_given_task_is_claimed_out_of_turn(door: Door, store: SparkQ) -> None:
    first, second = add(store, "one", "two")

    assert door.claim("backend", second)["task"]["id"] == second
    assert queued_ids(store) == [first]


@holds("empty-is-null")
def test_an_empty_queue_is_null_and_no_error(door: Door, store: SparkQ) -> None:
    before = all_rows(store)

    claim = door.claim("backend")

    assert (claim["task"], claim["remaining"]) == (None, 0)
    assert all_rows(store) == before


@holds("complete", "tool-complete")
def test_a_completed_task_has_its_result(door: Door, store: SparkQ) -> None:
    add(store, "one", "two")
    held = door.claim("backend")["task"]

    done = door.complete(held["id"], "Did it", {"files": 3, "ok": [True, None]}, attempt=held["attempt"])

    assert (done["id"], done["status"], done["remaining"]) == (1, "succeeded", 1)
    assert done["duration_s"] >= 0
    task = door.task(1)
    assert (task["status"], task["result_summary"]) == ("succeeded", "Did it")
    assert task["result_data"] == {"files": 3, "ok": [True, None]}
    assert task["finished_at"] >= task["claimed_at"] >= task["created_at"]


@holds("fail", "tool-fail")
def test_a_failed_task_has_its_error(door: Door, store: SparkQ) -> None:
    add(store, "one")
    door.claim("backend")

    assert door.fail(1, "no database")["status"] == "failed"
    task = door.task(1)
    assert (task["status"], task["error_message"], task["error_type"]) == ("failed", "no database", "error")


@holds("complete")
def test_only_the_running_attempt_settles(door: Door, store: SparkQ) -> None:
    add(store, "one")
    door.claim("backend")
    door.fail(1, "no")
    door.requeue(1)
    held = door.claim("backend")["task"]

    assert door.complete(1, "x", attempt=held["attempt"] - 1).kind is Kind.CONFLICT
    assert door.complete(1, "x", attempt=held["attempt"])["status"] == "succeeded"


@holds("same-outcome-again")
def test_the_same_outcome_again_is_harmless_and_another_is_a_conflict(door: Door, store: SparkQ) -> None:
    add(store, "one")
    held = door.claim("backend")["task"]
    door.complete(1, "Did it", attempt=held["attempt"])
    before = all_rows(store)

    assert door.complete(1, "Did it", attempt=held["attempt"])["status"] == "succeeded"
    assert all_rows(store) == before
    assert door.fail(1, "no, it broke", attempt=held["attempt"]).kind is Kind.CONFLICT
    assert door.task(1)["status"] == "succeeded"


@holds("lost-claim")
def test_a_worker_that_lost_its_claim_hears_who_has_it_and_its_text_is_kept(door: Door, store: SparkQ) -> None:
    add(store, "one")
    lost = door.claim("backend")["task"]
    tasks.fail(store, 1, "the person gave up on it")
    tasks.requeue(store, 1)
    bob = take(store, "bob").task

    refused = door.complete(1, "finished after all", attempt=lost["attempt"])

    assert refused.kind is Kind.CONFLICT
    assert "attempt 2 of bob" in refused.said
    assert "kept" in refused.said
    first, second = attempts(store, 1)
    assert (first.late_outcome, first.late_text) == ("succeeded", "finished after all")
    assert (first.outcome, first.error) == ("failed", "the person gave up on it")
    assert (second.outcome, second.late_text) == (None, None)
    assert tasks.get(store, 1) == bob._replace(late_at=first.late_at, late_attempt=1, late_outcome="succeeded")


def test_a_lost_claim_can_neither_be_prolonged_nor_released(door: Door, store: SparkQ) -> None:
    add(store, "one")
    lost = door.claim("backend")["task"]["attempt"]
    tasks.fail(store, 1, "gave up")
    tasks.requeue(store, 1)
    take(store, "bob")
    before = all_rows(store)

    assert door.progress(1, "still at it", attempt=lost).kind is Kind.CONFLICT
    assert door.release(1, attempt=lost).kind is Kind.CONFLICT
    assert all_rows(store) == before


@holds("requeue-feedback", "tool-claim")
def test_requeue_keeps_id_and_attempts_and_delivers_feedback_and_the_earlier_outcome(door: Door, store: SparkQ) -> None:
    add(store, "one", "two")
    held = door.claim("backend")["task"]
    door.fail(1, "the API broke", attempt=held["attempt"])

    assert door.requeue(1, "Keep the old API")["position"] == 2
    assert queued_ids(store) == [2, 1]
    again = door.another("bob").claim("backend", 1)["task"]

    assert (again["id"], again["attempt"], again["feedback"]) == (1, 2, "Keep the old API")
    first, second = attempts(store, 1)
    assert again["previous"] == {
        "attempt": 1,
        "worker_id": first.worker,
        "outcome": "failed",
        "error_type": "error",
        "text": "the API broke",
    }
    assert (first.error, second.error) == ("the API broke", None)


@holds("requeue", "tool-requeue")
def test_requeue_to_the_front_is_next(door: Door, store: SparkQ) -> None:
    add(store, "one", "two", "three")
    door.claim("backend")
    door.fail(1, "no")

    assert door.requeue(1, front=True)["position"] == 1
    assert queued_ids(store) == [1, 2, 3]


@holds("cancel", "tool-requeue")
def test_only_the_person_brings_back_a_cancelled_task(door: Door, store: SparkQ) -> None:
    add(store, "not wanted")
    tasks.cancel(store, 1)
    before = all_rows(store)

    answer = door.requeue(1, "do it all the same")

    if isinstance(door, Chat | Rest):
        assert (answer.kind, "only the person" in answer.said) == (Kind.CONFLICT, True), answer.facts
        assert all_rows(store) == before
    else:
        assert (answer["id"], answer["position"]) == (1, 1)


@holds("late-result", "tool-requeue")
def test_only_the_person_requeues_a_task_whose_late_result_waits(door: Door, store: SparkQ) -> None:
    clock = SetClock(store.clock.now() - HOUR * SECOND)
    timed_out_task(store._replace(clock=clock), clock)
    assert door.complete(1, "after all", attempt=1).kind is Kind.CONFLICT
    before = all_rows(store)

    answer = door.requeue(1)

    if isinstance(door, Chat | Rest):
        assert (answer.kind, "the person decides" in answer.said) == (Kind.CONFLICT, True), answer.facts
        assert all_rows(store) == before
    else:
        assert (answer["id"], answer["position"]) == (1, 1)


@holds("release", "tool-release")
def test_a_released_task_waits_at_its_old_place(door: Door, store: SparkQ) -> None:
    add(store, "one", "two", "three")
    door.claim("backend")
    held = door.claim("backend")["task"]

    assert door.release(held["id"], "needs staging", attempt=held["attempt"])["status"] == "queued"
    assert queued_ids(store) == [2, 3]
    assert attempts(store, 2)[0].outcome == "released"
    assert door.claim("backend")["task"]["attempt"] == 2


@holds("question", "tool-release")
def test_a_question_holds_the_task_and_its_answer_reaches_the_next_claim(door: Door, store: SparkQ) -> None:
    add(store, "one")
    held = door.claim("backend")["task"]

    assert door.release(1, question="A or B?", attempt=held["attempt"])["status"] == "held"
    empty = door.another("bob").claim("backend")
    assert (empty["task"], empty["held"]) == (None, 1)
    assert door.claim("backend", 1).kind is Kind.CONFLICT
    assert door.requeue(1).kind is Kind.CONFLICT
    assert (door.task(1)["status"], door.task(1)["question"]) == ("held", "A or B?")
    add(store, "two")
    tasks.answer(store, 1, "B\nbecause of the index")

    again = door.another("bob").claim("backend")["task"]

    assert (again["id"], again["attempt"]) == (1, 2)
    assert (again["question"], again["answer"]) == ("A or B?", "B\nbecause of the index")
    assert (
        door.task(1)["history"][0] | {"question": "A or B?", "answer": "B\nbecause of the index"}
        == (door.task(1)["history"][0])
    )


@holds("question", "tool-release")
def test_the_same_question_twice_is_one_and_an_empty_one_none(door: Door, store: SparkQ) -> None:
    add(store, "one")
    held = door.claim("backend")["task"]
    assert door.release(1, question=" ", attempt=held["attempt"]).kind is Kind.INVALID
    door.release(1, question="A or B?", attempt=held["attempt"])
    before = all_rows(store)

    assert door.release(1, question="A or B?", attempt=held["attempt"])["status"] == "held"
    assert all_rows(store) == before
    assert door.release(1, question="B or C?", attempt=held["attempt"]).kind is Kind.CONFLICT
    assert attempts(store, 1)[0].late_text == "B or C?"


@holds("heartbeat", "tool-progress")
def test_progress_moves_the_deadline_and_leaves_its_note(door: Door, store: SparkQ) -> None:
    add(store, "one")
    a_second_ago = SetClock(store.clock.now() - 1000)
    take(store._replace(clock=a_second_ago))
    before = door.task(1)["deadline"]

    assert door.progress(1, "half done", attempt=1)["deadline"] > before
    assert tasks.detail(store, 1).events[-1].text == "half done"
    assert timeline(store, 1) == ["enqueued", "claimed", "progress"]


@holds("idempotency-key", "tool-enqueue")
def test_the_same_key_gives_the_task_that_it_made(door: Door, store: SparkQ) -> None:
    first = door.enqueue("backend", "one", key="issue-7")
    before = all_rows(store)

    again = door.enqueue("backend", "one", key="issue-7")

    assert again["id"] == first["id"]
    assert all_rows(store) == before


@holds("idempotency-key", "tool-enqueue")
@pytest.mark.parametrize(("queue", "prompt"), [("backend", "something else"), ("docs", "one")])
def test_a_key_that_was_used_for_something_else_is_a_conflict(
    door: Door, store: SparkQ, queue: str, prompt: str
) -> None:
    queues.create(store, "docs")
    door.enqueue("backend", "one", key="issue-7")
    before = all_rows(store)

    refused = door.enqueue(queue, prompt, key="issue-7")

    assert (refused.kind, refused.facts["error"]) == (Kind.CONFLICT, "key_used")
    assert "#1, which is queued in backend" in refused.said
    assert all_rows(store) == before


@holds("text", "text-is-data")
@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_kept_to_the_byte(door: Door, store: SparkQ, text: str) -> None:
    door.enqueue("backend", text)
    held = door.claim("backend")["task"]
    door.complete(1, text, {"quoted": text}, attempt=held["attempt"])

    detail = tasks.detail(store, 1)
    assert detail.prompt == text
    assert (detail.attempts[0].result, detail.attempts[0].data) == (text, wire.compact({"quoted": text}))
    assert (held["prompt"], door.task(1)["result_summary"]) == (door.shown(text), door.shown(text))


@holds("text")
def test_a_text_of_one_mebibyte_is_kept_whole(door: Door, store: SparkQ) -> None:
    text = "é" * (512 * 1024)

    door.enqueue("backend", text)

    assert door.claim("backend")["task"]["prompt"] == text
