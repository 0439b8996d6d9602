"""Queues: what each state admits, their names, their instructions, and counts that are the truth."""

from collections import Counter
from collections.abc import Callable

import pytest

from sparkq_core import inbox, queues, sessions, tasks
from sparkq_core.errors import (
    InvalidName,
    InvalidText,
    NameTaken,
    NoSuchQueue,
    NoSuchSession,
    QueueClosed,
    QueueNotEmpty,
    SparkQError,
    StorageError,
)
from sparkq_core.model import Counts
from sparkq_core.project import SparkQ
from sparkq_core.queues import deletion
from sparkq_core.text import MAX_TEXT
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, claimed_task, queued_ids, refusal_of, take, timed_out_task
from tests.promises import holds

Turn = Callable[[SparkQ, str], object]

STATES: dict[str, tuple[Turn, ...]] = {
    "active": (),
    "ended": (queues.end,),
    "archived": (queues.archive,),
    "ended, then archived": (queues.end, queues.archive),
}


def in_state(sq: SparkQ, name: str) -> int:
    """A queue "backend" in this state with one queued task, whose id is returned, and one running."""
    queues.create(sq, "backend")
    claimed_task(sq, "running")
    (task_id,) = add(sq, "queued")
    for turn in STATES[name]:
        turn(sq, "backend")
    return task_id


def admits(verb: Callable[[], object]) -> bool:
    """Whether a verb went through; only a closed queue may be in its way."""
    refusal = refusal_of(verb)
    assert refusal is None or isinstance(refusal, QueueClosed)
    return refusal is None


@holds("queue-states")
@pytest.mark.parametrize(
    ("state", "enqueue", "claim"),
    [
        ("active", True, True),
        ("ended", False, True),
        ("archived", False, False),
        ("ended, then archived", False, False),
    ],
)
def test_each_state_admits_its_verbs(sq: SparkQ, state: str, enqueue: bool, claim: bool) -> None:
    in_state(sq, state)

    assert admits(lambda: add(sq, "new")) is enqueue
    assert admits(lambda: tasks.claim(sq, "backend", "bob")) is claim


@pytest.mark.parametrize("state", STATES)
def test_a_running_task_settles_in_every_state(sq: SparkQ, state: str) -> None:
    waiting = in_state(sq, state)

    assert tasks.complete(sq, waiting - 1, "done", attempt=1).task.status == "succeeded"


@pytest.mark.parametrize("state", STATES)
def test_a_running_task_can_be_released_in_every_state(sq: SparkQ, state: str) -> None:
    waiting = in_state(sq, state)

    assert tasks.release(sq, waiting - 1, attempt=1).status == "queued"


@pytest.mark.parametrize(("state", "admitted"), [("active", True), ("ended", True), ("archived", False)])
def test_a_failed_task_is_requeued_unless_the_queue_is_archived(sq: SparkQ, state: str, admitted: bool) -> None:
    failed = in_state(sq, state) - 1
    tasks.fail(sq, failed, "boom")

    assert admits(lambda: tasks.requeue(sq, failed)) is admitted


@holds("queue-states")
@pytest.mark.parametrize(
    ("turn", "state", "leads_to"),
    [
        (queues.end, "active", "ended"),
        (queues.end, "ended", "ended"),
        (queues.end, "archived", QueueClosed),
        (queues.archive, "active", "archived"),
        (queues.archive, "ended", "archived"),
        (queues.archive, "archived", "archived"),
        (queues.unarchive, "active", "active"),
        (queues.unarchive, "ended", "ended"),
        (queues.unarchive, "archived", "active"),
        (queues.unarchive, "ended, then archived", "ended"),
        (queues.reopen, "active", "active"),
        (queues.reopen, "ended", "active"),
        (queues.reopen, "archived", QueueClosed),
    ],
)
def test_each_turn_leads_where_it_should(sq: SparkQ, turn: Turn, state: str, leads_to: str | type[SparkQError]) -> None:
    in_state(sq, state)
    before = queues.get(sq.db, "backend").status

    if isinstance(leads_to, str):
        turn(sq, "backend")
    else:
        with pytest.raises(leads_to):
            turn(sq, "backend")

    assert queues.get(sq.db, "backend").status == (leads_to if isinstance(leads_to, str) else before)


@pytest.mark.parametrize("turn", [queues.end, queues.archive, queues.unarchive, queues.reopen])
def test_a_turn_of_an_unknown_queue_is_refused(sq: SparkQ, queue: str, turn: Turn) -> None:
    with pytest.raises(NoSuchQueue) as refusal:
        turn(sq, "bckend")

    assert "backend" in refusal.value.hint


