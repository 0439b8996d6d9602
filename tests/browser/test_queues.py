"""Queues and what waits in them."""

from typing import Any

from tests.browser.screen import Screen, expect
from tests.harness.waiting import until
from tests.http.caller import Caller
from tests.promises import holds


def waiting(call: Caller, queue: str) -> list[int]:
    """The ids that wait in the queue, next one first."""
    return [task["id"] for task in call.get(f"/api/queues/{queue}/peek?limit=50")["tasks"]]


def prompts(call: Caller, queue: str) -> list[Any]:
    return [task["title"] for task in call.get(f"/api/queues/{queue}/peek?limit=50")["tasks"]]


def queue_of(call: Caller, name: str) -> dict[str, Any]:
    return dict(call.get(f"/api/queues/{name}")["queue"])


def test_a_queue_is_made_with_instructions(screen: Screen, call: Caller, line: str) -> None:
    name = f"{line}-new"
    screen.open("/queues")

    screen.click("New queue …")
    screen.answer("Create", name=name, instructions="Run make test.")

    screen.at(f"#/queues/{name}$")
    assert queue_of(call, name)["instructions"] == "Run make test."


def test_a_card_shows_counts_progress_and_how_long_the_next_waits(screen: Screen, call: Caller, line: str) -> None:
    call.done(line)
    call.failed(line)
    call.running(line)
    call.add(line)
    card = screen.open("/queues").card(line)

    for state in ("queued", "running", "succeeded", "failed"):
        expect(card.locator(f".counts [data-state={state}] dd")).to_have_text("1")
    expect(card.get_by_role("img", name="2 of 4 finished")).to_be_visible()
    expect(card).to_contain_text("2 to review")
    expect(card).to_contain_text("next has waited")
    expect(card).to_contain_text("half take at most")


def test_instructions_are_edited_from_the_card_and_the_queue(screen: Screen, call: Caller, line: str) -> None:
    screen.open("/queues")
    screen.choose("Instructions …", within=screen.card(line))
    screen.answer("Save", instructions="Be quick.")
    screen.said(f"Instructions of {line} changed.")

    screen.open(f"/queues/{line}")
    screen.choose("Instructions …")
    expect(screen.dialog.locator("textarea")).to_have_value("Be quick.")
    screen.answer("Save", instructions="Be thorough.")

    expect(screen.main.locator("details.instructions pre")).to_have_text("Be thorough.")
    assert queue_of(call, line)["instructions"] == "Be thorough."


@holds("pause")
def test_a_queue_is_paused_and_resumed(screen: Screen, call: Caller, line: str) -> None:
    screen.open(f"/queues/{line}")
    screen.click("Pause")
    screen.answer("Pause")
    screen.said(f"{line} paused.")
    expect(screen.heading.locator(".badge")).to_have_text("paused")
    assert queue_of(call, line)["paused_at"]

    screen.click("Resume")

    screen.said(f"{line} resumed.")
    expect(screen.heading.locator(".badge")).to_have_count(0)
    assert "paused_at" not in queue_of(call, line)


@holds("strict-queue")
def test_a_queue_is_made_strict_waits_for_your_review_and_is_relaxed(screen: Screen, call: Caller, line: str) -> None:
    for prompt in ("one", "two"):
        call.post("/api/tasks", queue=line, prompt=prompt)
    screen.open(f"/queues/{line}")
    screen.choose("Review limit …")
    screen.answer("Save", limit="1")
    screen.said(f"{line}: at most 1 unreviewed.")
    expect(screen.heading.locator(".badge")).to_have_text("strict")

    task = call.post(f"/api/queues/{line}/claim", worker_id="ann")["task"]
    call.post(f"/api/tasks/{task['id']}/complete", result_summary="done")

    expect(screen.main.get_by_text(f"{line} waits for your review: 1 of 1")).to_be_visible()
    assert call.post(f"/api/queues/{line}/claim", worker_id="ann")["waiting_for_review"] == 1
    screen.choose("Review limit …")
    screen.answer("Save", limit="")
    screen.said(f"{line} has no limit.")
    assert "review_limit" not in queue_of(call, line)


