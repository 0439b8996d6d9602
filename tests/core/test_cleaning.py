"""After a deletion its texts leave the file and the log, and the space goes back to the disk."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import apsw
import pytest

from sparkq_core import inbox, project, search, tasks
from sparkq_core.errors import Busy
from sparkq_core.maintenance import cleaning
from sparkq_core.maintenance.purge import purge
from sparkq_core.maintenance.rounds import upkeep
from sparkq_core.project import SparkQ
from sparkq_core.storage import space
from tests.harness.clocks import HOUR, HastyClock, SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, claimed_task
from tests.promises import holds

MARKER = "zqxmarker"
MINUTE = 60
DAY = 24 * HOUR


def left_in_file(sq: SparkQ) -> int:
    """How often the marker is in the bytes of the database and of its log."""
    files = [sq.db.path, sq.db.path.with_name(f"{sq.db.path.name}-wal")]
    return sum(file.read_bytes().count(MARKER.encode()) for file in files if file.exists())


def fill(sq: SparkQ, clock: SetClock, *, filler: int = 200) -> None:
    """Finish and review 30 tasks of which every third has the marker in its texts, all in the search index."""
    for number in range(30):
        word = f"{MARKER}{number}" if number % 3 == 0 else "other"
        task = claimed_task(sq, f"task {number}\n{'some words ' * filler}{word}").id
        tasks.fail(sq, task, f"first {word}")
        tasks.requeue(sq, task, feedback=f"do not {word}")
        tasks.claim(sq, "backend", "bob", task_id=task)
        tasks.complete(sq, task, f"did it\n{'x' * 600} {word}", data={"note": word})
        assert search.find_page(sq, word).total
        if number % 3 == 0:
            inbox.review(sq, task)
    clock.move(1)


@holds("deleted-text-goes")
def test_no_byte_of_a_purged_text_is_left_after_the_cleaning(sq: SparkQ, queue: str, clock: SetClock) -> None:
    fill(sq, clock)
    assert left_in_file(sq) > 100

    purge(sq, older_than=0)

    assert cleaning.clean(sq)
    assert left_in_file(sq) == 0
    assert search.find_page(sq, "other").total == 20
    assert sq.db.rows("PRAGMA integrity_check") == [("ok",)]


@holds("deleted-text-goes")
def test_the_rounds_clean_up_after_a_minute_without_an_event(sq: SparkQ, queue: str, clock: SetClock) -> None:
    fill(sq, clock)
    purge(sq, older_than=0)
    upkeep(sq)
    assert left_in_file(sq)

    clock.move(MINUTE)
    upkeep(sq)

    assert left_in_file(sq) == 0


def test_a_busy_project_is_cleaned_after_a_day(sq: SparkQ, queue: str, clock: SetClock) -> None:
    fill(sq, clock)
    purge(sq, older_than=0)
    clock.move(DAY - 1)
    add(sq, "just now")
    assert not cleaning.clean_in_turn(sq)

    clock.move(1)
    add(sq, "just now")

    assert cleaning.clean_in_turn(sq)


@holds("deleted-text-goes")
def test_a_task_that_you_delete_leaves_nothing_either(sq: SparkQ, queue: str, clock: SetClock) -> None:
    (task,) = add(sq, f"{MARKER}\n{MARKER}")
    search.find_page(sq, MARKER)
    tasks.delete(sq, task)
    clock.move(MINUTE)

    assert cleaning.clean_in_turn(sq)
    assert left_in_file(sq) == 0


def test_one_of_several_processes_cleans_once_a_day(sq: SparkQ, queue: str, clock: SetClock) -> None:
    other = second_handle(sq)
    cleaned = []
    for wait in (MINUTE, MINUTE, DAY):
        tasks.delete(sq, add(sq, "one")[0])
        clock.move(wait)
        cleaned.append([cleaning.clean_in_turn(handle) for handle in (other, sq)])

    assert cleaned == [[True, False], [False, False], [True, False]]
    assert not cleaning.clean_in_turn(sq), "nothing was deleted since"
    other.close()


def test_nothing_is_written_where_nothing_was_deleted(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one")
    other = second_handle(sq)
    clock.move(DAY)
    before = other.version()

    assert not cleaning.clean_in_turn(sq)
    assert other.version() == before
    other.close()


@contextmanager
def reading(sq: SparkQ) -> Iterator[None]:
    """Another process is in the middle of reading."""
    with closing(apsw.Connection(str(sq.db.path))) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM tasks").fetchall()
        yield


def test_a_reader_delays_the_cleaning_by_ten_minutes(sq: SparkQ, queue: str, clock: SetClock) -> None:
    fill(sq, clock)
    clock.move(MINUTE)
    with reading(sq):
        purge(sq, older_than=0)
        clock.move(MINUTE)
        assert not cleaning.clean_in_turn(sq)
    assert not cleaning.clean_in_turn(sq)

    clock.move(10 * MINUTE)

    assert cleaning.clean_in_turn(sq)
    assert left_in_file(sq) == 0


@holds("space-goes-back")
def test_the_file_gets_smaller(sq: SparkQ, queue: str, clock: SetClock) -> None:
    fill(sq, clock, filler=5000)
    assert space.empty_log(sq.db)
    before = sq.db.path.stat().st_size
    purge(sq, older_than=0, unreviewed=0)

    cleaning.clean(sq)

    assert space.measure(sq.db).free == 0
    assert sq.db.path.stat().st_size < before / 3


@holds("space-goes-back")
def test_a_new_file_gives_pages_back_in_steps(sq: SparkQ) -> None:
    assert space.measure(sq.db).in_steps


def of_earlier_version(sq: SparkQ) -> None:
    """Make the file one that never gives pages back."""
    sq.db.connection().pragma("auto_vacuum", 0)
    sq.db.connection().execute("VACUUM")
    assert not space.measure(sq.db).in_steps


@holds("space-goes-back")
def test_a_small_file_of_an_earlier_version_is_written_again_once(sq: SparkQ, queue: str, clock: SetClock) -> None:
    of_earlier_version(sq)
    fill(sq, clock, filler=5000)
    purge(sq, older_than=0, unreviewed=0)
    assert space.measure(sq.db).free > 1_000_000

    cleaning.clean(sq)

    assert space.measure(sq.db)[1:] == (0, True)
    assert sq.db.connection().pragma("temp_store") == 2
    assert left_in_file(sq) == 0


@pytest.mark.parametrize(("limit", "value"), [("SMALL", 0), ("WORTH", 1 << 40)])
def test_a_large_or_full_file_of_an_earlier_version_is_left_as_it_is(
    sq: SparkQ, queue: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch, limit: str, value: int
) -> None:
    of_earlier_version(sq)
    fill(sq, clock, filler=5000)
    purge(sq, older_than=0, unreviewed=0)
    monkeypatch.setattr(cleaning, limit, value)

    cleaning.clean(sq)

    assert not space.measure(sq.db).in_steps
    assert left_in_file(sq) == 0, "deleted text is overwritten, though its space is kept"


def test_a_file_that_another_process_writes_is_not_written_again(sq: SparkQ, queue: str) -> None:
    hasty = project.open(sq.config.root, env={}, clock=HastyClock())
    add(hasty, "one")
    with closing(apsw.Connection(str(sq.db.path))) as writer:
        writer.execute("BEGIN IMMEDIATE")
        with pytest.raises(Busy):
            space.write_again(hasty.db)

    assert hasty.db.connection().pragma("temp_store") == 2
    hasty.close()
