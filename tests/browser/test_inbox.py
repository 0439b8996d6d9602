"""The landing view: what finished, what runs, what is next, what needs somebody."""

import re

import pytest

from sparkq_core import tasks
from tests.browser.conftest import Tab
from tests.browser.screen import Screen, expect
from tests.browser.seeds import late, later, stale, timed_out
from tests.harness.task_steps import add, take
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

    screen.row(task).get_by_role("link").click()
    screen.shows(task)
    screen.click("Accept", within=screen.detail)

    screen.said(f"#{task} accepted.")
    expect(screen.row(task)).to_have_count(0)
    assert call.get(f"/api/tasks/{task}")["reviewed_at"]


@holds("verdict-doors")
def test_a_verdict_over_rest_is_marked_in_the_review(screen: Screen, call: Caller, line: str) -> None:
    task = call.done(line, "Tidy the parser")
    call.post("/api/inbox/look")
    call.post(f"/api/tasks/{task}/review")

    screen.open()

    marks = screen.page.get_by_role("list", name="Verdicts over REST")
    expect(marks).to_contain_text(f"#{task} was reviewed over REST, not on the page: Tidy the parser")


@pytest.mark.usefixtures("calm")
def test_results_are_opened_and_accepted_by_key(screen: Screen, call: Caller, line: str) -> None:
    first, second, third = (call.done(line, word) for word in ("one", "two", "three"))
    screen.open()
    screen.shows(first)

    screen.press("j")
    screen.shows(second)
    screen.press("k")
    screen.shows(first)
    screen.press("a")

    screen.said(f"#{first} accepted.")
    screen.shows(second)
    expect(screen.row(first)).to_have_count(0)
    screen.row(third).get_by_role("link").focus()
    screen.press("Enter")
    screen.shows(third)
    screen.at(f"#/inbox/{third}$")
    screen.page.go_back()
    screen.shows(second)


def test_feedback_sends_a_result_back_by_key_and_by_mouse(screen: Screen, call: Caller, line: str) -> None:
    by_key, by_mouse = call.failed(line), call.done(line)
    screen.review(by_key)

    screen.press("r")
    screen.page.keyboard.type("Say why it failed.")
    screen.press("Control+Enter")
    screen.said(f"#{by_key} sent back.")
    screen.review(by_mouse)
    screen.feedback.fill("Try the other one.")
    screen.click("Send back", within=screen.detail)

    screen.said(f"#{by_mouse} sent back.")
    assert call.get(f"/api/tasks/{by_key}")["feedback"] == "Say why it failed."
    assert call.get(f"/api/tasks/{by_mouse}")["feedback"] == "Try the other one."
    assert status(call, by_mouse) == "queued"


def test_a_success_is_not_sent_back_without_a_word_and_feedback_is_not_lost_by_accepting(
    screen: Screen, call: Caller, line: str
) -> None:
    task = call.done(line)
    screen.review(task)
    screen.click("Send back", within=screen.detail)
    screen.said("Say what is missing")
    screen.focuses(screen.feedback)
    screen.page.keyboard.type("a thought")
    screen.press("Escape", "a")

    screen.said("Your feedback would be lost.")
    assert status(call, task) == "succeeded"
    assert call.get(f"/api/tasks/{task}")["reviewed_at"] is None
    screen.feedback.fill("")


@pytest.mark.usefixtures("calm")
def test_selected_results_are_accepted_together_and_undone_as_one(screen: Screen, call: Caller, line: str) -> None:
    tasks = [call.done(line) for _ in range(4)]
    screen.open()

    screen.row(tasks[0]).get_by_role("checkbox").check()
    screen.row(tasks[2]).get_by_role("checkbox").click(modifiers=["Shift"])
    screen.click("Accept 3")

    screen.said("3 tasks accepted.")
    screen.shows(tasks[3])
    for task in tasks[:3]:
        expect(screen.row(task)).to_have_count(0)
    screen.page.locator("#toasts").get_by_role("button", name="Undo").click()
    for task in tasks[:3]:
        expect(screen.row(task)).to_have_count(1)


