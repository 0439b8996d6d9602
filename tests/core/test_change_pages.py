"""A change in pages: everything is shown once, a bounded piece at a time."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.changes import pages, view
from sparkq_core.changes.pages import NoSuchFile, Page
from sparkq_core.changes.view import NoChange
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from tests.harness.change_steps import changing, repository
from tests.harness.clocks import SetClock
from tests.harness.git_steps import git
from tests.harness.projects import open_new_project


@pytest.fixture
def sq(root: Path, clock: SetClock) -> Iterator[SparkQ]:
    """An open project in a repository, with the queue "backend"."""
    repository(root, one_txt="1\n2\n3\n", picture_bin=b"\0\1")
    opened = open_new_project(root, clock)
    queues.create(opened, "backend")
    yield opened
    opened.close()


def write(folder: Path, **files: str | bytes) -> None:
    """Write files; `_` in a name is a dot."""
    for name, content in files.items():
        (folder / name.replace("_", ".")).write_bytes(content if isinstance(content, bytes) else content.encode())


def all_pages(sq: SparkQ, task_id: int, limit: int = 50) -> list[Page]:
    """Every page of a change."""
    change = view.of(sq, task_id)
    read = [pages.of_files(sq, change, limit=limit)]
    while read[-1].next is not None:
        read.append(pages.of_files(sq, change, limit=limit, cursor=read[-1].next))
    return read


def shown(read: list[Page]) -> list[str]:
    """The paths of the files of these pages."""
    return [part.file.path for page in read for part in page.parts]


def lines_of_file(sq: SparkQ, task_id: int, path: str) -> list[str]:
    """Every line of one file, read to its end."""
    change = view.of(sq, task_id)
    lines: list[str] = []
    cursor: str | None = None
    while True:
        page = pages.of_one(sq, change, path, cursor=cursor)
        (part,) = page.parts
        text = [line for hunk in part.hunks for line in hunk.lines]
        assert text
        assert sum(len(line.encode()) for line in text) <= pages.MAX_TEXT
        lines += text
        cursor = page.next
        if cursor is None:
            assert not part.cut
            return lines
        assert part.cut


def test_a_page_has_each_file_with_its_lines(sq: SparkQ) -> None:
    number = changing(
        sq, lambda: write(sq.config.root, one_txt="1\n2\n3\n4", new_py="x = 1\n", picture_bin=b"\0\2", empty_py="")
    )

    (page,) = all_pages(sq, number)

    assert [(part.file.path, [(hunk.heading, hunk.lines) for hunk in part.hunks], part.cut) for part in page.parts] == [
        ("empty.py", [], False),
        ("new.py", [("@@ -0,0 +1 @@", ("+x = 1",))], False),
        ("one.txt", [("@@ -1,3 +1,4 @@", (" 1", " 2", " 3", "+4", "\\ No newline at end of file"))], False),
        ("picture.bin", [], False),
    ]


def test_many_files_are_many_pages(sq: SparkQ) -> None:
    number = changing(sq, lambda: write(sq.config.root, **{f"new{n:02}": f"{n}\n" for n in range(25)}))

    read = all_pages(sq, number, limit=10)

    assert [len(page.parts) for page in read] == [10, 10, 5]
    assert shown(read) == [f"new{n:02}" for n in range(25)]
    assert {len(page.files) for page in read} == {25}


def test_a_page_of_long_files_is_shorter_and_each_is_read_on_by_its_path(sq: SparkQ) -> None:
    text = "".join(f"line {n}\n" for n in range(60_000))
    names = [f"long{n}" for n in range(6)]
    number = changing(sq, lambda: write(sq.config.root, **dict.fromkeys(names, text)))

    read = all_pages(sq, number)

    assert shown(read) == names
    assert len(read) > 1
    for page in read:
        sizes = [sum(len(line) for hunk in part.hunks for line in hunk.lines) for part in page.parts]
        assert sum(sizes) <= pages.MAX_TEXT
        assert all(30_000 < size <= pages.MAX_FILE for size in sizes)
        assert all(part.cut for part in page.parts)
    assert lines_of_file(sq, number, "long3") == [f"+line {n}" for n in range(60_000)]


def test_a_file_behind_what_is_read_is_on_a_page_of_its_own(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "MAX_READ", 100_000)
    text = "line\n" * 40_000
    number = changing(sq, lambda: write(sq.config.root, a="x\n", b=text, c="y\n", d=text, e="z\n"))

    read = all_pages(sq, number)

    assert shown(read) == ["a", "b", "c", "d", "e"]
    assert [part.file.path for page in read for part in page.parts if part.cut] == ["b", "d"]
    assert [part.file.path for page in read for part in page.parts if not part.hunks] == []


def test_a_file_is_only_what_its_name_says(sq: SparkQ) -> None:
    odd = [b"*", b":(top)x", b"a b\tc\nd", b"\xff.txt", b"-R", "é".encode(), b"one.txt"]

    def work() -> None:
        for name in odd:
            Path(os.fsdecode(os.fsencode(sq.config.root) + b"/" + name)).write_text("x\n")

    number = changing(sq, work)
    change = view.of(sq, number)

    for name in odd:
        path = name.decode(errors="replace")
        page = pages.of_one(sq, change, path)
        assert [part.file.path for part in page.parts] == [path]
        assert page.parts[0].hunks[0].lines[-1] == "+x"
    assert len(shown(all_pages(sq, number))) == len(odd)


def test_a_project_in_a_subfolder_shows_the_files_of_the_whole_tree(root: Path, clock: SetClock) -> None:
    repository(root, one_txt="1\n")
    inside = root / "app"
    inside.mkdir()
    (inside / "sparkq.yml").write_text("env: dev\n")
    sq = open_new_project(inside, clock)
    queues.create(sq, "backend")
    number = changing(sq, lambda: write(root, one_txt="2\n"))

    (page,) = all_pages(sq, number)

    lines = {part.file.path: [hunk.lines for hunk in part.hunks] for part in page.parts}
    assert lines["one.txt"] == [("-1", "+2")]
    sq.close()


def test_a_renamed_file_is_one_file_with_its_changed_lines(sq: SparkQ) -> None:
    text = "".join(f"{n}\n" for n in range(50))
    changing(sq, lambda: write(sq.config.root, old=text))

    def rename() -> None:
        (sq.config.root / "old").rename(sq.config.root / "renamed")
        write(sq.config.root, renamed=text + "more\n")

    number = changing(sq, rename)
    page = pages.of_one(sq, view.of(sq, number), "renamed")

    assert (page.parts[0].file.old_path, page.parts[0].hunks[0].lines[-1]) == ("old", "+more")


def test_what_is_not_there_is_refused(sq: SparkQ) -> None:
    number = changing(sq, lambda: write(sq.config.root, new="x\n"))
    change = view.of(sq, number)

    with pytest.raises(NoSuchFile, match="is not a file that #1 changed"):
        pages.of_one(sq, change, "one.txt")
    for limit, cursor in ((0, None), (101, None), (1, "x"), (1, "9" * 30)):
        with pytest.raises(InvalidValue):
            pages.of_files(sq, change, limit=limit, cursor=cursor)
    assert pages.of_files(sq, change, cursor="99").parts == []


def test_an_attempt_that_moved_to_another_work_tree_has_no_exact_change(sq: SparkQ, tmp_path: Path) -> None:
    git(sq.config.root, "worktree", "add", "--quiet", str(tmp_path / "linked"), "-b", "feature")
    number = changing(sq, lambda: None, ends_in=tmp_path / "linked")

    with pytest.raises(NoChange) as refusal:
        view.of(sq, number)
    assert "claimed in one work tree and finished in another" in refusal.value.hint
    assert tasks.get(sq, number).status == "succeeded"
