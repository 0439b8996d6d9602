"""One task, with everything about it."""

from tests.browser.conftest import Tab
from tests.browser.screen import Screen, expect
from tests.browser.seeds import late
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.promises import holds


@holds("page-views")
def test_the_permalink_shows_prompt_result_attempts_and_timeline(screen: Screen, call: Caller, line: str) -> None:
    call.patch(f"/api/queues/{line}", instructions="Be quick.")["queue"]
    task = call.failed(line, "Repair it\n\nCarefully.")
    call.post(f"/api/tasks/{task}/requeue", feedback="Look at the log.")["task"]
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]
    call.post(f"/api/tasks/{task}/complete", result_summary="mended", result_data={"files": 3})["status"]
    screen.open(f"/tasks/{task}")

    expect(screen.heading).to_contain_text(f"#{task} Repair it")
    expect(screen.page.locator("#text-outcome")).to_have_text("mended")
    expect(screen.page.locator("#text-data")).to_contain_text('"files": 3')
    prompt = screen.part_of_task("prompt")
    expect(prompt.locator("#text-prompt p")).to_have_text(["Repair it", "Carefully."])
    expect(prompt.get_by_text("Be quick.")).to_be_attached()
    rounds = screen.part_of_task("rounds")
    expect(rounds.locator("dl.facts")).to_contain_text("bob")
    expect(rounds.locator("ol.rounds > li")).to_have_count(2)
    expect(rounds.locator("ol.rounds > li").first).to_contain_text("no way")
    expect(rounds.locator("ol.rounds > li").first).to_contain_text("You: Look at the log.")
    for kind in ("enqueued", "claimed", "failed", "requeued", "succeeded"):
        expect(screen.main.locator("ol.timeline").get_by_text(kind, exact=True).first).to_be_visible()


def test_a_waiting_task_is_edited_and_earlier_prompts_are_kept(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line, "first words")
    other = call.get("/api/task-classes")["task_classes"][-1]["name"]
    screen.open(f"/tasks/{task}")
    screen.press("e")
    screen.answer("Save", prompt="second words", task_class=other)

    expect(screen.page.locator("#text-prompt")).to_have_text("second words")
    screen.main.get_by_label("Revisions").get_by_role("button", name="1").click()
    expect(screen.page.locator("#text-prompt")).to_have_text("first words")
    assert call.get(f"/api/tasks/{task}")["task_class"] == other


def test_feedback_that_no_longer_fits_is_withdrawn_while_the_task_waits(
    screen: Screen, call: Caller, line: str
) -> None:
    task = call.failed(line)
    call.post(f"/api/tasks/{task}/requeue", feedback="Keep the old API")["task"]
    screen.open(f"/tasks/{task}")
    screen.press("e")
    expect(screen.dialog.locator('[name="feedback"]')).to_have_value("Keep the old API")
    screen.answer("Save", feedback="")

    screen.said(f"#{task} changed.")
    assert call.get(f"/api/tasks/{task}")["feedback"] is None


def test_another_tool_leaves_the_class_and_the_timeout_that_the_form_shows(
    screen: Screen, call: Caller, line: str
) -> None:
    task = call.add(line, "one\r\ntwo", tool_name="run-bash", task_class="LLM_HEAVY", timeout=1234)
    screen.open(f"/tasks/{task}")
    screen.press("e")
    expect(screen.dialog.locator('[name="task_class"] option:checked')).to_have_text("LLM_HEAVY (1234 s)")
    screen.answer("Save", tool_name="run-python")

    screen.said(f"#{task} changed.")
    kept = call.get(f"/api/tasks/{task}")
    assert [kept["tool_name"], kept["task_class"], kept["timeout"]] == ["run-python", "LLM_HEAVY", 1234]
    assert call.get(f"/api/tasks/{task}/prompts")["total"] == 1
    screen.press("e")
    screen.answer("Save", task_class="FAST_SCRIPT")
    until(lambda: call.get(f"/api/tasks/{task}")["timeout"] == 30)
    assert call.get(f"/api/tasks/{task}")["tool_name"] == "run-python"


def test_a_prompt_and_instructions_that_nobody_touched_are_not_changed(screen: Screen, call: Caller, line: str) -> None:
    task = call.failed(line, "one\r\ntwo")
    call.patch(f"/api/queues/{line}", instructions="Be\r\nquick.")["queue"]
    screen.open(f"/tasks/{task}")
    screen.click("Send back with another prompt …")
    screen.answer("Requeue")
    screen.said(f"#{task} queued again.")
    screen.open(f"/queues/{line}")
    screen.choose("Instructions …")
    screen.answer("Save")
    screen.click("Edit …", within=screen.row(task))
    screen.answer("Save")

    assert call.get(f"/api/tasks/{task}/prompts")["total"] == 1
    assert call.get(f"/api/queues/{line}")["queue"]["instructions"] == "Be\r\nquick."
    assert "edited" not in [event["kind"] for event in call.get(f"/api/tasks/{task}")["events"]]


def test_a_task_is_accepted_by_key(screen: Screen, call: Caller, line: str) -> None:
    task = call.done(line)
    screen.open(f"/tasks/{task}")
    screen.press("a")

    expect(screen.detail.locator(".meta")).to_contain_text("reviewed")


def test_nobody_stays_at_the_address_of_a_task_that_is_deleted(screen: Screen, call: Caller, line: str) -> None:
    task = call.done(line)
    screen.open(f"/tasks/{task}")
    screen.click("Delete …")
    screen.answer("Delete")

    screen.said(f"#{task} deleted.")
    call.get(f"/api/tasks/{task}").refused(404, "no_such_task")
    screen.at(f"#/queues/{line}$")


