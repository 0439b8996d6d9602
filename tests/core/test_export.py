"""Export and import: a whole project as lines of JSON, and back without the smallest difference."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sparkq_core import queues, search, tasks
from sparkq_core.chats import Caller
from sparkq_core.installation.export import export
from sparkq_core.installation.export_format import FORMAT, TABLES
from sparkq_core.installation.importer import load
from sparkq_core.lifecycle import FINISHED_STATUSES, Status
from sparkq_core.project import SparkQ
from sparkq_core.queues import deletion
from sparkq_core.storage import schema
from sparkq_core.text import MAX_TEXT, is_blank
from tests.core.test_upgrade import GOLDEN, opened
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of, open_new_project, second_handle
from tests.harness.task_steps import add, queued_ids, take, take_in_chat
from tests.promises import holds

MADE_ANEW = (
    "search",
    "search_config",
    "search_content",
    "search_data",
    "search_docsize",
    "search_idx",
    "hook_runs",
    "assignments",
    "begun",
    "reminders",
    "purge_marks",
    "verdicts",
    "artefacts_due",
    "purges",
    "used",
    "set_back",
)
"""What a project makes again by itself from the rest, or what is about this machine only."""

COUNTERS = ("back", "front", *Status, *(f"unreviewed_{status}" for status in FINISHED_STATUSES))


def tables(sq: SparkQ) -> dict[str, list[tuple[Any, ...]]]:
    """Everything but what is made anew."""
    kept = {name: sorted(rows, key=repr) for name, rows in all_rows(sq).items() if name not in MADE_ANEW}
    ((_, name, created_at, looked_at, *_),) = kept["project"]
    kept["project"] = [(name, created_at, looked_at)]
    kept["queues"] = [queue[:5] + queue[7:] for queue in kept["queues"]]  # the last positions follow from the tasks
    return kept


@holds("command-import")
def test_a_round_trip_is_exact_to_the_last_row_and_number(lived: SparkQ, unused: SparkQ) -> None:
    before = tables(lived)
    lines = list(export(lived))

    imported = load(unused, lines)

    assert imported == (len(lines) - 2, ()), "all but the head and the end"
    assert tables(unused) == before == tables(lived)
    assert list(export(unused))[1:] == lines[1:]


def test_the_imported_project_goes_on_as_the_other_would(lived: SparkQ, unused: SparkQ, clock: SetClock) -> None:
    load(unused, list(export(lived)))

    for sq in (lived, unused):
        add(sq, "next", queue="docs")
        take(sq, "bob")
        clock.move(1)
    clock.move(-2)

    assert queued_ids(unused) == queued_ids(lived)
    assert queued_ids(unused, "docs") == queued_ids(lived, "docs")
    assert tasks.list_page(unused).tasks[0].id == tasks.list_page(lived).tasks[0].id
    assert tasks.enqueue(unused, "docs", "keyed", key="k").again


def test_words_of_a_client_that_are_blank_survive(sq: SparkQ, queue: str, unused: SparkQ) -> None:
    chat = Caller("\u2800", " ", "7", cwd=" ", model="\u3000")
    take_in_chat(sq, chat, add(sq, "one")[0])

    load(unused, list(export(sq)))

    assert tables(unused) == tables(sq)


@holds("command-import")
def test_a_queue_that_was_deleted_leaves_nothing_that_an_import_refuses(sq: SparkQ, queue: str, unused: SparkQ) -> None:
    """Its events stay, with an id that no queue has."""
    queues.create(sq, "mistaken")
    tasks.move(sq, add(sq, "moved", queue="mistaken"), queue)
    deletion.delete(sq, "mistaken")

    load(unused, list(export(sq)))

    assert tables(unused) == tables(sq)
    assert queues.create(unused, "new").id == queues.create(sq, "new").id


def test_what_was_imported_is_found_by_search(lived: SparkQ, unused: SparkQ) -> None:
    load(unused, list(export(lived)))

    assert search.find_page(unused, "Größe").tasks == search.find_page(lived, "Größe").tasks != ()


def test_the_head_says_what_it_is(sq: SparkQ, queue: str) -> None:
    head = json.loads(next(iter(export(sq))))

    assert (head["format"], head["schema"]) == (FORMAT, schema.VERSION)
    assert head["exported_at"] == "2023-11-14T22:13:20.000Z"
    assert head["project"]["name"] == "test"


def test_an_export_is_of_one_moment(sq: SparkQ, queue: str, unused: SparkQ) -> None:
    add(sq, "before")
    lines = export(sq)
    head = next(lines)

    add(second_handle(sq), "meanwhile")

    load(unused, [head, *lines])
    assert tasks.list_page(unused).total == 1


def test_an_export_holds_every_column_of_every_table(sq: SparkQ) -> None:
    """A column that a migration adds must not be lost on the way; counters are made anew."""
    left_out = {"project", "statuses", "sqlite_sequence", *MADE_ANEW}
    of_tables = {}
    for (table,) in sq.db.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        if table not in left_out:
            of_tables[table] = [row[1] for row in sq.db.connection().execute(f'PRAGMA table_info("{table}")')]
    of_tables["queues"] = [name for name in of_tables["queues"] if name not in COUNTERS]
    of_tables["checks"].remove("tree")  # it is in the store of this project
    of_tables["chats"].remove("server")  # the lock of a process of this machine

    assert {name: list(checks) for name, checks in TABLES.items()} == of_tables


def test_the_rows_of_an_older_setup_give_way(sq: SparkQ, unused: SparkQ) -> None:
    """What an import brings is all that there is then: settings and events too."""
    for handle, name, key in ((sq, "ours", "server.port"), (unused, "theirs", "purge.older_than_days")):
        with handle.db.write() as tx:
            tx.run("INSERT INTO config VALUES (:key, '1')", {"key": key})
            tx.run("INSERT INTO events (at, kind) VALUES (1, :name)", {"name": name})

    load(unused, list(export(sq)))

    assert tables(unused) == tables(sq)


@holds("command-import", "migrations")
@pytest.mark.parametrize("golden", GOLDEN, ids=lambda file: file.stem)
def test_what_an_earlier_version_wrote_moves_too(golden: Path, root: Path, unused: SparkQ, clock: SetClock) -> None:
    """What the import demands of rows was always so."""
    upgraded = opened(golden, root, clock)

    assert load(unused, list(export(upgraded))).rows > 20
    assert tables(unused) == tables(upgraded)
    upgraded.close()


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40).filter(
    lambda text: not is_blank(text)
)


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


def test_the_longest_text_survives(sq: SparkQ, queue: str, unused: SparkQ) -> None:
    add(sq, "é" * (MAX_TEXT // 2))

    load(unused, list(export(sq)))

    assert tables(unused) == tables(sq)


def test_blank_lines_at_the_end_are_nothing(sq: SparkQ, queue: str, unused: SparkQ) -> None:
    load(unused, [*export(sq), "", "\n", "  "])

    assert tables(unused) == tables(sq)
    assert database_of(unused.config.root).is_file()
