"""What comes while one reads, types, holds or drags: nothing happens to a task that was not on the screen."""

import re

from tests.browser.conftest import Tab
from tests.browser.screen import Route, Screen, expect
from tests.harness.waiting import until
from tests.http.caller import Caller, Served

LONG = "A result.\n\n" + "A paragraph of some length, which is read to its end.\n\n" * 150
QUIET_MS = 400


def status(call: Caller, task: int) -> tuple[str, bool]:
    """Its status, and whether it was reviewed."""
    now = call.get(f"/api/tasks/{task}")
    return now["status"], now.facts.get("reviewed_at") is not None


def fail_again(call: Caller, task: int) -> None:
    """Elsewhere it is requeued, and its second attempt fails."""
    call.post(f"/api/tasks/{task}/requeue", again=True)["task"]
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]
    call.post(f"/api/tasks/{task}/fail", error_message="worse", attempt=2)["status"]


def settled(screen: Screen) -> None:
    """What was written before has reached the page, if anything of it is to."""
    screen.page.wait_for_timeout(QUIET_MS)


def test_what_has_opened_by_itself_stays_open_when_others_come(screen: Screen, call: Caller, line: str) -> None:
    shown = call.done(line, "first")
    screen.open(f"/inbox?sort=newest&queue={line}")
    screen.shows(shown)

    newer = call.done(line, "second")
    expect(screen.row(newer)).to_be_visible()
    screen.shows(shown)
    screen.press("a")

    screen.said(f"#{shown} accepted.")
    assert status(call, newer) == ("succeeded", False)


def test_a_question_takes_no_field_away(screen: Screen, call: Caller, line: str) -> None:
    shown = call.failed(line)
    screen.open(f"/inbox?queue={line}")
    screen.shows(shown)
    screen.press("r")
    screen.page.keyboard.type("please check ")

    asked = call.asked(line)
    expect(screen.row(asked)).to_be_visible()
    screen.page.keyboard.type("the last test")

    screen.shows(shown)
    screen.focuses(screen.feedback)
    expect(screen.feedback).to_have_value("please check the last test")


def test_the_rest_of_a_sentence_is_no_command_when_its_field_has_gone(screen: Screen, call: Caller, line: str) -> None:
    accepted, task = call.done(line), call.failed(line)
    screen.review(accepted)
    screen.press("a")
    screen.said(f"#{accepted} accepted.")
    screen.review(task)
    screen.press("r")
    screen.page.keyboard.type("please look at ")

    call.post(f"/api/tasks/{task}/requeue")["task"]
    expect(screen.feedback).to_have_count(0)
    screen.page.keyboard.type("size fzt")

    screen.said("The field is gone")
    assert status(call, accepted) == ("succeeded", True)
    assert screen.evaluate("document.documentElement.dataset.theme") in (None, "system")
    expect(screen.dialog).to_have_count(0)
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]
    call.post(f"/api/tasks/{task}/fail", error_message="again", attempt=2)["status"]
    expect(screen.feedback).to_have_value("please look at ")
    screen.press("Escape", "r")
    screen.focuses(screen.feedback)


def test_who_goes_back_out_of_a_field_has_the_keys_at_once(screen: Screen, call: Caller, line: str) -> None:
    first, second = call.done(line), call.done(line)
    screen.review(first)
    screen.review(second)
    screen.press("r")
    screen.page.keyboard.type("words")

    screen.page.go_back()
    screen.shows(first)
    screen.press("n")

    expect(screen.dialog).to_be_visible()
    screen.press("Escape")


def test_until_the_next_one_is_there_no_key_is_for_the_last_one(screen: Screen, call: Caller, line: str) -> None:
    first, second = call.failed(line), call.failed(line)
    screen.open(f"/inbox/{first}?queue={line}")
    screen.shows(first)
    on_the_way: list[Route] = []

    def arrive() -> None:
        until(lambda: screen.evaluate("true") and on_the_way)
        while on_the_way:
            on_the_way.pop().continue_()

    screen.page.route(re.compile(r"/api/tasks/\d+$"), lambda route: on_the_way.append(route))
    screen.press("j", "a")
    screen.said("The next result is on its way.")
    arrive()
    screen.shows(second)
    screen.press("k", "r")
    arrive()
    screen.focuses(screen.feedback)
    screen.page.keyboard.type("Again.")
    screen.page.unroute_all(behavior="ignoreErrors")
    screen.press("Control+Enter")

    screen.said(f"#{first} sent back.")
    assert call.get(f"/api/tasks/{first}")["feedback"] == "Again."
    assert status(call, second) == ("failed", False)


