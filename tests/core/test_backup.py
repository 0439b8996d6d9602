"""A copy of the database: sound, of one moment, for the owner only, and never over anything."""

import errno
import os
import shutil
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import apsw
import pytest

from sparkq_core import project, search, tasks
from sparkq_core.errors import NotEmpty, StorageError
from sparkq_core.installation import backup, configure
from sparkq_core.project import SparkQ
from sparkq_core.storage.header import APPLICATION_ID
from sparkq_core.storage.schema import VERSION
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of, open_new_project, second_handle
from tests.harness.task_steps import add, claimed_task, queued_count, queued_ids, take
from tests.harness.workers import workers
from tests.promises import holds

TASKS = 400
DEADLINE_SECONDS = 60


def put_in_place(copy: Path, root: Path, clock: SetClock) -> SparkQ:
    """A project whose database is this copy, as a person restores one."""
    open_new_project(root, clock).close()
    shutil.copyfile(copy, database_of(root))
    return project.open(root, env={}, clock=clock)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    """The folder of another project."""
    folder = tmp_path / "other"
    folder.mkdir()
    return folder


def test_a_copy_holds_everything(sq: SparkQ, queue: str, other: Path, clock: SetClock, tmp_path: Path) -> None:
    task = claimed_task(sq, "Zoë 🎉\n'); DROP TABLE tasks; --")
    tasks.complete(sq, task.id, "done", data={"files": 3})
    search.find_page(sq, "done")
    before = all_rows(sq)

    size = backup.copy(sq, tmp_path / "copy.db")

    assert size == (tmp_path / "copy.db").stat().st_size
    restored = put_in_place(tmp_path / "copy.db", other, clock)
    assert all_rows(restored) == before == all_rows(sq)
    assert restored.db.rows("PRAGMA integrity_check") == [("ok",)]
    restored.close()


