"""The list of all tasks: filters in the address, search, order, selection."""

from sparkq_core.lifecycle import Status
from tests.browser.screen import Screen, expect
from tests.browser.seeds import late
from tests.http.caller import Caller, Served
from tests.promises import holds


@holds("page-views")
def test_filters_stand_in_the_address_and_are_there_after_a_reload(screen: Screen, call: Caller, line: str) -> None:
    done, failed, queued = call.done(line), call.failed(line), call.add(line)
    screen.open("/tasks")
    screen.main.get_by_label("Queue").select_option(line)
    screen.at(rf"#/tasks\?queue={line}$")
    expect(screen.main.locator(".total")).to_have_text("3 tasks match")

    screen.main.get_by_role("button", name="failed 1", exact=True).click()
    screen.at(rf"#/tasks\?queue={line}&status=failed$")
    screen.page.reload()

    expect(screen.row(failed)).to_be_visible()
    expect(screen.row(done)).to_have_count(0)
    expect(screen.row(queued)).to_have_count(0)
    expect(screen.main.get_by_role("button", name="failed 1", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(screen.main.get_by_label("Queue")).to_have_value(line)
    screen.main.get_by_role("link", name="Clear").click()
    screen.at("#/tasks$")
    expect(screen.main.get_by_label("Queue")).to_have_value("")


def test_every_status_of_the_core_is_a_filter(screen: Screen) -> None:
    screen.open("/tasks")
    filters = screen.main.locator("[data-act=status]")

    assert filters.evaluate_all("buttons => buttons.map((button) => button.dataset.value)") == ["", *Status]


def test_each_filter_narrows(screen: Screen, call: Caller, line: str) -> None:
    done, seen, other = call.done(line), call.done(line), call.add(line, tool_name=tool(call))
    call.post(f"/api/tasks/{seen}/review")["task"]
    screen.open(f"/tasks?queue={line}")

    for label, value, shown in (
        ("Review", "false", [done]),
        ("Review", "true", [seen]),
        ("Review", "", [done, seen, other]),
        ("Tool", tool(call), [other]),
        ("Tool", "", [done, seen, other]),
        ("Age", "7", [done, seen, other]),
    ):
        screen.main.get_by_label(label).select_option(value)
        expect(screen.main.locator("li.row")).to_have_count(len(shown))
        for task in shown:
            expect(screen.row(task)).to_be_visible()
    screen.at("days=7")


def tool(call: Caller) -> str:
    """A tool that is not the usual one."""
    return str(call.get("/api/tools")["tools"][-1]["name"])


def test_a_session_and_a_worker_narrow(screen: Screen, call: Caller, line: str) -> None:
    call.post("/api/sessions", name=f"{line}-session")["session"]
    call.post("/api/queues", name=f"{line}-in", session=f"{line}-session")["queue"]
    inside, outside = call.add(f"{line}-in"), call.running(line)
    screen.open("/tasks")
    screen.main.get_by_label("Session").select_option(f"{line}-session")
    expect(screen.row(outside)).to_have_count(0)
    expect(screen.row(inside)).to_be_visible()

    screen.open(f"/tasks?queue={line}")
    screen.main.get_by_label("Worker").fill("nobody")
    expect(screen.main).to_contain_text("No tasks match.")
    screen.main.get_by_label("Worker").fill("ann")

    expect(screen.row(outside)).to_be_visible()


def test_search_finds_words_while_they_are_typed(screen: Screen, call: Caller, line: str) -> None:
    hit, miss = call.add(line, f"Mend the zebra of {line}"), call.add(line, "Something else")
    screen.open(f"/tasks?queue={line}")

    screen.press("/")
    screen.focuses(screen.page.locator("#search"))
    screen.page.keyboard.type("zebra")

    expect(screen.row(miss)).to_have_count(0)
    expect(screen.row(hit)).to_be_visible()
    screen.at("search=zebra")
    screen.focuses(screen.page.locator("#search"))
    screen.open("/inbox")
    screen.press("/")
    screen.focuses(screen.page.locator("#search"))


def test_the_place_that_matches_is_shown_with_its_words_marked(screen: Screen, call: Caller, line: str) -> None:
    number = call.running(line)
    call.post(f"/api/tasks/{number}/complete", result_summary="🦓 The zebra of <b>dates</b> is back")["status"]

    screen.open(f"/tasks?queue={line}&search=zebra+dates")

    place = screen.row(number).locator(".summary")
    expect(place).to_have_text("🦓 The zebra of <b>dates</b> is back")
    expect(place.locator("mark")).to_have_text(["zebra", "dates"])


@holds("page-views")
def test_the_order_can_be_turned(screen: Screen, call: Caller, line: str) -> None:
    one, two = call.add(line), call.add(line)
    screen.open(f"/tasks?queue={line}")
    rows = screen.main.locator("li.row")

    screen.main.get_by_label("Order").select_option("newest")
    expect(rows.first).to_have_attribute("data-id", str(two))
    screen.main.get_by_label("Order").select_option("oldest")

    expect(rows.first).to_have_attribute("data-id", str(one))
    screen.at("sort=oldest")


def test_selected_tasks_are_deleted_after_a_confirmation(screen: Screen, call: Caller, line: str) -> None:
    one, two = call.add(line), call.add(line)
    screen.open(f"/tasks?queue={line}")
    screen.click("Select all")
    screen.click("Delete 2 …")
    expect(screen.dialog).to_contain_text("Delete 2 tasks?")
    expect(screen.dialog).to_contain_text("This cannot be undone.")
    screen.click("Cancel", within=screen.dialog)
    assert call.get(f"/api/tasks?queue={line}")["total"] == 2

    screen.click("Delete 2 …")
    screen.answer("Delete")

    screen.said("2 tasks deleted.")
    expect(screen.row(one)).to_have_count(0)
    call.get(f"/api/tasks/{two}").refused(404, "no_such_task")


def test_selected_tasks_are_accepted_requeued_and_cancelled_together(screen: Screen, call: Caller, line: str) -> None:
    done, failed = call.done(line), call.failed(line)
    screen.open(f"/tasks?queue={line}")

    screen.row(done).get_by_role("checkbox").check()
    screen.row(failed).locator("[data-row]").focus()
    screen.press("x")
    screen.click("Accept 2")
    screen.said("2 tasks accepted.")
    screen.click("Select all")
    screen.click("Requeue 2 …")
    screen.answer("Requeue", feedback="Both again.")
    screen.said("2 tasks queued again.")
    screen.click("Select all")
    screen.click("Cancel 2 …")
    screen.answer("Cancel the tasks", reason="")
    screen.said("2 tasks cancelled.")

    expect(screen.main.locator("[data-state=cancelled]")).to_have_count(2)
    screen.click("Select all")
    screen.press("Escape")
    expect(screen.row(done).get_by_role("checkbox")).not_to_be_checked()


@holds("move")
def test_waiting_tasks_are_moved_to_another_queue_together_and_what_is_finished_stays(
    screen: Screen, call: Caller, line: str
) -> None:
    call.post("/api/queues", name=f"{line}-other")["queue"]
    there, asked, done = call.add(f"{line}-other"), call.asked(line), call.done(line)
    one, two = call.add(line, "first"), call.add(line, "second")
    call.post(f"/api/queues/{line}-other/pause")
    screen.open(f"/tasks?queue={line}")

    screen.click("Select all")
    screen.click("Move 3 to a queue …")
    expect(screen.dialog.locator('[name="queue"] option', has_text=line).filter(has_not_text="-")).to_have_count(0)
    screen.answer("Move", queue=f"{line}-other", front=True)

    screen.said(f"3 tasks moved to {line}-other, which is paused.")
    assert [task["id"] for task in call.get(f"/api/queues/{line}-other/peek?limit=9")["tasks"]] == [one, two, there]
    assert call.get(f"/api/tasks/{asked}")["queue"] == f"{line}-other"
    assert call.get(f"/api/tasks/{done}")["queue"] == line
    assert call.get(f"/api/tasks/{one}")["events"][-1]["door"] == "page"


@holds("move")
def test_a_task_that_was_claimed_meanwhile_is_not_moved_and_the_form_says_why(
    screen: Screen, call: Caller, line: str
) -> None:
    call.post("/api/queues", name=f"{line}-other")["queue"]
    task = call.add(line)
    screen.open(f"/tasks/{task}")
    screen.click("Move to a queue …")
    expect(screen.dialog).to_be_visible()
    call.post(f"/api/tasks/{task}/claim", worker_id="ann")["task"]
    screen.fill(queue=f"{line}-other")
    screen.click("Move", within=screen.dialog)

    expect(screen.dialog.get_by_role("alert")).to_contain_text(f"#{task}")
    expect(screen.dialog.get_by_role("alert")).to_contain_text("it is running")
    screen.press("Escape")
    assert call.get(f"/api/tasks/{task}")["queue"] == line
    screen.forgive("status of 409")


def test_only_what_can_be_accepted_is_and_a_late_result_only_where_it_is_shown(
    screen: Screen, served: Served, line: str
) -> None:
    call = served.call
    came_late = late(served.root, call, line, "Measured it after all.")
    done, other, _ = call.done(line), call.done(line), call.add(line)
    screen.open(f"/tasks?queue={line}")

    screen.click("Select all")
    expect(screen.main.get_by_role("button", name="Requeue 3 …")).to_be_visible()
    screen.click("Accept 2")
    screen.said("2 tasks accepted.")
    assert call.get(f"/api/inbox?queue={line}")["total"] == 1
    screen.row(came_late).locator("[data-row]").click()
    screen.click("Take the late result")

    screen.said(f"#{came_late} accepted.")
    assert call.get(f"/api/tasks/{came_late}")["status"] == "succeeded"
    assert all(call.get(f"/api/tasks/{task}")["reviewed_at"] for task in (done, other))


def test_what_could_not_be_done_is_said_with_its_reason(screen: Screen, call: Caller, line: str) -> None:
    taken, queued = call.add(line), call.add(line)
    screen.open(f"/tasks?queue={line}")

    screen.click("Select all")
    screen.click("Cancel 2 …")
    call.post(f"/api/tasks/{taken}/claim", worker_id="ann")["task"]
    screen.answer("Cancel the tasks", reason="")

    screen.said("1 task cancelled.")
    expect(screen.page.locator(".toast.problem")).to_contain_text(f"#{taken}")
    assert call.get(f"/api/tasks/{queued}")["status"] == "cancelled"
    screen.forgive("status of 409")


def test_an_address_that_means_nothing_is_told(screen: Screen) -> None:
    screen.open("/tasks/99999999")
    expect(screen.main.get_by_role("alert")).to_contain_text("99999999")
    screen.open("/queues/no-such")
    expect(screen.main.get_by_role("alert")).to_contain_text("no-such")
    screen.page.goto(f"{screen.address}/#/tasks/%E0%A4%A")
    expect(screen.main.get_by_role("alert")).to_be_visible()
    screen.page.goto(f"{screen.address}/#/nowhere")
    expect(screen.heading).to_have_text("Page not found")
    screen.forgive("status of 404", "status of 422")


def test_no_count_of_a_status_ignores_the_search(screen: Screen, call: Caller, line: str) -> None:
    call.add(line, "a needle")
    call.add(line, "hay")
    screen.open(f"/tasks?queue={line}")
    queued = screen.main.locator('[data-act="status"][data-value="queued"]')
    expect(queued).to_have_text("queued 2")

    screen.open(f"/tasks?queue={line}&search=needle")

    expect(screen.main.locator(".total")).to_have_text("1 task matches")
    expect(queued).to_have_text("queued")