@pytest.mark.usefixtures("calm")
def test_accepting_several_asks_when_failures_or_late_results_are_among_them(
    screen: Screen, served: Served, line: str
) -> None:
    call = served.call
    done, failed = call.done(line), call.failed(line)
    overdue = late(served.root, call, line, "after all")
    screen.open()
    for task in (done, failed, overdue):
        screen.row(task).get_by_role("checkbox").check()

    screen.click("Accept 3")
    expect(screen.dialog).to_contain_text("1 failure and 1 late result are among them.")
    expect(screen.dialog.get_by_label("Only the 1 that succeeded")).to_be_checked()
    screen.answer("Accept")

    screen.said(f"#{done} accepted.")
    expect(screen.row(done)).to_have_count(0)
    expect(screen.row(failed)).to_have_count(1)
    expect(screen.row(overdue)).to_have_count(1)


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
def test_what_runs_is_shown_below_the_results_with_its_age(screen: Screen, call: Caller, line: str) -> None:
    running = call.running(line, "In the works", timeout=600)
    screen.open()

    row = screen.part("Running now").locator(f'li[data-id="{running}"]')
    expect(row).to_contain_text("of 10 min")
    expect(row.locator('.age[data-kind="in-time"] .track')).to_be_visible()


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

    expect(screen.main.locator(f'li.item[data-id="{task}"]')).to_contain_text("💀 timed out")
    expect(screen.part("Needs you").get_by_text(f"#{task} ")).to_have_count(0)


def test_a_queue_that_ended_with_tasks_needs_somebody(screen: Screen, call: Caller, line: str) -> None:
    call.add(line)
    call.post(f"/api/queues/{line}/end")
    screen.open()

    screen.part("Needs you").get_by_role("link", name=f"{line} has ended with 1 task still queued.").click()

    expect(screen.heading).to_contain_text(line)


def test_a_late_result_is_shown_and_taken(screen: Screen, served: Served, line: str) -> None:
    task = late(served.root, served.call, line, "Measured it after all.")
    screen.review(task)
    expect(screen.row(task)).to_contain_text("late result")
    expect(screen.row(task)).to_contain_text("Measured it after all.")
    expect(screen.detail).to_contain_text("Its worker said later (succeeded)")
    shown = served.call.get(f"/api/inbox?queue={line}")["tasks"][0]["late"]["at"]

    with screen.page.expect_request("**/api/inbox/accept") as request:
        screen.click("Take the late result", within=screen.detail)

    assert request.value.post_data_json == {"tasks": [{"id": task, "attempt": 1, "late": True, "late_at": shown}]}
    screen.said(f"#{task} accepted.")
    assert status(served.call, task) == "succeeded"


def test_what_a_worker_said_after_a_release_is_shown_and_the_task_stays_queued(
    screen: Screen, call: Caller, line: str
) -> None:
    task = call.running(line)
    call.post(f"/api/tasks/{task}/release")["task"]
    call.post(f"/api/tasks/{task}/fail", error_message="I broke the build", attempt=1).refused(409, "claim_lost")
    screen.review(task)
    expect(screen.detail).to_contain_text("Its worker said later (failed)")
    expect(screen.detail).to_contain_text("I broke the build")

    screen.click("Seen", within=screen.detail)

    screen.said(f"#{task} seen.")
    expect(screen.row(task)).to_have_count(0)
    assert status(call, task) == "queued"


ABSENCE = """async () => {
  const { beHere } = await import("/assets/any/review/absence.js");
  const now = Date.now();
  return [beHere(now), beHere(now + 60_000), beHere(now + 60_000 + 30 * 60_000) - now];
}"""
"""Since when you were away: now, a glance at another tab later, and after half an hour."""


def test_the_digest_counts_what_happened_reviewed_or_not_until_an_absence(own: Served, tab: Tab) -> None:
    call, line = own.call, "backend"
    call.post("/api/queues", name=line)["queue"]
    done, _ = call.done(line), call.failed(line)
    screen: Screen = tab(own.port).review(done)
    digest = screen.main.get_by_label("Since you were here")
    expect(digest).to_contain_text("1 done")
    expect(digest).to_contain_text("1 failed")

    screen.press("a")
    screen.said(f"#{done} accepted.")
    screen.page.reload()

    expect(digest).to_contain_text("1 done")
    before, glance, away = screen.evaluate(ABSENCE)
    assert (before, glance, away) == (0, 0, 60_000)


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


