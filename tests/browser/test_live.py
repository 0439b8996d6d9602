"""The page follows what any process writes, and takes nothing away from whoever is in the middle of something."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparkq_core.chats import Caller as Chat
from sparkq_core.chats import presence
from tests.browser.conftest import Tab
from tests.browser.screen import Screen, expect
from tests.browser.seeds import later
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take_in_chat
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.http.conftest import another_project
from tests.promises import holds


def typed(served: Served, *words: str) -> None:
    """A command of another process."""
    done = Shell(served.root, Path(f"{served.root}-home")).sparkq(*words)
    assert done.code == 0, done.err


@holds("page-views")
def test_a_task_from_the_command_line_appears_by_itself(screen: Screen, served: Served, line: str) -> None:
    screen.open(f"/queues/{line}")
    expect(screen.main).to_contain_text("No tasks are queued.")

    typed(served, "enqueue", "From another process", "--queue", line)

    expect(screen.main.locator("li.row")).to_contain_text("From another process")
    expect(screen.page.locator("#views a", has_text="Tasks")).to_contain_text(re.compile(r"Tasks \d+"))


def test_scroll_focus_and_selection_survive_an_update(screen: Screen, served: Served, line: str) -> None:
    call = served.call
    text = "\n".join(f"number {number}" for number in range(45))
    made = [task["id"] for task in call.post("/api/tasks/bulk", queue=line, text=text, split=True)["tasks"]]
    screen.open(f"/tasks?queue={line}")
    screen.row(made[3]).get_by_role("checkbox").check()
    screen.row(made[40]).locator("[data-row]").focus()
    screen.evaluate("scrollBy(0, 600)")
    place = screen.row(made[40]).bounding_box()

    typed(served, "enqueue", "at the end", "--queue", line)

    expect(screen.main.locator(".total")).to_have_text("46 tasks match")
    assert screen.row(made[40]).bounding_box() == place
    screen.focuses(screen.row(made[40]).locator("[data-row]"))
    expect(screen.row(made[3]).get_by_role("checkbox")).to_be_checked()


def test_half_typed_text_and_an_open_dialog_survive_an_update(screen: Screen, served: Served, line: str) -> None:
    task = served.call.add(line, "words")
    screen.open(f"/queues/{line}")
    screen.press("n")
    prompt = screen.dialog.locator('[name="prompt"]')
    prompt.fill("half a thou")
    prompt.evaluate("one => one.setSelectionRange(2, 4)")

    typed(served, "enqueue", "another", "--queue", line)

    expect(screen.main.locator("li.row")).to_have_count(2)
    screen.focuses(prompt)
    expect(prompt).to_have_value("half a thou")
    assert prompt.evaluate("one => [one.selectionStart, one.selectionEnd]") == [2, 4]
    screen.press("Escape")
    screen.open(f"/tasks?queue={line}")
    screen.press("/")
    screen.page.keyboard.type("wor")
    typed(served, "enqueue", "a third", "--queue", line)
    screen.page.keyboard.type("ds")

    expect(screen.page.locator("#search")).to_have_value("words")
    expect(screen.row(task)).to_be_visible()
    expect(screen.main.locator("li.row")).to_have_count(1)


def test_an_opened_detail_stays_open_while_the_task_goes_on(screen: Screen, call: Caller, line: str) -> None:
    call.patch(f"/api/queues/{line}", instructions="Be quick.")["queue"]
    task = call.failed(line)
    screen.open(f"/tasks/{task}?tab=prompt")
    details = screen.main.locator("details.instructions")
    details.locator("summary").click()
    expect(details.locator("pre")).to_be_visible()

    call.post(f"/api/tasks/{task}/requeue")["task"]
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]

    expect(screen.detail.locator(".meta")).to_contain_text("bob")
    expect(details.locator("pre")).to_be_visible()


def test_a_task_deleted_elsewhere_is_told_once_in_its_place(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line)
    screen.open(f"/tasks/{task}")

    call.delete(f"/api/tasks/{task}")

    expect(screen.main.get_by_role("alert")).to_contain_text(str(task))
    expect(screen.page.locator(".toast")).to_have_count(0)
    screen.forgive("status of 404")


def test_a_stopped_server_is_told_and_a_new_one_on_the_same_port_is_found(own: Served, tab: Tab) -> None:
    own.call.post("/api/queues", name="q")["queue"]
    screen: Screen = tab(own.port).open("/queues/q")
    banner = screen.page.locator("#banner")
    expect(banner).to_be_hidden()

    own.stop()
    expect(banner).to_be_visible()
    screen.choose("Instructions …")
    expect(screen.page.locator(".toast.problem")).to_contain_text("The server does not answer.")
    typed(own, "enqueue", "while it was away", "--queue", "q")
    again = Served(own.root, port=own.port)

    try:
        expect(screen.main.locator("li.row")).to_contain_text("while it was away")
        expect(banner).to_be_hidden()
        again.call.add("q", "after")
        expect(screen.main.locator("li.row")).to_have_count(2)
    finally:
        screen.page.goto("about:blank")
        again.stop()
    screen.forgive("ERR_")


def test_a_notification_tells_that_a_queue_has_drained(tab: Tab, served: Served, line: str) -> None:
    screen: Screen = tab(served.port, permissions=["notifications"])
    screen.page.add_init_script(
        "window.told = []; window.Notification = class { static permission = 'granted';"
        " static async requestPermission() { return 'granted'; } constructor(title) { told.push(title); } };"
    )
    task = served.call.running(line)
    screen.open("/settings")
    screen.click("Turn on")
    expect(screen.main.get_by_role("button", name="Turn off")).to_be_visible()

    served.call.post(f"/api/tasks/{task}/complete", result_summary="did it")["status"]

    until(lambda: screen.evaluate("told") == [f"All tasks of {line} have finished"])

    with later(served.root, 0) as sq:
        (task,) = add(sq, "Fix the dates", queue=line)
        claim = take_in_chat(sq, Chat("claude-code", session="61f077aa-8d2a"), task)
        presence.close(sq, claim.chat_id or 0, "its client closed the connection")

    until(lambda: "A chat has closed" in screen.evaluate("told"))


@contextmanager
def another_projects_server(first: Served, screen: Screen, root: Path) -> Iterator[Served]:
    """The server of another project, which takes the port of the first one under the open page."""
    first.stop()
    second = Served(another_project(root), port=first.port)
    try:
        yield second
    finally:
        screen.page.goto("about:blank")
        second.stop()
    screen.forgiven.append("ERR_")  # only where the page noticed that nobody answered


@holds("right-project")
def test_a_page_whose_address_serves_another_project_loads_that_one(own: Served, tab: Tab, tmp_path: Path) -> None:
    own.call.post("/api/queues", name="q")["queue"]
    number = own.call.add("q", "of the first project")
    screen: Screen = tab(own.port).open(f"/tasks/{number}")
    expect(screen.page.locator("#project")).to_have_text("own")

    with another_projects_server(own, screen, tmp_path / "second"):
        expect(screen.page.locator("#project")).to_have_text("second")
        screen.at("/$")
        expect(screen.main).not_to_contain_text("of the first project")


@holds("right-project")
def test_what_is_being_typed_is_kept_and_never_sent_to_another_project(own: Served, tab: Tab, tmp_path: Path) -> None:
    own.call.post("/api/queues", name="q")["queue"]
    screen: Screen = tab(own.port).open("/queues/q")
    screen.press("n")
    prompt = screen.dialog.locator('[name="prompt"]')
    prompt.fill("half a thought")

    with another_projects_server(own, screen, tmp_path / "second") as second:
        second.call.post("/api/queues", name="q")["queue"]
        expect(screen.dialog.locator(".moved")).to_contain_text("The project second is served here now.")
        screen.page.keyboard.press("Control+Enter")
        expect(screen.dialog).to_contain_text("is served here, not")
        expect(prompt).to_have_value("half a thought")
        assert second.call.get("/api/tasks")["tasks"] == []
        screen.press("Escape")
        expect(screen.page.locator("#project")).to_have_text("second")
    screen.forgive("421")


def test_a_page_of_another_version_loads_again_at_the_same_place(screen: Screen, line: str) -> None:
    screen.open(f"/queues/{line}")
    screen.evaluate("document.documentElement.dataset.version = '1.9.0'")
    screen.evaluate("window.old = true")

    with screen.page.expect_event("load"):
        screen.evaluate("dispatchEvent(new Event('online'))")

    screen.at(f"#/queues/{line}$")
    expect(screen.heading).to_contain_text(line)
    assert screen.evaluate("window.old") is None
