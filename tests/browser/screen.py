"""What a test sees and does on the page: the page's own words for its parts."""

import re
from typing import Any, Literal

import pytest

from tests.http.caller import Caller

MISSING = "Playwright or axe is not installed: pip install -e '.[dev]'"
pytest.importorskip("playwright.sync_api", reason=MISSING)
AXE = pytest.importorskip("axe_playwright_python.sync_playwright", reason=MISSING).Axe().axe_script

from playwright.sync_api import ConsoleMessage, Dialog, Error, Locator, Page, Request, Route, expect  # noqa: E402  # after the skip

__all__ = ["Request", "Route", "Screen", "expect"]

PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)

GO = """address => new Promise((done) => {
  if (location.hash === address) return done();
  addEventListener("hashchange", () => done(), { once: true });
  location.hash = address;
})"""
"""Go to an address of the page, which then has begun to load."""

ASK_AXE = """options => axe.run({ resultTypes: ["violations"], ...options }).then(
  ({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes[0].html}`))"""
COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""The rules of axe whose answer depends on the theme."""


class Screen:
    """One tab of a real browser on one server. It notes whatever a clean page never does."""

    def __init__(self, page: Page, port: int) -> None:
        self.page = page
        self.call = Caller(port)
        self.address = f"http://127.0.0.1:{port}"
        self.problems: list[str] = []
        self.forgiven: list[str] = []
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", self._console)
        page.on("pageerror", self._error)
        page.on("request", self._request)
        page.on("dialog", self._box)

    def leave(self) -> None:
        """Forget what the tab keeps, go to nowhere, and listen no more."""
        if self.page.url.startswith(self.address):
            self.page.evaluate("localStorage.clear(); sessionStorage.clear()")
        self.page.goto("about:blank")
        self.page.remove_listener("console", self._console)
        self.page.remove_listener("pageerror", self._error)
        self.page.remove_listener("request", self._request)
        self.page.remove_listener("dialog", self._box)

    def _error(self, error: Error) -> None:
        self.problems.append(f"page error: {error}")

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console {message.type}: {message.text} {message.location.get('url', '')}".rstrip())

    def _request(self, request: Request) -> None:
        if not request.url.startswith((f"{self.address}/", "data:", "about:")):
            self.problems.append(f"request to {request.url}")

    def _box(self, box: Dialog) -> None:
        self.problems.append(f"box: {box.message}")
        box.dismiss()

    def forgive(self, *words: str) -> None:
        """A test that provokes a refusal says so: the browser writes each of them to the console."""
        for word in words:
            assert any(word in problem for problem in self.problems), (word, self.problems)
        self.forgiven.extend(words)

    @property
    def complaints(self) -> list[str]:
        """What went wrong and is not forgiven."""
        return [problem for problem in self.problems if not any(word in problem for word in self.forgiven)]

    def open(self, path: str = "/inbox") -> "Screen":
        """Go to a view."""
        if self.page.url.startswith(self.address):
            self.page.evaluate(GO, f"#{path}")
        else:
            self.page.goto(f"{self.address}/#{path}")
        expect(self.main.locator("h1, [role=alert]").first).to_be_visible()
        expect(self.main).not_to_have_attribute("aria-busy", "true")
        return self

    @property
    def main(self) -> Locator:
        return self.page.locator("#main")

    @property
    def dialog(self) -> Locator:
        return self.page.locator("dialog[open]")

    @property
    def heading(self) -> Locator:
        return self.main.locator("h1")

    def row(self, task: int) -> Locator:
        """The line of a task in a list."""
        return self.main.locator(f'li[data-id="{task}"]')

    @property
    def detail(self) -> Locator:
        """The open task."""
        return self.main.locator("article.detail")

    @property
    def feedback(self) -> Locator:
        """The field of the bar below the open task."""
        return self.detail.locator("#feedback")

    def review(self, task: int) -> "Screen":
        """Open a task in the review."""
        self.open(f"/inbox/{task}")
        self.shows(task)
        return self

    def shows(self, task: int) -> None:
        """This task is the open one."""
        expect(self.detail).to_have_attribute("aria-label", f"#{task}")

    def part_of_task(self, name: str) -> Locator:
        """Go to a tab of the open task: its content."""
        self.detail.locator(f'.tabs [data-tab="{name}"]').click()
        part = self.detail.locator(f'[data-key="part-{name}"]')
        expect(part).to_be_visible()
        return part

    def card(self, name: str) -> Locator:
        """The card of a queue, session or script."""
        return self.main.locator("li.card").filter(has=self.page.get_by_role("heading", name=name, exact=True))

    def part(self, title: str) -> Locator:
        """A section by its heading."""
        return self.main.locator("section").filter(has=self.page.get_by_role("heading", name=title, exact=True))

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def click(self, name: str, *, within: Locator | None = None) -> None:
        """Click the button that reads so."""
        (within or self.main).get_by_role("button", name=name, exact=True).click()

    def choose(self, name: str, *, within: Locator | None = None) -> None:
        """Click the button that reads so in the menu of a queue."""
        (within or self.main).locator(".menu summary").click()
        self.click(name, within=within)

    def answer(self, verb: str, /, **given: str | bool) -> None:
        """Fill the open dialog by field name and press the button that reads `verb`."""
        self.fill(**given)
        self.click(verb, within=self.dialog)
        expect(self.dialog).to_have_count(0)

    def fill(self, **given: str | bool) -> None:
        """Fill fields of the open dialog."""
        for name, value in given.items():
            field = self.dialog.locator(f'[name="{name}"]')
            if isinstance(value, bool):
                field.set_checked(value)
            elif field.evaluate("one => one.nodeName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)

    def said(self, text: str) -> None:
        """A short message says this."""
        expect(self.page.locator("#toasts").get_by_text(text).first).to_be_visible()

    def focuses(self, locator: Locator) -> None:
        expect(locator).to_be_focused()

    def at(self, pattern: str) -> None:
        """The address ends like this."""
        expect(self.page).to_have_url(re.compile(pattern))

    def evaluate(self, script: str) -> Any:
        return self.page.evaluate(script)

    def faults(self, theme: Literal["light", "dark"], **options: object) -> list[str]:
        """What axe finds in a theme. A document loads its script, of half a megabyte, once."""
        self.page.emulate_media(color_scheme=theme)
        if self.page.evaluate("typeof axe") == "undefined":
            self.page.evaluate(AXE)
        found: list[str] = self.page.evaluate(ASK_AXE, options)
        return found

    def faults_in_both_themes(self) -> list[str]:
        """What axe finds in either theme; in the dark only what a colour can change."""
        return [*self.faults("light"), *self.faults("dark", **COLOURS)]
