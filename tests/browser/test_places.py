"""The page takes nothing away: not the place that you come back to, not a text that you have begun."""

from tests.browser.screen import Route, Screen, expect
from tests.harness.waiting import until
from tests.http.caller import Caller


def test_back_leads_to_the_same_rows_place_and_focus(screen: Screen, call: Caller, line: str) -> None:
    text = "\n".join(f"number {number}" for number in range(120))
    call.post("/api/tasks/bulk", queue=line, text=text, split=True)["tasks"]
    screen.open(f"/tasks?queue={line}")
    rows = screen.main.locator("li.row")
    screen.main.get_by_role("button", name="Show more").scroll_into_view_if_needed()
    expect(rows).to_have_count(100)
    link = rows.nth(70).locator("[data-row]")
    link.scroll_into_view_if_needed()
    until(lambda: screen.evaluate("scrollY > 1000"))
    link.focus()
    place = screen.evaluate("scrollY")
    screen.press("Enter")
    screen.at(r"#/tasks/\d+$")
    expect(screen.heading).to_contain_text("number 49")

    screen.page.go_back()

    expect(rows).to_have_count(100)
    screen.focuses(link)
    assert screen.evaluate("scrollY") == place


def test_more_rows_are_shown_although_an_event_refreshes_the_list_meanwhile(
    screen: Screen, call: Caller, line: str
) -> None:
    text = "\n".join(f"number {number}" for number in range(120))
    call.post("/api/tasks/bulk", queue=line, text=text, split=True)["tasks"]
    screen.open(f"/tasks?queue={line}&sort=oldest")
    rows = screen.main.locator("li.row")
    expect(rows).to_have_count(50)
    held: list[Route] = []
    screen.page.route("**/api/tasks?*", lambda route: route.continue_() if held else held.append(route))

    with screen.page.expect_request("**/api/tasks?*"):
        call.add(line, "the event")
    screen.main.get_by_role("button", name="Show more").scroll_into_view_if_needed()
    expect(rows).to_have_count(50)
    held[0].continue_()

    expect(rows).to_have_count(100)
    screen.page.unroute("**/api/tasks?*")


def test_a_selection_that_is_dragged_out_of_a_dialog_does_not_close_it(screen: Screen, call: Caller, line: str) -> None:
    screen.open(f"/queues/{line}")
    screen.press("n")
    screen.fill(prompt="half a thought")
    box = screen.dialog.locator("textarea").bounding_box()
    assert box is not None
    mouse = screen.page.mouse
    mouse.move(box["x"] + 20, box["y"] + 10)
    mouse.down()
    mouse.move(5, 5)
    mouse.up()

    expect(screen.dialog.locator("textarea")).to_have_value("half a thought")
    mouse.click(5, 5)
    expect(screen.dialog).to_have_count(0)


def test_a_double_click_opens_one_dialog(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line)
    screen.open(f"/queues/{line}")
    for button in (
        screen.row(task).get_by_role("button", name="Edit …"),
        screen.page.get_by_role("button", name="Add tasks", exact=True),
    ):
        button.dblclick()
        expect(screen.dialog).to_have_count(1)
        screen.press("Escape")
        expect(screen.dialog).to_have_count(0)


def test_what_cannot_be_undone_is_not_under_the_enter_key(screen: Screen, call: Caller, line: str) -> None:
    task = call.done(line)
    screen.open(f"/tasks/{task}")
    screen.click("Delete …")

    screen.focuses(screen.dialog.get_by_role("button", name="Cancel", exact=True))
    screen.press("Enter")
    expect(screen.dialog).to_have_count(0)
    assert call.get(f"/api/tasks/{task}")["status"] == "succeeded"


def test_a_draft_survives_a_reload_and_never_hides_a_newer_prompt(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line, "first words")
    screen.open(f"/tasks/{task}")
    screen.press("e")
    screen.fill(prompt="an hour of thought")
    screen.page.reload()
    expect(screen.heading).to_be_visible()
    screen.press("e")
    expect(screen.dialog.locator("textarea").first).to_have_value("an hour of thought")
    screen.press("Escape")

    call.patch(f"/api/tasks/{task}", prompt="newer words")["task"]
    expect(screen.heading).to_contain_text("newer words")
    screen.press("e")

    expect(screen.dialog.locator("textarea").first).to_have_value("newer words")