def test_the_inbox_goes_on_after_the_first_thousand(own: Served, tab: Tab) -> None:
    own.call.post("/api/queues", name="q")["queue"]
    with later(own.root, 0) as sq:
        add(sq, *(str(number) for number in range(1010)), queue="q")
        for _ in range(1010):
            tasks.complete(sq, take(sq, queue="q").task.id, "did it")
    screen: Screen = tab(own.port).open()
    items = screen.main.locator("li.item")

    for shown in (100, 400):
        expect(items).to_have_count(shown)
        screen.page.locator("#reveal").click()
    expect(items).to_have_count(1010)
    expect(screen.page.locator("#reveal")).to_have_count(0)
    expect(screen.main).not_to_contain_text("more task")
    screen.open("/inbox?sort=newest")
    expect(screen.main).to_contain_text("10 more tasks. Sort the oldest first to see all.")


def test_an_empty_project_says_what_to_do(own: Served, tab: Tab) -> None:
    screen: Screen = tab(own.port).open()
    expect(screen.page.locator(".first")).to_contain_text("Make a queue")
    expect(screen.main).to_contain_text("Nothing waits for your review.")
    expect(screen.main).not_to_contain_text("No queues yet.")

    screen.press("n")
    screen.answer("Create", name="backend", instructions="Be quick.")

    expect(screen.heading).to_contain_text("backend")
    expect(screen.main).to_contain_text("No tasks are queued.")
    screen.open("/inbox")
    expect(screen.main).to_contain_text("Nothing waits for your review.")


@holds("question")
def test_a_question_is_on_top_and_is_answered_where_it_is_shown(screen: Screen, call: Caller, line: str) -> None:
    call.done(line)
    task = call.asked(line, "Which date format?\n\nA) ISO 8601\n<b>B) the old one</b>")
    queued = call.add(line, "waits")
    screen.open()
    expect(screen.main.locator("li.item").first).to_have_attribute("data-id", str(task))
    screen.shows(task)
    expect(screen.detail).to_contain_text("<b>B) the old one</b>")

    screen.press("x")  # it has no box to tick: accepting does not apply to a question
    screen.press("r")
    screen.page.keyboard.type("A, in UTC")
    screen.click("Answer", within=screen.detail)

    screen.said(f"#{task} answered.")
    expect(screen.row(task)).to_have_count(0)
    expect(screen.main.locator(".bulk")).to_have_count(0)
    shown = call.get(f"/api/tasks/{task}")
    assert (shown["status"], shown["answer"]) == ("queued", "A, in UTC")
    assert [each["id"] for each in call.get(f"/api/queues/{line}/peek?limit=2")["tasks"]] == [task, queued]


@holds("undo", "verdict-doors")
def test_a_verdict_is_undone_by_its_line_or_by_a_key(screen: Screen, call: Caller, line: str) -> None:
    task, other = call.done(line), call.failed(line)
    screen.review(task)
    screen.click("Accept", within=screen.detail)
    toasts = screen.page.locator("#toasts")
    expect(toasts).to_contain_text(f"#{task} accepted.")
    expect(screen.row(task)).to_have_count(0)

    toasts.get_by_role("button", name="Undo").click()

    screen.shows(task)
    expect(screen.row(task)).to_be_visible()
    expect(toasts).to_contain_text(f"#{task} is as before: verdict undone.")
    screen.review(other)
    screen.click("Close as failed", within=screen.detail)
    screen.said(f"#{other} closed as failed.")
    expect(screen.row(other)).to_have_count(0)
    screen.press("z")
    screen.shows(other)
    doors = [event["door"] for event in call.get(f"/api/tasks/{task}")["events"] if "door" in event]
    assert doors == ["page", "page"]