def test_an_archived_queue_comes_back_with_its_line(sq: SparkQ, queue: str) -> None:
    ids = add(sq, "one", "two")
    queues.archive(sq, queue)
    queues.unarchive(sq, queue)

    assert queued_ids(sq) == ids
    assert queues.get(sq.db, queue).archived_at is None


def test_ending_twice_keeps_the_first_time(sq: SparkQ, queue: str, clock: SetClock) -> None:
    first = queues.end(sq, queue)
    clock.move(HOUR)

    assert queues.end(sq, queue) == first


@holds("queue-states")
def test_a_list_hides_archived_queues_until_asked(sq: SparkQ, queue: str) -> None:
    queues.create(sq, "old")
    queues.archive(sq, "old")

    assert [queue.name for queue, _ in queues.all_of(sq)] == ["backend"]
    assert [queue.name for queue, _ in queues.all_of(sq, archived=True)] == ["backend", "old"]


@pytest.mark.parametrize("name", ["a", "A.b_c-9", "9", "x" * 64])
def test_a_name_is_letters_digits_and_three_signs(sq: SparkQ, name: str) -> None:
    assert queues.create(sq, name).name == name


@pytest.mark.parametrize(
    "name",
    ["", "../x", "a/b", "a b", ".a", "-a", "a..b", "x" * 65, "a\n", "a\x00", "é", "\ud800", "[/red]", "\x1b[31m"],
)
def test_a_name_that_would_not_survive_is_refused_and_nothing_made(sq: SparkQ, queue: str, name: str) -> None:
    with pytest.raises(InvalidName):
        queues.create(sq, name)
    with pytest.raises(InvalidName):
        queues.rename(sq, queue, name)

    assert queues.names(sq) == ("backend",)


@holds("queue-names")
def test_a_name_is_taken_once(sq: SparkQ, queue: str) -> None:
    with pytest.raises(NameTaken, match="backend"):
        queues.create(second_handle(sq), queue)


def test_the_name_of_an_archived_queue_stays_taken(sq: SparkQ, queue: str) -> None:
    queues.archive(sq, queue)

    with pytest.raises(NameTaken):
        queues.create(sq, queue)


