"""Undo over REST, and by which door each verdict was given."""

import json

from tests.http.caller import JSON, Caller
from tests.promises import holds


def doors(call: Caller, task: int) -> list[tuple[str, str | None, str | None]]:
    """The last events of a task: kind, door and program."""
    events = call.get(f"/api/tasks/{task}")["events"]
    return [(event["kind"], event.get("door"), event.get("worker_id")) for event in events if "door" in event]


@holds("undo")
def test_what_one_request_accepted_comes_back_together(call: Caller, line: str) -> None:
    ids = [call.done(line), call.failed(line)]
    call.post("/api/inbox/accept", tasks=[{"id": task, "attempt": 1} for task in ids])["total"]

    assert [task["id"] for task in call.post("/api/undo")["tasks"]] == ids
    assert [task["id"] for task in call.get(f"/api/inbox?queue={line}")["tasks"]] == ids


@holds("undo")
def test_given_tasks_are_undone_all_or_none(call: Caller, line: str) -> None:
    ids = [call.done(line), call.done(line)]
    call.post(f"/api/tasks/{ids[0]}/review")["task"]

    refused = call.post("/api/undo", tasks=ids)

    refused.refused(409, "wrong_state")
    assert refused.facts["message"] == f"#{ids[1]} has no verdict to undo."
    assert "reviewed_at" in call.get(f"/api/tasks/{ids[0]}").facts
    assert call.post(f"/api/tasks/{ids[0]}/undo")["task"].get("reviewed_at") is None
    call.post("/api/undo", tasks=[10**15]).refused(404, "no_such_task")
    call.post("/api/undo", ids=ids).refused(422, "malformed")


@holds("undo")
def test_a_requeue_is_undone_until_it_is_claimed(call: Caller, line: str) -> None:
    task = call.failed(line)
    call.post(f"/api/tasks/{task}/requeue", again=True)["task"]
    assert call.post(f"/api/tasks/{task}/undo")["task"]["status"] == "failed"
    call.post(f"/api/tasks/{task}/requeue", again=True)["task"]
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]

    call.post(f"/api/tasks/{task}/undo").refused(409, "wrong_state")


@holds("verdict-doors")
def test_a_program_is_named_and_the_page_names_itself(call: Caller, line: str) -> None:
    task = call.done(line)
    program = JSON | {"User-Agent": "curl/8.5.0 (x)\u202e".encode().decode("latin-1")}
    body = json.dumps({"tasks": [{"id": task, "attempt": 1}]}).encode()
    assert call.send("POST", "/api/inbox/accept", body, program).status == 200
    assert call.send("POST", "/api/undo", None, JSON | {"SparkQ-Door": "page"}).status == 200

    assert doors(call, task) == [("reviewed", "REST", "curl/8.5.0"), ("review undone", "page", None)]


@holds("verdict-doors")
def test_a_move_names_its_door_as_a_verdict_does(call: Caller, line: str) -> None:
    task = call.add(line)
    queues = [call.post("/api/queues", name=f"{line}-{number}")["queue"]["name"] for number in (1, 2)]
    for queue, header in zip(queues, ({"User-Agent": "curl/8.5.0 (x)"}, {"SparkQ-Door": "page"}), strict=True):
        body = json.dumps({"tasks": [task], "queue": queue}).encode()
        assert call.send("POST", "/api/tasks/move", body, JSON | header).status == 200

    assert doors(call, task) == [("moved", "REST", "curl/8.5.0"), ("moved", "page", None)]
