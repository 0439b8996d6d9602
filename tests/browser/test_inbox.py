"""The landing view: what finished, what runs, what is next, what needs somebody."""

import re

import pytest

from tests.browser.conftest import Tab
from tests.browser.screen import Screen, expect
from tests.browser.seeds import late, later, stale, timed_out
from tests.harness.task_steps import add, take
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.promises import holds


def status(call: Caller, task: int) -> str:
    return str(call.get(f"/api/tasks/{task}")["status"])


def looked(call: Caller) -> str:
    return str(call.get("/api/inbox")["since_last_look"]["since"])


def test_a_result_is_accepted_by_mouse(screen: Screen, call: Caller, line: str) -> None:
    task = call.done(line, "Tidy the parser")
    screen.open()
    expect(screen.row(task)).to_contain_text("Tidy the parser")
    expect(screen.row(task)).to_contain_text("did it")

    screen.click("Accept", within=screen.row(task))

    screen.said(f"#{task} accepted.")
    expect(screen.row(task)).to_have_count(0)
    assert call.get(f"/api/tasks/{task}")["reviewed_at"]


@pytest.mark.usefixtures("calm")
def test_results_are_opened_and_accepted_by_key(screen: Screen, call: Caller, line: str) -> None:
    made = {call.done(line, word) for word in ("one", "two", "three")}
    screen.open()
    rows = screen.part("To review").locator("li.row")
    expect(rows).to_have_count(3)
    order = rows.evaluate_all("rows => rows.map((row) => Number(row.dataset.id))")
    screen.row(order[0]).locator("[data-row]").focus()

    screen.press("j")
    screen.focuses(screen.row(order[1]).locator("[data-row]"))
    screen.press("k")
    screen.focuses(screen.row(order[0]).locator("[data-row]"))
    screen.press("a")
    expect(screen.row(order[0])).to_have_count(0)
    screen.focuses(screen.row(order[1]).locator("[data-row]"))
    screen.press("Enter")

    screen.at(f"#/tasks/{order[1]}$")
    expect(screen.heading).to_contain_text(f"#{order[1]}")
    screen.page.go_back()
    expect(screen.row(order[2])).to_be_visible()
    assert made == set(order)


def test_feedback_goes_with_a_requeue_by_key_and_by_mouse(screen: Screen, call: Caller, line: str) -> None:
    by_key, by_mouse = call.failed(line), call.failed(line)
    screen.open()

    screen.row(by_key).locator("[data-row]").focus()
    screen.press("r")
    screen.fill(feedback="Say why it failed.")
    screen.press("Control+Enter")
    expect(screen.row(by_key).get_by_role("checkbox")).to_have_count(0)
    screen.click("Requeue …", within=screen.row(by_mouse))
    screen.answer("Requeue", feedback="Try the other one.", front=True)

    screen.said(f"#{by_mouse} queued again.")
    assert call.get(f"/api/tasks/{by_key}")["feedback"] == "Say why it failed."
    assert call.get(f"/api/tasks/{by_mouse}")["feedback"] == "Try the other one."
    assert [task["id"] for task in call.get(f"/api/queues/{line}/peek?limit=9")["tasks"]] == [by_mouse, by_key]


def test_a_succeeded_result_can_be_sent_back_too(screen: Screen, call: Caller, line: str) -> None:
    task = call.done(line)
    screen.open()

    screen.click("Requeue …", within=screen.row(task))
    screen.answer("Requeue", feedback="Not yet.")

    screen.said(f"#{task} queued again.")
    assert status(call, task) == "queued"


@pytest.mark.usefixtures("calm")
def test_selected_results_are_accepted_together(screen: Screen, call: Caller, line: str) -> None:
    first, second, third = (call.done(line) for _ in range(3))
    screen.open()

    screen.row(first).get_by_role("checkbox").check()
    screen.row(third).locator("[data-row]").focus()
    screen.press("x")
    screen.click("Accept 2")

    screen.said("2 tasks accepted.")
    expect(screen.row(first)).to_have_count(0)
    expect(screen.row(second)).to_have_count(1)
    screen.click("Select all")
    screen.click("Requeue 1 …")
    screen.answer("Requeue")
    expect(screen.main).to_contain_text("Nothing waits for your review.")


@pytest.mark.usefixtures("calm")
def test_the_first_result_is_accepted_and_not_what_runs_above_it(screen: Screen, call: Caller, line: str) -> None:
    first, second = call.done(line), call.failed(line)
    running, _ = call.running(line), call.add(line)
    screen.open()
    expect(screen.part("Running now").locator(f'li[data-id="{running}"]')).to_be_visible()

    screen.click("Accept the first")

    screen.said(f"#{first} accepted.")
    expect(screen.row(first)).to_have_count(0)
    screen.evaluate("document.activeElement.blur()")
    screen.press("r")
    expect(screen.dialog).to_contain_text(f"Requeue #{second}")


