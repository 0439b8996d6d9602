"""Each view by keys alone: every control is reached by Tab and shows its focus, and every dialog gives the focus back."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.screen import Screen, expect
from tests.http.caller import Caller

if TYPE_CHECKING:
    from playwright.sync_api import Locator

MOST_PRESSES = 400

CONTROLS = """() => {
  const one = "a[href], button, input, select, textarea, summary, [tabindex='0']";
  const isReached = (control) => !control.disabled && control.tabIndex >= 0 && control.checkVisibility();
  return [...document.querySelectorAll(`#main :is(${one})`)].filter(isReached);
}"""
STEP = """() => {
  const reached = (window.reached ??= new Set()), control = document.activeElement;
  if (control === document.body || reached.has(control)) return null;
  reached.add(control);
  return getComputedStyle(control).outlineStyle;
}"""
MISSED = f"() => ({CONTROLS})().filter((control) => !window.reached.has(control)).map((control) => control.outerHTML)"


@pytest.mark.parametrize("name", ["today", "running", "queues", "sessions", "scripts", "settings"])
def test_tab_reaches_every_control_and_shows_where_it_is(screen: Screen, views: dict[str, str], name: str) -> None:
    screen.open(views[name])
    outlines = set()
    for _ in range(MOST_PRESSES):
        screen.press("Tab")
        outline = screen.evaluate(STEP)
        if outline is None:
            break
        outlines.add(outline)

    assert screen.evaluate(f"({CONTROLS})().length") > 0
    assert screen.evaluate(MISSED) == []
    assert outlines == {"solid"}


def test_a_setting_is_changed_by_keys_alone(screen: Screen, call: Caller, views: dict[str, str]) -> None:
    screen.open(views["settings"])
    change = screen.page.locator('button[data-name="purge.unreviewed_days"]')
    before = change.locator("xpath=..").locator(".value").inner_text()

    _tab_to(screen, change)
    screen.press("Enter")
    screen.focuses(screen.dialog.locator('[name="value"]'))
    screen.press("Escape")
    screen.focuses(change)
    screen.press("Enter")
    screen.focuses(screen.dialog.locator('[name="value"]'))
    screen.press("Control+a")
    screen.page.keyboard.type("4321")
    screen.press("Control+Enter")

    screen.said("purge.unreviewed_days changed in")
    expect(change.locator("xpath=..").locator(".value")).to_have_text("4321")
    screen.focuses(change)
    call.patch("/api/config", key="purge.unreviewed_days", value=int(before))


def test_a_session_is_made_and_ended_by_keys_alone(screen: Screen, line: str) -> None:
    screen.open("/sessions")
    _tab_to(screen, screen.main.get_by_role("button", name="New session …"))
    screen.press("Enter")
    screen.focuses(screen.dialog.locator('[name="name"]'))
    screen.page.keyboard.type(f"{line}-session")
    screen.press("Control+Enter")
    card = screen.card(f"{line}-session")
    end = card.get_by_role("button", name="End …")
    expect(end).to_be_visible()

    _tab_to(screen, end)
    screen.press("Enter")
    expect(screen.dialog).to_contain_text("Its active queues end too")
    screen.press("Escape")
    screen.focuses(end)
    screen.press("Enter")
    expect(screen.dialog).to_be_visible()
    screen.press("Control+Enter")

    screen.said(f"{line}-session ended.")
    expect(card).to_contain_text("ended")


def test_a_script_is_found_and_added_by_keys_alone(
    screen: Screen, call: Caller, line: str, views: dict[str, str]
) -> None:
    screen.open(views["scripts"])
    screen.press("/")
    screen.focuses(screen.page.locator("#search"))
    screen.page.keyboard.type("eyes")
    screen.at("search=eyes$")
    add = screen.main.get_by_role("button", name="Add task …")

    _tab_to(screen, add)
    screen.press("Enter")
    expect(screen.dialog).to_be_visible()
    screen.press("Escape")
    screen.focuses(add)


def test_the_menu_of_a_queue_gets_the_focus_back_from_its_dialog(screen: Screen, call: Caller, line: str) -> None:
    call.add(line)
    screen.open(f"/queues/{line}")
    menu = screen.main.locator(".menu summary").first

    _tab_to(screen, menu)
    screen.press("Enter")
    _tab_to(screen, screen.main.get_by_role("button", name="Instructions …"))
    screen.press("Enter")
    expect(screen.dialog).to_be_visible()
    screen.press("Escape")

    screen.focuses(menu)


def _tab_to(screen: Screen, control: "Locator") -> None:
    """Press Tab until the control has the focus."""
    for _ in range(MOST_PRESSES):
        if control.evaluate("control => control === document.activeElement"):
            return
        screen.press("Tab")
    raise AssertionError(f"{control} is not reached by Tab")
