"""An import that is refused: the line is named, and nothing changes."""

import pytest

from sparkq_core import queues, sessions, tasks
from sparkq_core.errors import InvalidText, InvalidValue, NotEmpty
from sparkq_core.installation import configure
from sparkq_core.installation.export import export
from sparkq_core.installation.export_format import FORMAT
from sparkq_core.installation.importer import load
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from tests.harness.all_rows import all_rows
from tests.harness.task_steps import add, claimed_task


@pytest.mark.parametrize("used_by", ["queue", "session", "task"])
def test_a_project_that_is_used_is_left_alone(sq: SparkQ, unused: SparkQ, used_by: str) -> None:
    lines = list(export(sq))
    if used_by == "session":
        sessions.create(unused, "x")
    else:
        queues.create(unused, "backend")
    if used_by == "task":
        add(unused, "one")
    before = all_rows(unused)

    with pytest.raises(NotEmpty, match="already"):
        load(unused, lines)
    assert all_rows(unused) == before


def refused(unused: SparkQ, lines: list[str], number: int) -> str:
    """What is said of lines of which one cannot be read, which must change nothing."""
    before = all_rows(unused)
    with pytest.raises((InvalidValue, InvalidText)) as refusal:
        load(unused, lines)
    assert all_rows(unused) == before
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
    "missing column": ('"position":1024,', ""),
    "more columns": ('"position":1024,', '"position":1024,"extra":1,'),
    "text for a number": ('"position":1024,', '"position":"one",'),
    "fraction": ('"position":1024,', '"position":1.5,'),
    "list for a number": ('"position":1024,', '"position":[1],'),
    "too large a number": ('"position":1024,', f'"position":{2**63},'),
    "endless number": ('"position":1024,', '"position":1e999,'),
    "null where none may be": ('"position":1024,', '"position":null,'),
    "timeout out of range": ('"timeout":60', '"timeout":0'),
    "unknown status": ('"status":"queued"', '"status":"lost"'),
    "unknown queue": ('"queue_id":1', '"queue_id":7'),
    "lone surrogate": ('"title":"one"', '"title":"\\ud800"'),
    "NUL": ('"title":"one"', '"title":"o\\u0000e"'),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_line_is_named_and_changes_nothing(sq: SparkQ, queue: str, unused: SparkQ, damage: str) -> None:
    add(sq, "one")
    lines = list(export(sq))
    at = the_task_of(lines)
    old, instead = DAMAGES[damage]
    assert old in lines[at]

    lines[at] = instead if old is WHOLE else lines[at].replace(old, instead)

    refused(unused, lines, at + 1)


def the_task_of(lines: list[str]) -> int:
    """Which of the lines is the first task."""
    return next(at for at, line in enumerate(lines) if '"table":"tasks"' in line)


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
    sq: SparkQ, queue: str, unused: SparkQ, old: str, instead: str, column: str
) -> None:
    claimed_task(sq)
    configure.change(sq, "purge.older_than_days", 9)
    lines = list(export(sq))
    (at,) = (at for at, line in enumerate(lines) if old in line)

    lines[at] = lines[at].replace(old, instead)

    assert f"{column} is not valid" in refused(unused, lines, at + 1)


@pytest.mark.parametrize(
    ("old", "instead"), [('"value":"9"', '"value":"\\"nine\\""'), ("older_than_days", "newer_than_days")]
)
def test_a_setting_that_there_cannot_be_does_not_come_in(sq: SparkQ, unused: SparkQ, old: str, instead: str) -> None:
    configure.change(sq, "purge.older_than_days", 9)
    lines = list(export(sq))
    (at,) = (at for at, line in enumerate(lines) if '"table":"config"' in line)

    lines[at] = lines[at].replace(old, instead)

    assert "purge." in refused(unused, lines, at + 1)


def test_a_line_that_stands_twice_is_refused(sq: SparkQ, queue: str, unused: SparkQ) -> None:
    add(sq, "one")
    lines = list(export(sq))
    at = the_task_of(lines)

    assert "UNIQUE" in refused(unused, [*lines[: at + 1], *lines[at:]], at + 2)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("", "Line 1 is not JSON"),
        ("{}", "not an export"),
        ('{"format":"other"}', "not an export"),
        (f'{{"format":"{FORMAT}"}}', "schema null"),
        (f'{{"format":"{FORMAT}","schema":{schema.VERSION + 1}}}', f"schema {schema.VERSION + 1}, this SparkQ"),
        (f'{{"format":"{FORMAT}","schema":"\\u001b[31m"}}', r"\\u001b"),
        (f'{{"format":"{FORMAT}","schema":{schema.VERSION}}}', "does not describe a project"),
        (f'{{"format":"{FORMAT}","schema":{schema.VERSION},"project":{{"name":"x"}}}}', "does not describe a project"),
        (
            f'{{"format":"{FORMAT}","schema":{schema.VERSION},'
            '"project":{"name":null,"created_at":1,"looked_at":null}}',
            "Line 1",
        ),
    ],
)
def test_a_foreign_head_is_refused_and_changes_nothing(sq: SparkQ, unused: SparkQ, head: str, said: str) -> None:
    before = all_rows(unused)

    with pytest.raises(InvalidValue, match=said):
        load(unused, [head, *list(export(sq))[1:]])
    assert all_rows(unused) == before


def test_a_file_without_any_line_is_refused(unused: SparkQ) -> None:
    with pytest.raises(InvalidValue):
        load(unused, [])


def test_an_export_that_was_cut_off_changes_nothing_wherever_the_cut_is(sq: SparkQ, queue: str, unused: SparkQ) -> None:
    """A disk that was full, a pipe that broke: at the end of a line too."""
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done")
    whole = "\n".join(export(sq)) + "\n"
    before = all_rows(unused)
    accepted = []

    for end in sorted({at for start in range(len(whole)) if whole[start] == "\n" for at in (start - 1, start)} | {1}):
        try:
            load(unused, whole[:end].split("\n"))
        except InvalidValue:
            assert all_rows(unused) == before
        else:
            accepted.append(end)
            break

    assert accepted in ([], [len(whole) - 1])
