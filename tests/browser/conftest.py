"""Fixtures of the page: one real browser and one real server, a tab of its own for each test."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.chromium import HEADLESS, MISSING, PAGE_FLAGS
from tests.http.caller import Caller, Served
from tests.http.conftest import new_project

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, ViewportSize

    from tests.browser.screen import Screen

HERE = Path(__file__).parent

_numbers = count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Without a browser these tests are skipped, and the reason is printed."""
    if HEADLESS:
        return
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.skip(reason=MISSING))


# Playwright's loop counts as running in its thread as long as it is there, so it must be gone before another
# package's asynchronous tests run in this process: the scope is the package, never the session.
@pytest.fixture(scope="package")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Browser]":
    """The browser."""
    from playwright.sync_api import sync_playwright

    home = tmp_path_factory.mktemp("browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=HEADLESS, args=PAGE_FLAGS, env={**os.environ, "HOME": str(home)}
        )
        yield browser
        browser.close()


Tab = Callable[..., Any]
VIEWPORT: "ViewportSize" = {"width": 1200, "height": 900}


@pytest.fixture(scope="package")
def shared(chromium: "Browser") -> "Iterator[Page]":
    """The tab of all tests that want nothing of their own: a new one costs half as much as a test."""
    context = chromium.new_context(viewport=VIEWPORT)
    yield context.new_page()
    context.close()


@pytest.fixture
def tab(chromium: "Browser", shared: "Page", lines: list[str]) -> Iterator[Tab]:
    """Opens a tab: `tab(port, color_scheme="dark")`. When it closes, it must have been clean."""
    from tests.browser.screen import Screen

    opened: list[Screen] = []

    def new(port: int, **options: Any) -> Screen:
        page = chromium.new_context(viewport=VIEWPORT, **options).new_page() if options else shared
        opened.append(Screen(page, port))
        return opened[-1]

    yield new
    for handle in opened:
        handle.leave()
        if handle.page is not shared:
            handle.page.context.close()
    assert [handle.complaints for handle in opened] == [[]] * len(opened)


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The server that tests share."""
    server = Served(new_project(tmp_path_factory.mktemp("shared")), "--env", "prod")
    yield server
    server.stop()


@pytest.fixture
def call(served: Served) -> Caller:
    """Another client of the server."""
    return served.call


@pytest.fixture
def screen(tab: Tab, served: Served) -> "Screen":
    """A tab on the shared server."""
    return tab(served.port)  # type: ignore[no-any-return]  # a fixture of Any


@pytest.fixture
def lines(call: Caller) -> Iterator[list[str]]:
    """The queues of a test: they and what was made beside them are put away, once no tab shows them any more."""
    names: list[str] = []
    yield names
    for queue in call.get("/api/queues")["queues"] if names else ():
        if any(queue["name"] == name or queue["name"].startswith(f"{name}-") for name in names):
            for task in call.get(f"/api/tasks?queue={queue['name']}&limit=1000")["tasks"]:
                call.delete(f"/api/tasks/{task['id']}")
            call.post(f"/api/queues/{queue['name']}/archive")


@pytest.fixture
def line(call: Caller, lines: list[str]) -> str:
    """An empty queue that no other test uses."""
    name = f"line-{next(_numbers)}"
    call.post("/api/queues", name=name)["queue"]
    lines.append(name)
    return name


@pytest.fixture
def calm(call: Caller) -> None:
    """Nothing waits for review."""
    while waiting := call.get("/api/inbox?limit=1000")["tasks"]:
        shown = [
            {"id": task["id"], "attempt": task["attempts"], "late": bool(late), "late_at": late and late["at"]}
            for task in waiting
            for late in [task.get("late")]
        ]
        call.post("/api/inbox/accept", tasks=shown)["tasks"]


@contextmanager
def served_for(request: pytest.FixtureRequest, root: Path) -> Iterator[Served]:
    """A server for one test. Its tab must be a fixture after it: a tab that is left later misses the server."""
    assert "tab" not in request.node.funcargs, "name the server before the tab"
    server = Served(root)
    yield server
    server.stop()


@pytest.fixture
def own(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A server of the test's own, in an empty project."""
    root = tmp_path / "own"
    root.mkdir()
    with served_for(request, new_project(root)) as server:
        yield server


@pytest.fixture(scope="package")
def views(served: Served) -> dict[str, str]:
    """Every view by its name, with something of each kind to show."""
    from tests.browser.seeds import late, stale

    call = served.call
    call.post("/api/sessions", name="looked-at")["session"]
    for name in ("look", "look-over"):
        call.post("/api/queues", name=name, instructions="Be quick.\nBe good.", session="looked-at")["queue"]
    call.done("look", "A title that is quite long and goes on " * 3)
    failed = call.failed("look")
    call.post(f"/api/tasks/{failed}/requeue", feedback="Again.", prompt="Other words")["task"]
    call.post(f"/api/tasks/{failed}/claim", worker_id="a-worker-with-a-long-name-4711-on-a-machine")["task"]
    call.post(f"/api/tasks/{failed}/complete", result_summary="a" * 400, result_data={"one": 1})["status"]
    belated = late(served.root, call, "look", "late")
    stale(served.root, call.running("look", timeout=600), 600)
    call.running("look", timeout=600)
    asked = call.asked("look", "A or `B`?")
    broken = call.failed("look")
    for word in ("one", "two"):
        call.add("look", f"{word} {'unbroken' * 30}")
    call.add("look-over")
    call.post("/api/queues/look-over/end")
    (served.root / "scripts").mkdir(exist_ok=True)
    (served.root / "scripts/look.py").write_text(
        "# name: look\n# description: Look around\n# inputs:\n#   WHERE (required)\n# outputs: SEEN\n# tags: eyes, ops\n"
    )
    call.post("/api/reload")
    return {
        "inbox": "/inbox",
        "question": f"/inbox/{asked}",
        "failure": f"/inbox/{broken}",
        "late result": f"/inbox/{belated}",
        "rounds": f"/inbox/{failed}?tab=rounds",
        "running": "/running",
        "board": "/board",
        "today": "/today",
        "queues": "/queues?archived=1",
        "queue": "/queues/look",
        "tasks": "/tasks?queue=look",
        "task": f"/tasks/{failed}",
        "sessions": "/sessions",
        "scripts": "/scripts",
        "settings": "/settings",
    }