@holds("queue-states")
def test_a_queue_is_renamed_ended_reopened_archived_and_brought_back(screen: Screen, call: Caller, line: str) -> None:
    name = f"{line}-renamed"
    screen.open(f"/queues/{line}")
    screen.choose("Rename …")
    screen.answer("Rename", name=name)
    screen.at(f"#/queues/{name}$")
    expect(screen.heading).to_have_text(name)

    screen.choose("End")
    screen.answer("End")
    expect(screen.heading.locator(".badge")).to_have_text("ended")
    expect(screen.main.get_by_role("button", name="Add tasks …")).to_have_count(0)
    screen.click("Reopen")
    expect(screen.heading.locator(".badge")).to_have_count(0)
    screen.choose("Archive")
    screen.answer("Archive")
    expect(screen.heading.locator(".badge")).to_have_text("archived")
    screen.open("/queues")
    expect(screen.heading).to_have_text("Queues")
    expect(screen.card(name)).to_have_count(0)
    screen.main.get_by_label("Show archived").check()
    screen.at(r"#/queues\?archived=1$")
    screen.click("Unarchive", within=screen.card(name))

    screen.said(f"{name} unarchived.")
    assert queue_of(call, name)["status"] == "active"
    expect(screen.main.get_by_label("Show archived")).to_be_checked()


def test_one_task_is_added(screen: Screen, call: Caller, line: str) -> None:
    screen.open(f"/queues/{line}")
    screen.press("n")
    expect(screen.dialog.locator('[name="queue"]')).to_have_value(line)
    screen.answer("Add", prompt="Tidy up.\n\nThen report.")

    expect(screen.main).to_contain_text("Tidy up.")
    (task,) = waiting(call, line)
    assert call.get(f"/api/tasks/{task}")["prompt"] == "Tidy up.\n\nThen report."


def test_many_tasks_are_added_from_headings_or_lines(screen: Screen, call: Caller, line: str) -> None:
    screen.open(f"/queues/{line}")
    screen.click("Add tasks …")
    screen.answer("Add", prompt="## First\nwith a body\n\n## Second\nwith another", split=True)
    screen.said(f"2 tasks added to {line}.")
    screen.click("Add tasks …")
    screen.answer("Add", prompt="third\nfourth", split=True)
    screen.said(f"2 tasks added to {line}.")

    until(lambda: prompts(call, line) == ["First", "Second", "third", "fourth"])


def test_a_task_is_added_from_the_view_where_the_button_stands(screen: Screen, call: Caller, line: str) -> None:
    other = f"{line}-other"
    call.post("/api/queues", name=other)["queue"]
    screen.open(f"/queues/{line}")
    screen.click("Add tasks …")
    screen.fill(prompt="half a thought")
    screen.click("Cancel", within=screen.dialog)

    screen.open(f"/queues/{other}")
    expect(screen.heading).to_have_text(other)
    screen.click("Add tasks …")

    expect(screen.dialog.locator('[name="prompt"]')).to_have_value("half a thought")
    expect(screen.dialog.locator('[name="queue"]')).to_have_value(other)
    screen.press("Escape")


def test_a_task_goes_to_the_front_by_button_by_key_and_by_drag(screen: Screen, call: Caller, line: str) -> None:
    one, two, three, four = (call.add(line, word) for word in ("one", "two", "three", "four"))
    screen.open(f"/queues/{line}")

    screen.click("To the front", within=screen.row(two))
    until(lambda: waiting(call, line) == [two, one, three, four])
    screen.row(three).locator("[data-row]").focus()
    screen.press("f")
    until(lambda: waiting(call, line) == [three, two, one, four])
    expect(screen.part("Next up").locator("li.row").first).to_have_attribute("data-id", str(three))
    screen.row(four).locator(".facts").drag_to(screen.row(three))

    until(lambda: waiting(call, line) == [four, three, two, one])
    expect(screen.part("Next up").locator("li.row").first).to_contain_text("next")


def test_selected_tasks_go_to_the_front_in_their_order_or_are_cancelled(
    screen: Screen, call: Caller, line: str
) -> None:
    one, two, three = (call.add(line, word) for word in ("one", "two", "three"))
    screen.open(f"/queues/{line}")
    screen.row(three).get_by_role("checkbox").check()
    screen.row(two).get_by_role("checkbox").check()
    screen.click("Move 2 to the front")
    until(lambda: waiting(call, line) == [two, three, one])
    expect(screen.row(two).get_by_role("checkbox")).not_to_be_checked()

    screen.row(one).get_by_role("checkbox").check()
    screen.row(three).get_by_role("checkbox").check()
    screen.click("Cancel 2 …")
    screen.answer("Cancel the tasks", reason="No longer wanted.")

    screen.said("2 tasks cancelled.")
    expect(screen.part("Recently finished").locator("[data-state=cancelled]")).to_have_count(2)
    assert waiting(call, line) == [two]
    for task in (one, two):
        screen.row(task).get_by_role("checkbox").check()
    expect(screen.main.locator(".bulk button")).to_have_text(
        ["Move 1 to the front", "Move 1 to a queue …", "Requeue 1 …", "Cancel 1 …", "Delete 2 …"]
    )
    screen.press("Escape")
    screen.row(one).locator("[data-row]").focus()
    screen.press("c")
    screen.said(f"That is not possible for #{one} now.")


