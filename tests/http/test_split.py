"""The preview of several tasks is what is then enqueued."""

from tests.http.caller import Caller
from tests.promises import holds

PLAN = "# Plan\n\n## Fix the **parser**\n\nIt fails.\n\n## Write the guide\n\nShort.\n"


@holds("split-preview")
def test_the_preview_is_what_is_enqueued(call: Caller, line: str) -> None:
    planned = call.post("/api/tasks/split", text=PLAN)["tasks"]
    assert call.get(f"/api/tasks?queue={line}")["total"] == 0
    made = call.post("/api/tasks/bulk", queue=line, text=PLAN)["tasks"]

    assert [task["title"] for task in planned] == [task["title"] for task in made]
    assert [task["prompt"] for task in planned] == [call.get(f"/api/tasks/{task['id']}")["prompt"] for task in made]
    assert len(planned) == 2


def test_a_text_without_a_task_is_refused_as_it_would_be(call: Caller) -> None:
    call.post("/api/tasks/split", text=" \n").refused(400, "invalid_value")
    call.post("/api/tasks/split", text="a", tool="b").refused(422, "malformed")


@holds("split-preview")
def test_what_is_queued_already_is_shown_and_left_out(call: Caller, line: str) -> None:
    waiting = call.post("/api/tasks", queue=line, prompt="## Write the guide\n\nShort.")["task"]["id"]
    planned = call.post("/api/tasks/split", text=PLAN, queue=line)["tasks"]
    assert [task.get("queued") for task in planned] == [None, waiting]
    made = call.post("/api/tasks/bulk", queue=line, text=PLAN, again=False)

    assert ([task["title"] for task in made["tasks"]], made["total"]) == ([planned[0]["title"]], 1)
    assert call.post("/api/tasks/bulk", queue=line, text=PLAN)["total"] == 2
    call.post("/api/tasks/split", text=PLAN, queue=f"{line}-x").refused(404, "no_such_queue")
