"""Rows 12 and 19: the page with 10,000 stored tasks against 10, the size of its files, and what an event costs it."""

import json
import statistics
import time
import urllib.request
from collections.abc import Callable
from typing import Any

from bench.figure import Figure, at_most, opened
from bench.http import served
from bench.scale import ATTEMPTS, FILL, PLACES, PROMPTS
from sparkq_core import queues
from sparkq_core.project import SparkQ
from sparkq_http.assets import Assets

CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-sync",
]
VISITS = 7
EVENTS = 9
ROWS = 3000
QUEUES = 60
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"

WATCH = """title => new Promise((done) => {
  const shows = () => document.getElementById("main").textContent.includes(title);
  new MutationObserver((_, observer) => {
    if (!shows()) return;
    observer.disconnect();
    done(Date.now());
  }).observe(document.getElementById("main"), { childList: true, subtree: true, characterData: true });
})"""
"""When the page shows a title, in milliseconds since 1970."""


def measure() -> list[Figure]:
    """First contentful paint, the moment when the list of tasks can be worked with, and then its events."""
    from playwright.sync_api import sync_playwright

    assets = Assets()
    assets.look()
    everything = [name for name in assets.names() if not name.startswith("reference")]
    arrival = [*assets.modules("app.js"), "theme.js", "shell.css", "review.css"]
    size, first = (sum(len(assets.content(name) or b"") for name in names) for names in (everything, arrival))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)

        def visited(many: int) -> tuple[float, float]:
            with opened("normal") as sq:
                _fill(sq, many)
                with served(sq.config.root, "ours") as port:
                    times = [_visit(browser, port) for _ in range(VISITS)][1:]
            painted, usable = zip(*times, strict=True)
            return statistics.median(painted), statistics.median(usable)

        few, lots = visited(10), visited(10_000)
        events = [*_beside_many_rows(browser), *_among_many_queues(browser)]
        browser.close()
    return [
        at_most(12, "first contentful paint with 10,000 tasks against 10", lots[0] / few[0], 1.2, beside=f"{lots[0]:.0f} ms against {few[0]:.0f} ms"),
        at_most(12, "the list usable with 10,000 tasks against 10", lots[1] / few[1], 1.5, beside=f"{lots[1]:.0f} ms against {few[1]:.0f} ms"),
        at_most(12, "files of the page, uncompressed, until the inbox has a result open", first / 1000, 180, "kB"),
        at_most(12, "all files of the page, uncompressed", size / 1000, 180, "kB"),
        *events,
    ]  # fmt: skip


def _beside_many_rows(browser: Any) -> list[Figure]:
    """The longest time that the page does not answer while it shows that a task was added, or claimed."""
    with opened("normal") as sq:
        _fill(sq, 10_000)
        with served(sq.config.root, "ours") as port:
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{port}/#/tasks")
            _until(lambda: page.locator("main .row").count() > 0)
            while page.locator("main .row").count() < ROWS:
                before = page.locator("main .row").count()
                page.locator('main [data-act="more"]').evaluate("button => button.scrollIntoView()")
                _until(lambda before=before: page.locator("main .row").count() > before)  # type: ignore[misc]  # called at once
            page.evaluate("scrollTo(0, 0)")
            added = [
                _blocked(browser, page, lambda: _post(port, "/tasks", queue="main", prompt="x")) for _ in range(EVENTS)
            ]
            claimed = [
                _blocked(browser, page, lambda: _post(port, "/queues/other/claim", worker_id="w"))
                for _ in range(EVENTS)
            ]
            page.close()
    return [
        at_most(19, f"longest block of an event beside {ROWS:,} rows: {name}", statistics.median(blocks), 50, "ms", beside=f"{min(blocks):.0f}–{max(blocks):.0f} ms")
        for name, blocks in (("a new task", added[1:]), ("a claim", claimed[1:]))
    ]  # fmt: skip


def _blocked(browser: Any, page: Any, event: Callable[[], object]) -> float:
    """How many milliseconds of a core the longest task of the page's thread took, in the second after an event. What
    other processes take from it meanwhile is not counted."""
    browser.start_tracing(page=page, categories=["toplevel"])
    event()
    time.sleep(1)  # the second that is looked at
    trace = json.loads(browser.stop_tracing())["traceEvents"]
    named = [each for each in trace if each["name"] == "thread_name"]
    threads = {(each["pid"], each["tid"]) for each in named if each["args"]["name"] == "CrRendererMain"}
    ours = [each for each in trace if (each["pid"], each["tid"]) in threads and each["name"].endswith("RunTask")]
    return max(float(each.get("tdur", 0)) for each in ours) / 1000


def _among_many_queues(browser: Any) -> list[Figure]:
    """How many requests a new task takes, and how long until it is shown."""
    figures = []
    with opened("normal") as sq:
        for number in range(QUEUES):
            queues.create(sq, f"q{number}")
        with served(sq.config.root, "ours") as port:
            for path in ("/board", "/queues/q7", "/tasks"):
                page = browser.new_page()
                page.goto(f"http://127.0.0.1:{port}/#{path}")
                _until(lambda page=page: page.locator("main h1").count() > 0)  # type: ignore[misc]  # called at once
                time.sleep(1)  # what the page asks for by itself is over
                asked: list[str] = []
                page.on("request", lambda request, asked=asked: asked.append(request.url))
                waits = [
                    _shown(page, port, "q7" if path == "/queues/q7" else f"q{number}", f"new on {path} {number}")
                    for number in range(EVENTS)
                ][1:]
                page.close()
                name = f"a new task among {QUEUES} queues at {path}"
                figures += [
                    at_most(19, f"requests of {name}", len(asked) / EVENTS, 3, "requests"),
                    at_most(19, f"time until it is shown: {name}", statistics.median(waits), 100, "ms", beside=f"{min(waits):.0f}–{max(waits):.0f} ms"),
                ]  # fmt: skip
    return figures


def _shown(page: Any, port: int, queue: str, title: str) -> float:
    """Milliseconds from the request to the row on the page."""
    page.evaluate(f"window.shown = ({WATCH})({json.dumps(title)}); null")
    asked = time.time() * 1000
    _post(port, "/tasks", queue=queue, prompt=title)
    shown = float(page.evaluate("shown"))
    time.sleep(0.5)  # requests that came late count too
    return shown - asked


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "the page does not come so far"
        time.sleep(0.02)


def _post(port: int, path: str, **body: object) -> None:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/api{path}", json.dumps(body).encode())
    request.add_header("Content-Type", "application/json")
    urllib.request.urlopen(request).close()


def _fill(sq: SparkQ, many: int) -> None:
    queues.create(sq, "other")
    with sq.db.write() as tx:
        for statement, values in ((FILL, {"many": many}), (PROMPTS, None), (ATTEMPTS, None), (PLACES, None)):
            tx.run(statement, values)


def _visit(browser: Any, port: int) -> tuple[float, float]:
    page = browser.new_page()
    page.goto(f"http://127.0.0.1:{port}/#/tasks")
    page.wait_for_selector(".row")
    usable = page.evaluate("performance.now()")
    _until(lambda: page.evaluate(PAINTED) is not None)
    painted = page.evaluate(PAINTED)
    page.close()
    return float(painted), float(usable)
