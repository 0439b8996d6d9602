"""Adding work: what a text will become is shown before, and nothing typed is lost."""

from tests.browser.conftest import Tab
from tests.browser.screen import Screen, expect
from tests.browser.seeds import finished
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.promises import holds


def titles(call: Caller, queue: str) -> list[str]:
    return [task["title"] for task in call.get(f"/api/queues/{queue}/peek?limit=50")["tasks"]]


def add(screen: Screen, line: str) -> None:
    """Open the form in the view of a queue. A draft of another test may be in it."""
    screen.open(f"/queues/{line}")
    screen.press("n")
    expect(screen.dialog).to_be_visible()


@holds("page-views")
def test_the_split_is_shown_as_it_will_be_made(screen: Screen, call: Caller, line: str) -> None:
    add(screen, line)
    parts = screen.dialog.locator(".preview li")
    screen.fill(prompt="## First\n\nDo it.\n\n## Second\n\nDo that.", split=True)
    expect(parts).to_have_count(2)
    expect(parts.first).to_contain_text("First")
    expect(screen.dialog.locator(".preview h3")).to_have_text("This makes 2 tasks")
    shown = [text.splitlines()[0] for text in parts.all_inner_texts()]

    screen.answer("Add")

    screen.said(f"2 tasks added to {line}.")
    assert titles(call, line) == shown

    add(screen, line)
    screen.fill(prompt="## First\n\nDo it.\n\n## Third\n\nDo it too.", split=True)
    expect(screen.dialog.locator(".preview h3")).to_have_text("This makes 1 task, 1 queued already")
    screen.answer("Add")
    until(lambda: titles(call, line) == [*shown, "Third"])


def test_a_text_that_makes_one_task_says_so_before(screen: Screen, line: str) -> None:
    add(screen, line)
    screen.fill(prompt="Only this.", split=True)

    expect(screen.dialog.locator(".preview")).to_contain_text("This makes one task")


def test_one_task_after_another_is_added_and_the_queue_is_remembered(screen: Screen, call: Caller, line: str) -> None:
    add(screen, line)
    screen.fill(prompt="the first")
    screen.click("Add and next", within=screen.dialog)
    expect(screen.dialog.locator('[name="prompt"]')).to_have_value("")
    screen.focuses(screen.dialog.locator('[name="prompt"]'))
    screen.answer("Add", prompt="the second")
    until(lambda: titles(call, line) == ["the first", "the second"])

    screen.open("/settings")
    screen.press("n")

    expect(screen.dialog.locator('[name="queue"]')).to_have_value(line)


def test_tasks_are_put_at_the_front_in_their_order(screen: Screen, call: Caller, line: str) -> None:
    call.add(line, "was first")
    add(screen, line)

    screen.answer("Add", prompt="one\ntwo", split=True, front=True)

    until(lambda: titles(call, line) == ["one", "two", "was first"])


def test_an_earlier_prompt_is_a_beginning(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line, "Say it again.\n\nIn other words.")
    add(screen, line)
    screen.fill(template=str(task))

    expect(screen.dialog.locator('[name="prompt"]')).to_have_value("Say it again.\n\nIn other words.")


def test_tool_and_class_are_explained(screen: Screen, call: Caller, line: str) -> None:
    tool = call.get("/api/tools")["tools"][0]
    add(screen, line)
    screen.fill(tool_name=tool["name"])

    expect(screen.dialog.locator(".preview")).to_contain_text(tool["how"])
    expect(screen.dialog.locator(".preview")).to_contain_text(tool["task_class"])


def test_a_dropped_file_goes_into_the_prompt(screen: Screen, line: str) -> None:
    add(screen, line)
    screen.fill(prompt="")
    screen.evaluate(
        "(() => { const data = new DataTransfer(); data.items.add(new File(['from a file'], 'plan.md'));"
        " document.querySelector('dialog textarea')"
        ".dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true })); })()"
    )

    expect(screen.dialog.locator('[name="prompt"]')).to_have_value("from a file")


def test_a_draft_survives_a_reload(screen: Screen, line: str) -> None:
    add(screen, line)
    screen.fill(prompt="half a thought")

    screen.page.reload()
    expect(screen.heading).to_be_visible()
    screen.press("n")

    expect(screen.dialog.locator('[name="prompt"]')).to_have_value("half a thought")
    screen.fill(prompt="")


