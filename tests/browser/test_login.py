"""A browser on another machine: the page that asks for the token, and the link that brings it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_http import token
from tests.browser.conftest import Tab
from tests.browser.screen import Screen, expect
from tests.http.caller import Served
from tests.http.conftest import new_project
from tests.promises import holds


@pytest.fixture
def wide(tmp_path: Path) -> Iterator[Served]:
    """A server that other machines reach."""
    root = tmp_path / "wide"
    root.mkdir()
    server = Served(new_project(root), host="0.0.0.0")
    yield server
    server.stop()


def visited(screen: Screen) -> list[str]:
    """The addresses of the tab's history."""
    session = screen.page.context.new_cdp_session(screen.page)
    entries = session.send("Page.getNavigationHistory")["entries"]
    session.detach()
    return [entry["url"] for entry in entries]


@holds("token-page")
def test_the_token_is_typed_once_and_is_in_no_address(wide: Served, tab: Tab) -> None:
    secret = (wide.root / "sparkq/run" / token.FILE).read_text().strip()
    screen: Screen = tab(wide.port, color_scheme="light")
    screen.page.goto(f"{screen.address}/")
    field = screen.page.get_by_label("Token")
    expect(field).to_be_focused()

    screen.page.keyboard.type("wrong")
    screen.press("Enter")
    expect(screen.page.locator("main")).to_contain_text("The token is wrong.")
    screen.page.keyboard.type(secret)
    screen.press("Enter")

    expect(screen.heading).to_have_text("Inbox")
    assert not [address for address in visited(screen) if "token" in address or secret in address]
    screen.forgive("status of 401")


@holds("token-page")
def test_the_link_with_the_token_leads_to_the_page_and_leaves_no_token(wide: Served, tab: Tab) -> None:
    secret = (wide.root / "sparkq/run" / token.FILE).read_text().strip()
    screen: Screen = tab(wide.port, color_scheme="light")

    screen.page.goto(f"{screen.address}/login?token={secret}")

    expect(screen.heading).to_have_text("Inbox")
    assert not [address for address in visited(screen) if secret in address]
    screen.page.goto(f"{screen.address}/login?token={secret[:-1]}")
    expect(screen.page.locator("main")).to_contain_text("The token is wrong.")
    assert not [address for address in visited(screen) if secret[:-1] in address]
    screen.forgive("status of 401")
