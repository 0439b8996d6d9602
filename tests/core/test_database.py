"""The one module that knows SQLite: transactions, waiting for others, and errors that say what to do."""

import os
import shutil
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import apsw
import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.errors import Busy, DiskFull, Kind, Locked, NoProject, ReadOnly, Replaced, StorageError
from sparkq_core.project import SparkQ
from sparkq_core.storage.patience import OPEN_SECONDS, WAIT_SECONDS
from tests.harness.clocks import HastyClock, SetClock
from tests.harness.projects import database_of, open_new_project, second_handle
from tests.harness.task_steps import add, queued_count, queued_ids, refusal_of, take
from tests.harness.workers import Worker
from tests.promises import holds

MAKE = "INSERT INTO config VALUES (:key, 'true')"
KEYS = "SELECT key FROM config ORDER BY key"


@holds("one-transaction")
def test_a_transaction_is_made_whole_or_not_at_all(sq: SparkQ) -> None:
    with suppress(ZeroDivisionError), sq.db.write() as tx:
        tx.run(MAKE, {"key": "changes"})
        raise ZeroDivisionError

    assert sq.db.rows(KEYS) == []


@holds("one-transaction")
def test_a_transaction_that_failed_leaves_the_connection_usable(sq: SparkQ) -> None:
    with pytest.raises(StorageError), sq.db.write() as tx:
        tx.run("nonsense")

    with sq.db.write() as tx:
        tx.run(MAKE, {"key": "server.mcp"})
    assert second_handle(sq).db.rows(KEYS) == [("server.mcp",)]


@holds("busy-aside")
def test_a_file_that_a_process_has_for_itself_is_said_to_be_locked_after_two_seconds(sq: SparkQ) -> None:
    sq.close()
    alone = apsw.Connection(str(sq.config.database))
    alone.pragma("locking_mode", "exclusive")
    alone.execute("BEGIN IMMEDIATE; COMMIT")
    clock = HastyClock()

    with pytest.raises(Locked, match=f"Process {os.getpid()} keeps sparkq.db for itself") as refusal:
        project.open(sq.config.root, env={}, clock=clock)

    assert clock.waited == OPEN_SECONDS
    assert str(sq.config.database) in refusal.value.hint
    alone.close()
    assert sq.db.rows(KEYS) == []


def test_a_transaction_in_a_transaction_is_a_defect_and_leaves_the_outer_one_alone(sq: SparkQ) -> None:
    with sq.db.write() as tx:
        tx.run(MAKE, {"key": "changes"})
        with pytest.raises(RuntimeError, match="already has an open transaction"), sq.db.write():
            pass

    assert sq.db.rows(KEYS) == [("changes",)]


def test_reading_statements_of_one_transaction_see_one_moment(sq: SparkQ) -> None:
    other = second_handle(sq)
    with sq.db.read() as tx:
        assert tx.rows(KEYS) == []
        with other.db.write() as writing:
            writing.run(MAKE, {"key": "changes"})
        assert tx.rows(KEYS) == []

    assert sq.db.rows(KEYS) == [("changes",)]


def test_a_reader_is_never_in_the_way_of_a_writer(sq: SparkQ, queue: str) -> None:
    with second_handle(sq).db.read() as tx:
        tx.rows(KEYS)
        add(sq, "one")

    assert queued_count(sq) == 1


def test_the_data_version_changes_when_another_connection_has_written(sq: SparkQ) -> None:
    other = second_handle(sq)
    before = other.db.data_version()
    assert other.db.data_version() == before

    queues.create(sq, "backend")

    assert other.db.data_version() != before


@holds("busy-budget")
def test_a_locked_database_is_busy_after_ten_seconds_of_trying(sq: SparkQ, queue: str) -> None:
    hasty = HastyClock()
    late = sq._replace(db=type(sq.db)(sq.db.path, hasty, sq.db.schema, lambda _: None), clock=hasty)
    holder = second_handle(sq)

    with holder.db.write(), pytest.raises(Busy, match=r"sparkq\.db locked for 10 s") as refusal:
        tasks.enqueue(late, queue, "one")

    assert refusal.value.kind is Kind.BUSY
    assert "again" in refusal.value.hint
    assert (hasty.waited, hasty.tries) == (WAIT_SECONDS, WAIT_SECONDS - 1)
    assert tasks.enqueue(late, queue, "one").place == 1


@holds("busy-budget")
def test_a_lock_that_is_released_in_time_is_not_an_error(sq: SparkQ, queue: str) -> None:
    entered, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with sq.db.write():
            entered.set()
            leave.wait(5)

    holder = threading.Thread(target=hold)
    holder.start()
    entered.wait(5)
    threading.Timer(0.05, leave.set).start()

    assert tasks.enqueue(sq, queue, "one").place == 1
    holder.join()


