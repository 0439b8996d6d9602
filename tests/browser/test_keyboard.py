"""The whole page without a mouse."""

from tests.browser.conftest import Tab
from tests.browser.screen import Request, Route, Screen, expect
from tests.harness.waiting import until
from tests.http.caller import Caller
from tests.promises import holds

VIEWS = {"q": "Queues", "t": "Tasks", "s": "Sessions", "c": "Scripts", "o": "Settings", "i": "Inbox"}


def test_two_keys_lead_to_each_view(screen: Screen) -> None:
    screen.open()
    for key, heading in VIEWS.items():
        screen.press("g", key)
        expect(screen.heading).to_have_text(heading)


def test_a_day_by_keys_alone(screen: Screen, call: Caller, line: str) -> None:
    name = f"{line}-keys"
    screen.open("/queues")

    screen.press("Control+k")
    screen.page.keyboard.type("new queue")
    screen.press("Enter")
    screen.focuses(screen.dialog.locator('[name="name"]'))
    screen.page.keyboard.type(name)
    screen.press("Control+Enter")
    expect(screen.heading).to_have_text(name)
    screen.press("n")
    expect(screen.dialog).to_be_visible()
    screen.page.keyboard.type("one")
    screen.press("Control+Enter")
    expect(screen.main.locator("li.row")).to_have_count(1)
    expect(screen.dialog).to_have_count(0)
    screen.press("n")
    expect(screen.dialog).to_be_visible()
    screen.page.keyboard.type("two")
    screen.press("Control+Enter")
    rows = screen.main.locator("li.row")
    expect(rows).to_have_count(2)
    expect(screen.dialog).to_have_count(0)

    screen.press("j", "j")
    screen.focuses(rows.nth(1).locator("[data-row]"))
    screen.press("f")
    expect(rows.first).to_contain_text("two")
    screen.press("j", "j", "k")
    screen.focuses(rows.first.locator("[data-row]"))
    screen.press("Enter")
    expect(screen.heading).to_contain_text("two")
    screen.press("e")
    expect(screen.dialog).to_be_visible()
    screen.press("Control+a")
    screen.page.keyboard.type("better words")
    screen.press("Control+Enter")
    expect(screen.heading).to_contain_text("better words")
    task = call.get(f"/api/queues/{name}/peek")["tasks"][0]["id"]
    call.post(f"/api/tasks/{task}/claim", worker_id="ann")["task"]
    call.post(f"/api/tasks/{task}/complete", result_summary="did it")["status"]
    expect(screen.page.locator("#text-outcome")).to_have_text("did it")
    screen.press("r")
    screen.page.keyboard.type("More of it.")
    screen.press("Control+Enter")
    screen.said(f"#{task} sent back.")
    expect(screen.page.locator("#text-feedback")).to_have_text("More of it.")
    screen.press("f")
    screen.said(f"#{task} moved to the front.")

    assert [task["id"] for task in call.get(f"/api/queues/{name}/peek")["tasks"]] == [task]


@holds("move")
def test_a_task_is_moved_to_another_queue_by_keys_alone(screen: Screen, call: Caller, line: str) -> None:
    call.post("/api/queues", name=f"{line}-other")["queue"]
    stays, task = call.add(line, "stays"), call.add(line, "goes")
    screen.open(f"/queues/{line}")

    screen.press("j", "j", "m")
    expect(screen.dialog).to_contain_text(f"Move #{task} to another queue")
    screen.focuses(screen.dialog.locator('[name="queue"]'))
    screen.page.keyboard.type(f"{line}-other")
    screen.press("Control+Enter")

    screen.said(f"#{task} moved to {line}-other.")
    expect(screen.row(task)).to_have_count(0)
    screen.focuses(screen.row(stays).locator("[data-row]"))


def test_the_tab_key_reaches_everything_in_order_and_shows_where_it_is(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line)
    screen.open(f"/queues/{line}")
    seen = []
    for _ in range(40):
        screen.press("Tab")
        where = screen.evaluate(
            "(() => { const one = document.activeElement; const style = getComputedStyle(one);"
            " return [one === document.body ? '' : one.innerText || one.ariaLabel || one.nodeName, style.outlineStyle]; })()"
        )
        if not where[0]:
            break
        seen.append(where)
    names = [name.strip() for name, _ in seen]

    assert names[0] == "Skip to the content"
    for name in ("Inbox", "Add tasks", "Pause", "⋯", f"#{task} one", "Edit …", "Cancel …"):
        assert [reached for reached in names if reached.startswith(name)], names
    assert {outline for _, outline in seen} == {"solid"}


def test_the_skip_link_leads_to_the_content(screen: Screen) -> None:
    screen.open("/queues")
    screen.press("Tab", "Enter")

    screen.focuses(screen.main)
    screen.at("#/queues$")