def test_the_first_steps_tick_themselves_until_a_worker_comes(own: Served, tab: Tab) -> None:
    screen: Screen = tab(own.port).open("/queues")
    first = screen.page.locator(".first")
    expect(first.locator("li.done")).to_have_count(0)

    own.call.post("/api/queues", name="q")["queue"]
    expect(first.locator("li.done")).to_have_count(1)
    expect(first).to_contain_text("Work the queue q until it is empty.")
    task = own.call.add("q")
    expect(first.locator("li.done")).to_have_count(2)
    expect(first).to_contain_text("Waiting for the first claim")
    own.call.post(f"/api/tasks/{task}/claim", worker_id="ann")["task"]

    expect(first).to_contain_text(f"ann has come and works on #{task} one.")
    screen.click("Close", within=first)
    expect(first).to_have_count(0)


def test_the_first_steps_stay_away_when_all_that_was_done_is_purged(own: Served, tab: Tab) -> None:
    own.call.post("/api/queues", name="q")["queue"]
    finished(own, "q", "old", days=400)
    assert own.call.post("/api/purge")["total"] == 1
    screen: Screen = tab(own.port, color_scheme="light").open("/queues")
    expect(screen.main.locator("li.card")).to_be_visible()

    own.call.add("q")
    expect(screen.main.locator("li.card .counts")).to_contain_text("1")
    expect(screen.page.locator(".first")).to_have_count(0)


def test_the_first_steps_stay_away_when_all_that_was_done_is_deleted(own: Served, tab: Tab) -> None:
    own.call.post("/api/queues", name="q")["queue"]
    task = own.call.done("q")
    screen: Screen = tab(own.port, color_scheme="light").open("/inbox")
    expect(screen.row(task)).to_be_visible()
    own.call.delete(f"/api/tasks/{task}")
    expect(screen.row(task)).to_have_count(0)

    screen.page.reload()
    expect(screen.page.locator("#queues")).to_contain_text("q")

    expect(screen.main).to_contain_text("Nothing waits for your review.")
    expect(screen.page.locator(".first")).to_have_count(0)
    screen.forgive("status of 404")  # what had opened was deleted elsewhere


def test_a_session_narrows_the_queues_that_a_task_can_be_added_to(screen: Screen, call: Caller, line: str) -> None:
    for name in ("north", "south"):
        call.post("/api/sessions", name=f"{line}-{name}")["session"]
        call.post("/api/queues", name=f"{line}-{name}-queue", session=f"{line}-{name}")["queue"]
    add(screen, line)
    queues = screen.dialog.locator('[name="queue"]')
    expect(queues).to_have_value(line)
    screen.fill(prompt="for the south")

    screen.fill(session=f"{line}-south")
    expect(queues.locator("option")).to_have_text([f"{line}-south-queue ({line}-south)"])
    screen.focuses(screen.dialog.locator('[name="session"]'))
    expect(screen.dialog.locator('[name="prompt"]')).to_have_value("for the south")
    screen.answer("Add")

    (task,) = call.get(f"/api/queues/{line}-south-queue/peek")["tasks"]
    assert task["title"] == "for the south"
    add(screen, line)
    expect(screen.dialog.locator('[name="session"]')).to_have_value("")
    screen.press("Escape")
    for name in ("north", "south"):
        call.post(f"/api/sessions/{line}-{name}/end")


@holds("page-views")
def test_a_day_is_shown_by_hour_or_by_queue_and_copied_as_markdown(tab: Tab, served: Served, line: str) -> None:
    task = served.call.done(line, "worth a line")
    screen: Screen = tab(served.port, permissions=["clipboard-read", "clipboard-write"]).open("/today")
    expect(screen.main.locator("li.event").filter(has_text=f"#{task} ")).to_contain_text("did it")

    screen.main.get_by_role("link", name="By queue").click()
    expect(screen.part(line).locator("li.event")).to_have_count(1)
    screen.click("Copy as Markdown")
    screen.page.locator("#toasts").get_by_text("as Markdown").wait_for()

    assert f"#{task}" in screen.evaluate("navigator.clipboard.readText()")