def test_the_next_result_is_read_from_its_beginning(screen: Screen, call: Caller, line: str) -> None:
    tasks = [call.add(line, f"task {number}") for number in range(4)]
    for task in tasks:
        call.post(f"/api/tasks/{task}/claim", worker_id="ann")["task"]
        call.post(f"/api/tasks/{task}/complete", result_summary=LONG)["status"]
    screen.open(f"/inbox?queue={line}")

    for key, task in (("a", tasks[1]), ("j", tasks[2])):
        screen.press(" ", " ")
        until(lambda: screen.evaluate("scrollY") > 0)
        screen.press(key)
        screen.shows(task)
        until(lambda: screen.evaluate("scrollY") == 0)


def test_the_focus_goes_along_with_the_open_result(screen: Screen, call: Caller, line: str) -> None:
    tasks = [call.done(line, f"task {number}") for number in range(4)]
    screen.open(f"/inbox?queue={line}")
    screen.row(tasks[0]).locator("[data-row]").focus()

    for task in tasks[1:3]:
        screen.press("j")
        screen.shows(task)
    settled(screen)
    screen.press("x")

    expect(screen.row(tasks[2]).get_by_role("checkbox")).to_be_checked()
    expect(screen.main.locator("li.item input:checked")).to_have_count(1)
    screen.press("Escape")


def test_a_button_that_is_held_decides_what_it_showed(screen: Screen, call: Caller, line: str) -> None:
    task = call.done(line)
    screen.review(task)
    button = screen.detail.get_by_role("button", name="Accept", exact=True)
    box = button.bounding_box()
    assert box is not None
    screen.page.mouse.move(box["x"] + 5, box["y"] + 5)
    screen.page.mouse.down()

    fail_again(call, task)
    settled(screen)
    screen.page.mouse.up()

    expect(screen.detail).to_contain_text("Nothing was decided.")
    assert status(call, task) == ("failed", False)
    screen.forgive("status of 409")


def test_a_form_accepts_what_was_shown_when_it_opened(screen: Screen, call: Caller, line: str) -> None:
    well, badly = call.done(line), call.failed(line)
    screen.open(f"/inbox?queue={line}")
    for task in (well, badly):
        screen.row(task).get_by_role("checkbox").check()
    screen.main.get_by_role("button", name="Accept 2").click()
    expect(screen.dialog).to_contain_text("Only the 1 that succeeded")

    fail_again(call, well)
    settled(screen)
    screen.click("Accept", within=screen.dialog)

    expect(screen.dialog.locator(".problem")).to_contain_text(f"#{well}")
    assert [status(call, task) for task in (well, badly)] == [("failed", False), ("failed", False)]
    screen.press("Escape")
    screen.forgive("status of 409")


def test_a_task_is_deleted_as_it_was_when_the_form_asked(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line)
    screen.open(f"/tasks/{task}")
    screen.click("Delete …")
    expect(screen.dialog).to_be_visible()

    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]
    call.post(f"/api/tasks/{task}/complete", result_summary="four hours of work")["status"]
    settled(screen)
    screen.click("Delete", within=screen.dialog)

    expect(screen.page.locator(".toast.problem")).to_contain_text(f"#{task}")
    expect(screen.detail).to_contain_text("four hours of work")
    screen.forgive("status of 409")


def test_a_task_whose_answer_was_lost_is_added_once(screen: Screen, call: Caller, line: str) -> None:
    screen.open(f"/queues/{line}")
    screen.press("n")
    screen.fill(prompt="Only once")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    screen.page.route(re.compile("/api/tasks$"), lose, times=1)
    screen.click("Add", within=screen.dialog)
    expect(screen.dialog.locator(".problem")).to_contain_text("does not answer")
    screen.click("Add", within=screen.dialog)

    screen.said("Nothing is new: all of it waits")
    assert call.get(f"/api/tasks?queue={line}")["total"] == 1
    screen.forgive("ERR_FAILED")


