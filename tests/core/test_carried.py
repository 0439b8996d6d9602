"""What tasks changed goes with an export, so that an imported project still shows it."""

import json
from base64 import b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import changes, queues, tasks
from sparkq_core.changes import branch, carried, view
from sparkq_core.changes.view import NoChange
from sparkq_core.errors import InvalidValue
from sparkq_core.installation import export, importer
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.git_steps import commit, git, start
from tests.harness.projects import open_new_project
from tests.harness.task_steps import add

Line = dict[str, Any]


@pytest.fixture
def first(tmp_path: Path, clock: SetClock) -> Iterator[SparkQ]:
    """A project in which #1 changed files of every kind, and #2 a large one."""
    root = tmp_path / "first"
    start(root)
    (root / "src/deep").mkdir(parents=True)
    (root / "src/one.txt").write_text("".join(f"line {number}\n" for number in range(10)))
    (root / "src/deep/two.txt").write_text("two\n")
    (root / "src.txt").write_text("beside the folder\n")
    (root / "gone.txt").write_text("gone\n")
    commit(root)
    sq = open_new_project(root, clock)
    (root / "sparkq/.gitignore").write_text("*\n")
    queues.create(sq, "backend")
    work(sq, of_every_kind)
    work(sq, lambda root: (root / "large.txt").write_text("x\n" * 200_000))
    yield sq
    sq.close()


@pytest.fixture
def second(tmp_path: Path, clock: SetClock) -> Iterator[SparkQ]:
    """A new project in another repository."""
    start(tmp_path / "second")
    commit(tmp_path / "second")
    sq = open_new_project(tmp_path / "second", clock)
    yield sq
    sq.close()


def work(sq: SparkQ, edit: Callable[[Path], object]) -> None:
    """Work one task that edits the repository."""
    (number,) = add(sq, "one")
    tasks.claim(sq, "backend", "ann")
    changes.record(sq, sq.config.root, begun=changes.Execution(number, 1))
    edit(sq.config.root)
    tasks.complete(sq, number, "done")
    changes.record(sq, sq.config.root, ended=[changes.Execution(number, 1)])


def of_every_kind(root: Path) -> None:
    """Change, add, remove, rename, link, and make executable."""
    (root / "src/one.txt").rename(root / "src/first.txt")
    (root / "src/deep/two.txt").write_text("two\nthree\n")
    (root / "src.txt").chmod(0o755)
    (root / "gone.txt").unlink()
    (root / "a link").symlink_to("src.txt")
    (root / "é.bin").write_bytes(bytes(range(256)))


def lines_of(sq: SparkQ) -> list[str]:
    """The lines of an export."""
    return list(export.export(sq))


def shown(sq: SparkQ, task_id: int) -> tuple[Any, bytes, bytes]:
    """All that is shown of a change, byte for byte."""
    change = view.of(sq, task_id)
    return view.files(sq, change), view.patch(sq, change), view.patch(sq, change, reverse=True)


def test_an_imported_project_shows_the_same_change(first: SparkQ, second: SparkQ) -> None:
    importer.load(second, lines_of(first))

    assert shown(second, 1) == shown(first, 1)
    assert len(view.files(second, view.of(second, 1))) == 6
    assert git(second.config.root, "fsck", "--no-dangling") == ""


def test_of_a_large_change_the_numbers_come(first: SparkQ, second: SparkQ) -> None:
    importer.load(second, lines_of(first))

    with pytest.raises(NoChange) as refusal:
        view.of(second, 2)
    assert "1 file, +200000 −0" in refusal.value.hint


def test_a_content_that_several_files_have_counts_once(first: SparkQ, second: SparkQ) -> None:
    """A file that is only renamed, made executable or copied is on both sides, and not larger for that."""
    content = "".join(f"line {number:06}\n" for number in range(16_000))

    def move_and_copy(root: Path) -> None:
        (root / "data.txt").rename(root / "moved.txt")
        (root / "script.txt").chmod(0o755)
        (root / "copy.txt").write_text(content)

    for name in ("data.txt", "script.txt"):
        (first.config.root / name).write_text(content)
    commit(first.config.root)
    work(first, move_and_copy)

    importer.load(second, lines_of(first))

    assert len(view.files(second, view.of(second, 3))) == 3
    assert shown(second, 3) == shown(first, 3)


def test_it_goes_on_to_a_third_project(first: SparkQ, second: SparkQ, tmp_path: Path, clock: SetClock) -> None:
    importer.load(second, lines_of(first))
    start(tmp_path / "third")
    third = open_new_project(tmp_path / "third", clock)
    importer.load(third, lines_of(second))

    assert shown(third, 1) == shown(first, 1)
    third.close()


