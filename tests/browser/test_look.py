"""How it looks and reads: both themes, a phone, a screen reader, ten thousand tasks."""

from pathlib import Path

import pytest

from sparkq_core.lifecycle import Status
from sparkq_http.assets import Assets
from tests.browser.conftest import Tab
from tests.browser.screen import Route, Screen, expect
from tests.harness.projects import TOP
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.promises import holds

MOST_BYTES = 225_000
MOST_BYTES_ON_ARRIVAL = 140_000


@holds("page-marks")
def test_axe_finds_nothing_in_any_view_or_dialog(tab: Tab, served: Served, views: dict[str, str]) -> None:
    screen: Screen = tab(served.port, reduced_motion="reduce")
    found = {}
    for name, path in views.items():
        screen.open(path)
        found[name] = screen.faults_in_both_themes()
    screen.open(views["inbox"])
    screen.main.locator("li.item .pick").first.check()
    found["bulk"] = screen.faults_in_both_themes()
    screen.open(views["queue"])
    for name, key in {"add": "n", "keys": "?", "palette": "Control+k"}.items():
        screen.press(key)
        expect(screen.dialog).to_be_visible()
        found[name] = screen.faults_in_both_themes()
        screen.press("Escape")
        expect(screen.dialog).to_have_count(0)
    screen.open(views["task"])
    screen.click("Delete …")
    found["confirmation"] = screen.faults_in_both_themes()
    screen.press("Escape")
    screen.page.set_viewport_size({"width": 390, "height": 844})
    for name, path in views.items():
        screen.open(path)
        found[f"{name} on a phone"] = screen.faults("dark")

    assert {name: wrong for name, wrong in found.items() if wrong} == {}


COLOURLESS = """names => names.filter((name) => {
  const element = document.createElement("span");
  element.dataset.state = name;
  document.body.append(element);
  const tone = getComputedStyle(element).getPropertyValue("--tone");
  element.remove();
  return !tone;
})"""
"""The states of a task for which the styles have no colour."""


def test_every_status_has_a_colour(screen: Screen) -> None:
    screen.open()

    assert screen.page.evaluate(COLOURLESS, [*Status, "stale", "timeout", "nonsense"]) == ["nonsense"]


def paper(screen: Screen) -> str:
    return str(screen.evaluate("getComputedStyle(document.body).backgroundColor"))


@holds("page-marks")
def test_the_theme_is_the_systems_until_one_is_chosen_and_then_kept(tab: Tab, served: Served) -> None:
    dark: Screen = tab(served.port, color_scheme="dark").open()
    screen: Screen = tab(served.port, color_scheme="light").open()
    assert paper(screen) != paper(dark)
    bright = paper(screen)

    screen.press("t")
    screen.said("Theme: light.")
    assert paper(screen) == bright
    screen.page.get_by_role("button", name="Theme", exact=True).click()
    screen.said("Theme: dark.")
    assert paper(screen) == paper(dark)
    screen.page.reload()
    expect(screen.heading).to_be_visible()
    assert paper(screen) == paper(dark)
    screen.press("t")

    screen.said("Theme: system.")
    assert paper(screen) == bright
    screen.page.emulate_media(color_scheme="dark")
    assert paper(screen) == paper(dark)


@pytest.fixture
def many(served: Served, call: Caller) -> str:
    """A queue of 10,000 tasks."""
    call.post("/api/queues", name="many")["queue"]
    for part in range(10):
        text = "\n".join(f"number {number}" for number in range(part * 1000, part * 1000 + 1000))
        call.post("/api/tasks/bulk", queue="many", text=text, split=True)["tasks"]
    return "many"


def test_of_ten_thousand_tasks_a_page_is_shown_and_more_on_scrolling(screen: Screen, many: str) -> None:
    screen.open(f"/tasks?queue={many}")
    rows = screen.main.locator("li.row")
    expect(screen.main.locator(".total")).to_have_text("10,000 tasks match")
    expect(rows).to_have_count(50)

    screen.main.get_by_role("button", name="Show more").scroll_into_view_if_needed()
    expect(rows).to_have_count(100)
    screen.page.mouse.wheel(0, 20_000)
    until(lambda: rows.count() >= 200)

    screen.open("/tasks")
    expect(rows).to_have_count(50)
    screen.open(f"/queues/{many}")
    queued = screen.part("Next up").locator("li.row")
    expect(queued).to_have_count(50)
    while queued.count() <= 1000:
        before = queued.count()
        screen.click("Show more")  # so quickly that the browser counts a double click
        expect(queued).not_to_have_count(before)
    screen.open("/tasks?search=9123")
    expect(screen.main.locator("li.row")).to_contain_text("number 9123")


@holds("page-offline", "server")
@pytest.mark.parametrize("address", ["/", "/ui"])
def test_the_page_stands_at_both_addresses(screen: Screen, address: str) -> None:
    screen.page.goto(f"{screen.address}{address}")
    expect(screen.heading).to_have_text("Inbox")


def test_an_address_that_leads_to_no_view_says_so(screen: Screen) -> None:
    screen.open("/nonsense")
    expect(screen.heading).to_have_text("Page not found")
    expect(screen.main).to_contain_text("#/nonsense")

    screen.main.get_by_role("link", name="Go to the inbox").click()
    expect(screen.heading).to_have_text("Inbox")


