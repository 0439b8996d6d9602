"""The check of a queue on the page: set, and seen beside the results that it proves."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.changes import Execution
from sparkq_core.project import SparkQ
from tests.browser.conftest import Tab, served_for
from tests.browser.screen import Screen, expect
from tests.harness.change_steps import record
from tests.harness.check_steps import check, patient_with_git, with_check
from tests.harness.task_steps import add, take
from tests.http.caller import Caller, Served
from tests.http.conftest import new_project
from tests.promises import holds

__all__ = ["patient_with_git"]


@pytest.fixture
def checked(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A server of a project in which #1 has passed its check at the second try, #2 failed, and #3 was not checked."""
    (tmp_path / "checked").mkdir()
    with closing(project.open(new_project(tmp_path / "checked"), env={})) as opened:
        queues.create(opened, "backend")
        with closing(with_check(opened, "sh verify.sh", strict=False)) as sq:
            live(sq)
    with served_for(request, opened.config.root) as server:
        yield server


def live(sq: SparkQ) -> None:
    verify = sq.config.root / "verify.sh"
    add(sq, "Passes", "Fails", "Is not checked")
    record(sq, begun=Execution(1, take(sq).task.attempts))
    for content in ("echo no; false\n", "true\n"):
        verify.write_text(content)
        check(sq, 1)
    tasks.complete(sq, 1, "did it")
    record(sq, ended=Execution(1, 1))
    take(sq)
    verify.write_text("echo no; false\n")
    check(sq, 2)
    tasks.fail(sq, 2, "It needs a database")
    take(sq)
    tasks.complete(sq, 3, "did it")


@holds("check")
def test_a_row_and_a_task_say_how_they_were_checked(checked: Served, tab: Tab) -> None:
    page = tab(checked.port, color_scheme="dark").open("/inbox")
    said = {
        1: "✓ sh verify.sh, exit 0, 0 s, on this very tree, after 1 failure",
        2: "✗ sh verify.sh, exit 1: 1 of 1 failed",
        3: "– not checked: sh verify.sh",
    }
    for task, words in said.items():
        expect(page.row(task)).to_contain_text(words)
    expect(page.row(1)).to_contain_text("! changed what it reads: verify.sh")

    for task, words in said.items():
        page.open(f"/tasks/{task}")
        expect(page.detail.locator(".meta")).to_contain_text(words)
    page.open("/tasks/2?tab=rounds")
    attempt = page.main.locator("ol.rounds > li")
    attempt.locator("summary", has_text="Check 1: sh verify.sh, failed").click()
    expect(attempt.locator("details pre")).to_have_text("no\n")


@holds("check")
def test_the_check_of_a_queue_is_set_and_removed(screen: Screen, call: Caller, line: str) -> None:
    screen.open(f"/queues/{line}")
    screen.choose("Check …")
    screen.answer("Save", command="make test", most="5")
    screen.said(f"{line}: its check is make test")
    expect(screen.heading.locator(".badge")).to_have_text("checked")
    queue = call.get(f"/api/queues/{line}")["queue"]
    assert (queue["check_command"], queue["max_checks"]) == ("make test", 5)

    screen.choose("Check …")
    screen.answer("Save", command="")

    screen.said(f"{line} has no check.")
    assert "check_command" not in call.get(f"/api/queues/{line}")["queue"]