@holds("connections")
def test_each_thread_has_its_own_connection(sq: SparkQ, queue: str) -> None:
    add(sq, *(f"task {number}" for number in range(40)))
    claimed: list[int] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            while (claim := tasks.claim(sq, queue, threading.current_thread().name)) is not None:
                tasks.complete(sq, claim.task.id, "done", attempt=1)
                claimed.append(claim.task.id)
        except BaseException as error:
            failed.append(error)
        finally:
            sq.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failed == []
    assert sorted(claimed) == list(range(1, 41))


@holds("connections")
def test_a_forked_child_works_on_a_connection_of_its_own(sq: SparkQ, queue: str) -> None:
    process = Worker("forks", sq.config.root)

    assert process.hear() == [0, 0]
    process.end()
    assert [task.title for task in tasks.peek(sq, queue, 5).tasks] == ["of the child", "of the parent"]
    assert sq.db.rows("SELECT name FROM project") == [("of the parent",)]


def test_a_closed_handle_opens_again(sq: SparkQ, queue: str) -> None:
    sq.close()
    sq.close()

    assert queued_count(sq) == 0


@holds("never-recreated")
def test_a_file_that_was_replaced_while_it_was_open_is_not_written(sq: SparkQ, queue: str, clock: SetClock) -> None:
    path = database_of(sq.config.root)
    add(sq, "one")
    path.unlink()
    open_new_project(sq.config.root, clock).close()
    fresh = path.read_bytes()

    for verb in (lambda: add(sq, "two"), lambda: tasks.peek(sq, queue), lambda: take(sq)):
        with pytest.raises(Replaced, match="replaced while it was open"):
            verb()

    assert path.read_bytes() == fresh


@holds("never-recreated")
def test_a_file_that_was_removed_while_it_was_open_is_neither_written_nor_made_again(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    shutil.rmtree(database_of(sq.config.root).parent)

    for verb in (lambda: add(sq, "two"), lambda: tasks.list_page(sq), lambda: tasks.detail(sq, task_id)):
        with pytest.raises(StorageError, match="was removed"):
            verb()

    assert not database_of(sq.config.root).exists()


def test_a_single_look_at_a_removed_file_is_an_error_too(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    shutil.rmtree(database_of(sq.config.root).parent)

    with pytest.raises(StorageError, match="was removed"):
        tasks.get(sq, task_id)


def test_after_closing_a_removed_file_is_no_project(sq: SparkQ) -> None:
    database_of(sq.config.root).unlink()
    sq.close()

    with pytest.raises(NoProject):
        queues.all_of(sq)


def test_a_full_disk_is_said_to_be_full_and_nothing_is_half_done(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    connection = sq.db.connection()
    connection.pragma("max_page_count", connection.pragma("page_count") + 2)

    with pytest.raises(DiskFull, match="full") as refusal:
        add(sq, "two", "x" * 100_000)

    assert refusal.value.kind is Kind.STORAGE
    assert queued_count(sq) == 1
    assert len(queued_ids(sq)) == 1


def test_a_database_that_cannot_be_written_is_read_only_and_still_read(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    sq.db.connection().pragma("query_only", 1)

    with pytest.raises(ReadOnly, match="cannot be written"):
        add(sq, "two")

    assert queued_count(sq) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everything")
def test_a_file_without_permission_is_a_clear_error(sq: SparkQ, queue: str) -> None:
    path = database_of(sq.config.root)
    sq.close()
    path.chmod(0o000)

    with pytest.raises(StorageError):
        queued_count(sq)


def test_a_folder_in_the_databases_place_is_a_clear_error(sq: SparkQ) -> None:
    path = database_of(sq.config.root)
    sq.close()
    path.unlink()
    path.mkdir()

    with pytest.raises(StorageError, match="cannot be opened"):
        queues.all_of(sq)


@holds("sqlite-without-the-race")
def test_sqlite_is_free_of_the_wal_reset_race() -> None:
    assert tuple(int(part) for part in apsw.sqlite_lib_version().split(".")) >= (3, 51, 3)


def test_a_thread_that_comes_later_does_not_write_into_a_file_that_took_the_place(sq: SparkQ, tmp_path: Path) -> None:
    queues.create(sq, "backend")
    (tmp_path / "other").mkdir()
    other = open_new_project(tmp_path / "other", sq.clock)
    other.close()
    file = database_of(sq.config.root)
    os.replace(database_of(other.config.root), file)
    before = file.read_bytes()

    with ThreadPoolExecutor(1) as threads:
        refusal = threads.submit(refusal_of, lambda: queues.create(sq, "docs")).result()

    assert isinstance(refusal, Replaced)
    assert file.read_bytes() == before
