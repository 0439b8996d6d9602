"""A call on an event loop that needs the write lock of another process waits aside."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from sparkq_core import project, search, stale, tasks
from sparkq_core.errors import Busy
from sparkq_core.project import SparkQ
from sparkq_core.storage import patience
from sparkq_core.storage.aside import aside
from tests.harness.clocks import HastyClock, SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, take
from tests.promises import holds


async def _added(sq: SparkQ, queue: str, prompt: str = "one") -> int:
    return tasks.enqueue(sq, queue, prompt).task.id


def _after_a_look(other: SparkQ, call: Callable[[], Awaitable[object]]) -> tuple[list[int], object]:
    """Make a call while another process holds the lock, read meanwhile, let the lock go; what was read, what came."""

    async def scene() -> tuple[list[int], object]:
        with other.db.write():
            waiting = asyncio.ensure_future(aside(call))
            seen = []
            for _ in range(3):
                await asyncio.sleep(0)
                seen.append(tasks.list_page(second_handle(other)).total)
                assert not waiting.done()
        return seen, await waiting

    return asyncio.run(scene())


@holds("busy-aside")
def test_the_loop_goes_on_while_a_call_waits_for_the_lock(sq: SparkQ, queue: str) -> None:
    assert _after_a_look(second_handle(sq), lambda: _added(sq, queue)) == ([0, 0, 0], 1)


def test_what_was_committed_is_not_done_again(sq: SparkQ, queue: str) -> None:
    async def busy_after_its_commit() -> None:
        await _added(sq, queue)
        raise Busy("Locked.", "")

    with pytest.raises(Busy):
        asyncio.run(aside(busy_after_its_commit))

    assert tasks.list_page(sq).total == 1


def test_a_commit_within_a_shorter_patience_counts_for_the_whole_call(sq: SparkQ, queue: str) -> None:
    with patience.at_most(0) as whole, patience.at_most(0):
        tasks.enqueue(sq, queue, "one")

    assert whole.committed
    assert patience.seconds() == patience.WAIT_SECONDS


@holds("busy-aside")
def test_a_reader_on_an_event_loop_waits_for_no_lock(sq: SparkQ, queue: str) -> None:
    clock = HastyClock()
    add(sq, "one")
    take(sq)
    clock.move(61)
    reader = project.open(sq.config.root, env={}, clock=clock)

    async def read() -> int:
        return tasks.list_page(reader).total + search.find_page(reader, "one").total

    with sq.db.write():
        assert asyncio.run(aside(read)) == 1
    assert clock.waited == 0
    reader.close()


@holds("busy-aside")
def test_a_reader_does_not_wait_for_the_sweep_that_is_due(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one")
    take(sq)
    clock.move(61)

    with second_handle(sq).db.write(), patience.at_most(0):
        assert tasks.get(sq, 1).status == "running"
        page = search.find_page(sq, "one")
        assert ([task.id for task in page.tasks], page.indexing) == ([], True)
        with pytest.raises(Busy):
            stale.sweep(sq)

    assert tasks.get(sq, 1).stale_warned_at is not None
    page = search.find_page(sq, "one")
    assert ([task.id for task in page.tasks], page.indexing) == ([1], False)
