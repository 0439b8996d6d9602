"""A page of somebody else in a real browser: other port, other site, `null`, and a name that was rebound to here.

It fetches, posts, embeds, submits forms, opens sockets and streams: the project stays as it is to the last row, and
nothing of it reaches the page.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import project, queues
from sparkq_core.maintenance import purge
from tests.harness.all_rows import all_rows
from tests.harness.chromium import CHROMIUM, FLAGS, HEADLESS
from tests.harness.task_steps import add, take
from tests.http.caller import Served
from tests.http.conftest import new_project
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.extent import EXTENT, extent

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: no browser to ask with")
SECRET = "the-secret-of-the-project"
SCRIPT = Path(__file__).with_name("hostile_page.js").read_text()
FOREIGN = "evil.example"
BROWSER = HEADLESS if EXTENT == "test" else CHROMIUM
"""What refuses is the engine; in `make prove` with everything around it that a person has."""

PAGES = [f"http://{FOREIGN}:{{other}}", "http://127.0.0.1:{other}", "http://localhost:{other}"][: extent(1, 3, 3)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium, for which every foreign name is this machine, as a rebound name would be."""
    with playwright.sync_playwright() as running:
        try:
            opened = running.chromium.launch(
                executable_path=BROWSER or None,
                args=[
                    *FLAGS,
                    f"--host-resolver-rules=MAP {FOREIGN} 127.0.0.1",
                    # The browser's own wall before this machine is not what is tested: not every browser has one.
                    "--disable-features=LocalNetworkAccessChecks",
                ],
            )
        except playwright.Error as error:
            pytest.skip(f"no Chromium to ask with: {error.message.splitlines()[0]}")
        yield opened
        opened.close()


@pytest.fixture
def victim(root: Path) -> Iterator[Served]:
    """A server whose project has a secret."""
    sq = project.open(new_project(root), env={})
    queues.create(sq, "backend", instructions=SECRET)
    add(sq, *([SECRET] * 3), timeout=3600)
    take(sq)
    purge.purge_in_turn(sq)  # so that for an hour nothing but the page acts
    sq.close()
    served = Served(root)
    yield served
    served.stop()


class Page(BaseHTTPRequestHandler):
    """The hostile page, at every address of its server."""

    def do_GET(self) -> None:
        body = b"<!doctype html><body>hostile"
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing: the test's output is its own."""


@contextmanager
def elsewhere() -> Iterator[int]:
    """The port of a server that only has the hostile page."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def everything(served: Served) -> dict[str, Any]:
    """Every row of the project."""
    sq = project.open(served.root, env={})
    try:
        return all_rows(sq)
    finally:
        sq.close()


def tried(page: Any, target: str, *, only_to_read: bool = False) -> dict[str, Any]:
    """Let the open page try everything against `target`, or only to read."""
    page.evaluate(f"window.TARGET = {target!r}")
    page.add_script_tag(content=f"{SCRIPT}\nwindow.everything = everything;")
    answers: dict[str, Any] = page.evaluate("only => window.everything(only)", only_to_read)
    return answers


def harmless(served: Served, before: dict[str, Any], answers: dict[str, Any]) -> None:
    """Nothing was changed, and nothing was read but that it is refused."""
    assert everything(served) == before
    assert [answer for answer in answers["read"] if '"error":"misdirected"' not in answer] == []


@holds("no-web-page-gets-in", "e2e")
@pytest.mark.parametrize("at", PAGES)
def test_a_page_of_another_origin_changes_and_reads_nothing(
    browser: Any, victim: Served, counts: Counts, at: str
) -> None:
    before = everything(victim)
    with elsewhere() as other:
        page = browser.new_page()
        page.goto(at.format(other=other))
        answers = tried(page, f"http://127.0.0.1:{victim.port}")
        harmless(victim, before, answers)
        page.context.close()
    counts(attempts=answers["tried"], origins=1)


def test_a_sandboxed_page_whose_origin_is_null_changes_and_reads_nothing(
    browser: Any, victim: Served, counts: Counts
) -> None:
    before = everything(victim)
    page = browser.new_page()
    page.goto("data:text/html,<body>hostile")
    assert page.evaluate("window.origin") == "null"
    answers = tried(page, f"http://127.0.0.1:{victim.port}")
    harmless(victim, before, answers)
    page.context.close()
    counts(attempts=answers["tried"], origins=1)


@holds("no-web-page-gets-in")
def test_a_name_that_was_rebound_to_this_machine_is_misdirected(browser: Any, victim: Served, counts: Counts) -> None:
    """The page came from its own server; from then on its name means this machine, and all is of one origin to it."""
    before = everything(victim)
    page = browser.new_page()
    own = f"http://{FOREIGN}:{victim.port}"
    page.route(
        f"{own}/hostile", lambda route: route.fulfill(status=200, content_type="text/html", body="<body>hostile")
    )
    page.goto(f"{own}/hostile")
    answers = tried(page, own)

    harmless(victim, before, answers)
    assert any("misdirected" in answer for answer in answers["read"]), "the browser did ask, as one origin"
    page.context.close()
    counts(attempts=answers["tried"], origins=1)


def test_the_same_page_from_this_server_would_read_it(browser: Any, victim: Served) -> None:
    """What the others try does work for SparkQ's own page: they are refused, not mistaken."""
    page = browser.new_page()
    own = f"http://127.0.0.1:{victim.port}"
    page.route(
        f"{own}/hostile", lambda route: route.fulfill(status=200, content_type="text/html", body="<body>hostile")
    )
    page.goto(f"{own}/hostile")
    answers = tried(page, own, only_to_read=True)

    assert any(SECRET in answer for answer in answers["read"])
    page.context.close()
