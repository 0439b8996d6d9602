"""Row 12: the page with 10,000 stored tasks against 10, and the size of its files."""

import statistics

from bench.figure import Figure, at_most, opened
from bench.http import served
from bench.scale import ATTEMPTS, FILL, PLACES, PROMPTS
from sparkq_core import queues
from sparkq_core.project import SparkQ
from sparkq_http import assets

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
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"


def measure() -> list[Figure]:
    """First contentful paint, and the moment when the list of tasks can be worked with."""
    from playwright.sync_api import sync_playwright

    size = sum(file.stat().st_size for name, file in assets.files().items() if not name.startswith("reference"))
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
        browser.close()
    return [
        at_most(12, "first contentful paint with 10,000 tasks against 10", lots[0] / few[0], 1.5, beside=f"{lots[0]:.0f} ms against {few[0]:.0f} ms"),
        at_most(12, "the list usable with 10,000 tasks against 10", lots[1] / few[1], 1.5, beside=f"{lots[1]:.0f} ms against {few[1]:.0f} ms"),
        at_most(12, "files of the page, uncompressed", size / 1000, 120, "kB"),
    ]  # fmt: skip


def _fill(sq: SparkQ, many: int) -> None:
    queues.create(sq, "other")
    with sq.db.write() as tx:
        for statement, values in ((FILL, {"many": many}), (PROMPTS, None), (ATTEMPTS, None), (PLACES, None)):
            tx.run(statement, values)


def _visit(browser: object, port: int) -> tuple[float, float]:
    page = browser.new_page()  # type: ignore[attr-defined]  # imported when it runs
    page.goto(f"http://127.0.0.1:{port}/#/tasks")
    page.wait_for_selector(".row")
    usable = page.evaluate("performance.now()")
    page.wait_for_function(PAINTED)
    painted = page.evaluate(PAINTED)
    page.close()
    return float(painted), float(usable)
