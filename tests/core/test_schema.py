"""The file appears whole, once, for its owner only; and nothing is ever silently made anew."""

import re
import shutil
import sqlite3
import stat
from pathlib import Path

import apsw
import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.errors import Corrupt, NewerSchema, NoProject, StorageError
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from sparkq_core.storage.header import APPLICATION_ID
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of, open_new_project, second_handle
from tests.harness.task_steps import add, queued_ids
from tests.harness.workers import workers
from tests.promises import holds


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def refused(root: Path) -> StorageError:
    """Why the project's file cannot be opened; it must be left as it is."""
    before = database_of(root).read_bytes()
    with pytest.raises(StorageError) as refusal:
        project.open(root, env={})
    assert refusal.value.hint
    assert database_of(root).read_bytes() == before
    return refusal.value


def placed(root: Path, content: bytes) -> Path:
    """A file where the database should be."""
    path = database_of(root)
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    return path


@holds("migrations")
def test_the_version_is_the_number_of_migrations() -> None:
    numbers = [int(file.name[:4]) for file in schema.migrations()]

    assert numbers == list(range(1, schema.VERSION + 1))


def shape(connection: apsw.Connection) -> dict[tuple[str, str], str]:
    """The tables, indexes and triggers, whatever their spacing, comments and quotes."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
    return {
        (kind, name): re.sub(r"\s*([(),])\s*", r"\1", " ".join(re.sub(r"--.*|\"", "", sql).split()))
        for kind, name, sql in rows
    }


def test_the_schema_to_read_is_what_all_migrations_make() -> None:
    migrated, read = apsw.Connection(":memory:"), apsw.Connection(":memory:")

    schema.migrate(migrated)
    read.execute(schema.FOLDER.with_name("schema.sql").read_text(encoding="utf-8"))

    assert shape(read) == shape(migrated)


@holds("wal-and-identity", "fifo")
def test_a_new_file_says_whose_it_is(sq: SparkQ) -> None:
    connection = sq.db.connection()

    assert connection.pragma("application_id") == APPLICATION_ID
    assert connection.pragma("user_version") == schema.VERSION
    assert connection.pragma("journal_mode") == "wal"


@holds("full-synchronous")
def test_a_result_is_on_the_disk_before_it_is_acknowledged(sq: SparkQ) -> None:
    connection = sq.db.connection()

    assert connection.pragma("synchronous") == 2
    assert connection.pragma("foreign_keys") == 1


@holds("full-synchronous")
def test_less_syncing_is_for_those_who_ask(sq: SparkQ) -> None:
    (sq.config.root / "sparkq.yml").write_text("database: {synchronous: normal}\n")

    assert second_handle(sq).db.connection().pragma("synchronous") == 1


@holds("owner-only")
def test_the_file_and_its_folder_are_the_owners(root: Path, clock: SetClock) -> None:
    sq = open_new_project(root, clock)
    queues.create(sq, "backend")
    path = database_of(root)

    assert mode(path.parent) == 0o700
    assert {mode(file) for file in path.parent.iterdir()} == {0o600}
    assert {file.name for file in path.parent.iterdir()} >= {"sparkq.db", "sparkq.db-wal"}


def test_creating_again_leaves_what_is_there(sq: SparkQ, queue: str) -> None:
    ids = add(sq, "one")

    assert schema.create(database_of(sq.config.root), "other", sq.clock) is False
    assert queued_ids(sq) == ids


@holds("created-under-a-lock")
def test_creating_leaves_nothing_half_made_behind(root: Path, clock: SetClock) -> None:
    open_new_project(root, clock).close()

    assert {file.name for file in database_of(root).parent.iterdir()} == {"sparkq.db", "sparkq.db.setup.lock"}


@holds("created-under-a-lock")
def test_what_a_killed_setup_left_is_no_hindrance(root: Path, clock: SetClock) -> None:
    placed(root, b"").rename(database_of(root).with_name("sparkq.db.new"))
    database_of(root).with_name("sparkq.db.new-wal").write_bytes(b"half")

    assert queues.all_of(open_new_project(root, clock)) == ()


def test_what_an_older_database_left_does_not_come_back_in_a_new_one(sq: SparkQ, queue: str) -> None:
    """A write-ahead log belongs to the file it stood beside: SQLite would replay it into any other."""
    add(sq, "of the old database")
    path = database_of(sq.config.root)
    log = path.with_name("sparkq.db-wal")
    left = log.read_bytes()
    sq.close()
    path.unlink()
    log.write_bytes(left)

    schema.create(path, "new", sq.clock)

    assert queues.all_of(second_handle(sq)) == ()
    assert any(file.read_bytes() == left for file in path.parent.iterdir()), "nothing is lost: its bytes are kept"


@pytest.mark.parametrize("blocked", ["sparkq", "sparkq/data"])
def test_a_folder_that_cannot_be_made_is_a_clear_error(root: Path, clock: SetClock, blocked: str) -> None:
    (root / blocked).parent.mkdir(exist_ok=True)
    (root / blocked).write_text("a file in the way")

    with pytest.raises(StorageError, match="cannot be created"):
        schema.create(database_of(root), "test", clock)


def test_a_lock_that_is_a_link_is_not_followed(root: Path, clock: SetClock, tmp_path: Path) -> None:
    lock = database_of(root).with_name("sparkq.db.setup.lock")
    lock.parent.mkdir(parents=True)
    lock.symlink_to(tmp_path / "victim")

    with pytest.raises(StorageError):
        schema.create(database_of(root), "test", clock)

    assert not (tmp_path / "victim").exists()


@holds("created-under-a-lock")
def test_eight_processes_that_set_up_at_once_make_one_database(root: Path) -> None:
    with workers(8, "creates", root) as processes:
        for process in processes:
            process.tell()
        reports = [process.hear() for process in processes]

    assert sorted(created for created, _ in reports) == [False] * 7 + [True]
    assert all(rows == [[1]] for _, rows in reports)


@holds("only-setup-creates")
def test_a_missing_file_is_no_project_and_is_not_made(root: Path) -> None:
    with pytest.raises(NoProject, match=r"sparkq\.db") as refusal:
        project.open(root, env={})

    assert "sparkq setup" in refusal.value.hint
    assert list(root.iterdir()) == []


@holds("clear-file-errors")
def test_an_empty_file_is_refused(root: Path) -> None:
    placed(root, b"")

    assert "is empty" in refused(root).message


@holds("clear-file-errors")
def test_a_file_that_is_not_a_database_is_refused(root: Path) -> None:
    placed(root, b"once upon a time " * 1000)

    assert isinstance(refused(root), Corrupt)


@holds("clear-file-errors")
def test_a_database_of_another_program_is_refused(root: Path) -> None:
    path = placed(root, b"")
    path.unlink()
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE tasks (id)")
    foreign.close()

    assert "another program" in refused(root).message


@holds("clear-file-errors")
def test_a_newer_schema_is_refused_and_says_what_to_do(root: Path, clock: SetClock) -> None:
    open_new_project(root, clock).close()
    newer = apsw.Connection(str(database_of(root)))
    newer.pragma("user_version", schema.VERSION + 1)
    newer.close()

    refusal = refused(root)

    assert isinstance(refusal, NewerSchema)
    assert "pgrade" in refusal.hint


@holds("nothing-lost")
@pytest.mark.parametrize("size", [1, 16, 99, 100, 511, 512, 4095, 4096, 4097, 12_000, -4096, -1000])
def test_a_truncated_file_is_a_clear_error_and_left_as_it_is(root: Path, clock: SetClock, size: int) -> None:
    sq = open_new_project(root, clock)
    queues.create(sq, "backend")
    add(sq, *("one " * 2000 for _ in range(8)))
    sq.close()
    path = database_of(root)
    left = path.read_bytes()[:size]
    path.write_bytes(left)

    with pytest.raises(StorageError) as refusal:
        used(root)

    assert refusal.value.code == "corrupt"
    assert path.read_bytes() == left


def used(root: Path) -> None:
    """Open a project and touch everything in it."""
    sq = project.open(root, env={})
    for task in tasks.list_page(sq, limit=1000).tasks:
        tasks.detail(sq, task.id)
    tasks.claim(sq, "backend", "ann")
    with sq.db.read() as tx:
        if tx.rows("PRAGMA integrity_check") != [("ok",)]:
            raise Corrupt("found by the test", "the core may look less closely")


def test_a_damaged_page_never_passes_for_a_defect_of_the_program(root: Path, clock: SetClock) -> None:
    sq = open_new_project(root, clock)
    queues.create(sq, "backend")
    add(sq, *("one " * 2000 for _ in range(8)))
    sq.close()
    path = database_of(root)
    sound = path.read_bytes()
    defects = {}

    for page in range(0, len(sound), 4096):
        path.write_bytes(sound[:page] + b"\xa5" * 4096 + sound[page + 4096 :])
        try:
            used(root)
        except StorageError:
            continue
        except Exception as error:  # any other exception is the defect that this test looks for
            defects[page // 4096] = type(error).__name__

    assert defects == {}


@holds("migrations")
def test_an_older_file_is_upgraded_once_by_the_first_process_that_opens_it(root: Path) -> None:
    path = placed(root, b"")
    path.unlink()
    older = apsw.Connection(str(path))
    older.pragma("application_id", APPLICATION_ID)
    older.pragma("journal_mode", "wal")
    older.execute("CREATE TABLE kept AS SELECT 'from before' AS note")
    older.close()

    with workers(4, "opens", root) as processes:
        for process in processes:
            process.tell()
        versions = [process.hear() for process in processes]

    assert versions == [[[schema.VERSION]]] * 4
    assert project.open(root, env={}).db.rows("SELECT note FROM kept") == [("from before",)]


@holds("migrations")
def test_a_migration_that_fails_changes_nothing(sq: SparkQ, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for file in schema.migrations():
        shutil.copy(file, tmp_path / file.name)
    (tmp_path / f"{schema.VERSION + 1:04}_broken.sql").write_text("-- Half.\nCREATE TABLE half (a);\nnonsense;")
    monkeypatch.setattr(schema, "FOLDER", tmp_path)
    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)

    with pytest.raises(StorageError):
        second_handle(sq)

    assert sq.db.connection().pragma("user_version") == schema.VERSION - 1
    assert sq.db.rows("SELECT 1 FROM sqlite_schema WHERE name = 'half'") == []