def test_the_palette_finds_views_queues_tasks_and_acts(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line, "A needle")
    screen.open(f"/queues/{line}")
    screen.page.get_by_role("button", name="Commands").click()
    options = screen.dialog.get_by_role("option")
    screen.page.keyboard.type("needle")
    expect(options).to_have_text([f"Open #{task} A needle"])
    screen.press("Enter")
    screen.at(f"#/tasks/{task}$")
    expect(screen.heading).to_contain_text("A needle")

    screen.press("Control+k")
    screen.page.keyboard.type(f"open queue {line}")
    screen.press("Enter")
    screen.at(f"#/queues/{line}$")
    screen.press("Control+k")
    screen.page.keyboard.type("go to")
    expect(options).to_have_count(9)
    screen.press("ArrowDown", "ArrowDown")
    expect(options.nth(2)).to_have_attribute("aria-selected", "true")
    screen.press("Enter")
    expect(screen.heading).to_have_text("Board")
    screen.press("Control+k")
    screen.page.keyboard.type("no such command")
    screen.press("Enter")
    expect(screen.dialog).to_have_count(0)
    screen.press("Control+k")
    screen.page.keyboard.type("keyboard")
    screen.press("Enter")
    expect(screen.dialog).to_contain_text("Everywhere")


def test_what_is_typed_at_once_behind_ctrl_k_is_meant_for_the_palette(tab: Tab, call: Caller, line: str) -> None:
    task = call.done(line)
    screen: Screen = tab(call.port, color_scheme="light")
    screen.page.add_init_script("window.requestIdleCallback = () => {}")  # the quiet after the first view never comes
    screen.review(task)

    screen.press("Control+k")
    screen.page.keyboard.type("a board")
    expect(screen.dialog.locator("input")).to_have_value("a board")
    screen.press("Escape")

    assert task in [waiting["id"] for waiting in call.get("/api/inbox?limit=1000")["tasks"]]


def test_what_is_typed_before_a_form_has_come_is_no_command(tab: Tab, call: Caller, line: str) -> None:
    task = call.done(line)
    screen: Screen = tab(call.port, color_scheme="light")
    screen.page.add_init_script("window.requestIdleCallback = () => {}")  # the quiet after the first view never comes
    screen.open(f"/queues/{line}")
    screen.review(task)
    held: list[Route] = []
    screen.page.route("**/verbs/add.js", lambda route: held.append(route))

    screen.page.get_by_role("button", name="Add tasks", exact=True).click()
    until(lambda: screen.page.title() and held)
    screen.page.keyboard.type("a")
    held[0].continue_()
    expect(screen.dialog).to_be_visible()
    screen.press("Escape")

    assert task in [waiting["id"] for waiting in call.get("/api/inbox?limit=1000")["tasks"]]


def test_the_sheet_says_what_the_keys_do(screen: Screen) -> None:
    screen.open()
    screen.press("?")
    expect(screen.dialog).to_contain_text("write feedback or an answer")
    expect(screen.dialog).to_contain_text("Everywhere")
    screen.press("Escape")
    expect(screen.dialog).to_have_count(0)
    screen.page.get_by_role("button", name="Keyboard shortcuts").click()
    screen.click("Close", within=screen.dialog)
    expect(screen.dialog).to_have_count(0)


def test_keys_are_letters_while_somebody_types(screen: Screen, call: Caller, line: str) -> None:
    task = call.done(line)
    screen.open(f"/tasks?queue={line}")
    screen.press("/")
    screen.page.keyboard.type("acrenx?t")
    expect(screen.main).to_contain_text("No tasks match.")
    expect(screen.dialog).to_have_count(0)
    screen.press("Escape")
    screen.press("?")
    expect(screen.dialog).to_be_visible()
    screen.press("a", "r")

    assert not call.get(f"/api/tasks/{task}").facts.get("reviewed_at")


def test_a_form_that_is_sent_twice_at_once_is_sent_once(screen: Screen, call: Caller, line: str) -> None:
    sent: list[str] = []

    def note(request: Request) -> None:
        if request.method == "POST":
            sent.append(request.url)

    screen.page.on("request", note)
    screen.open(f"/queues/{line}")
    screen.press("n")
    screen.fill(prompt="once")

    screen.evaluate(
        """() => {
          const key = { key: "Enter", ctrlKey: true, bubbles: true };
          for (let times = 0; times < 2; times += 1) document.activeElement.dispatchEvent(new KeyboardEvent("keydown", key));
        }"""
    )

    expect(screen.dialog).to_have_count(0)
    expect(screen.main.locator("li.row")).to_have_count(1)
    screen.page.remove_listener("request", note)
    assert sent == [f"{screen.address}/api/tasks"]


def test_focus_returns_to_where_it_was_when_a_dialog_closes(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line)
    screen.open(f"/queues/{line}")
    screen.row(task).locator("[data-row]").focus()
    screen.press("c")
    expect(screen.dialog).to_be_visible()
    screen.press("Escape")
    screen.focuses(screen.row(task).locator("[data-row]"))

    screen.press("e")
    screen.answer("Save", prompt="other words")

    until(lambda: "other words" in screen.row(task).inner_text())
    screen.focuses(screen.row(task).locator("[data-row]"))


def test_a_key_counts_again_as_soon_as_its_dialog_has_closed(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line)
    screen.open(f"/queues/{line}")
    screen.row(task).locator("[data-row]").focus()
    screen.press("c")
    expect(screen.dialog).to_contain_text("Cancel")

    screen.evaluate(
        """() => {
          document.querySelector("dialog[open]").close();
          document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "e", bubbles: true }));
        }"""
    )

    expect(screen.dialog.locator('[name="prompt"]')).to_be_visible()