def test_a_warning_that_came_late_is_told_with_the_time_that_is_left(screen: Screen, served: Served, line: str) -> None:
    """Nothing swept for two timeouts and a half, say while the laptop slept: the warning comes first."""
    with later(served.root, -1500) as sq:
        (task,) = add(sq, "Slept", queue=line, timeout=600)
        take(sq, queue=line)
    screen.open()

    age = screen.part("Running now").locator(f'li[data-id="{task}"] .age')
    expect(age).to_contain_text(re.compile("25 min of 10 min, fails in (10|9) min"))
    expect(age).to_have_attribute("data-kind", "stale")


@holds("page-views")
def test_what_runs_is_shown_with_its_age_and_what_is_next(screen: Screen, call: Caller, line: str) -> None:
    running = call.running(line, "In the works", timeout=600)
    upcoming, _ = call.add(line, "Next one"), call.add(line, "The one after")
    screen.open()

    row = screen.part("Running now").locator(f'li[data-id="{running}"]')
    expect(row).to_contain_text("of 10 min")
    expect(row.locator('.age[data-kind="in-time"] .track')).to_be_visible()
    expect(screen.part("Next up").locator(f'li[data-id="{upcoming}"]')).to_contain_text("1 more behind it")


def test_a_task_is_late_as_soon_as_its_timeout_is_over_though_nothing_has_swept(
    tab: Tab, served: Served, line: str
) -> None:
    task = served.call.running(line, timeout=600)
    screen: Screen = tab(served.port, color_scheme="light")
    screen.page.clock.install()
    screen.open()
    age = screen.part("Running now").locator(f'li[data-id="{task}"] .age')
    expect(age).to_have_attribute("data-kind", "in-time")

    screen.page.clock.fast_forward("10:10")

    expect(age).to_have_attribute("data-kind", "stale")
    expect(age.locator(".words")).to_have_text("⚠️ 10 min of 10 min")
    screen.page.clock.fast_forward("15:00")
    expect(age.locator(".words")).to_have_text("⚠️ 25 min of 10 min")


@holds("page-marks")
def test_silence_is_told_by_mark_and_by_words(screen: Screen, served: Served, line: str) -> None:
    task = served.call.running(line, timeout=600)
    screen.open()
    stale(served.root, task, 600)

    expect(screen.part("Needs you")).to_contain_text(
        f"#{task} is stale: ann has been silent for longer than the timeout."
    )
    expect(screen.row(task).locator("[data-state=stale]")).to_have_text("⚠️ stale")
    timed_out(served.root, task, 600)

    expect(screen.part("To review").locator(f'li[data-id="{task}"]')).to_contain_text("💀 timed out")
    expect(screen.part("Needs you").get_by_text(f"#{task} ")).to_have_count(0)


def test_a_queue_that_ended_with_tasks_needs_somebody(screen: Screen, call: Caller, line: str) -> None:
    call.add(line)
    call.post(f"/api/queues/{line}/end")
    screen.open()

    screen.part("Needs you").get_by_role("link", name=f"{line} has ended with 1 task still queued.").click()

    expect(screen.heading).to_contain_text(line)


def test_a_late_result_is_told_and_accepted(screen: Screen, served: Served, line: str) -> None:
    task = late(served.root, served.call, line, "Measured it after all.")
    screen.open()
    expect(screen.part("Needs you")).to_contain_text(f"#{task} (failed): a late result waits for you.")

    expect(screen.row(task)).to_contain_text("Its worker said later (succeeded): Measured it after all.")

    screen.click("Accept late result", within=screen.row(task))

    screen.said(f"#{task} accepted.")
    assert status(served.call, task) == "succeeded"


def test_what_a_worker_said_after_a_release_is_shown_and_the_task_stays_queued(
    screen: Screen, call: Caller, line: str
) -> None:
    task = call.running(line)
    call.post(f"/api/tasks/{task}/release")["task"]
    call.post(f"/api/tasks/{task}/fail", error_message="I broke the build", attempt=1).refused(409, "claim_lost")
    screen.open()
    row = screen.part("To review").locator(f'li[data-id="{task}"]')
    expect(row).to_contain_text("Its worker said later (failed): I broke the build")

    screen.click("Seen", within=row)

    screen.said(f"#{task} seen.")
    expect(row).to_have_count(0)
    assert status(call, task) == "queued"


