"""What runs, and the board: who is at work, what comes next, and moving both by hand or by key."""

from tests.browser.screen import Screen, expect
from tests.harness.waiting import until
from tests.http.caller import Caller
from tests.promises import holds


def waiting(call: Caller, queue: str) -> list[int]:
    return [task["id"] for task in call.get(f"/api/queues/{queue}/peek?limit=50")["tasks"]]


@holds("page-views")
def test_a_running_task_shows_the_last_note_of_its_worker(screen: Screen, call: Caller, line: str) -> None:
    task = call.running(line)
    call.post(f"/api/tasks/{task}/progress", note="half of the files", attempt=1)
    screen.open("/running")

    expect(screen.row(task)).to_contain_text("half of the files")
    expect(screen.row(task)).to_contain_text("ann")
    call.post(f"/api/tasks/{task}/progress", note="all but two", attempt=1)
    expect(screen.row(task)).to_contain_text("all but two")
    call.post(f"/api/tasks/{task}/complete", result_summary="done")["status"]
    expect(screen.row(task)).to_have_count(0)


def tile(task: int) -> str:
    return f'.tile[data-id="{task}"]'


@holds("page-views")
def test_the_board_shows_each_task_in_the_column_of_its_state(screen: Screen, call: Caller, line: str) -> None:
    done, ran, asked = call.done(line), call.running(line), call.asked(line)
    waits = call.add(line)
    reviewed = call.done(line)
    call.post(f"/api/tasks/{reviewed}/review")
    screen.open("/board")

    for column, task in (("To review", done), ("Running", ran), ("To review", asked), ("Waiting", waits)):
        expect(screen.part(column).locator(tile(task))).to_be_visible()
    expect(screen.part("Done today").locator(tile(reviewed))).to_be_visible()


def test_a_waiting_task_is_moved_by_key_and_keeps_the_focus(screen: Screen, call: Caller, line: str) -> None:
    first, second, third = (call.add(line, f"task {number}") for number in range(3))
    screen.open("/board")
    link = screen.main.locator(tile(third)).locator("[data-row]")
    link.focus()

    screen.press("K")
    until(lambda: waiting(call, line) == [first, third, second])
    screen.focuses(link)
    expect(screen.main.locator(f'.tile[data-queue="{line}"]').nth(1)).to_have_attribute("data-id", str(third))
    screen.press("J")

    until(lambda: waiting(call, line) == [first, second, third])
    screen.focuses(link)


def test_a_waiting_task_is_dragged_to_its_place(screen: Screen, call: Caller, line: str) -> None:
    first, second, third = (call.add(line, f"task {number}") for number in range(3))
    screen.open("/board")

    screen.main.locator(tile(third)).drag_to(screen.main.locator(tile(second)))

    until(lambda: waiting(call, line) == [first, third, second])


@holds("move")
def test_a_waiting_task_is_dragged_to_another_queue_and_the_form_asks_first(
    screen: Screen, call: Caller, line: str
) -> None:
    call.post("/api/queues", name=f"{line}-other")["queue"]
    task, there = call.add(line), call.add(f"{line}-other")
    screen.open("/board")

    screen.main.locator(tile(task)).drag_to(screen.main.locator(tile(there)))
    expect(screen.dialog.locator('[name="queue"]')).to_have_value(f"{line}-other")
    screen.answer("Move")

    until(lambda: waiting(call, f"{line}-other") == [there, task])
    assert waiting(call, line) == []


def test_a_result_is_dragged_back_to_its_queue_with_feedback(screen: Screen, call: Caller, line: str) -> None:
    call.add(line, "waits")
    task = call.done(line, "did too little")
    screen.open("/board")

    screen.main.locator(tile(task)).drag_to(screen.part("Waiting").locator("h2"))
    screen.answer("Requeue", feedback="More of it.")

    until(lambda: task in waiting(call, line))
    assert call.get(f"/api/tasks/{task}")["feedback"] == "More of it."
