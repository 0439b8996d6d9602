"""A queue that hands out no tasks until you let it: what its workers are answered through each door."""

from sparkq_core import inbox, queues, tasks
from sparkq_core.errors import Kind
from sparkq_core.project import SparkQ
from sparkq_core.tasks import undo
from tests.core.inbox_steps import done
from tests.harness.all_rows import all_rows
from tests.harness.door import Door
from tests.harness.doors import Chat
from tests.harness.task_steps import add
from tests.promises import holds

pytest_plugins = ("tests.harness.every_door",)


@holds("pause", "one-suite", "tool-claim")
def test_a_claim_in_a_paused_queue_is_answered_and_takes_nothing(door: Door, store: SparkQ) -> None:
    queues.pause(store, "backend")
    door.enqueue("backend", "one")
    before = all_rows(store)

    claim = door.claim("backend")

    assert (claim["task"], claim["remaining"], claim["paused"]) == (None, 1, True)
    assert all_rows(store) == before
    (queue,) = door.queues()["queues"]
    assert queue["queued"] == 1
    assert queue["paused_at"]


@holds("pause", "tool-complete")
def test_a_running_task_is_settled_in_a_paused_queue_and_its_worker_is_shown_why_it_gets_no_more(
    door: Door, store: SparkQ
) -> None:
    add(store, "one", "two")
    held = door.claim("backend")["task"]
    queues.pause(store, "backend")

    done = door.complete(held["id"], "Did it", attempt=held["attempt"])

    assert (done["status"], done["remaining"], done["paused"]) == ("succeeded", 1, True)
    queues.resume(store, "backend")
    assert door.claim("backend")["task"]["id"] == 2


@holds("strict-queue", "one-suite", "tool-claim", "tool-complete")
def test_a_strict_queue_waits_for_your_review_after_each_task(door: Door, store: SparkQ) -> None:
    queues.limit_reviews(store, "backend", 1)
    add(store, "one", "two")
    held = door.claim("backend")["task"]
    assert door.another("bob").claim("backend")["waiting_for_review"] == 0
    done = door.complete(held["id"], "Did it", attempt=held["attempt"])
    assert (done["status"], done["remaining"], done["waiting_for_review"]) == ("succeeded", 1, 1)
    before = all_rows(store)

    claim = door.claim("backend")

    assert (claim["task"], claim["remaining"], claim["waiting_for_review"]) == (None, 1, 1)
    assert all_rows(store) == before
    (queue,) = door.queues()["queues"]
    assert (queue["review_limit"], queue["unreviewed"]) == (1, 1)
    inbox.review(store, held["id"])
    assert door.claim("backend")["task"]["id"] == 2


@holds("pause")
def test_a_given_task_of_a_paused_queue_is_handed_to_nobody(door: Door, store: SparkQ) -> None:
    add(store, "one")
    queues.pause(store, "backend")

    answer = door.claim("backend", 1)

    if isinstance(door, Chat):  # an answer: nothing that a model does changes it
        assert (answer["task"], answer["paused"]) == (None, True)
    else:
        assert answer.kind is Kind.CONFLICT
        assert "backend is paused" in answer.said
    assert door.task(1)["status"] == "queued"


@holds("pause", "strict-queue", "tool-enqueue")
def test_an_enqueue_says_that_its_queue_hands_out_nothing(door: Door, store: SparkQ) -> None:
    assert not {"paused", "waiting_for_review"} & set(door.enqueue("backend", "one").facts)
    queues.limit_reviews(store, "backend", 1)
    done(store)

    assert door.enqueue("backend", "two")["waiting_for_review"] == 1

    (queue,) = door.queues()["queues"]
    assert queue["waiting_for_review"] == 1
    queues.pause(store, "backend")
    assert door.enqueue("backend", "three")["paused"] is True


@holds("review-state")
def test_a_strict_queue_has_the_words_pending_approved_and_rejected(door: Door, store: SparkQ) -> None:
    def state(task_id: int) -> str | None:
        listed = {task["id"]: task.get("review_state") for task in door.tasks()["tasks"]}
        assert door.task(task_id).facts.get("review_state") == listed[task_id] or isinstance(door, Chat)
        word: str | None = door.task(task_id).facts.get("review_state")
        return word

    ids = [done(store), done(store), done(store)]
    assert state(ids[0]) is None
    queues.limit_reviews(store, "backend", 9)
    add(store, "waits")
    tasks.cancel(store, add(store, "never")[0])
    inbox.accept(store, [ids[1]])
    done_again = tasks.requeue(store, ids[2], again=True)
    assert done_again.task.review_state == "rejected"

    assert [state(task_id) for task_id in range(1, 6)] == ["pending", "approved", "rejected", None, None]

    undo.unreview(store, ids[1:])
    assert [state(task_id) for task_id in ids] == ["pending"] * 3
    queues.limit_reviews(store, "backend", None)
    assert state(ids[0]) is None