def test_a_waiting_task_is_edited_and_cancelled_in_the_line(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line, "old words")
    screen.open(f"/queues/{line}")
    screen.row(task).locator("[data-row]").focus()
    screen.press("e")
    expect(screen.dialog.locator('[name="prompt"]')).to_have_value("old words")
    screen.answer("Save", prompt="new words")
    expect(screen.row(task)).to_contain_text("new words")

    screen.row(task).locator("[data-row]").focus()
    screen.press("c")
    screen.answer("Cancel the task", reason="")

    screen.said(f"#{task} cancelled.")
    assert waiting(call, line) == []


def test_a_long_line_shows_more_on_demand(screen: Screen, call: Caller, line: str) -> None:
    call.post("/api/tasks/bulk", queue=line, split=True, text="\n".join(f"number {number}" for number in range(60)))[
        "tasks"
    ]
    screen.open(f"/queues/{line}")
    rows = screen.part("Next up").locator("li.row")
    expect(rows).to_have_count(50)

    screen.click("Show more")

    expect(rows).to_have_count(60)


def test_the_line_shows_what_runs_and_what_is_finished(screen: Screen, call: Caller, line: str) -> None:
    done = call.done(line, "ready")
    running = call.running(line, "in the works")
    screen.open(f"/queues/{line}")

    expect(screen.part("Running").locator(f'li[data-id="{running}"]')).to_contain_text("ann")
    finished = screen.part("Recently finished")
    expect(finished.locator(f'li[data-id="{done}"]')).to_contain_text("to review")
    finished.get_by_role("link", name="show all").click()
    screen.at(rf"#/tasks\?queue={line}$")


def test_an_old_task_that_finished_last_stands_first_among_the_finished(
    screen: Screen, call: Caller, line: str
) -> None:
    old = call.failed(line, "old")
    for number in range(20):
        call.failed(line, f"number {number}")
    call.post(f"/api/tasks/{old}/requeue")["task"]
    call.post(f"/api/tasks/{old}/claim", worker_id="ann")["task"]
    call.post(f"/api/tasks/{old}/fail", error_message="again")["status"]
    screen.open(f"/queues/{line}")

    rows = screen.part("Recently finished").locator("li.row")
    expect(rows).to_have_count(20)
    expect(rows.first).to_have_attribute("data-id", str(old))


def test_a_refusal_stands_in_the_dialog_and_nothing_typed_is_lost(screen: Screen, call: Caller, line: str) -> None:
    screen.open("/queues")
    screen.click("New queue …")
    screen.fill(name=line, instructions="A long text that took an hour.")
    screen.click("Create", within=screen.dialog)

    expect(screen.dialog.get_by_role("alert")).to_contain_text("already")
    expect(screen.dialog.locator('[name="instructions"]')).to_have_value("A long text that took an hour.")
    screen.press("Escape")
    screen.click("New queue …")
    expect(screen.dialog.locator('[name="instructions"]')).to_have_value("A long text that took an hour.")
    screen.answer("Create", name=f"{line}-two")
    screen.at(f"#/queues/{line}-two$")
    screen.forgive("status of 409")
    assert queue_of(call, f"{line}-two")["instructions"] == "A long text that took an hour."


def test_of_two_editors_the_second_sees_both_texts_and_overwrites_nothing(
    screen: Screen, call: Caller, line: str
) -> None:
    screen.open(f"/queues/{line}")
    screen.choose("Instructions …")
    screen.fill(instructions="what I wrote")
    call.patch(f"/api/queues/{line}", instructions="what she wrote")["queue"]

    screen.click("Save", within=screen.dialog)

    expect(screen.dialog.locator(".problem")).to_contain_text("what she wrote")
    expect(screen.dialog.locator("textarea")).to_have_value("what I wrote")
    assert queue_of(call, line)["instructions"] == "what she wrote"
    screen.forgive("status of 409")