def test_the_page_names_the_late_text_that_it_shows_when_it_is_accepted(
    screen: Screen, served: Served, line: str
) -> None:
    task = late(served.root, served.call, line, "Measured it after all.")
    screen.open()
    expect(screen.row(task)).to_contain_text("Measured it after all.")
    shown = served.call.get(f"/api/inbox?queue={line}")["tasks"][0]["late"]["at"]
    with screen.page.expect_request("**/api/inbox/accept") as request:
        screen.click("Accept late result", within=screen.row(task))

    sent = request.value.post_data_json
    assert sent == {"tasks": [{"id": task, "attempt": 1, "late": True, "late_at": shown}]}


def test_the_view_says_what_happened_since_the_person_left(own: Served, tab: Tab) -> None:
    """On a server of its own: the tab of another test may just be telling that its person leaves."""
    call, line = own.call, "backend"
    call.post("/api/queues", name=line)["queue"]
    call.post("/api/inbox/look")
    call.done(line)
    call.failed(line)
    screen: Screen = tab(own.port).open()
    since = screen.main.get_by_label("Since your last look")
    expect(since).to_contain_text("Since your last look, just now")
    expect(since.locator("[data-state=succeeded] dd")).to_have_text("1")
    expect(since.locator("[data-state=failed] dd")).to_have_text("1")
    before = looked(call)

    screen.page.goto("about:blank")
    until(lambda: looked(call) != before)
    call.done(line)
    screen.open()

    expect(since.locator("[data-state=succeeded] dd")).to_have_text("1")
    expect(since.locator("[data-state=failed] dd")).to_have_text("0")


@pytest.mark.usefixtures("calm")
def test_the_tab_says_how_many_results_wait(screen: Screen, call: Caller, line: str) -> None:
    screen.open()
    expect(screen.page).to_have_title(re.compile("^Inbox · shared"))
    icon = screen.page.locator("link[rel=icon]")
    plain = str(icon.get_attribute("href"))

    call.done(line)
    call.failed(line)

    expect(screen.page).to_have_title(re.compile(r"^\(2\) Inbox · shared"))
    expect(icon).not_to_have_attribute("href", plain)
    assert "%3E2%3C" in str(icon.get_attribute("href"))


def test_an_empty_project_says_what_to_do(own: Served, tab: Tab) -> None:
    screen: Screen = tab(own.port).open()
    expect(screen.main).to_contain_text("No queues yet.")
    expect(screen.main).to_contain_text("sparkq queue create")

    screen.press("n")
    screen.answer("Create", name="backend", instructions="Be quick.")

    expect(screen.heading).to_contain_text("backend")
    expect(screen.main).to_contain_text("No tasks are queued.")
    screen.open("/inbox")
    expect(screen.main).to_contain_text("Nothing waits for your review.")


@holds("question")
def test_a_question_is_on_top_and_is_answered_where_it_is_shown(screen: Screen, call: Caller, line: str) -> None:
    task = call.asked(line, "Which date format?\n\nA) ISO 8601\n<b>B) the old one</b>")
    queued = call.add(line, "waits")
    screen.open()
    needs = screen.part("Needs you")
    row = needs.locator(f'li.row[data-id="{task}"]')
    expect(row).to_contain_text("Which date format?")
    expect(row).to_contain_text("<b>B) the old one</b>")

    screen.click("Answer …", within=row)
    dialog = screen.page.get_by_role("dialog")
    expect(dialog).to_contain_text("A) ISO 8601")
    dialog.get_by_label("Your answer").fill("A, in UTC")
    dialog.get_by_role("button", name="Answer", exact=True).click()

    screen.said(f"#{task} answered.")
    expect(row).to_have_count(0)
    shown = call.get(f"/api/tasks/{task}")
    assert (shown["status"], shown["answer"]) == ("queued", "A, in UTC")
    assert [each["id"] for each in call.get(f"/api/queues/{line}/peek?limit=2")["tasks"]] == [task, queued]


@holds("undo", "verdict-doors")
def test_a_verdict_is_undone_by_its_line_or_by_a_key(screen: Screen, call: Caller, line: str) -> None:
    task, other = call.done(line), call.failed(line)
    screen.open()
    screen.click("Accept", within=screen.row(task))
    toasts = screen.page.locator("#toasts")
    expect(toasts).to_contain_text(f"#{task} accepted.")
    expect(screen.row(task)).to_have_count(0)

    toasts.get_by_role("button", name="Undo").click()

    expect(screen.row(task)).to_be_visible()
    expect(toasts).to_contain_text(f"#{task} is as before: verdict undone.")
    screen.click("Accept", within=screen.row(other))
    expect(screen.row(other)).to_have_count(0)
    screen.press("z")
    expect(screen.row(other)).to_be_visible()
    doors = [event["door"] for event in call.get(f"/api/tasks/{task}")["events"] if "door" in event]
    assert doors == ["page", "page"]
