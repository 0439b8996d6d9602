"""Old finished tasks go, whole and for good; nothing else does."""

import pytest

from sparkq_core import inbox, queues, search, tasks
from sparkq_core.errors import ClaimLost, InvalidValue, NoSuchQueue, NoSuchTask, SparkQError
from sparkq_core.maintenance import purge
from sparkq_core.maintenance.purge import BATCH, Purged, Turn
from sparkq_core.model import Counts
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SECOND, SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, claimed_task, queued_count, queued_ids, timed_out_task
from tests.promises import holds

DAYS = 24 * HOUR
CHILDREN = ("prompts", "attempts", "events")


def done(sq: SparkQ, prompt: str = "one", *, reviewed: bool = True) -> int:
    """The id of a task that has just succeeded."""
    task = claimed_task(sq, prompt)
    tasks.complete(sq, task.id, f"did {prompt}")
    if reviewed:
        inbox.review(sq, task.id)
    return task.id


def left(sq: SparkQ) -> list[int]:
    """The ids of all tasks that are still there."""
    return sorted(task.id for task in tasks.list_page(sq, limit=1000).tasks)


def counted(sq: SparkQ) -> Counts:
    """The kept counters of the queue "backend"."""
    ((_, counts),) = queues.all_of(sq)
    return counts