def test_a_finished_task_is_requeued_with_another_prompt(screen: Screen, call: Caller, line: str) -> None:
    task = call.failed(line, "old words")
    screen.open(f"/tasks/{task}")
    screen.click("Send back with another prompt …")
    screen.answer("Requeue", prompt="new words", feedback="Now with tests.")

    expect(screen.part_of_task("prompt").locator("#text-prompt")).to_have_text("new words")
    expect(screen.page.locator("#text-feedback")).to_have_text("Now with tests.")
    assert call.get(f"/api/tasks/{task}")["status"] == "queued"


def test_a_waiting_task_is_moved_to_the_front_and_cancelled(screen: Screen, call: Caller, line: str) -> None:
    first, task = call.add(line), call.add(line)
    screen.open(f"/tasks/{task}")
    screen.press("f")
    screen.said(f"#{task} moved to the front.")
    assert [task["id"] for task in call.get(f"/api/queues/{line}/peek?limit=9")["tasks"]] == [task, first]

    screen.press("c")
    screen.answer("Cancel the task", reason="Done by hand.")

    expect(screen.page.locator("#text-error")).to_have_text("Done by hand.")


def test_a_task_whose_worker_is_gone_is_failed(screen: Screen, call: Caller, line: str) -> None:
    task = call.running(line)
    screen.open(f"/tasks/{task}")
    screen.click("Fail …")
    screen.answer("Fail the task", error="The laptop was closed.")

    expect(screen.page.locator("#text-error")).to_have_text("The laptop was closed.")
    assert call.get(f"/api/tasks/{task}")["status"] == "failed"


def test_the_attempt_that_the_person_saw_is_failed_and_no_later_one(screen: Screen, call: Caller, line: str) -> None:
    task = call.running(line)
    screen.open(f"/tasks/{task}")
    screen.click("Fail …")
    call.post(f"/api/tasks/{task}/release")["task"]
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]
    expect(screen.detail.locator(".meta")).to_contain_text("bob")

    screen.click("Fail the task", within=screen.dialog)

    expect(screen.page.locator(".toast.problem")).to_contain_text(
        f"#{task} was not failed: the attempt that you saw has ended."
    )
    expect(screen.dialog).to_have_count(0)
    assert call.get(f"/api/tasks/{task}")["status"] == "running"
    screen.forgive("status of 409")


def test_a_fail_after_the_worker_has_settled_leaves_nothing_in_its_name(
    screen: Screen, call: Caller, line: str
) -> None:
    task = call.running(line)
    screen.open(f"/tasks/{task}")
    screen.click("Fail …")
    call.post(f"/api/tasks/{task}/complete", result_summary="did it", attempt=1)["status"]

    screen.click("Fail the task", within=screen.dialog)

    expect(screen.page.locator(".toast.problem")).to_contain_text(
        f"#{task} was not failed: the attempt that you saw has ended."
    )
    expect(screen.page.locator("#text-outcome")).to_have_text("did it")
    assert "late" not in [event["kind"] for event in call.get(f"/api/tasks/{task}")["events"]]
    screen.forgive("status of 409")


def test_a_late_result_is_read_and_accepted(screen: Screen, served: Served, line: str) -> None:
    task = late(served.root, served.call, line, "It took a while.")
    screen.open(f"/tasks/{task}")
    expect(screen.main).to_contain_text("Its worker said later (succeeded)")
    expect(screen.page.locator("#text-late")).to_have_text("It took a while.")

    screen.click("Take the late result")

    expect(screen.detail.locator(".meta")).to_contain_text("succeeded")
    assert served.call.get(f"/api/tasks/{task}")["result_summary"] == "It took a while."


def test_a_text_is_copied_whole(tab: Tab, served: Served, line: str) -> None:
    task = served.call.add(line, "Copy\n\n<b>me</b>  as I am")
    screen: Screen = tab(served.port, permissions=["clipboard-read", "clipboard-write"])
    screen.open(f"/tasks/{task}")

    screen.click("Copy")

    screen.said("Copied.")
    assert screen.evaluate("navigator.clipboard.readText()") == "Copy\n\n<b>me</b>  as I am"


def test_a_refused_edit_keeps_what_was_typed(screen: Screen, call: Caller, line: str) -> None:
    task = call.add(line, "words")
    screen.open(f"/tasks/{task}")
    screen.press("e")
    screen.fill(prompt="Words that took an hour.")
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]
    screen.click("Save", within=screen.dialog)

    expect(screen.dialog.get_by_role("alert")).to_contain_text("running")
    expect(screen.dialog.locator("textarea")).to_have_value("Words that took an hour.")
    screen.forgive("status of 409")


def test_refused_feedback_keeps_what_was_typed(screen: Screen, call: Caller, line: str) -> None:
    task = call.failed(line)
    screen.open(f"/tasks/{task}")
    screen.press("r")
    screen.page.keyboard.type("Thoughts that took an hour.")
    screen.page.route("**/requeue", lambda route: route.abort())
    screen.press("Control+Enter")

    screen.said("The server does not answer.")
    expect(screen.feedback).to_have_value("Thoughts that took an hour.")
    screen.page.unroute("**/requeue")
    screen.press("Control+Enter")
    screen.said(f"#{task} sent back.")
    assert call.get(f"/api/tasks/{task}")["feedback"] == "Thoughts that took an hour."
    screen.forgive("ERR_FAILED")
