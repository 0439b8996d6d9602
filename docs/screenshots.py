"""Takes the pictures of docs/images from the running program: `make screenshots`.

A project is filled through the core with work as developers have it, the real server is started, and a real browser
shows each view in both themes. Needs Debian's chromium and Playwright (the dev extra).
"""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from sparkq_core import inbox, project, queues, sessions, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.installation import setup
from sparkq_core.project import SparkQ

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs/images"
CHROMIUM = "/usr/bin/chromium"
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
VIEWS = {
    "inbox": "/inbox",
    "queues": "/queues",
    "queue": "/queues/backend",
    "tasks": "/tasks",
    "task": "/tasks/41",
    "sessions": "/sessions",
    "scripts": "/scripts",
    "settings": "/settings",
}


class Yesterday(SystemClock):
    """A clock that can be set back, so that a project has a past."""

    def __init__(self) -> None:
        self.behind = 0

    def now(self) -> int:
        return super().now() - self.behind


def lived_in(root: Path) -> None:
    """A project after some days of work."""
    clock = Yesterday()
    setup.setup(root, setup.defaults(root) | {"project.name": "acme-api"}, SystemClock(), {})
    (root / "scripts").mkdir()
    (root / "scripts/deploy.sh").write_text(
        "#!/bin/sh\n# name: deploy\n# description: Deploy a version to an environment\n# inputs:\n"
        "#   ENV (required)\n#   VERSION (optional)\n# outputs: URL\n# tags: release, ops\n# timeout: 600\n"
    )
    (root / "scripts/coverage.py").write_text(
        "# name: coverage\n# description: Measure test coverage by package\n# outputs: REPORT\n# tags: quality\n"
    )
    sq = project.open(root, env={}, clock=clock)
    sessions.create(sq, "release-2.4")
    queues.create(
        sq, "backend", instructions="Work on branch dev.\nRun make test before you complete.\nReport what you checked."
    )
    queues.create(sq, "docs", instructions="Plain words, short sentences.", session="release-2.4")
    queues.create(sq, "chores")
    _past(sq, clock)
    _today(sq, clock)
    sq.close()


def _done(sq: SparkQ, clock: Yesterday, queue: str, prompt: str, result: str, minutes: int) -> int:
    tasks.enqueue(sq, queue, prompt)
    claim = tasks.claim(sq, queue, "claude-code-4711")
    assert claim is not None
    clock.behind -= minutes * MINUTE
    tasks.complete(sq, claim.task.id, result)
    return claim.task.id


def _past(sq: SparkQ, clock: Yesterday) -> None:
    """The days before: all of it reviewed."""
    for day, count in zip(range(6, 0, -1), (4, 7, 3, 9, 6, 11), strict=True):
        clock.behind = day * DAY
        for number in range(count):
            queue = ("backend", "docs", "chores")[number % 3]
            done = _done(sq, clock, queue, f"Tidy module {day}.{number}", "Done, tests pass.", 2 + number)
            inbox.review(sq, done)
    inbox.look(sq)


def _today(sq: SparkQ, clock: Yesterday) -> None:
    clock.behind = 5 * HOUR
    _done(
        sq,
        clock,
        "backend",
        "Add tests for the date parser\n\nCover leap years, time zones and the year 2000.",
        "12 tests added in tests/test_dates.py; found and corrected an off-by-one for 29 February.\nmake test: 214 passed.",
        9,
    )
    _done(
        sq,
        clock,
        "docs",
        "Explain the retry logic in docs/retry.md\n\nAt most one page, with one diagram.",
        "docs/retry.md written (58 lines). Checked against retry.py. Open: the diagram shows no jitter.",
        6,
    )
    _done(
        sq,
        clock,
        "backend",
        "Rename UserDto to User everywhere",
        "41 files changed by rename; no behaviour touched. make test: 214 passed.",
        14,
    )
    tasks.enqueue(sq, "backend", "Upgrade the HTTP client to 3.0\n\nRead its migration guide first.")
    failed = tasks.claim(sq, "backend", "claude-code-4711")
    assert failed is not None
    clock.behind -= 11 * MINUTE
    tasks.fail(
        sq,
        failed.task.id,
        "3 of 214 tests fail after the upgrade: the client no longer follows redirects on POST.\nNeeds a decision: follow them ourselves, or change the callers?",
    )
    tasks.enqueue(sq, "chores", "Measure start-up time of every command", timeout=600)
    late = tasks.claim(sq, "chores", "claude-code-5012")
    assert late is not None
    for step in (0, 11, 12):
        clock.behind -= step * MINUTE
        tasks.list_page(sq)
    with contextlib.suppress(Exception):  # too late: refused, and kept
        tasks.complete(
            sq, late.task.id, "Measured 14 commands; table in bench/start.md. Slowest: report (1.9 s).", attempt=1
        )
    for prompt in (
        "Add request ids to the access log",
        "Cache the currency table for an hour",
        "Remove the deprecated v1 endpoints",
    ):
        tasks.enqueue(sq, "backend", prompt)
    for prompt in ("Write release notes for 2.4", "Add an example to every endpoint"):
        tasks.enqueue(sq, "docs", prompt)
    clock.behind = 4 * MINUTE
    tasks.claim(sq, "backend", "claude-code-4711")
    clock.behind = 19 * MINUTE
    tasks.claim(sq, "docs", "claude-desktop")
    clock.behind = 0
    tasks.list_page(sq)


@contextlib.contextmanager
def served(root: Path) -> Iterator[str]:
    """The real server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "sparkq_cli.main", "run", "--port", str(port)]
    with subprocess.Popen(
        command,
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=sys.stderr,
    ) as server:
        address = f"http://127.0.0.1:{port}"
        for _ in range(200):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"{address}/api/health").close()
                break
            time.sleep(0.1)
        try:
            yield address
        finally:
            server.terminate()


def shot(
    browser: Browser, address: str, name: str, path: str, theme: str, width: int = 1200, height: int = 900
) -> None:
    """One picture."""
    page: Page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme="dark" if theme == "dark" else "light"
    )
    page.goto(f"{address}/#{path}")
    page.wait_for_selector("main h1")
    page.wait_for_timeout(300)
    page.screenshot(path=IMAGES / f"{name}-{theme}.png")
    page.close()


def main() -> None:
    """Write every picture."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "acme-api"
        root.mkdir()
        lived_in(root)
        with served(root) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for theme in ("light", "dark"):
                for name, path in VIEWS.items():
                    shot(browser, address, name, path, theme)
                shot(browser, address, "phone", "/inbox", theme, 390, 844)
            browser.close()


if __name__ == "__main__":
    main()