def test_a_renamed_queue_keeps_its_tasks_and_instructions(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    queues.instruct(sq, queue, "Be brief.")

    renamed = queues.rename(sq, queue, "api")

    assert queues.instructions_of(sq.db, renamed) == "Be brief."
    assert queued_ids(sq, "api") == [task_id]
    assert tasks.get(sq, task_id).queue == "api"
    with pytest.raises(NoSuchQueue):
        queues.get(sq.db, "backend")


def test_a_queue_is_found_by_its_id_whatever_it_is_called_now(sq: SparkQ) -> None:
    made = queues.create(sq, "backend", instructions="Run make test.")
    queues.rename(sq, "backend", "api")

    row, text = queues.instructions_by_id(sq, made.id)

    assert (row.name, text) == ("api", "Run make test.")


def test_a_queue_is_not_renamed_over_another(sq: SparkQ, queue: str) -> None:
    queues.create(sq, "docs")

    with pytest.raises(NameTaken, match="docs"):
        queues.rename(sq, queue, "docs")

    assert queues.names(sq) == ("backend", "docs")


@holds("context")
def test_instructions_have_a_revision_that_grows_with_each_change(sq: SparkQ) -> None:
    made = queues.create(sq, "backend", instructions="Be brief.")
    same = queues.instruct(sq, "backend", "Be brief.")
    changed = queues.instruct(sq, "backend", "Be thorough.")
    taken_away = queues.instruct(sq, "backend", "")

    assert [row.revision for row in (made, same, changed, taken_away)] == [1, 1, 2, 3]
    assert queues.instructions_of(sq.db, taken_away) == ""


def test_a_name_and_instructions_change_together_or_not_at_all(sq: SparkQ, queue: str) -> None:
    queues.create(sq, "docs")
    before = all_rows(sq)
    sq.db.connection().execute(
        "CREATE TEMP TRIGGER broken BEFORE INSERT ON instructions BEGIN SELECT raise(ABORT, 'the disk is gone'); END"
    )
    with pytest.raises(StorageError, match="the disk is gone"):
        queues.change(sq, queue, new="api", instructions="Be brief.")
    sq.db.connection().execute("DROP TRIGGER broken")
    with pytest.raises(NameTaken):
        queues.change(sq, queue, new="docs", instructions="Be brief.")
    assert all_rows(sq) == before

    changed = queues.change(sq, queue, new="api", instructions="Be brief.")

    assert (changed.name, changed.revision, queues.instructions_of(sq.db, changed)) == ("api", 1, "Be brief.")
    assert queues.change(sq, "api") == changed


def test_a_queue_without_instructions_is_at_revision_zero(sq: SparkQ, queue: str) -> None:
    row = queues.get(sq.db, queue)

    assert (row.revision, queues.instructions_of(sq.db, row)) == (0, "")


@pytest.mark.parametrize("text", ["a\x00", "\ud800", "x" * (MAX_TEXT + 1)])
def test_bad_instructions_change_nothing(sq: SparkQ, queue: str, text: str) -> None:
    with pytest.raises(InvalidText):
        queues.instruct(sq, queue, text)
    with pytest.raises(InvalidText):
        queues.create(sq, "docs", instructions=text)

    assert queues.names(sq) == ("backend",)
    assert queues.get(sq.db, queue).revision == 0


@holds("context")
def test_a_queue_belongs_to_its_session(sq: SparkQ) -> None:
    sessions.create(sq, "feature")

    assert queues.create(sq, "backend", session="feature").session == "feature"


def test_a_queue_of_an_unknown_session_is_not_made(sq: SparkQ) -> None:
    with pytest.raises(NoSuchSession):
        queues.create(sq, "backend", session="feature")

    assert queues.names(sq) == ()


def counted(sq: SparkQ) -> Counts:
    """The counts of the queue "backend" by counting, the slow way."""
    listed = [task for task in tasks.list_page(sq, limit=1000).tasks if task.queue == "backend"]
    by = Counter(task.status for task in listed)
    return Counts(
        queued=by["queued"],
        running=by["running"],
        stale=sum(task.status == "running" and task.stale_warned_at is not None for task in listed),
        succeeded=by["succeeded"],
        failed=by["failed"],
        cancelled=by["cancelled"],
        unreviewed=sum(task.finished_at is not None and task.reviewed_at is None for task in listed),
        unreviewed_cancelled=sum(task.status == "cancelled" and task.reviewed_at is None for task in listed),
    )


@holds("counters")
def test_the_counts_are_the_truth_at_every_step_of_a_life(sq: SparkQ, queue: str, clock: SetClock) -> None:
    def same() -> None:
        assert {queue.name: counts for queue, counts in queues.all_of(sq)}[queue] == counted(sq)

    same()
    add(sq, *"abcde")
    same()
    first, second = take(sq).task, take(sq).task
    same()
    tasks.complete(sq, first.id, "done")
    tasks.fail(sq, second.id, "boom")
    same()
    inbox.review(sq, first.id)
    same()
    tasks.requeue(sq, second.id)
    tasks.release(sq, take(sq).task.id)
    same()
    tasks.cancel(sq, second.id)
    same()
    with pytest.raises(SparkQError):
        tasks.complete(sq, second.id, "late", attempt=1)
    same()
    tasks.delete(sq, second.id)
    same()
    late = timed_out_task(sq, clock)
    same()
    with pytest.raises(SparkQError):
        tasks.complete(sq, late.id, "done")
    tasks.accept(sq, late.id)
    same()
    claimed_task(sq)
    clock.move(60)
    tasks.list_page(sq)
    same()


def test_a_silent_task_counts_as_stale_before_any_sweep_has_come_by(sq: SparkQ, queue: str, clock: SetClock) -> None:
    claimed_task(sq, timeout=60)
    clock.move(60)

    ((_, counts),) = queues.all_of(sq)

    assert (counts.running, counts.stale, counts.total) == (1, 1, 1)


@holds("names-by-case")
def test_a_name_is_taken_in_upper_and_lower_case(sq: SparkQ, queue: str) -> None:
    sessions.create(sq, "Feature")
    queues.create(sq, "docs")
    before = all_rows(sq)

    for refused in (
        lambda: queues.create(sq, "Backend"),
        lambda: queues.rename(sq, "docs", "BACKEND"),
        lambda: sessions.create(sq, "feature"),
    ):
        with pytest.raises(NameTaken, match="differs only in upper and lower case"):
            refused()

    assert all_rows(sq) == before
    assert queues.rename(sq, "docs", "Docs").name == "Docs"


@holds("queue-delete")
def test_only_a_queue_without_any_task_is_deleted(sq: SparkQ, queue: str) -> None:
    queues.instruct(sq, queue, "Be quick.")
    (task,) = add(sq, "one")
    tasks.cancel(sq, task)
    before = all_rows(sq)
    with pytest.raises(QueueNotEmpty, match="has 1 task"):
        deletion.delete(sq, queue)
    assert all_rows(sq) == before

    tasks.delete(sq, task)
    queue_id = deletion.delete(sq, queue).id

    with pytest.raises(NoSuchQueue):
        queues.by_name(sq, queue)
    assert queues.create(sq, queue).id > queue_id
    assert queues.instructions(sq, queue)[1] == ""
