"""A search finds what purged tasks left, after all that is still there."""

import pytest

from sparkq_core import inbox, purged, queues, search, tasks
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.search import Found, indexing
from sparkq_core.tasks import Wanted
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, claimed_task
from tests.promises import holds


@pytest.fixture
def gone(sq: SparkQ, queue: str, clock: SetClock) -> list[int]:
    """Purged tasks: two that succeeded, the first reviewed, one that failed, one that was cancelled."""
    ids = [claimed_task(sq, f"parser {number}\nSECRET").id for number in range(3)]
    tasks.complete(sq, ids[0], "wrote dates.py")
    inbox.review(sq, ids[0])
    tasks.complete(sq, ids[1], "wrote times.py")
    tasks.fail(sq, ids[2], "ValueError: no year")
    ids += add(sq, "parser 3")
    tasks.cancel(sq, ids[3], "not needed")
    purged_now(sq, clock)
    return ids


def purged_now(sq: SparkQ, clock: SetClock) -> None:
    clock.move(1)
    purge.purge(sq, older_than=0, unreviewed=0)


def lines(page: Found) -> list[int]:
    return [line.id for line in page.purged]


@holds("purge-lines")
def test_a_purged_task_is_found_by_its_title_and_its_outcome(sq: SparkQ, gone: list[int]) -> None:
    assert lines(search.find_page(sq, "parser")) == gone[::-1]
    assert lines(search.find_page(sq, "dates.py")) == gone[:1]
    assert lines(search.find_page(sq, "year parser")) == gone[2:3]
    assert search.find_page(sq, "SECRET") == Found((), 0), "its prompt has gone"


@holds("purge-lines")
def test_search_extras_come_after_the_others_page_by_page(sq: SparkQ, gone: list[int]) -> None:
    present = add(sq, "parser 4", "parser 5", "parser 6")
    seen: list[tuple[list[int], list[int]]] = []
    cursor = None
    while True:
        page = search.find_page(sq, "parser", limit=2, cursor=cursor)
        assert (page.total, page.purged_total) == (3, 4)
        seen.append(([task.id for task in page.tasks], lines(page)))
        cursor = page.next
        if cursor is None:
            break

    assert seen == [(present[:0:-1], []), (present[:1], gone[3:]), ([], gone[2:0:-1]), ([], gone[:1])]
    assert lines(search.find_page(sq, "parser", sort="oldest")) == gone


def test_a_page_that_the_tasks_fill_leaves_the_purged_ones_to_the_next(sq: SparkQ, gone: list[int]) -> None:
    add(sq, "parser 4", "parser 5")
    full = search.find_page(sq, "parser", limit=2)

    assert full.purged == ()
    assert lines(search.find_page(sq, "parser", limit=9, cursor=full.next)) == gone[::-1]


def test_an_index_that_is_built_again_has_the_purged_ones_too(
    sq: SparkQ, gone: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an upgrade to another way of splitting texts into words."""
    monkeypatch.setattr(indexing, "BATCH_LINES", 3)
    with sq.db.write() as tx:
        tx.run("DELETE FROM search")
        tx.run("UPDATE project SET indexed_event = 0, lines_to_index = (SELECT max(id) FROM purged)")
    present = add(sq, "parser 4")

    page = search.find_page(sq, "parser")

    assert ([task.id for task in page.tasks], lines(page), page.indexing) == (present, gone[::-1], False)
    assert sq.db.rows("SELECT lines_to_index FROM project") == [(0,)]


def test_queue_status_and_review_filter_search_extras_and_other_filters_leave_them_out(
    sq: SparkQ, gone: list[int]
) -> None:
    queues.create(sq, "docs")

    def found(**wanted: object) -> list[int]:
        return lines(search.find_page(sq, "parser", Wanted(**wanted)))  # type: ignore[arg-type]  # one filter at a time

    assert found(queue="backend") == gone[::-1]
    assert found(queue="docs") == []
    assert found(status="cancelled") == gone[3:]
    assert found(reviewed=True) == [gone[3], gone[0]]
    assert found(reviewed=False) == gone[2:0:-1]
    assert found(tool="run-bash") == found(worker="w") == found(since=0) == []


def test_a_line_that_is_dropped_is_not_found_any_more(
    sq: SparkQ, queue: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(purged, "MAX_LINES", 1)
    for number in range(2):
        tasks.complete(sq, claimed_task(sq, f"parser {number}").id, "done")
    purged_now(sq, clock)

    assert sq.db.rows("SELECT rowid FROM search") == [(2,)]


def test_a_project_that_wants_no_lines_any_more_finds_none(sq: SparkQ, gone: list[int]) -> None:
    (sq.config.root / "sparkq.yml").write_text("purge: {keep_lines: false}\n")
    discreet = second_handle(sq)
    purge.purge(discreet, older_than=0)

    assert search.find_page(discreet, "parser") == Found((), 0)
    assert sq.db.rows("SELECT rowid FROM search") == []
    discreet.close()
