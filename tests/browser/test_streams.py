"""What live updates cost: one stream for all tabs of a browser, few requests, and no row drawn that has not changed."""

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import VIEWPORT, Tab
from tests.browser.screen import Request, Route, Screen, expect
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.promises import holds

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext

HIDE = """hidden => {
  Object.defineProperty(document, "visibilityState", { value: hidden ? "hidden" : "visible", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
"""Headless Chromium never hides a tab."""

COUNT_STREAMS = """
window.streams = 0;
const Real = window.EventSource;
window.EventSource = class extends Real {
  constructor(url) { super(url); window.streams += 1; }
  close() { if (this.readyState !== Real.CLOSED) window.streams -= 1; super.close(); }
};
"""


@pytest.fixture
def browser_of_one(own: Served, chromium: "Browser") -> "Iterator[BrowserContext]":
    """A browser whose tabs are on one server of their own."""
    context = chromium.new_context(viewport=VIEWPORT)
    context.add_init_script(COUNT_STREAMS)
    yield context
    context.close()


def opened(context: "BrowserContext", served: Served, path: str) -> Screen:
    return Screen(context.new_page(), served.port).open(path)


def streams(*tabs: Screen) -> int:
    return sum(int(tab.evaluate("streams")) for tab in tabs)


def shows(screen: Screen, title: str) -> None:
    expect(screen.main.locator("li.row").filter(has_text=title)).to_have_count(1)


@holds("page-views")
def test_eight_tabs_share_one_stream_and_are_all_alive(own: Served, browser_of_one: "BrowserContext") -> None:
    own.call.post("/api/queues", name="q")["queue"]
    tabs = [opened(browser_of_one, own, "/queues/q") for _ in range(8)]

    own.call.add("q", "for all of them")

    for tab in tabs:
        shows(tab, "for all of them")
    assert streams(*tabs) == 1
    assert [tab.problems for tab in tabs] == [[]] * 8


def test_a_tab_takes_over_when_the_one_that_streams_is_closed(own: Served, browser_of_one: "BrowserContext") -> None:
    own.call.post("/api/queues", name="q")["queue"]
    first, second, third = (opened(browser_of_one, own, "/queues/q") for _ in range(3))
    until(lambda: streams(first) == 1)

    first.page.close()
    own.call.add("q", "after it was closed")

    shows(second, "after it was closed")
    shows(third, "after it was closed")
    assert streams(second, third) == 1


def test_no_stream_is_open_while_all_tabs_are_out_of_sight(own: Served, browser_of_one: "BrowserContext") -> None:
    own.call.post("/api/queues", name="q")["queue"]
    first, second = (opened(browser_of_one, own, "/queues/q") for _ in range(2))
    until(lambda: streams(first, second) == 1)

    first.page.evaluate(HIDE, True)
    own.call.add("q", "while one is in sight")
    shows(second, "while one is in sight")
    assert streams(first) == 0
    second.page.evaluate(HIDE, True)
    until(lambda: streams(first, second) == 0)
    own.call.add("q", "while none is in sight")
    first.page.evaluate(HIDE, False)

    shows(first, "while none is in sight")
    assert streams(first, second) == 1


def test_without_web_locks_each_tab_streams_for_itself(own: Served, browser_of_one: "BrowserContext") -> None:
    browser_of_one.add_init_script("delete Navigator.prototype.locks;")
    own.call.post("/api/queues", name="q")["queue"]
    tabs = [opened(browser_of_one, own, "/queues/q") for _ in range(2)]

    own.call.add("q", "for both")

    for tab in tabs:
        shows(tab, "for both")
    assert [streams(tab) for tab in tabs] == [1, 1]


def test_what_happens_between_the_document_and_the_stream_is_shown(own: Served, tab: Tab) -> None:
    own.call.post("/api/queues", name="q")["queue"]
    screen: Screen = tab(own.port)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    screen.page.route("**/api/events*", hold)
    with screen.page.expect_request("**/api/events*"):
        screen.open("/queues/q")
    expect(screen.main).to_contain_text("No tasks are queued.")

    own.call.add("q", "before the stream")
    for stream in held:
        stream.continue_()

    shows(screen, "before the stream")
    screen.page.unroute("**/api/events*")


def test_a_new_name_of_the_project_is_shown_when_the_server_comes_back(own: Served, tab: Tab) -> None:
    screen: Screen = tab(own.port).open("/queues")
    expect(screen.page.locator("#project")).to_have_text("own")
    (own.root / "sparkq.yml").write_text("project:\n  name: renamed\n", encoding="utf-8")

    own.stop()
    again = Served(own.root, port=own.port)
    try:
        expect(screen.page.locator("#project")).to_have_text("renamed")
    finally:
        screen.leave()
        again.stop()
    screen.forgiven.append("ERR_")


REQUESTS = 3
"""Most requests of an event, however many queues there are."""


def test_a_new_task_among_sixty_queues_takes_few_requests(own: Served, tab: Tab) -> None:
    for number in range(60):
        own.call.post("/api/queues", name=f"q{number}")["queue"]
        own.call.add(f"q{number}")
    screen: Screen = tab(own.port)
    counted = screen.page.locator("#views a", has_text="Tasks")
    asked: list[str] = []
    answered: list[str] = []

    def note(seen: list[str], request: Request) -> None:
        if "/assets/" not in request.url:  # the rest of the page comes in the quiet, once
            seen.append(request.url)

    screen.page.on("request", partial(note, asked))
    screen.page.on("requestfinished", partial(note, answered))
    taken = {}
    for number, path in enumerate(("/inbox", "/queues", "/queues/q7", "/running", "/board", "/tasks"), 60):
        screen.open(path)
        screen.page.reload()  # nothing of the earlier view is under way
        screen.open(path)
        expect(counted).to_contain_text(str(number))
        asked.clear()
        answered.clear()

        own.call.add("q7", "one more")
        expect(counted).to_contain_text(str(number + 1))
        # Playwright tells of a request only while it is asked something.
        until(lambda: screen.page.title() and 0 < len(asked) <= len(answered))
        taken[path] = len(asked)

    assert {path: count for path, count in taken.items() if count > REQUESTS} == {}


def test_a_burst_is_shown_as_it_goes(own: Served, tab: Tab) -> None:
    own.call.post("/api/queues", name="q")["queue"]
    screen: Screen = tab(own.port).open("/queues/q")
    rows = screen.main.locator("li.row")
    screen.evaluate("window.seen = []")
    screen.evaluate(
        "new MutationObserver(() => seen.push(document.querySelectorAll('#main li.row').length))"
        ".observe(document.getElementById('main'), { childList: true, subtree: true })"
    )

    made = 0
    while not screen.evaluate("seen.some((count) => count > 0)"):  # the page is never quiet until it has shown some
        own.call.add("q", f"number {made}")
        made += 1

    expect(rows).to_have_count(min(made, 50))


COUNT_ROWS = """() => {
  window.touched = new Set();
  new MutationObserver((records) => {
    for (const { target } of records) {
      const row = (target.closest ? target : target.parentElement)?.closest("li.row");
      if (row) touched.add(row.dataset.id);
    }
  }).observe(document.getElementById("main"), { childList: true, subtree: true, attributes: true, characterData: true });
}"""


def test_an_event_changes_only_its_row_of_a_long_list(screen: Screen, call: Caller, line: str) -> None:
    text = "\n".join(f"number {number}" for number in range(200))
    made = [task["id"] for task in call.post("/api/tasks/bulk", queue=line, text=text, split=True)["tasks"]]
    screen.open(f"/tasks?queue={line}&sort=oldest")
    rows = screen.main.locator("li.row")
    screen.main.get_by_role("button", name="Show more").scroll_into_view_if_needed()
    expect(rows).to_have_count(100)
    screen.evaluate(f"({COUNT_ROWS})()")

    call.post(f"/api/tasks/{made[5]}/claim", worker_id="ann")["task"]

    expect(screen.row(made[5])).to_contain_text("running")
    assert screen.evaluate("[...touched]") == [str(made[5])]


def test_a_focused_button_never_becomes_another(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line, "to be done")
    screen.open(f"/tasks/{task}")
    edit = screen.main.locator('[data-act="edit"]')
    edit.focus()
    held = edit.element_handle()
    assert held is not None

    call.post(f"/api/tasks/{task}/claim", worker_id="ann")["task"]
    expect(screen.main.locator('[data-act="fail"]')).to_be_visible()
    call.post(f"/api/tasks/{task}/complete", result_summary="done")["status"]
    expect(screen.main.locator('[data-act="accept"]').first).to_be_visible()

    assert held.get_attribute("data-act") == "edit"
    assert screen.evaluate("document.activeElement.dataset.act ?? null") is None