def test_tasks_go_to_the_front_as_they_are_added(screen: Screen, call: Caller, line: str) -> None:
    call.add(line, "last")
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    screen.open(f"/queues/{line}")
    screen.press("n")
    screen.answer("Add", prompt="first", front=True)

    screen.said("added")
    titles = [task["title"] for task in call.get(f"/api/queues/{line}/peek?limit=9")["tasks"]]
    assert titles == ["first", "last"]
    assert [line.rpartition("/")[2] for line in asked if line.startswith("POST")] == ["tasks"]


def tile(task: int) -> str:
    return f'.tile[data-id="{task}"]'


def drop(screen: Screen, call: Caller, task: int, on: int, claimed: int) -> None:
    """Drag one tile to another, while `claimed` is claimed."""
    screen.main.locator(tile(task)).hover()
    screen.page.mouse.down()
    box = screen.main.locator(tile(task)).bounding_box()
    assert box is not None
    screen.page.mouse.move(box["x"] + 20, box["y"] + 12, steps=3)

    claim(call, claimed)
    settled(screen)
    screen.main.locator(tile(on)).hover()
    screen.page.mouse.up()


def claim(call: Caller, task: int) -> None:
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]


def test_a_dragged_task_comes_before_the_one_on_which_it_is_dropped(screen: Screen, call: Caller, line: str) -> None:
    tasks = [call.add(line, f"task {number}") for number in range(5)]
    screen.open("/board")

    drop(screen, call, tasks[4], on=tasks[2], claimed=tasks[0])

    screen.said("Moved.")
    ids = [task["id"] for task in call.get(f"/api/queues/{line}/peek?limit=9")["tasks"]]
    assert ids == [tasks[1], tasks[4], tasks[2], tasks[3]]


def test_the_page_says_that_a_dragged_task_was_claimed(screen: Screen, call: Caller, line: str) -> None:
    tasks = [call.add(line, f"task {number}") for number in range(3)]
    screen.open("/board")

    drop(screen, call, tasks[2], on=tasks[0], claimed=tasks[2])

    expect(screen.page.locator(".toast.problem")).to_contain_text("running")
    expect(screen.dialog).to_have_count(0)
    screen.forgive("status of 409")


def test_a_result_is_accepted_on_the_board_and_a_failure_has_to_be_read(
    screen: Screen, call: Caller, line: str
) -> None:
    well, badly = call.done(line), call.failed(line)
    screen.open("/board")

    for task, said in ((well, "accepted"), (badly, "has to be read")):
        screen.main.locator(tile(task)).locator("[data-row]").focus()
        screen.press("a")
        screen.said(f"#{task} {said}")

    assert status(call, well) == ("succeeded", True)
    assert status(call, badly) == ("failed", False)


def test_a_key_is_for_each_result_although_the_last_verdict_is_on_its_way(
    screen: Screen, call: Caller, line: str
) -> None:
    results = [call.done(line) for _ in range(2)]
    screen.open("/board")
    on_the_way: list[Route] = []
    screen.page.route("**/api/inbox/accept", lambda route: on_the_way.append(route))
    for result in results:
        screen.main.locator(tile(result)).locator("[data-row]").focus()
        screen.press("a", "a")  # the second one is once too often
    until(lambda: screen.evaluate("true") and len(on_the_way) == len(results))
    for route in on_the_way:
        route.continue_()
    screen.page.unroute_all(behavior="ignoreErrors")

    for result in results:
        screen.said(f"#{result} accepted")
        assert status(call, result) == ("succeeded", True)


def test_the_click_after_a_swipe_opens_what_it_touches(tab: Tab, served: Served, line: str) -> None:
    swiped, tapped = (served.call.done(line) for _ in range(2))
    screen: Screen = tab(served.port, has_touch=True)
    screen.page.set_viewport_size({"width": 400, "height": 800})
    screen.open(f"/inbox?queue={line}")
    box = screen.row(swiped).bounding_box()
    assert box is not None
    finger = screen.page.context.new_cdp_session(screen.page)
    for step in range(10):
        kind = "touchStart" if step == 0 else "touchMove"
        points = [{"x": box["x"] + 60 + 20 * step, "y": box["y"] + 20}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    screen.said(f"#{swiped} accepted.")
    expect(screen.row(swiped)).to_have_count(0)

    screen.row(tapped).locator("[data-row]").click()  # of a tap Chrome makes none while the list may still glide on

    screen.shows(tapped)
