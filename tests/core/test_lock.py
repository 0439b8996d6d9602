"""Locks that the operating system holds: one holder, and whoever only looks takes nothing away."""

import os
import threading
from pathlib import Path

import pytest

from sparkq_core.errors import StorageError
from sparkq_core.files import lock
from tests.promises import holds


def test_one_holds_it_until_the_handle_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "x.lock"
    handle = lock.acquire(file, wait=False)
    assert handle is not None

    assert lock.acquire(file, wait=False) is None
    assert lock.is_held(file)
    os.close(handle)
    assert not lock.is_held(file)


def test_looking_never_keeps_the_one_who_wants_it_out(tmp_path: Path) -> None:
    file = tmp_path / "x.lock"
    file.touch()
    enough = threading.Event()

    def look() -> None:
        while not enough.is_set():
            lock.is_held(file)

    lookers = [threading.Thread(target=look) for _ in range(2)]
    for process in lookers:
        process.start()
    try:
        for _ in range(100):
            handle = lock.acquire(file, wait=False)
            assert handle is not None
            os.close(handle)
    finally:
        enough.set()
        for process in lookers:
            process.join()


def test_two_that_look_do_not_see_each_other(tmp_path: Path) -> None:
    file = tmp_path / "x.lock"
    file.touch()
    seen: list[bool] = []
    lookers = [threading.Thread(target=lambda: seen.extend(lock.is_held(file) for _ in range(300))) for _ in range(3)]
    for process in lookers:
        process.start()
    for process in lookers:
        process.join()

    assert seen == [False] * 900


@holds("runner-lock")
def test_a_links_target_is_never_locked(tmp_path: Path) -> None:
    (tmp_path / "x.lock").symlink_to(tmp_path / "target")

    with pytest.raises(StorageError, match=r"x\.lock cannot be locked"):
        lock.acquire(tmp_path / "x.lock", wait=False)

    assert not (tmp_path / "target").exists()