def test_a_copy_is_one_file_and_says_whose_it_is(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    folder = tmp_path / "copies"
    folder.mkdir()

    backup.copy(sq, folder / "copy.db")

    assert [file.name for file in folder.iterdir()] == ["copy.db"]
    connection = apsw.Connection(str(folder / "copy.db"), flags=apsw.SQLITE_OPEN_READONLY)
    assert (connection.pragma("application_id"), connection.pragma("user_version")) == (APPLICATION_ID, VERSION)
    connection.close()


def test_a_restored_copy_is_worked_with_as_the_original(
    sq: SparkQ, queue: str, other: Path, clock: SetClock, tmp_path: Path
) -> None:
    add(sq, "one")
    backup.copy(sq, tmp_path / "copy.db")

    restored = put_in_place(tmp_path / "copy.db", other, clock)

    assert take(restored).task.id == 1
    assert add(restored, "two") == [2]
    assert restored.db.connection().pragma("journal_mode") == "wal", "readers and writers must not wait for each other"
    restored.close()


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_copy_is_its_owners_alone(sq: SparkQ, queue: str, tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        backup.copy(sq, tmp_path / "copy.db")
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "copy.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("kind", ["file", "folder", "link", "broken link", "the database"])
def test_a_copy_never_takes_the_place_of_anything(sq: SparkQ, queue: str, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "copy.db"
    victim = tmp_path / "victim"
    if kind == "file":
        target.write_text("mine")
    elif kind == "folder":
        target.mkdir()
    elif kind == "link":
        victim.write_text("mine")
        target.symlink_to(victim)
    elif kind == "broken link":
        target.symlink_to(victim)
    else:
        target = sq.config.database
    before = all_rows(sq)

    with pytest.raises(NotEmpty, match="exists already"):
        backup.copy(sq, target)

    assert kind != "file" or target.read_text() == "mine"
    assert kind != "link" or victim.read_text() == "mine"
    assert kind != "broken link" or not victim.exists()
    assert [file.name for file in tmp_path.iterdir() if file.name.endswith(".new")] == []
    assert all_rows(sq) == before


@pytest.mark.parametrize("place", ["nowhere/copy.db", "file/copy.db", "x" * 300])
def test_a_place_that_cannot_be_written_is_a_clear_error(sq: SparkQ, queue: str, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StorageError, match="cannot be written") as refusal:
        backup.copy(sq, tmp_path / place)
    assert refusal.value.hint


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
def test_where_there_are_no_hard_links_a_copy_is_whole_and_overwrites_nothing(
    sq: SparkQ, queue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Such a file system cannot be had here: the call answers as one does."""

    def none(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", none)
    target = tmp_path / "copy.db"
    add(sq, "one")

    size = backup.copy(sq, target)

    assert (target.stat().st_size, stat.S_IMODE(target.stat().st_mode)) == (size, 0o600)
    connection = apsw.Connection(str(target), flags=apsw.SQLITE_OPEN_READONLY)
    assert (connection.pragma("quick_check"), connection.pragma("application_id")) == ("ok", APPLICATION_ID)
    connection.close()
    whole = target.read_bytes()

    def taken_meanwhile(*_: object) -> None:
        (tmp_path / "other.db").write_text("mine")
        none()

    monkeypatch.setattr(os, "link", taken_meanwhile)
    for free_no_more in (target, tmp_path / "other.db"):
        with pytest.raises(NotEmpty):
            backup.copy(sq, free_no_more)
    assert (target.read_bytes(), (tmp_path / "other.db").read_text()) == (whole, "mine")
    assert list(tmp_path.glob(".*.new")) == []


@holds("durable-files")
def test_what_a_killed_backup_left_is_no_hindrance_and_goes(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    process = subprocess.Popen(["true"])
    process.wait()
    folder = tmp_path / "copies"
    folder.mkdir()
    (folder / f".sparkq-{process.pid}-01234567.new").write_bytes(b"half")
    (folder / f".sparkq-{os.getpid()}-01234567.new").write_bytes(b"still being written")

    backup.copy(sq, folder / "copy.db")

    assert sorted(file.name for file in folder.iterdir()) == [f".sparkq-{os.getpid()}-01234567.new", "copy.db"]


@holds("durable-files")
@pytest.mark.parametrize("has_links", [True, False])
def test_of_several_copies_at_once_to_one_name_one_is_made_and_the_others_are_refused(
    sq: SparkQ, queue: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_links: bool
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not has_links:
        monkeypatch.setattr(os, "link", none)
    add(sq, *("x" * 3000 for _ in range(30)))
    folder = tmp_path / "copies"
    folder.mkdir()
    together = threading.Barrier(4)

    def attempt(_: int) -> int | None:
        handle = second_handle(sq)
        together.wait()
        try:
            return backup.copy(handle, folder / "copy.db")
        except NotEmpty:
            return None
        finally:
            handle.close()

    with ThreadPoolExecutor(4) as pool:
        sizes = [size for size in pool.map(attempt, range(4)) if size is not None]

    assert sizes == [(folder / "copy.db").stat().st_size]
    assert [file.name for file in folder.iterdir()] == ["copy.db"]


@holds("durable-files")
def test_a_copy_and_the_settings_are_on_the_disk_before_they_have_their_names(
    configured: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The order of the system's calls, which only a power loss could tell otherwise."""
    calls: list[str] = []

    def seen(name: str) -> None:
        real = getattr(os, name)

        def call(*arguments: Any) -> Any:
            kind = "folder" if name == "fsync" and stat.S_ISDIR(os.fstat(arguments[0]).st_mode) else "file"
            calls.append(f"sync {kind}" if name == "fsync" else name)
            return real(*arguments)

        monkeypatch.setattr(os, name, call)

    for name in ("fsync", "link", "replace"):
        seen(name)

    backup.copy(configured, tmp_path / "copy.db")
    configure.change(configured, "server.port", 5006)

    assert calls == ["sync file", "link", "sync folder", "sync file", "replace", "sync folder"]


def test_a_backup_changes_nothing_in_the_project(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    add(sq, "one")
    other = second_handle(sq)
    before, version = all_rows(sq), other.version()

    backup.copy(sq, tmp_path / "copy.db")

    assert (all_rows(sq), other.version()) == (before, version)
    assert sq.db.connection().pragma("journal_mode") == "wal"
    other.close()


def test_a_copy_made_while_another_process_works_is_sound_and_of_one_moment(
    sq: SparkQ, queue: str, tmp_path: Path
) -> None:
    """The other process claims and completes without a pause while some 24 MB are copied."""
    add(sq, *("x" * 60_000 for _ in range(TASKS)))

    with workers(1, "drain", sq.config.root) as (process,):
        process.tell()
        wait_until_something_is_done(sq)
        backup.copy(sq, tmp_path / "copy.db")
        done_meanwhile = TASKS - queued_count(sq)
        process.hear()

    copied = apsw.Connection(str(tmp_path / "copy.db"), flags=apsw.SQLITE_OPEN_READONLY)
    done_in_copy = moment(copied)
    copied.close()
    assert 0 <= done_in_copy <= done_meanwhile


def wait_until_something_is_done(sq: SparkQ) -> None:
    """The other process has begun."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while queued_count(sq) == TASKS:
        assert time.monotonic() < deadline


def moment(copied: apsw.Connection) -> int:
    """How many tasks were done when the copy was made: every table must tell the same."""

    def number(sql: str) -> int:
        (value,) = copied.execute(sql).fetchall()[0]
        assert isinstance(value, int)
        return value

    assert copied.pragma("integrity_check") == "ok"
    assert copied.execute("PRAGMA foreign_key_check").fetchall() == []
    done = number("SELECT count(*) FROM tasks WHERE status = 'succeeded'")
    running = number("SELECT count(*) FROM tasks WHERE status = 'running'")
    assert running <= 1
    assert number("SELECT count(*) FROM attempts WHERE outcome = 'succeeded'") == done
    assert number("SELECT count(*) FROM attempts") == done + running
    assert number("SELECT count(*) FROM events WHERE kind = 'succeeded'") == done
    assert number("SELECT count(*) FROM events WHERE kind = 'claimed'") == done + running
    assert number("SELECT coalesce(sum(succeeded), 0) FROM queues") == done
    return done


def test_two_copies_may_be_made_at_different_moments(sq: SparkQ, queue: str, other: Path, clock: SetClock) -> None:
    add(sq, "one")
    backup.copy(sq, other / "first.db")
    add(sq, "two")
    backup.copy(sq, other / "second.db")

    restored = put_in_place(other / "first.db", other, clock)

    assert (queued_ids(restored), queued_ids(sq)) == ([1], [1, 2])
    restored.close()


def test_a_damaged_database_gives_no_copy(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    add(sq, *("x" * 3000 for _ in range(30)))
    sq.close()
    file = sq.config.database
    whole = file.read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    file.write_bytes(whole[:middle] + b"\xa5" * 4096 + whole[middle + 4096 :])

    with pytest.raises(StorageError):
        backup.copy(second_handle(sq), tmp_path / "copy.db")

    assert [file.name for file in tmp_path.glob("*copy.db*")] == []
