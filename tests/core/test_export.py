"""Export and import: a whole project as lines of JSON, and back without the smallest difference."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkq_core import inbox, queues, search, sessions, tasks
from sparkq_core.errors import ClaimLost, InvalidText, InvalidValue, NotEmpty
from sparkq_core.installation import configure
from sparkq_core.installation.export import FORMAT, NAMES, export, load
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from sparkq_core.text import MAX_TEXT
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import database_of, open_new_project, second_handle
from tests.harness.task_steps import add, claimed_task, queued_ids, take, timed_out_task
from tests.promises import holds

MADE_ANEW = ("search", "search_config", "search_content", "search_data", "search_docsize", "search_idx")
"""What a project makes again by itself from the rest."""

COUNTERS = ("queued", "running", "succeeded", "failed", "unreviewed_succeeded", "unreviewed_failed")


@pytest.fixture
def new(tmp_path: Path, clock: SetClock) -> Iterator[SparkQ]:
    """A project that nobody has used."""
    folder = tmp_path / "new"
    folder.mkdir()
    opened = open_new_project(folder, clock)
    yield opened
    opened.close()


@pytest.fixture
def lived(sq: SparkQ, queue: str, clock: SetClock) -> SparkQ:
    """A project in which everything has happened that can happen to a task."""
    sessions.create(sq, "feature-x")
    sessions.create(sq, "over")
    sessions.end(sq, "over")
    queues.create(sq, "docs", instructions="Plain words.", session="feature-x")
    queues.instruct(sq, "docs", "Plainer words.")
    queues.create(sq, "old")
    queues.end(sq, "old")
    queues.create(sq, "older")
    queues.archive(sq, "older")
    late = timed_out_task(sq, clock)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, late.id, "late", data={"a": [1, None]}, attempt=1)
    tasks.accept(sq, late.id)
    failed = claimed_task(sq, "fails")
    tasks.fail(sq, failed.id, "boom", error_type="environment")
    tasks.requeue(sq, failed.id, feedback="again", prompt="fails less", front=True)
    purged = claimed_task(sq, "goes")
    tasks.complete(sq, purged.id, "done")
    inbox.review(sq, purged.id)
    clock.move(4 * 24 * HOUR)
    purge.purge(sq)
    tasks.enqueue(sq, "docs", "keyed", key="k", tool="run-bash", task_class="FAST_SCRIPT", timeout=7, source="cli")
    done = claimed_task(sq, "done")
    tasks.progress(sq, done.id, "half way")
    tasks.complete(sq, done.id, "Größe 🎉\r\n\x1b[31m\u2028end", data="x")
    tasks.cancel(sq, add(sq, "no")[0], "not needed")
    claimed_task(sq, "still running")
    released = claimed_task(sq, "given back")
    tasks.release(sq, released.id, "later")
    inbox.look(sq)
    search.find_page(sq, "done")
    gone = add(sq, "the newest id is gone")[0]
    tasks.delete(sq, gone)
    return sq


def tables(sq: SparkQ) -> dict[str, list[tuple[Any, ...]]]:
    """Everything but what is made anew."""
    found = {name: sorted(rows, key=repr) for name, rows in all_rows(sq).items() if name not in MADE_ANEW}
    ((_, name, created_at, looked_at, *_),) = found["project"]
    found["project"] = [(name, created_at, looked_at)]
    return found


@holds("command-import")
def test_a_round_trip_is_exact_to_the_last_row_and_number(lived: SparkQ, new: SparkQ) -> None:
    before = tables(lived)
    lines = list(export(lived))

    rows = load(new, lines)

    assert rows == len(lines) - 2, "all but the head and the end"
    assert tables(new) == before == tables(lived)
    assert list(export(new))[1:] == lines[1:]


def test_the_imported_project_goes_on_as_the_other_would(lived: SparkQ, new: SparkQ, clock: SetClock) -> None:
    load(new, list(export(lived)))

    for sq in (lived, new):
        add(sq, "next", queue="docs")
        take(sq, "bob")
        clock.move(1)
    clock.move(-2)

    assert queued_ids(new) == queued_ids(lived)
    assert queued_ids(new, "docs") == queued_ids(lived, "docs")
    assert tasks.list_page(new).tasks[0].id == tasks.list_page(lived).tasks[0].id
    assert tasks.enqueue(new, "docs", "other words", key="k").again


def test_what_was_imported_is_found_by_search(lived: SparkQ, new: SparkQ) -> None:
    load(new, list(export(lived)))

    assert search.find_page(new, "Größe").tasks == search.find_page(lived, "Größe").tasks != ()


def test_the_head_says_what_it_is(sq: SparkQ, queue: str) -> None:
    head = json.loads(next(iter(export(sq))))

    assert (head["format"], head["schema"]) == (FORMAT, schema.VERSION)
    assert head["exported_at"] == "2023-11-14T22:13:20.000Z"
    assert head["project"]["name"] == "test"


def test_an_export_is_of_one_moment(sq: SparkQ, queue: str, new: SparkQ) -> None:
    add(sq, "before")
    lines = export(sq)
    head = next(lines)

    add(second_handle(sq), "meanwhile")

    load(new, [head, *lines])
    assert tasks.list_page(new).total == 1


def test_an_export_holds_every_column_of_every_table(sq: SparkQ) -> None:
    """A column that a migration adds must not be lost on the way; counters are made anew."""
    left_out = {"project", "statuses", "sqlite_sequence", *MADE_ANEW}
    found = {}
    for (table,) in sq.db.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if table not in left_out:
            found[table] = [row[1] for row in sq.db.connection().execute(f'PRAGMA table_info("{table}")')]
    found["queues"] = [name for name in found["queues"] if name not in COUNTERS]

    assert {name: columns for name, columns in NAMES.items() if name != "sqlite_sequence"} == found


def test_the_rows_of_an_older_setup_give_way(sq: SparkQ, new: SparkQ) -> None:
    """What an import brings is all that there is then: settings and events too."""
    for one, name, key in ((sq, "OURS", "server.port"), (new, "THEIRS", "purge.older_than_days")):
        with one.db.write() as tx:
            tx.run("INSERT INTO config VALUES (:key, '1')", {"key": key})
            tx.run("INSERT INTO events (at, kind) VALUES (1, :name)", {"name": name})

    load(new, list(export(sq)))

    assert tables(new) == tables(sq)


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40).filter(str.strip)


@settings(max_examples=6)
@given(texts=st.lists(TEXT, min_size=4, max_size=40))
def test_any_text_survives(texts: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    source, target = (open_new_project(tmp_path_factory.mktemp("any"), SetClock()) for _ in range(2))
    queues.create(source, "backend", instructions=texts[0])
    (first, *_) = add(source, *texts)
    task = take(source, texts[1], task_id=first).task
    tasks.complete(source, task.id, texts[2], data={texts[3]: texts})

    load(target, "\n".join(export(source)).split("\n"))

    assert tables(target) == tables(source)
    source.close()
    target.close()


def test_the_longest_text_survives(sq: SparkQ, queue: str, new: SparkQ) -> None:
    add(sq, "é" * (MAX_TEXT // 2))

    load(new, list(export(sq)))

    assert tables(new) == tables(sq)


@pytest.mark.parametrize("used_by", ["queue", "session", "task"])
def test_a_project_that_is_used_is_left_alone(sq: SparkQ, new: SparkQ, used_by: str) -> None:
    lines = list(export(sq))
    if used_by == "session":
        sessions.create(new, "x")
    else:
        queues.create(new, "backend")
    if used_by == "task":
        add(new, "one")
    before = all_rows(new)

    with pytest.raises(NotEmpty, match="already"):
        load(new, lines)
    assert all_rows(new) == before


def refused(new: SparkQ, lines: list[str], number: int) -> str:
    """What is said of lines of which one cannot be read, which must change nothing."""
    before = all_rows(new)
    with pytest.raises((InvalidValue, InvalidText)) as refusal:
        load(new, lines)
    assert all_rows(new) == before
    assert f"Line {number}" in refusal.value.message
    assert refusal.value.hint
    return refusal.value.message


WHOLE = ""
DAMAGES = {
    "no JSON": (',"row":{', ',"row":'),
    "a list": (WHOLE, "[]"),
    "a word": (WHOLE, '"tasks"'),
    "deep": (WHOLE, "[" * 100_000),
    "long number": (WHOLE, "9" * 5000),
    "row is a list": (WHOLE, '{"table":"tasks","row":[1]}'),
    "no table": ('"table"', '"tabel"'),
    "unknown table": ('"tasks"', '"sqlite_schema"'),
    "table is a list": ('"tasks"', "[]"),
    "missing column": ('"position":1,', ""),
    "more columns": ('"position":1,', '"position":1,"extra":1,'),
    "text for a number": ('"position":1,', '"position":"one",'),
    "fraction": ('"position":1,', '"position":1.5,'),
    "list for a number": ('"position":1,', '"position":[1],'),
    "too large a number": ('"position":1,', f'"position":{2**63},'),
    "endless number": ('"position":1,', '"position":1e999,'),
    "null where none may be": ('"position":1,', '"position":null,'),
    "timeout out of range": ('"timeout":60', '"timeout":0'),
    "unknown status": ('"status":"queued"', '"status":"lost"'),
    "unknown queue": ('"queue_id":1', '"queue_id":7'),
    "lone surrogate": ('"title":"one"', '"title":"\\ud800"'),
    "NUL": ('"title":"one"', '"title":"o\\u0000e"'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_line_is_named_and_changes_nothing(sq: SparkQ, queue: str, new: SparkQ, damage: str) -> None:
    add(sq, "one")
    lines = list(export(sq))
    at = the_task_of(lines)
    old, instead = DAMAGES[damage]
    assert old in lines[at]

    lines[at] = instead if old is WHOLE else lines[at].replace(old, instead)

    refused(new, lines, at + 1)


def the_task_of(lines: list[str]) -> int:
    """Which of the lines is the first task."""
    return next(at for at, one in enumerate(lines) if '"table":"tasks"' in one)


@pytest.mark.parametrize(
    ("old", "instead", "column"),
    [
        ('"data":null', '"data":"not JSON"', "data"),
        ('"late_data":null', '"late_data":"{"', "late_data"),
        ('"git_before":null', '"git_before":"[1]"', "git_before"),
        ('"git_before":null', '"git_before":"{\\"head\\":5}"', "git_before"),
        ('"git_before":null', '"git_before":"{\\"head\\":\\"--output=x\\"}"', "git_before"),
        ('"git_after":null', '"git_after":"{\\"files\\":1}"', "git_after"),
        ('"value":"9"', '"value":"nine"', "value"),
    ],
)
def test_what_is_read_as_json_must_be_json_to_come_in(
    sq: SparkQ, queue: str, new: SparkQ, old: str, instead: str, column: str
) -> None:
    claimed_task(sq)
    configure.change(sq, "purge.older_than_days", 9)
    lines = list(export(sq))
    (at,) = (at for at, line in enumerate(lines) if old in line)

    lines[at] = lines[at].replace(old, instead)

    assert f"{column} is not valid" in refused(new, lines, at + 1)


@pytest.mark.parametrize(
    ("old", "instead"), [('"value":"9"', '"value":"\\"nine\\""'), ("older_than_days", "newer_than_days")]
)
def test_a_setting_that_there_cannot_be_does_not_come_in(sq: SparkQ, new: SparkQ, old: str, instead: str) -> None:
    configure.change(sq, "purge.older_than_days", 9)
    lines = list(export(sq))
    (at,) = (at for at, line in enumerate(lines) if '"table":"config"' in line)

    lines[at] = lines[at].replace(old, instead)

    assert "purge." in refused(new, lines, at + 1)


def test_a_line_that_stands_twice_is_refused(sq: SparkQ, queue: str, new: SparkQ) -> None:
    add(sq, "one")
    lines = list(export(sq))
    at = the_task_of(lines)

    assert "UNIQUE" in refused(new, [*lines[: at + 1], *lines[at:]], at + 2)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "Line 1 is not JSON"),
        ("{}", "not an export"),
        ('{"format":"other"}', "not an export"),
        (f'{{"format":"{FORMAT}"}}', "schema None"),
        (f'{{"format":"{FORMAT}","schema":{schema.VERSION + 1}}}', f"schema {schema.VERSION + 1}, this SparkQ"),
        (f'{{"format":"{FORMAT}","schema":"\\u001b[31m"}}', r"\\x1b"),
        (f'{{"format":"{FORMAT}","schema":{schema.VERSION}}}', "does not describe a project"),
        (f'{{"format":"{FORMAT}","schema":{schema.VERSION},"project":{{"name":"x"}}}}', "does not describe a project"),
        (
            f'{{"format":"{FORMAT}","schema":{schema.VERSION},'
            '"project":{"name":null,"created_at":1,"looked_at":null}}',
            "Line 1",
        ),
    ],
)
def test_a_foreign_head_is_refused_and_changes_nothing(sq: SparkQ, new: SparkQ, head: str, said: str) -> None:
    before = all_rows(new)

    with pytest.raises(InvalidValue, match=said):
        load(new, [head, *list(export(sq))[1:]])
    assert all_rows(new) == before


def test_a_file_without_any_line_is_refused(new: SparkQ) -> None:
    with pytest.raises(InvalidValue):
        load(new, [])


def test_an_export_that_was_cut_off_changes_nothing_wherever_the_cut_is(sq: SparkQ, queue: str, new: SparkQ) -> None:
    """A disk that was full, a pipe that broke: at the end of a line too."""
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done")
    whole = "\n".join(export(sq)) + "\n"
    before = all_rows(new)
    accepted = []

    for end in sorted({at for start in range(len(whole)) if whole[start] == "\n" for at in (start - 1, start)} | {1}):
        try:
            load(new, whole[:end].split("\n"))
        except InvalidValue:
            assert all_rows(new) == before
        else:
            accepted.append(end)
            break

    assert accepted in ([], [len(whole) - 1])


def test_blank_lines_at_the_end_are_nothing(sq: SparkQ, queue: str, new: SparkQ) -> None:
    load(new, [*export(sq), "", "\n", "  "])

    assert tables(new) == tables(sq)
    assert database_of(new.config.root).is_file()
