"""What a task changed over HTTP: files with their lines, in pages, for a program that shows them."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from sparkq_core import project, queues
from tests.harness.change_steps import changing, repository
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.http.conftest import new_project
from tests.promises import holds

ODD = "a b\tc\nd é#?&.txt"


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server of a project in a repository, in which #1 changed several files and #2 nothing, and #3 was not claimed."""
    root = tmp_path_factory.mktemp("changed")
    repository(root, one_txt="1\n2\n3\n", old_txt="x\n" * 50)
    new_project(root)
    sq = project.open(root, env={})
    queues.create(sq, "backend")
    changing(sq, lambda: work(root))
    changing(sq, lambda: None)
    server = Served(root)
    server.call.add("backend")
    sq.close()
    yield server
    server.stop()


def work(root: Path) -> None:
    """What #1 does."""
    (root / "one.txt").write_text("1\n2\n3\n<script>\n")
    (root / "old.txt").rename(root / "new.txt")
    (root / "picture.bin").write_bytes(b"\0")
    (root / ODD).write_text("x\n")
    (root / "long.txt").write_text("line of a long file\n" * 30_000)


@pytest.fixture
def call(changed: Served) -> Caller:
    return changed.call


@holds("rest-changes")
def test_a_change_is_its_files_with_their_lines(call: Caller) -> None:
    answer = call.get("/api/tasks/1/changes").facts

    assert (answer["task_id"], answer["attempt"], answer["branch"], answer["work_tree"]) == (1, 1, "main", ".")
    assert (answer["total"], answer["insertions"], answer["deletions"]) == (5, 30_002, 0)
    files = {file["path"]: file for file in answer["files"]}
    assert [*files] == sorted(files)
    assert files["one.txt"]["hunks"] == [
        {"heading": "@@ -1,3 +1,4 @@", "lines": [" 1", " 2", " 3", "+<script>"]}
    ]  # fmt: skip
    assert files["new.txt"] == {
        "path": "new.txt", "old_path": "old.txt", "status": "renamed", "insertions": 0, "deletions": 0, "hunks": [],
    }  # fmt: skip
    assert files["picture.bin"] == {"path": "picture.bin", "status": "added", "hunks": []}
    assert "cut" not in files[ODD]
    assert files["long.txt"]["cut"] is True


@holds("rest-changes")
def test_a_long_file_is_read_on_by_its_path(call: Caller) -> None:
    lines: list[str] = []
    cursor = ""
    while True:
        answer = call.get(f"/api/tasks/1/changes?path=long.txt&cursor={cursor}").facts
        (file,) = answer["files"]
        text = [line for hunk in file["hunks"] for line in hunk["lines"]]
        assert sum(map(len, text)) <= 200_000
        assert answer["total"] == 5
        lines += text
        if "next_cursor" not in answer:
            break
        cursor = answer["next_cursor"]

    assert lines == ["+line of a long file"] * 30_000
    assert call.get(f"/api/tasks/1/changes?path={quote(ODD)}").facts["files"][0]["path"] == ODD


def test_files_come_in_pages(call: Caller) -> None:
    first = call.get("/api/tasks/1/changes?limit=2").facts
    second = call.get(f"/api/tasks/1/changes?limit=3&attempt=1&cursor={first['next_cursor']}").facts

    assert [len(page["files"]) for page in (first, second)] == [2, 3]
    assert "next_cursor" not in second
    assert len({file["path"] for page in (first, second) for file in page["files"]}) == 5


def test_a_task_that_changed_nothing_has_an_empty_change(call: Caller) -> None:
    answer = call.get("/api/tasks/2/changes").facts

    assert (answer["total"], answer["files"]) == (0, [])


@holds("rest-changes")
def test_without_a_change_it_is_said_why(call: Caller) -> None:
    assert "has not been claimed yet" in call.get("/api/tasks/3/changes").refused(404, "no_change")
    assert "no attempt 7" in call.get("/api/tasks/1/changes?attempt=7").refused(404, "no_change")
    assert "is not a file" in call.get("/api/tasks/1/changes?path=no%1b.txt").refused(404, "no_such_file")
    call.get("/api/tasks/99/changes").refused(404, "no_such_task")
    for wrong in ("limit=0", "limit=101", "cursor=x", "path=long.txt&cursor=x"):
        call.get(f"/api/tasks/1/changes?{wrong}").refused(400, "invalid_value")
    for wrong in ("attempt=0", "attempt=x", "attempt=1.5", "file=x"):
        call.get(f"/api/tasks/1/changes?{wrong}").refused(422, "malformed")
    assert call.get("/api/tasks/1/changes?attempt=&path=&cursor=").status == 200


def test_over_http_alone_the_change_is_about_and_has_no_lines(changed: Served, call: Caller) -> None:
    number = call.done("backend")
    until(lambda: "git_after" in call.get(f"/api/tasks/{number}")["history"][0])

    assert "called over HTTP" in call.get(f"/api/tasks/{number}/changes").refused(404, "no_change")
