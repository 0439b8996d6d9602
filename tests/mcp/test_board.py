"""The board in a real browser, inside a small host page that speaks MCP Apps and passes tool calls to a real server."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from mcp import Client

from sparkq_core import queues, tasks
from sparkq_core.lifecycle import Status
from sparkq_core.project import SparkQ
from sparkq_mcp.server import build
from tests.harness.chromium import HEADLESS, MISSING, PAGE_FLAGS
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, take
from tests.promises import holds

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is missing: pip install playwright")

HOST = Path(__file__).with_name("board_host.html")
DEADLINE = 60_000


@pytest.fixture
def portal() -> Iterator[BlockingPortal]:
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture
def client(sq: SparkQ, portal: BlockingPortal) -> Iterator[Client]:
    """A client of a server of the project, as a host has."""
    with portal.wrap_async_context_manager(Client(build(lambda: second_handle(sq)))) as opened:
        yield opened


# Gone before another file's asynchronous tests: Playwright's loop counts as running as long as it is there.
@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not HEADLESS:
        pytest.skip(MISSING)
    with playwright.sync_playwright() as started:
        opened = started.chromium.launch(executable_path=HEADLESS, args=PAGE_FLAGS)
        yield opened
        opened.close()


class Shown:
    """The board in its host: the page, what was asked of the network, and what went wrong."""

    def __init__(self, browser: Any, client: Client, portal: BlockingPortal) -> None:
        self.page = browser.new_page()
        self.page.set_default_timeout(DEADLINE)
        self.asked: list[str] = []
        self.wrong: list[str] = []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("console", lambda said: self.wrong.append(said.text) if said.type == "error" else None)

        def call_tool(name: str, arguments: dict[str, Any]) -> Any:
            answer = portal.call(lambda: client.call_tool(name, arguments))
            return answer.model_dump(by_alias=True, mode="json", exclude_none=True)

        self.page.expose_function("callTool", call_tool)
        html = getattr(portal.call(lambda: client.read_resource("ui://sparkq/board")).contents[0], "text", "")
        self.page.set_content(HOST.read_text(encoding="utf-8"))
        self.page.evaluate("html => { frame.srcdoc = html }", html)
        self.board = self.page.frame_locator("#app")

    def rows(self) -> list[list[str]]:
        """The table of queues, when the queues have come."""
        self.board.locator("tbody td:not([colspan]), tbody td.none[colspan]", has_not_text="Loading").first.wait_for()
        rows = self.board.locator("tbody tr")
        return [rows.nth(number).locator("td").all_inner_texts() for number in range(rows.count())]


@holds("mcp-board")
def test_the_board_shows_queues_and_latest_results(
    sq: SparkQ, queue: str, clock: SetClock, browser: Any, client: Client, portal: BlockingPortal
) -> None:
    queues.create(sq, "docs")
    add(sq, "Done well", "Went wrong", "Hangs", *["Waits"] * 30, timeout=60)
    tasks.complete(sq, take(sq).task.id, "Fine.")
    tasks.fail(sq, take(sq).task.id, "Broken.")
    tasks.cancel(sq, add(sq, "Not wanted")[0])
    take(sq)
    clock.move(61)

    shown = Shown(browser, client, portal)
    rows = shown.rows()
    results = shown.board.locator("#results li")
    results.first.wait_for()

    assert shown.board.locator("th").all_inner_texts() == ["Queue", *map(str.capitalize, Status), "To review"]
    assert rows == [["backend", "30", "0", "1 (⚠️ 1 stale)", "1", "1", "1", "2"], ["docs", *["0"] * 7]]
    assert results.all_inner_texts() == ["🔴 failed #2 Went wrong", "✓ succeeded #1 Done well"]
    assert shown.wrong == []
    assert [url for url in shown.asked if url.startswith("http")] == []


@holds("mcp-board")
def test_on_a_narrow_screen_names_are_on_one_line_and_nothing_is_cut(
    sq: SparkQ, queue: str, browser: Any, client: Client, portal: BlockingPortal
) -> None:
    queues.create(sq, "a-queue-with-a-long-name")
    add(sq, "Waits")
    shown = Shown(browser, client, portal)
    shown.page.set_viewport_size({"width": 360, "height": 640})
    shown.page.evaluate("frame.style.width = '100%'")
    shown.rows()
    name = shown.board.locator("td", has_text="a-queue-with-a-long-name")

    assert name.bounding_box()["height"] < 30
    assert shown.board.locator("html").evaluate("it => it.scrollWidth - it.clientWidth") <= 0
    assert shown.board.locator("td[data-title=queued]:visible").all_inner_texts() == ["1"]


@holds("mcp-board")
def test_the_board_speaks_the_protocol_in_its_order(
    sq: SparkQ, queue: str, browser: Any, client: Client, portal: BlockingPortal
) -> None:
    shown = Shown(browser, client, portal)
    shown.rows()
    methods = [message["method"] for message in shown.page.evaluate("said") if "method" in message]

    assert methods[0] == "ui/initialize"
    assert methods.index("ui/notifications/initialized") < methods.index("tools/call")
    assert "ui/notifications/size-changed" in methods
    assert shown.board.locator("html").evaluate("it => it.style.colorScheme") == "dark"

    shown.page.evaluate("send({ method: 'ui/notifications/host-context-changed', params: { theme: 'light' } })")
    shown.board.locator("html[style*='light']").wait_for()
    shown.page.evaluate("send({ id: 'end', method: 'ui/resource-teardown', params: {} })")
    shown.page.wait_for_function("said.some((one) => one.id === 'end' && one.result)")


def test_the_board_follows_the_next_result(
    sq: SparkQ, queue: str, browser: Any, client: Client, portal: BlockingPortal
) -> None:
    shown = Shown(browser, client, portal)
    assert shown.rows()[0][1] == "0"

    add(sq, "one")
    shown.page.evaluate(
        "callTool('list_queues', {}).then((params) => send({ method: 'ui/notifications/tool-result', params }))"
    )
    shown.board.locator("td.queued", has_text="1").wait_for()


def test_task_text_is_only_text_on_the_board(
    sq: SparkQ, queue: str, browser: Any, client: Client, portal: BlockingPortal
) -> None:
    evil = "<img src=x onerror=\"document.title='owned'\"><b>bold</b>"
    add(sq, evil)
    tasks.complete(sq, take(sq).task.id, "x")

    shown = Shown(browser, client, portal)
    shown.rows()
    result = shown.board.locator("#results li").first
    result.wait_for()

    assert evil in result.inner_text()
    assert shown.board.locator("img, b").count() == 0


def test_a_project_without_queues_says_how_to_begin(
    sq: SparkQ, browser: Any, client: Client, portal: BlockingPortal
) -> None:
    assert Shown(browser, client, portal).rows() == [["No queues yet: sparkq queue create NAME"]]