def test_without_a_repository_it_is_imported_and_shown_once_there_is_one(
    first: SparkQ, tmp_path: Path, clock: SetClock
) -> None:
    (tmp_path / "plain").mkdir()
    plain = open_new_project(tmp_path / "plain", clock)
    importer.load(plain, lines_of(first))
    with pytest.raises(NoChange):
        shown(plain, 1)
    assert not any('"table":"changes"' in line for line in lines_of(plain))

    start(tmp_path / "plain")
    assert shown(plain, 1) == shown(first, 1)
    plain.close()


def test_an_attempt_on_which_a_later_one_was_built_is_in_the_branch(first: SparkQ, second: SparkQ) -> None:
    """The trees that came in have only the files that the later attempt changed."""
    root = first.config.root
    (number,) = add(first, "one")
    for attempt, names in enumerate((["new.txt", "later.txt"], ["later.txt"]), 1):
        tasks.claim(first, "backend", "ann", task_id=number)
        changes.record(first, root, begun=changes.Execution(number, attempt))
        append(root, *names)
        end = tasks.fail if attempt == 1 else tasks.complete
        end(first, number, "ended", attempt=attempt)
        changes.record(first, root, ended=[changes.Execution(number, attempt)])
        if attempt == 1:
            tasks.requeue(first, number)
    importer.load(second, lines_of(first))

    for sq in (first, second):
        whole, left = branch.with_earlier(sq, [view.of(sq, number)])
        assert ([change.attempt for change in whole], left) == ([1, 2], [])


def append(root: Path, *names: str) -> None:
    """Add a line to each of these files."""
    for name in names:
        with (root / name).open("a") as stream:
            stream.write("more\n")


def test_a_purged_task_keeps_the_numbers_alone(first: SparkQ, second: SparkQ, tmp_path: Path, clock: SetClock) -> None:
    importer.load(second, lines_of(first))
    clock.move(1)
    purge.purge(second, older_than=0, unreviewed=0)
    start(tmp_path / "third")
    third = open_new_project(tmp_path / "third", clock)

    importer.load(third, lines_of(second))

    assert third.db.rows("SELECT json_extract(change, '$.files') FROM purged ORDER BY id") == [(6,), (1,)]
    third.close()


def replaced(rows: list[Line], **parts: Any) -> list[Line]:
    """The files of a change, of which the first has other parts."""
    return [rows[0] | parts, *rows[1:]]


CONTENT = b64encode(b"x").decode()
DAMAGES: dict[str, Callable[[Line], Line]] = {
    "a path upwards": lambda row: row | {"files": replaced(row["files"], path="../x")},
    "an absolute path": lambda row: row | {"files": replaced(row["files"], path="/etc/x")},
    "a path into Git": lambda row: row | {"files": replaced(row["files"], path="a/.GIT/config")},
    "an empty path": lambda row: row | {"files": replaced(row["files"], path="")},
    "no text as path": lambda row: row | {"files": replaced(row["files"], path=7)},
    "a lone surrogate": lambda row: row | {"files": replaced(row["files"], path="\ud800")},
    "a file that is a folder too": lambda row: row | {"files": replaced(row["files"], path="src/deep", after=["100644", CONTENT])},
    "a mode of nothing": lambda row: row | {"files": replaced(row["files"], after=["100600", CONTENT])},
    "a folder": lambda row: row | {"files": replaced(row["files"], after=["40000", CONTENT])},
    "a submodule without a commit": lambda row: row | {"files": replaced(row["files"], after=["160000", CONTENT])},
    "no base64": lambda row: row | {"files": replaced(row["files"], after=["100644", "?"])},
    "a content alone": lambda row: row | {"files": replaced(row["files"], after=CONTENT)},
    "too much": lambda row: row | {"files": replaced(row["files"], after=["100644", b64encode(b"x" * carried.MAX_BYTES).decode()])},
    "too many": lambda row: row | {"files": row["files"] * 1000},
    "another key": lambda row: row | {"files": replaced(row["files"], more=1)},
    "no list": lambda row: row | {"files": {}},
    "another task": lambda row: row | {"task_id": 99},
    "another attempt": lambda row: row | {"attempt": 2},
    "a task without a name": lambda row: {key: value for key, value in row.items() if key != "task_id"},
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_change_that_no_export_has_is_refused_with_its_line(first: SparkQ, second: SparkQ, damage: str) -> None:
    before = all_rows(second)
    lines = lines_of(first)
    at = next(number for number, line in enumerate(lines) if '"table":"changes"' in line)
    line = json.loads(lines[at])
    lines[at] = json.dumps(line | {"row": DAMAGES[damage](line["row"])})

    with pytest.raises(InvalidValue, match=f"Line {at + 1}"):
        importer.load(second, lines)
    assert all_rows(second) == before
