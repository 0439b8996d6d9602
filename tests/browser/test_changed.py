"""How much a task changed, on the page."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sparkq_core import changes, project, queues, tasks
from sparkq_core.changes import Execution
from tests.browser.conftest import Tab, served_for
from tests.browser.screen import expect
from tests.harness.change_steps import changing, record, repository
from tests.harness.git_steps import git
from tests.harness.task_steps import add, take
from tests.http.caller import Served
from tests.http.conftest import new_project


@pytest.fixture
def changed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A server of a project in which #1 changed two files and #2 nothing, of #3 only sizes are known, and #4 failed and
    changed more when it was tried again while #5 ran."""
    root = tmp_path / "changed"
    repository(root, one_txt="1\n")
    with closing(project.open(new_project(root), env={})) as sq:
        queues.create(sq, "backend")
        changing(sq, lambda: work(root), title="Change two files")
        changing(sq, lambda: None, title="Look only")
        git(root, "add", "--all")
        git(root, "commit", "--quiet", "--message", "Work")
        add(sq, "Work over HTTP")
        take(sq)
        changes.record(sq, None, begun=Execution(3, 1))
        (root / "one.txt").write_text("1\n2\n3\n")
        tasks.complete(sq, 3, "did it")
        changes.record(sq, None, ended=[Execution(3, 1)])
        add(sq, "Try twice", "Beside it")
        take(sq)
        record(sq, begun=Execution(4, 1))
        tasks.fail(sq, 4, "boom")
        record(sq, ended=Execution(4, 1))
        tasks.requeue(sq, 4, front=True)
        for number, attempt in ((4, 2), (5, 1)):
            take(sq, task_id=number)
            record(sq, begun=Execution(number, attempt))
        (root / "new.txt").write_text("x\n")
        tasks.complete(sq, 4, "did it")
        record(sq, ended=Execution(4, 2))
    with served_for(request, root) as server:
        yield server


def work(root: Path) -> None:
    """What #1 does."""
    (root / "one.txt").write_text("1\n2\n")
    (root / "two.txt").write_text("x\n")


def test_a_row_and_a_task_say_how_much_was_changed(changed: Served, tab: Tab) -> None:
    page = tab(changed.port, color_scheme="dark").open("/inbox")
    said = {
        1: "2 files, +2 −0",
        2: "nothing changed",
        3: "about 1 file, +1 −0",
        4: "1 file, +1 −0, shared with #5",
    }
    for task, words in said.items():
        expect(page.row(task)).to_contain_text(words)

    for task, words in said.items():
        page.open(f"/tasks/{task}?tab=rounds")
        expect(page.main.locator("dl.facts > div", has_text="Changed")).to_have_text(f"Changed{words}, on main")
    expect(page.main.locator("ol.rounds > li").first).to_contain_text("nothing changed")
    page.open("/tasks/5?tab=rounds")
    expect(page.heading).to_contain_text("Beside it")
    expect(page.main.locator("dl.facts > div", has_text="Changed")).to_have_count(0)
