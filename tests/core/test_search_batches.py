"""The first search after much work indexes it in small batches, between which others write."""

from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from sparkq_core import project, queues, search, tasks
from sparkq_core.project import SparkQ
from sparkq_core.search import indexing
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, take
from tests.promises import holds


class PausingClock(SetClock):
    """A clock that tells of each pause: between batches, when nobody has the lock."""

    ticks = 0.0
    paused: Callable[[], None] | None = None

    def monotonic(self) -> float:
        return self.ticks

    def pause(self, tries: int = 0) -> None:  # noqa: ARG002  # as the core's clock has it
        if self.paused is not None:
            self.paused()


@pytest.fixture
def pausing(sq: SparkQ, queue: str) -> Iterator[tuple[SparkQ, PausingClock]]:
    """The project in a process that is about to search."""
    clock = PausingClock(sq.clock.now())
    with closing(project.open(sq.config.root, env={}, clock=clock)) as searching:
        yield searching, clock


def indexed(sq: SparkQ) -> int:
    """How many tasks are in the index."""
    return len(sq.db.rows("SELECT id FROM search_docsize"))


@holds("search-batches")
def test_others_write_between_the_batches(sq: SparkQ, pausing: tuple[SparkQ, PausingClock]) -> None:
    searching, clock = pausing
    add(sq, *["parser " * (indexing.BATCH_BYTES // 20)] * 8)  # a third of a batch each
    seen = []

    def write() -> None:
        seen.append(indexed(sq))
        queues.create(sq, f"between-{len(seen)}")

    clock.paused = write

    assert search.find_page(searching, "parser").total == 8
    assert seen == [2, 2, 4, 4, 6, 6]


@holds("search-batches")
def test_a_text_that_is_longer_than_a_batch_is_indexed_alone(sq: SparkQ, pausing: tuple[SparkQ, PausingClock]) -> None:
    searching, clock = pausing
    long = "parser " * (indexing.BATCH_BYTES // 5)
    add(sq, "parser one", long, "parser two", long)
    take(sq)
    tasks.complete(sq, 1, long)
    seen: list[int] = []
    clock.paused = lambda: seen.append(indexed(sq))

    assert search.find_page(searching, "parser").total == 4
    assert seen[::2] == [1, 2, 3], "2, 3, 4 and then 1, by their last events"


@holds("search-batches")
def test_a_batch_ends_when_its_time_is_over(
    sq: SparkQ, pausing: tuple[SparkQ, PausingClock], monkeypatch: pytest.MonkeyPatch
) -> None:
    searching, clock = pausing
    add(sq, "parser one", "parser two", "parser three")
    monkeypatch.setattr(indexing, "BATCH_SECONDS", 0.0)
    seen: list[int] = []
    clock.paused = lambda: seen.append(indexed(sq))

    assert search.find_page(searching, "parser").total == 3
    assert seen[::2] == [1, 2]


def test_a_task_with_many_events_is_indexed_once(sq: SparkQ, queue: str) -> None:
    add(sq, "parser")
    take(sq)
    for number in range(20):
        tasks.progress(sq, 1, f"step {number}")
    tasks.complete(sq, 1, "done")
    ran: list[str] = []

    def run(_: object, sql: str, __: object) -> bool:
        ran.append(sql)
        return True

    sq.db.connection().exec_trace = run
    search.find_page(sq, "parser")
    sq.db.connection().exec_trace = None

    assert ran.count(indexing.LEARN) == 1


@holds("search-batches")
def test_a_search_that_takes_too_long_says_that_it_is_still_indexing(
    sq: SparkQ, pausing: tuple[SparkQ, PausingClock]
) -> None:
    searching, clock = pausing
    add(sq, *["parser " * (indexing.BATCH_BYTES // 10)] * 3)

    def much_later() -> None:
        clock.ticks += indexing.INDEX_SECONDS / 2

    clock.paused = much_later
    first = search.find_page(searching, "parser")
    clock.paused = None
    second = search.find_page(searching, "parser")

    assert (first.total, first.indexing) == (2, True)
    assert (second.total, second.indexing) == (3, False)


def test_two_processes_index_together(sq: SparkQ, pausing: tuple[SparkQ, PausingClock]) -> None:
    searching, clock = pausing
    add(sq, *["parser " * (indexing.BATCH_BYTES // 10)] * 6)
    other = second_handle(sq)
    totals = []
    clock.paused = lambda: totals.append(search.find_page(other, "parser").total)

    assert search.find_page(searching, "parser").total == 6
    assert set(totals) == {6}
    other.close()