@holds("purge-ages")
def test_a_reviewed_task_goes_when_it_is_older_than_three_days_and_not_before(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    done(sq)
    clock.move(3 * DAYS)
    assert purge.purge(sq) == Purged(0, 0)

    clock.move(0.001)
    assert purge.purge(sq) == Purged(1, 0)
    assert left(sq) == []


@holds("purge-ages")
def test_an_unreviewed_task_is_kept_for_thirty_days(sq: SparkQ, queue: str, clock: SetClock) -> None:
    done(sq, reviewed=False)
    clock.move(30 * DAYS)
    assert purge.purge(sq) == Purged(0, 0)

    clock.move(0.001)
    assert purge.purge(sq) == Purged(0, 1)
    assert left(sq) == []


@holds("purge-ages")
def test_the_age_of_a_reviewed_task_counts_from_its_review(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task_id = done(sq, reviewed=False)
    clock.move(4 * DAYS)
    inbox.review(sq, task_id)

    assert purge.purge(sq) == Purged(0, 0)
    clock.move(3 * DAYS + 0.001)
    assert purge.purge(sq, dry_run=True) == purge.purge(sq) == Purged(1, 0)


@holds("purge-ages")
def test_the_age_of_an_unreviewed_task_counts_from_its_newest_late_text(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    task = timed_out_task(sq, clock)
    inbox.review(sq, task.id)
    clock.move(2 * DAYS)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task.id, "late", attempt=1)

    clock.move(30 * DAYS)
    assert purge.purge(sq) == Purged(0, 0)
    clock.move(0.001)
    assert purge.purge(sq, dry_run=True) == purge.purge(sq) == Purged(0, 1)


@holds("purge-never-open-work")
def test_a_queued_task_with_a_late_text_is_never_deleted(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = claimed_task(sq)
    tasks.release(sq, task.id)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task.id, "late", attempt=1)
    clock.move(1000 * DAYS)

    assert purge.purge(sq, older_than=0, unreviewed=0) == Purged(0, 0)


@holds("auto-purge")
def test_the_ages_of_the_configuration_are_in_force(sq: SparkQ, queue: str, clock: SetClock) -> None:
    done(sq)
    done(sq, "two", reviewed=False)
    (sq.config.root / "sparkq.yml").write_text("purge: {older_than_days: 1, unreviewed_days: 2}\n")
    configured = second_handle(sq)

    clock.move(1.5 * DAYS)
    assert purge.purge(configured) == Purged(1, 0)
    clock.move(1 * DAYS)
    assert purge.purge(configured) == Purged(0, 1)
    configured.close()


def test_ages_that_are_given_go_before_the_configuration(sq: SparkQ, queue: str, clock: SetClock) -> None:
    old = done(sq)
    clock.move(2)
    young, unseen = done(sq, "two"), done(sq, "three", reviewed=False)
    clock.move(1)

    assert purge.purge(sq, older_than=2 * SECOND, unreviewed=1 * SECOND) == Purged(1, 0)
    assert left(sq) == [young, unseen]
    assert old not in left(sq)
    assert purge.purge(sq, older_than=0, unreviewed=0) == Purged(1, 1)


@pytest.mark.parametrize("ages", [{"older_than": -1}, {"unreviewed": -1}], ids=str)
def test_a_negative_age_is_refused(sq: SparkQ, queue: str, clock: SetClock, ages: dict[str, int]) -> None:
    done(sq)
    clock.move(100 * DAYS)
    before = all_rows(sq)

    with pytest.raises(InvalidValue, match="negative"):
        purge.purge(sq, older_than=ages.get("older_than"), unreviewed=ages.get("unreviewed"))
    assert all_rows(sq) == before


@pytest.mark.parametrize("age", [10**14, 2**63, 10**30])
def test_an_age_beyond_all_times_purges_nothing(sq: SparkQ, queue: str, age: int) -> None:
    """As a refusal or as a purge of nothing: never as a defect."""
    task_id = done(sq)

    try:
        gone = purge.purge(sq, older_than=age)
    except SparkQError:
        gone = Purged(0, 0)

    assert (gone, left(sq)) == (Purged(0, 0), [task_id])


def test_a_timed_out_task_waits_for_its_review_and_a_cancelled_one_does_not(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    timed_out_task(sq, clock)
    (task_id,) = add(sq, "two")
    tasks.cancel(sq, task_id)

    clock.move(4 * DAYS)
    assert purge.purge(sq) == Purged(reviewed=1, unreviewed=0)

    clock.move(27 * DAYS)
    assert purge.purge(sq) == Purged(reviewed=0, unreviewed=1)


@holds("purge-never-open-work")
def test_what_waits_or_runs_is_never_touched_however_old(sq: SparkQ, queue: str, clock: SetClock) -> None:
    requeued = claimed_task(sq, "once failed")
    tasks.fail(sq, requeued.id, "boom")
    inbox.review(sq, requeued.id)
    tasks.requeue(sq, requeued.id, feedback="again")
    add(sq, "never claimed")
    clock.move(1000 * DAYS)
    claimed_task(sq, "running")
    before = all_rows(sq)

    assert purge.purge(sq, older_than=0, unreviewed=0) == Purged(0, 0)
    assert all_rows(sq) == before


def test_a_task_goes_with_everything_that_belongs_to_it_and_with_nothing_else(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    gone = claimed_task(sq, "goes")
    tasks.edit(sq, add(sq, "stays")[0], prompt="stays, edited")
    tasks.progress(sq, gone.id, "half way")
    tasks.fail(sq, gone.id, "boom")
    inbox.review(sq, gone.id)
    before = all_rows(sq)
    clock.move(4 * DAYS)

    purge.purge(sq)

    after = all_rows(sq)
    of_task = {"prompts": 0, "attempts": 0, "events": 3}
    for table in CHILDREN:
        kept = [row for row in after[table] if "purged" not in row]
        assert kept == [row for row in before[table] if row[of_task[table]] != gone.id]
    assert after["tasks"] == [row for row in before["tasks"] if row[0] != gone.id]
    assert sq.db.rows("PRAGMA foreign_key_check") == []
    with pytest.raises(NoSuchTask, match="was purged on"):
        tasks.get(sq, gone.id)


@holds("ids-never-reused")
def test_an_id_is_never_given_again(sq: SparkQ, queue: str, clock: SetClock) -> None:
    ids = [done(sq, f"task {number}") for number in range(5)]
    clock.move(4 * DAYS)
    purge.purge(sq)
    assert left(sq) == []

    assert add(sq, "next", queue=queue) == [max(ids) + 1]


@holds("ids-never-reused")
def test_an_id_is_not_given_again_by_the_next_process(sq: SparkQ, queue: str, clock: SetClock) -> None:
    last = done(sq)
    clock.move(4 * DAYS)
    purge.purge(sq)
    sq.close()

    opened = second_handle(sq)

    assert add(opened, "next") == [last + 1]
    opened.close()


def test_a_purge_leaves_one_event_that_says_what_went(sq: SparkQ, queue: str, clock: SetClock) -> None:
    ids = [done(sq, f"task {number}") for number in range(3)]
    clock.move(4 * DAYS)
    purge.purge(sq)
    purge.purge(sq)

    ((text,),) = sq.db.rows("SELECT text FROM events WHERE kind = 'purged'")
    assert text == f"3 tasks, #{ids[0]} to #{ids[-1]}"


def test_a_dry_run_counts_what_would_go_and_changes_nothing(sq: SparkQ, queue: str, clock: SetClock) -> None:
    done(sq)
    done(sq, "two", reviewed=False)
    add(sq, "three")
    clock.move(31 * DAYS)
    before = all_rows(sq)

    would = purge.purge(sq, dry_run=True)

    assert all_rows(sq) == before
    assert would == Purged(1, 1) == purge.purge(sq)
    assert would.total == 2


def test_the_counters_are_the_truth_after_a_purge(sq: SparkQ, queue: str, clock: SetClock) -> None:
    for number in range(4):
        done(sq, f"old {number}", reviewed=number % 2 == 0)
    clock.move(31 * DAYS)
    done(sq, "young", reviewed=False)
    add(sq, "waits")

    purge.purge(sq)

    assert counted(sq) == Counts(queued=1, succeeded=1, unreviewed=1)
    assert queued_count(sq) == 1
    assert inbox.unreviewed(sq).total == 1
    assert tasks.list_page(sq).total == 2


def test_the_search_forgets_what_was_purged(sq: SparkQ, queue: str, clock: SetClock) -> None:
    done(sq, "indexed before the purge")
    assert search.find_page(sq, "indexed").total == 1
    done(sq, "never indexed before the purge")
    clock.move(4 * DAYS)
    kept = done(sq, "indexed and young")

    purge.purge(sq)

    assert [task.id for task in search.find_page(sq, "indexed").tasks] == [kept]
    assert search.find_page(sq, "did").total == 1


@pytest.fixture
def many(sq: SparkQ, queue: str, clock: SetClock) -> int:
    """So many old reviewed tasks that they take three batches, made by SQL since two thousand moves take seconds."""
    count = 2 * BATCH + 7
    add(sq, *(f"task {number}" for number in range(count)))
    with sq.db.write() as tx:
        tx.run("UPDATE tasks SET status = 'succeeded', finished_at = :now, reviewed_at = :now", {"now": sq.clock.now()})
    clock.move(4 * DAYS)
    return count


@holds("purge-ages")
def test_many_are_deleted_in_batches_and_the_progress_is_reported(sq: SparkQ, many: int) -> None:
    reported: list[int] = []

    gone = purge.purge(sq, on_batch=reported.append)

    assert gone == Purged(many, 0)
    assert reported == [BATCH, 2 * BATCH, many]
    assert left(sq) == []
    assert counted(sq).total == 0


@holds("purge-ages")
def test_in_the_middle_of_a_purge_others_see_a_sound_state_and_work_on(sq: SparkQ, many: int) -> None:
    other = second_handle(sq)
    seen: list[tuple[int, int]] = []

    def look_and_enqueue(gone: int) -> None:
        page = tasks.list_page(other, tasks.Wanted(status="succeeded"), limit=1000)
        assert (page.total, len(page.tasks)) == (many - gone, many - gone)
        assert counted(other).succeeded == many - gone
        assert tasks.detail(other, page.tasks[0].id).prompt if page.tasks else True
        assert other.db.rows("PRAGMA foreign_key_check") == []
        add(other, f"enqueued after {gone}")
        seen.append((gone, len(queued_ids(other))))

    purge.purge(sq, on_batch=look_and_enqueue)

    assert seen == [(BATCH, 1), (2 * BATCH, 2), (many, 3)]
    assert len(left(sq)) == 3
    other.close()


def test_a_purge_that_is_stopped_keeps_what_it_had_done_and_goes_on_later(sq: SparkQ, many: int) -> None:
    def stop(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        purge.purge(sq, on_batch=stop)

    assert counted(sq).total == many - BATCH
    assert purge.purge(sq).total == BATCH + 7


@holds("auto-purge")
def test_of_two_processes_one_purges_in_an_hour(sq: SparkQ, queue: str, clock: SetClock) -> None:
    other = second_handle(sq)

    assert purge.purge_in_turn(sq) == Turn(Purged(0, 0))
    assert purge.purge_in_turn(other) is None
    assert purge.purge_in_turn(sq) is None

    clock.move(HOUR - 0.001)
    assert purge.purge_in_turn(other) is None
    clock.move(0.001)
    assert purge.purge_in_turn(other) == Turn(Purged(0, 0))
    assert purge.purge_in_turn(sq) is None
    other.close()


def test_a_clock_that_was_set_back_does_not_stop_the_purge(sq: SparkQ, queue: str, clock: SetClock) -> None:
    clock.move(400 * DAYS)
    assert purge.purge_in_turn(sq) is not None
    clock.move(-399 * DAYS)

    assert purge.purge_in_turn(sq) is not None
    assert purge.purge_in_turn(sq) is None


def test_whose_turn_it_is_not_writes_nothing(sq: SparkQ, queue: str) -> None:
    other = second_handle(sq)
    purge.purge_in_turn(sq)
    before = other.version()

    purge.purge_in_turn(sq)

    assert other.version() == before
    other.close()


def test_a_queue_that_has_ended_is_purged_too(sq: SparkQ, queue: str, clock: SetClock) -> None:
    done(sq)
    queues.end(sq, queue)
    clock.move(4 * DAYS)

    assert purge.purge(sq) == Purged(1, 0)


@holds("purge-archived")
def test_the_tasks_of_an_archived_queue_are_kept_until_you_name_it(sq: SparkQ, queue: str, clock: SetClock) -> None:
    done(sq)
    done(sq, "two", reviewed=False)
    queues.create(sq, "docs")
    add(sq, "three", queue="docs")
    tasks.cancel(sq, 3)
    queues.archive(sq, queue)
    clock.move(31 * DAYS)

    assert purge.purge(sq, dry_run=True) == Purged(1, 0, archived=2)
    assert purge.purge(sq) == Purged(1, 0, archived=2)
    assert left(sq) == [1, 2]
    assert purge.purge(sq, queue=queue) == Purged(1, 1)
    with pytest.raises(NoSuchQueue):
        purge.purge(sq, queue="nowhere")


def test_exactly_those_go_that_are_old_enough(sq: SparkQ, queue: str, clock: SetClock) -> None:
    today = clock.now()
    kept = set()
    for age in range(36):
        for reviewed, days in ((True, 3), (False, 30)):
            clock.at = today - age * DAYS * SECOND
            task_id = done(sq, reviewed=reviewed)
            kept |= {task_id} if age <= days else set()
    clock.at = today

    assert purge.purge(sq) == Purged(32, 5)
    assert set(left(sq)) == kept
    assert purge.purge(sq) == Purged(0, 0)
