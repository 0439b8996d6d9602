"""Whoever follows the event log is woken by any process's write, sleeps otherwise, and is told when it cannot be read."""

import asyncio
import shutil
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparkq_core.errors import Replaced
from sparkq_core.maintenance import watch
from sparkq_core.maintenance.watch import watching
from sparkq_core.project import SparkQ
from tests.harness.projects import database_of, second_handle
from tests.harness.task_steps import add
from tests.harness.workers import workers

SECONDS = 60
QUIET_SECONDS = 0.3


@contextmanager
def woken_by(sq: SparkQ) -> Iterator[asyncio.Event]:
    """An event that is set whenever the follower is woken."""
    changed, loop = asyncio.Event(), asyncio.get_running_loop()
    with watching(sq, lambda: loop.call_soon_threadsafe(changed.set)):
        yield changed


def following(sq: SparkQ, what: Callable[[asyncio.Event], Awaitable[None]]) -> None:
    async def follow() -> None:
        with woken_by(sq) as changed:
            await woken(changed)
            await what(changed)

    asyncio.run(follow())


async def woken(changed: asyncio.Event) -> None:
    """Wait for the wake-up and take it."""
    await asyncio.wait_for(changed.wait(), SECONDS)
    changed.clear()


async def left_alone(changed: asyncio.Event) -> None:
    """Nothing wakes it from now on. What was under way may still arrive."""
    await asyncio.sleep(2 * watch.LOOK_SECONDS)
    changed.clear()
    await asyncio.sleep(QUIET_SECONDS)
    assert not changed.is_set()


def test_a_write_of_this_process_and_of_another_wakes_a_follower(sq: SparkQ, queue: str) -> None:
    async def write(changed: asyncio.Event) -> None:
        add(sq, "from here")
        await woken(changed)
        await left_alone(changed)
        with workers(1, "drain", sq.config.root) as (process,):
            process.tell()
            process.hear()
        await woken(changed)

    following(sq, write)


def test_reading_wakes_nobody(sq: SparkQ, queue: str) -> None:
    async def read(changed: asyncio.Event) -> None:
        await left_alone(changed)
        assert second_handle(sq).db.rows("SELECT count(*) FROM tasks") == [(0,)]
        await left_alone(changed)

    following(sq, read)


def test_all_followers_of_a_file_share_one_thread_which_ends_with_the_last(sq: SparkQ, queue: str) -> None:
    name = f"watch {sq.db.path}"

    def threads() -> int:
        return sum(thread.name == name for thread in threading.enumerate())

    async def follow(changed: asyncio.Event) -> None:
        with woken_by(second_handle(sq)) as second:
            await woken(second)
            assert threads() == 1
            add(sq, "one")
            await woken(changed)
            await woken(second)
        add(sq, "two")
        await woken(changed)
        await left_alone(second)

    following(sq, follow)
    for thread in [thread for thread in threading.enumerate() if thread.name == name]:
        thread.join(SECONDS)
    assert threads() == 0


def test_following_in_a_folder_that_is_gone_leaves_nothing_open(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    left: list[str] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda what: left.append(str(what.exc_value)))
    wakes = threading.Semaphore(0)
    shutil.rmtree(database_of(sq.config.root).parent)

    with watching(sq, wakes.release):
        for _ in ("at once", "by the thread, which has found no folder"):
            assert wakes.acquire(timeout=SECONDS)

    assert left == []


def test_a_follower_of_a_file_that_is_gone_is_woken_to_find_out(sq: SparkQ, queue: str) -> None:
    async def remove(changed: asyncio.Event) -> None:
        file: Path = database_of(sq.config.root)
        file.unlink()
        await woken(changed)
        with pytest.raises(Replaced):
            sq.db.data_version()

    following(sq, remove)
