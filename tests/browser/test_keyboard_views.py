"""Each view by keys alone: every control is reached by Tab and shows its focus, and every dialog gives the focus back."""

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import Tab
from tests.browser.screen import Screen, expect
from tests.http.caller import Served

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


VIEWS = ("/today", "/running", "/queues", "/sessions", "/scripts", "/settings")


@pytest.fixture
def mine(own: Served, tab: Tab) -> Screen:
    """A page of the test's own, with a queue, a session, a script, and a task in each state."""
    own.call.post("/api/sessions", name="sprint")["session"]
    own.call.post("/api/queues", name="q", session="sprint")["queue"]
    own.call.done("q")
    own.call.running("q")
    own.call.add("q")
    (own.root / "scripts").mkdir(exist_ok=True)
    (own.root / "scripts/look.py").write_text("# name: look\n# description: Look around\n# tags: eyes\n")
    own.call.post("/api/reload")
    opened: Screen = tab(own.port, color_scheme="light")
    return opened


def test_tab_reaches_every_control_and_shows_where_it_is(mine: Screen) -> None:
    for path in VIEWS:
        mine.open(path)
        mine.page.reload()  # the focus is at the beginning
        mine.open(path)
        outlines = set()
        for _ in range(MOST_PRESSES):
            mine.press("Tab")
            outline = mine.evaluate(STEP)
            if outline is None:
                break
            outlines.add(outline)

        assert mine.evaluate(f"({CONTROLS})().length") > 0
        assert mine.evaluate(MISSED) == []
        assert outlines == {"solid"}


def test_a_setting_is_changed_by_keys_alone(mine: Screen) -> None:
    mine.open("/settings")
    change = mine.page.locator('button[data-name="purge.unreviewed_days"]')
    _tab_to(mine, change)
    mine.press("Enter")
    mine.focuses(mine.dialog.locator('[name="value"]'))
    mine.press("Escape")
    mine.focuses(change)
    mine.press("Enter")
    mine.focuses(mine.dialog.locator('[name="value"]'))
    mine.press("Control+a")
    mine.page.keyboard.type("4321")
    mine.press("Control+Enter")

    mine.said("purge.unreviewed_days changed in")
    expect(change.locator("xpath=..").locator(".value")).to_have_text("4321")
    mine.focuses(change)


def test_a_session_is_ended_by_keys_alone(mine: Screen) -> None:
    mine.open("/sessions")
    card = mine.card("sprint")
    end = card.get_by_role("button", name="End …")

    _tab_to(mine, end)
    mine.press("Enter")
    expect(mine.dialog).to_contain_text("Its active queues end too")
    mine.press("Escape")
    mine.focuses(end)
    mine.press("Enter")
    expect(mine.dialog).to_be_visible()
    mine.press("Control+Enter")

    mine.said("sprint ended, and its queues: q.")
    expect(card).to_contain_text("ended")


def test_what_was_cancelled_can_be_asked_for_again_at_once(mine: Screen) -> None:
    """A quick key may come before the browser says that the dialog is closed."""
    mine.open("/sessions")
    mine.click("New session …")
    expect(mine.dialog).to_be_visible()
    mine.evaluate(
        """(async () => {
            document.querySelector("dialog[open] [data-close]").click();
            for (let step = 0; step < 50; step += 1) await null;
            document.querySelector("[data-act=create-session]").click();
        })()"""
    )

    expect(mine.dialog).to_be_visible()
    mine.press("Escape")


def test_a_script_is_found_and_its_form_gives_the_focus_back(mine: Screen) -> None:
    mine.open("/scripts")
    mine.press("/")
    mine.focuses(mine.page.locator("#search"))
    mine.page.keyboard.type("eyes")
    mine.at("search=eyes$")
    add = mine.main.get_by_role("button", name="Add task …")

    _tab_to(mine, add)
    mine.press("Enter")
    expect(mine.dialog).to_be_visible()
    mine.press("Escape")

    mine.focuses(add)


def test_the_menu_of_a_queue_gets_the_focus_back_from_its_dialog(mine: Screen) -> None:
    mine.open("/queues/q")
    menu = mine.main.locator(".menu summary").first

    _tab_to(mine, menu)
    mine.press("Enter")
    _tab_to(mine, mine.main.get_by_role("button", name="Instructions …"))
    mine.press("Enter")
    expect(mine.dialog).to_be_visible()
    mine.press("Escape")

    mine.focuses(menu)


def _tab_to(screen: Screen, control: "Locator") -> None:
    """Press Tab until the control has the focus."""
    for _ in range(MOST_PRESSES):
        if control.evaluate("control => control === document.activeElement"):
            return
        screen.press("Tab")
    raise AssertionError(f"{control} is not reached by Tab")
