"""Lists: every filter, pages that miss nothing and repeat nothing, and totals that are the truth."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkq_core import queues, sessions, tasks
from sparkq_core.errors import InvalidValue, NoSuchQueue, NoSuchSession
from sparkq_core.model import TaskPage
from sparkq_core.project import SparkQ
from sparkq_core.tasks import Draft, Wanted
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, take, timed_out_task
from tests.promises import holds

TOOLS = ("run-bash", "llm-sonnet")


@pytest.fixture
def full(sq: SparkQ, clock: SetClock) -> SparkQ:
    """Two queues, one in a session, with tasks in every state, of two tools, by two workers, a second apart. The clock was
    set back twice."""
    sessions.create(sq, "feature")
    queues.create(sq, "backend")
    queues.create(sq, "docs", session="feature")
    for number in range(24):
        clock.move(-4 if number in (9, 15) else 1)
        tasks.enqueue(sq, ("backend", "docs")[number % 2], f"task {number}", tool=TOOLS[number // 2 % 2])
    for number in range(16):
        clock.move(1)
        claim = take(sq, ("ann", "bob")[number // 2 % 2], queue=("backend", "docs")[number % 2])
        if number % 4 < 2:
            tasks.complete(sq, claim.task.id, "done")
        elif number % 8 < 4:
            tasks.fail(sq, claim.task.id, "boom")
    return sq


def ids(sq: SparkQ, wanted: Wanted, limit: int = 1000) -> list[int]:
    """The ids of all pages."""
    return [task_id for page in pages(sq, wanted, limit) for task_id in page]


def pages(sq: SparkQ, wanted: Wanted, limit: int, sort: str = "") -> Iterator[list[int]]:
    cursor = None
    while True:
        page = tasks.list_page(sq, wanted, limit=limit, cursor=cursor, sort=sort)
        yield [task.id for task in page.tasks]
        if page.next is None:
            return
        cursor = page.next


def expected(sq: SparkQ, wanted: Wanted) -> list[int]:
    """The same filters in plain Python over all tasks, newest first."""
    return [
        task.id
        for task in tasks.list_page(sq, limit=1000).tasks
        if wanted.queue in (None, task.queue)
        and wanted.session in (None, task.session)
        and (wanted.status is None or task.status in wanted.status.split(","))
        and wanted.tool in (None, task.tool)
        and wanted.worker in (None, task.worker)
        and (wanted.since is None or task.created_at >= wanted.since)
        and (wanted.until is None or task.created_at < wanted.until)
        and (
            wanted.reviewed is None
            or (task.finished_at is not None and (task.reviewed_at is not None) == wanted.reviewed)
        )
    ]


SINCE = 1_700_000_006_000
UNTIL = 1_700_000_020_000
MOMENTS = range(SINCE - 8000, UNTIL + 12000, 2000)
FILTERS = st.builds(
    Wanted,
    queue=st.sampled_from([None, "backend", "docs"]),
    status=st.sampled_from(
        [None, "queued", "running", "succeeded", "failed", "queued,running", "failed,succeeded,held"]
    ),
    session=st.sampled_from([None, "feature"]),
    tool=st.sampled_from([None, *TOOLS, "llm-haiku"]),
    worker=st.sampled_from([None, "ann", "bob", "nobody"]),
    since=st.sampled_from([None, *MOMENTS]),
    until=st.sampled_from([None, *MOMENTS]),
    reviewed=st.sampled_from([None, True, False]),
)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(queue="docs"),
        Wanted(status="succeeded"),
        Wanted(queue="docs", status="failed"),
        Wanted(status="failed,queued"),
        Wanted(queue="docs", status="running,succeeded"),
        Wanted(session="feature"),
        Wanted(tool="run-bash"),
        Wanted(worker="bob"),
        Wanted(since=SINCE),
        Wanted(until=UNTIL),
        Wanted(reviewed=False),
    ],
)
def test_each_filter_finds_what_it_names_and_nothing_else(full: SparkQ, wanted: Wanted) -> None:
    listed = ids(full, wanted)

    assert listed
    assert listed == expected(full, wanted)


@holds("keyset")
@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wanted=FILTERS, limit=st.integers(1, 9))
def test_pages_are_complete_without_duplicates_and_their_total_is_true(
    full: SparkQ, wanted: Wanted, limit: int
) -> None:
    right = expected(full, wanted)

    listed = list(pages(full, wanted, limit))

    flat = [task_id for page in listed for task_id in page]
    assert sorted(flat) == sorted(right)
    assert all(len(page) == limit for page in listed[:-1])
    assert tasks.list_page(full, wanted, limit=limit).total == len(right)


def test_the_tool_of_an_edited_and_moved_task_is_found(sq: SparkQ, queue: str) -> None:
    (edited,) = add(sq, "one")
    tasks.edit(sq, edited, tool="run-bash")
    queues.create(sq, "other")
    tasks.move(sq, [edited], "other")

    assert ids(sq, Wanted(tool="run-bash")) == [edited]
    assert ids(sq, Wanted(tool="llm-haiku")) == []


@holds("million")
@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(session="other"),
        Wanted(reviewed=True),
        Wanted(tool="llm-haiku"),
        Wanted(worker="nobody"),
        Wanted(status="held"),
        Wanted(queue="backend", status="failed", reviewed=True),
        Wanted(since=UNTIL + 1_000_000),
        Wanted(until=SINCE - 1_000_000),
    ],
)
def test_a_filter_without_a_match_walks_through_no_tasks(full: SparkQ, wanted: Wanted) -> None:
    sessions.create(full, "other")
    tasks.enqueue_all(full, "backend", [Draft("one")] * 3000)
    steps = 0

    def step() -> bool:
        nonlocal steps
        steps += 100
        return False

    full.db.connection().set_progress_handler(step, 100)

    assert tasks.list_page(full, wanted) == TaskPage((), 0, None)
    assert steps < 3000, "SQLite takes several steps for each row"


def test_a_list_is_newest_first(full: SparkQ) -> None:
    listed = ids(full, Wanted(), limit=5)

    assert listed == sorted(listed, reverse=True)


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(queue="docs"), Wanted(status="queued"), Wanted("docs", "queued")])
@pytest.mark.parametrize("limit", [1, 3, 100])
def test_a_list_can_be_oldest_or_newest_first(full: SparkQ, wanted: Wanted, limit: int) -> None:
    oldest = [task_id for page in pages(full, wanted, limit, sort="oldest") for task_id in page]
    newest = [task_id for page in pages(full, wanted, limit, sort="newest") for task_id in page]

    assert newest == expected(full, wanted)
    assert oldest == newest[::-1]


@pytest.mark.parametrize(
    ("wanted", "sort"), [(Wanted(), "line"), (Wanted(queue="docs", status="failed"), "line"), (Wanted(), "age")]
)
def test_an_order_that_a_list_does_not_have_is_refused(full: SparkQ, wanted: Wanted, sort: str) -> None:
    with pytest.raises(InvalidValue, match=f"'{sort}' is not a way to sort"):
        tasks.list_page(full, wanted, sort=sort)


def test_the_queued_tasks_of_a_queue_stand_in_the_order_of_the_line(sq: SparkQ, queue: str) -> None:
    first, second, third = add(sq, "one", "two", "three")
    tasks.fail(sq, take(sq).task.id, "boom")
    tasks.fail(sq, take(sq).task.id, "boom")
    tasks.requeue(sq, first)
    tasks.requeue(sq, second, front=True)

    assert ids(sq, Wanted(queue=queue, status="queued"), limit=1) == [second, third, first]


def test_a_list_by_id_has_the_tasks_that_were_put_elsewhere_too(sq: SparkQ, queue: str) -> None:
    """Whatever put them there: a requeue, a place, a move from another queue, the front, or a SparkQ before this order."""
    queues.create(sq, "docs")
    (moved,) = add(sq, "from elsewhere", queue="docs")
    requeued, older, placed, plain, released = add(sq, *"abcde")
    tasks.fail(sq, take(sq, task_id=requeued).task.id, "boom")
    tasks.requeue(sq, requeued)
    tasks.release(sq, take(sq, task_id=released).task.id)
    tasks.place(sq, [placed], before=older)
    tasks.move(sq, [moved], queue)
    front = tasks.enqueue(sq, queue, "first", front=True).task.id
    with sq.db.write() as tx:
        tx.run("UPDATE tasks SET position = id WHERE id = :id", {"id": older})
    (last,) = add(sq, "last")

    queued = Wanted(queue=queue, status="queued")
    newest = [task for page in pages(sq, queued, 2, "newest") for task in page]
    oldest = [task for page in pages(sq, queued, 2, "oldest") for task in page]

    assert newest == [last, front, released, plain, placed, older, requeued, moved]
    assert oldest == newest[::-1]


@holds("keyset")
def test_paging_goes_on_where_it_was_although_tasks_come_and_go(sq: SparkQ, queue: str) -> None:
    old = add(sq, *"abcdef")
    first = tasks.list_page(sq, limit=3)
    add(sq, "new")
    tasks.complete(sq, take(sq).task.id, "done")

    second = tasks.list_page(sq, limit=3, cursor=first.next)

    assert [task.id for task in (*first.tasks, *second.tasks)] == old[::-1]
    assert second.next is None


@holds("slim-lists")
def test_a_list_carries_no_long_text(full: SparkQ) -> None:
    assert not hasattr(tasks.list_page(full, limit=1).tasks[0], "prompt")


def test_reviewed_tasks_are_found_as_such(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    with pytest.raises(Exception, match="timed out"):
        tasks.complete(sq, task.id, "done")
    tasks.accept(sq, task.id)

    assert ids(sq, Wanted(reviewed=True)) == [task.id]
    assert ids(sq, Wanted(reviewed=False)) == []
    assert tasks.list_page(sq, Wanted(reviewed=True)).total == 1


def test_an_empty_list_is_an_empty_page(sq: SparkQ, queue: str) -> None:
    page = tasks.list_page(sq, Wanted(queue=queue))

    assert (page.tasks, page.total, page.next) == ((), 0, None)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_one_to_a_thousand_tasks(sq: SparkQ, limit: int) -> None:
    with pytest.raises(InvalidValue, match=f"page of {limit} "):
        tasks.list_page(sq, limit=limit)


@holds("task-status")
def test_an_unknown_status_is_refused_and_the_known_ones_named(sq: SparkQ) -> None:
    with pytest.raises(InvalidValue, match="'done'") as refusal:
        tasks.list_page(sq, Wanted(status="done"))

    assert "succeeded" in refusal.value.hint


def test_unknown_queues_and_sessions_are_refused(sq: SparkQ, queue: str) -> None:
    with pytest.raises(NoSuchQueue):
        tasks.list_page(sq, Wanted(queue="none"))
    with pytest.raises(NoSuchSession):
        tasks.list_page(sq, Wanted(session="none"))


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(queue="backend", status="queued")], ids=["ids", "line"])
@pytest.mark.parametrize("cursor", ["", "x", "-", "--5", "1.5", "9" * 19, "9" * 40, "1 OR 1", "\x00", "²"])
def test_a_cursor_that_no_page_gave_is_refused(sq: SparkQ, queue: str, wanted: Wanted, cursor: str) -> None:
    with pytest.raises(InvalidValue, match="is not a cursor"):
        tasks.list_page(sq, wanted, cursor=cursor)


def test_a_task_is_read_with_prompt_attempts_and_timeline(sq: SparkQ, queue: str) -> None:
    add(sq, "one\nmore")
    task = take(sq).task
    tasks.fail(sq, task.id, "boom")
    tasks.requeue(sq, task.id, feedback="again")

    detail = tasks.detail(sq, task.id)

    assert (detail.prompt, detail.feedback) == ("one\nmore", "again")
    assert [attempt.outcome for attempt in detail.attempts] == ["failed"]
    assert [event.kind for event in detail.events] == ["enqueued", "claimed", "failed", "requeued"]