def test_until_the_first_answer_comes_the_page_says_that_it_loads(tab: Tab, served: Served) -> None:
    screen: Screen = tab(served.port, color_scheme="light")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    screen.page.route("**/api/inbox*", hold)
    with screen.page.expect_request("**/api/inbox*"):
        screen.page.goto(screen.address)
    expect(screen.main).to_have_text("Loading …")

    for task in held:
        task.continue_()
    expect(screen.heading).to_have_text("Inbox")
    expect(screen.main).not_to_contain_text("Loading")


HELD = """window.requestAnimationFrame = ((frames) => {
  window.paint = () => { for (const frame of frames.splice(0)) frame(performance.now()); };
  return (frame) => frames.push(frame);
})([]);"""
"""Keeps the next frame of the page until `paint()`."""


def test_the_first_frame_does_not_wait_for_the_rows(tab: Tab, served: Served) -> None:
    screen: Screen = tab(served.port, color_scheme="light")
    screen.page.add_init_script(HELD)
    with screen.page.expect_response("**/api/tasks?limit=50"):
        screen.page.goto(f"{screen.address}/#/tasks")
    expect(screen.page.locator("#queues, #views li").first).to_be_visible()
    screen.page.evaluate("fetch('/api/version')")
    expect(screen.main).to_have_text("Loading …")

    screen.evaluate("paint()")
    expect(screen.heading).to_have_text("Tasks")


def test_nothing_moves_when_the_page_has_come(tab: Tab, served: Served, views: dict[str, str]) -> None:
    screen: Screen = tab(served.port, color_scheme="light")
    screen.page.add_init_script(
        "window.moved = 0; new PerformanceObserver((list) => { for (const one of list.getEntries()) moved += one.value; })"
        ".observe({ type: 'layout-shift', buffered: true });"
    )
    screen.open(views["inbox"])
    expect(screen.main.locator("li.row").first).to_be_visible()

    assert screen.evaluate("moved") < 0.1


UI = TOP / "sparkq_http/ui"


@holds("page-offline")
def test_the_files_of_the_page_are_small_and_whole() -> None:
    files = [file for file in UI.rglob("*") if file.is_file()]
    served = Assets(UI)
    served.look()

    assert sum(len(served.content(name) or b"") for name in served.names()) <= MOST_BYTES
    assert len(served.names()) == len(files)
    assert {file.suffix for file in files} <= {".js", ".css", ".svg"}
    assert not [file for file in files if "http://" in outside(file) or "https://" in outside(file)]


SHOWN = """new MutationObserver((_, observer) => {
  if (!document.querySelector("article.detail .md")) return;
  observer.disconnect();
  requestAnimationFrame(() => setTimeout(() => { window.shown = performance.now(); }));
}).observe(document, { childList: true, subtree: true });"""
"""Notes the moment when a result has been painted."""

FILES = """until => performance.getEntriesByType("resource")
  .filter(({ name, startTime }) => name.includes("/assets/") && startTime < until)
  .map(({ name, decodedBodySize }) => [name.replace(/.*\\/assets\\/[^/]*\\//, ""), decodedBodySize])"""


def came(screen: Screen, until_ms: float = 1e12) -> dict[str, int]:
    """The files that the page has loaded until then, each with its bytes."""
    return dict(screen.page.evaluate(FILES, until_ms))


@holds("page-offline")
def test_the_inbox_comes_first_and_in_the_quiet_after_it_all_the_rest(tab: Tab, call: Caller, line: str) -> None:
    task = call.post("/api/tasks", queue=line, prompt="a")["task"]["id"]
    call.post(f"/api/tasks/{task}/claim", worker_id="w")
    call.post(f"/api/tasks/{task}/complete", result_summary="Is **done**.")
    screen: Screen = tab(call.port, color_scheme="light")
    screen.page.add_init_script(SHOWN)

    screen.review(task)
    until(lambda: screen.evaluate("window.shown") is not None)
    assert sum(came(screen, screen.evaluate("shown")).values()) <= MOST_BYTES_ON_ARRIVAL
    everything = {str(file.relative_to(UI)) for file in UI.rglob("*") if file.is_file()}
    until(lambda: set(came(screen)) == everything)

    screen.page.route("**/assets/**", lambda route: route.abort())
    for path in ("/board", "/today", f"/queues/{line}", f"/tasks/{task}?tab=rounds", f"/tasks/{task}?tab=changes"):
        screen.open(path)
    for key in ("n", "?", "Control+k"):
        screen.press(key)
        expect(screen.dialog).to_be_visible()
        screen.press("Escape")
        expect(screen.dialog).to_have_count(0)


@holds("page-offline")
def test_a_view_that_cannot_be_loaded_says_so_and_is_loaded_again(tab: Tab, call: Caller, line: str) -> None:
    screen: Screen = tab(call.port, color_scheme="light")
    screen.page.route("**/views/board.js", lambda route: route.abort())
    screen.page.goto(f"{screen.address}/#/board")
    expect(screen.main.get_by_role("alert")).to_contain_text("The server does not answer.")
    screen.forgive("ERR_FAILED")

    screen.page.unroute("**/views/board.js")
    call.post("/api/tasks", queue=line, prompt="a")
    expect(screen.heading).to_have_text("Board")


def outside(file: Path) -> str:
    """A file's text without the name of SVG's namespace, which nobody fetches."""
    return file.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
