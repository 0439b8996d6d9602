"""What workers and the person do to one task over REST."""

import pytest

from sparkq_core.project import SparkQ
from tests.harness.task_steps import after_silence
from tests.http.caller import Caller
from tests.promises import holds

VERBS = {
    "claim": {"worker_id": "bob"},
    "complete": {"result_summary": "x"},
    "fail": {"error_message": "x"},
    "progress": {},
    "release": {},
    "requeue": {},
    "reset": {},
    "cancel": {},
    "front": {},
    "accept": {},
    "review": {},
}
APPLIES = {
    "queued": {"claim", "cancel", "front"},
    "running": {"complete", "fail", "progress", "release"},
    "succeeded": {"complete", "review"},
    "failed": {"fail", "requeue", "reset", "review"},
    "cancelled": {"cancel", "review"},
}


@holds("http-status", "rest-nouns")
@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize("status", APPLIES)
def test_a_verb_applies_where_the_life_cycle_says(call: Caller, line: str, status: str, verb: str) -> None:
    made = {"queued": call.add, "running": call.running, "succeeded": call.done, "failed": call.failed}
    number = made.get(status, call.add)(line)
    if status == "cancelled":
        call.post(f"/api/tasks/{number}/cancel")["task"]
    reply = call.post(f"/api/tasks/{number}/{verb}", **VERBS[verb])

    if verb in APPLIES[status]:
        assert reply["task"]["id"] == number
    else:
        assert status in reply.refused(409, reply.facts.get("error", ""))
        assert call.get(f"/api/tasks/{number}")["status"] == status


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_on_an_unknown_task_is_not_found(call: Caller, verb: str) -> None:
    call.post(f"/api/tasks/999999/{verb}", **VERBS[verb]).refused(404, "no_such_task")
    call.post(f"/api/tasks/x/{verb}", **VERBS[verb]).refused(422, "malformed")


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_takes_its_own_keys_only(call: Caller, line: str, verb: str) -> None:
    call.post(f"/api/tasks/{call.add(line)}/{verb}", **VERBS[verb], colour="red").refused(422, "malformed")


@pytest.mark.parametrize("verb", ["claim", "complete", "fail"])
def test_a_verb_needs_what_it_is_about(call: Caller, line: str, verb: str) -> None:
    call.post(f"/api/tasks/{call.add(line)}/{verb}").refused(422, "malformed")


@pytest.mark.parametrize("verb", ["complete", "fail", "progress", "release"])
@pytest.mark.parametrize(("attempt", "status"), [(1, 409), (3, 400), (0, 422), (2**70, 422), ("1", 422)])
def test_only_the_running_attempt_speaks(call: Caller, line: str, verb: str, attempt: int | str, status: int) -> None:
    number = call.running(line)
    call.post(f"/api/tasks/{number}/release")
    call.post(f"/api/tasks/{number}/claim", worker_id="bob")

    assert call.post(f"/api/tasks/{number}/{verb}", **VERBS[verb], attempt=attempt).status == status
    assert call.get(f"/api/tasks/{number}")["worker_id"] == "bob"


@pytest.mark.parametrize("data", [b"NaN", b"Infinity", b'"\\ud800"', b"[" * 3000 + b"]" * 3000])
def test_data_that_is_no_json_is_refused(call: Caller, line: str, data: bytes) -> None:
    number = call.running(line)
    body = b'{"result_summary": "x", "result_data": ' + data + b"}"
    reply = call.send("POST", f"/api/tasks/{number}/complete", body, {"Content-Type": "application/json"})

    assert reply.status in (200, 400, 422), reply.body
    assert call.get(f"/api/tasks/{number}").status == 200


def test_an_own_error_type_is_kept_and_sparkqs_are_not_for_workers(call: Caller, line: str) -> None:
    number = call.running(line)

    call.post(f"/api/tasks/{number}/fail", error_message="x", error_type="timeout").refused(400, "invalid_value")
    failed = call.post(f"/api/tasks/{number}/fail", error_message="x", error_type="gave_up")
    assert failed["task"]["error_type"] == "gave_up"


def test_a_requeued_task_may_have_a_new_prompt(call: Caller, line: str) -> None:
    number = call.failed(line)

    assert call.post(f"/api/tasks/{number}/requeue", prompt="better")["task"]["title"] == "better"
    assert call.get(f"/api/tasks/{number}")["prompt"] == "better"


def test_a_succeeded_task_is_done_again_when_told_so(call: Caller, line: str) -> None:
    number = call.done(line)

    call.post(f"/api/tasks/{number}/requeue").refused(409, "wrong_state")
    assert call.post(f"/api/tasks/{number}/requeue", again=True)["task"]["status"] == "queued"


@holds("cancel")
def test_a_cancelled_task_is_done_again_when_a_person_says_so(call: Caller, line: str) -> None:
    number = call.add(line)
    call.post(f"/api/tasks/{number}/cancel")["task"]

    for verb in ("requeue", "reset"):
        assert "only the person" in call.post(f"/api/tasks/{number}/{verb}").refused(409, "wrong_state")
    assert call.get(f"/api/tasks/{number}")["status"] == "cancelled"
    assert call.post(f"/api/tasks/{number}/requeue", again=True)["task"]["status"] == "queued"


def test_a_task_is_moved_to_the_front(call: Caller, line: str) -> None:
    _, second = call.add(line), call.add(line, "two")
    call.post(f"/api/tasks/{second}/front")["task"]

    assert call.get(f"/api/queues/{line}/peek")["tasks"][0]["id"] == second


@holds("place")
def test_tasks_are_put_at_another_place_by_one_request(call: Caller, line: str) -> None:
    one, two, three = (call.add(line, prompt) for prompt in "123")

    placed = call.post("/api/tasks/place", tasks=[three, f"#{two}"], before=one)

    assert [(task["id"], task["position"]) for task in placed["tasks"]] == [(three, 1), (two, 2)]
    call.post("/api/tasks/place", tasks=[two], swap_with=one)["tasks"]
    assert [task["id"] for task in call.get(f"/api/queues/{line}/peek?limit=9")["tasks"]] == [three, one, two]
    call.post("/api/tasks/place", tasks=[two], front=True)["tasks"]
    assert call.get(f"/api/queues/{line}/peek")["tasks"][0]["id"] == two


@holds("move")
def test_tasks_are_moved_to_another_queue_by_its_name_or_its_id(call: Caller, line: str) -> None:
    one, two, three = (call.add(line, prompt) for prompt in "123")
    other = call.post("/api/queues", name=f"{line}-other")["queue"]

    moved = call.post("/api/tasks/move", tasks=[three, two], queue=other["name"])["tasks"]
    call.post("/api/tasks/move", tasks=[one], queue=str(other["id"]), front=True)["tasks"]

    assert [(task["id"], task["queue"], task["position"]) for task in moved] == [
        (three, other["name"], 1),
        (two, other["name"], 2),
    ]
    assert [task["id"] for task in call.get(f"/api/queues/{other['id']}/peek?limit=9")["tasks"]] == [one, three, two]
    running = call.running(line)
    call.post("/api/tasks/move", tasks=[running], queue=other["name"]).refused(409, "wrong_state")
    call.post("/api/tasks/move", tasks=[one], queue="nowhere").refused(404, "no_such_queue")
    call.post("/api/tasks/move", tasks=[], queue=line).refused(422, "malformed")


@holds("enqueue-front")
def test_new_tasks_go_to_the_front_in_their_order(call: Caller, line: str) -> None:
    waits = call.add(line)
    many = call.post("/api/tasks/bulk", queue=line, prompts=["one", "two"], front=True)["tasks"]
    first = call.post("/api/tasks", queue=line, prompt="first", front=True)["task"]

    listed = [task["id"] for task in call.get(f"/api/queues/{line}/peek?limit=9")["tasks"]]
    assert listed == [first["id"], *(task["id"] for task in many), waits]
    assert [task["position"] for task in (first, *many)] == [1, 1, 2]


@holds("place")
def test_a_request_for_no_place_or_for_two_is_refused(call: Caller, line: str) -> None:
    one, two = call.add(line), call.add(line)

    for body in ({}, {"front": False}, {"after": one, "front": True}, {"after": one, "before": one}):
        call.post("/api/tasks/place", tasks=[two], **body).refused(422, "malformed")
    call.post("/api/tasks/place", tasks=[], front=True).refused(422, "malformed")
    call.post("/api/tasks/place", tasks=[one, two], swap_with=one).refused(422, "malformed")
    call.post("/api/tasks/place", tasks=[two], after=two).refused(400, "invalid_value")


def test_a_cancelled_task_says_why(call: Caller, line: str) -> None:
    number = call.add(line)

    assert call.post(f"/api/tasks/{number}/cancel", reason="no need")["task"]["status"] == "cancelled"
    assert call.get(f"/api/tasks/{number}")["error_message"] == "no need"


def test_a_late_result_is_refused_kept_and_accepted(call: Caller, line: str, behind: SparkQ) -> None:
    number = call.running(line, timeout=1)
    after_silence(behind, number, 2)
    assert after_silence(behind, number, 2).error_type == "timeout"

    assert "it has timed out" in call.post(f"/api/tasks/{number}/complete", result_summary="late").refused(
        409, "claim_lost"
    )
    assert call.get(f"/api/tasks/{number}")["history"][0]["late"]["text"] == "late"
    assert call.post(f"/api/tasks/{number}/accept")["task"]["status"] == "succeeded"
    assert call.get(f"/api/tasks/{number}")["result_summary"] == "late"


def test_the_late_result_of_a_queued_task_is_accepted_by_its_attempt(call: Caller, line: str) -> None:
    number = call.failed(line)
    call.post(f"/api/tasks/{number}/requeue")["task"]
    call.post(f"/api/tasks/{number}/complete", result_summary="late", attempt=1).refused(409, "claim_lost")
    (shown,) = call.get(f"/api/inbox?queue={line}")["tasks"]
    assert (shown["status"], shown["late_text"]) == ("queued", "late")
    assert {**shown["late"], "at": None} == {"attempt": 1, "outcome": "succeeded", "at": None}

    call.post(f"/api/tasks/{number}/accept", attempt=0).refused(422, "malformed")
    call.post(f"/api/tasks/{number}/accept", attempt=2).refused(400, "invalid_value")
    accepted = call.post(f"/api/tasks/{number}/accept", attempt=1)["task"]

    assert (accepted["status"], "late" in accepted) == ("succeeded", False)
    assert call.get(f"/api/queues/{line}/peek")["tasks"] == []


def test_a_newer_late_text_than_the_one_shown_is_not_accepted(call: Caller, line: str) -> None:
    number = call.failed(line)
    call.post(f"/api/tasks/{number}/complete", result_summary="late", attempt=1).refused(409, "claim_lost")
    (before,) = call.get(f"/api/inbox?queue={line}")["tasks"]
    call.post(f"/api/tasks/{number}/complete", result_summary="later still", attempt=1).refused(409, "claim_lost")
    shown = {"id": number, "attempt": 1, "late": True}

    said = call.post("/api/inbox/accept", tasks=[shown | {"late_at": before["late"]["at"]}]).refused(409, "unseen")
    assert "a late result that you were not shown" in said
    call.post("/api/inbox/accept", tasks=[shown | {"late": False}]).refused(409, "unseen")
    (task,) = call.post("/api/inbox/accept", tasks=[shown])["tasks"]

    assert (task["status"], task["reviewed_at"] is not None) == ("succeeded", True)
    assert call.get(f"/api/tasks/{number}")["result_summary"] == "later still"


def test_other_words_for_the_same_outcome_are_kept(call: Caller, line: str) -> None:
    number = call.done(line)

    assert call.post(f"/api/tasks/{number}/complete", result_summary="did more", attempt=1)["kept"] is True
    assert call.get(f"/api/inbox?queue={line}")["tasks"][0]["late_text"] == "did more"


def test_feedback_is_replaced_and_withdrawn(call: Caller, line: str) -> None:
    number = call.failed(line)
    call.post(f"/api/tasks/{number}/requeue", feedback="Keep the old API")["task"]

    for feedback, present in (("The old API may go", "The old API may go"), ("", None)):
        call.patch(f"/api/tasks/{number}", feedback=feedback)["task"]
        assert call.get(f"/api/tasks/{number}")["feedback"] == present


def test_the_inbox_holds_what_nobody_has_seen(call: Caller, line: str) -> None:
    seen, other, waiting = call.done(line), call.failed(line), call.add(line)
    answer = call.get(f"/api/inbox?queue={line}&limit=1")

    assert (answer["tasks"][0]["id"], answer["tasks"][0]["summary"], answer["total"]) == (seen, "did it", 2)
    assert line in [queue["queue"] for queue in answer["since_last_look"]["queues"]]
    more = call.get(f"/api/inbox?queue={line}&cursor={answer['next_cursor']}")
    assert [task["id"] for task in more["tasks"]] == [other]

    first, second = {"id": seen, "attempt": 1}, {"id": f"#{other}", "attempt": 1, "late": False}
    absent = [{"id": waiting, "attempt": 0}, {"id": 999_999, "attempt": 1}]
    said = call.post("/api/inbox/accept", tasks=[first, second, *absent]).refused(409, "wrong_state")
    assert f"because of #{waiting}, #999999. #{waiting} has not finished" in said
    assert call.get(f"/api/inbox?queue={line}")["total"] == 2
    reviewed = call.post("/api/inbox/accept", tasks=[first, second, first])
    assert [task["id"] for task in reviewed["tasks"]] == [seen, other]
    assert call.get(f"/api/inbox?queue={line}")["total"] == 0


def test_a_look_at_the_inbox_is_remembered(call: Caller, line: str) -> None:
    call.done(line)
    looked = call.post("/api/inbox/look")["since_last_look"]

    assert looked["since"]
    assert line not in [queue["queue"] for queue in looked["queues"]]


@pytest.mark.parametrize(
    ("query", "status"),
    [("limit=0", 400), ("cursor=x", 400), (f"cursor={2 * 10**19}.1", 400), ("queue=nowhere-at-all", 404)],
)
def test_the_inbox_refuses_what_cannot_be(call: Caller, query: str, status: int) -> None:
    assert call.get(f"/api/inbox?{query}").status == status


@pytest.mark.parametrize("query", ["limit=x", "colour=red"])
def test_the_inbox_takes_its_own_parameters_only(call: Caller, query: str) -> None:
    call.get(f"/api/inbox?{query}").refused(422, "malformed")


def test_an_outcome_that_was_not_shown_is_not_accepted(call: Caller, line: str) -> None:
    number = call.failed(line)
    shown = {"id": number, "attempt": 1}
    call.post(f"/api/tasks/{number}/requeue")["task"]
    call.post(f"/api/tasks/{number}/claim", worker_id="bob")["task"]
    call.post(f"/api/tasks/{number}/complete", result_summary="nobody has read this")["status"]

    assert "Look again" in call.post("/api/inbox/accept", tasks=[shown]).refused(409, "unseen")
    call.post(f"/api/tasks/{number}/requeue", again=True, seen={"attempt": 1}).refused(409, "unseen")
    assert call.get(f"/api/tasks/{number}")["reviewed_at"] is None
    assert call.post("/api/inbox/accept", tasks=[shown | {"attempt": 2}])["tasks"][0]["reviewed_at"]


ONE = {"id": 1, "attempt": 1}


@pytest.mark.parametrize(
    "shown",
    [None, "1", [1], [{"id": 1}], [ONE | {"id": -1}], [ONE | {"attempt": -1}], [ONE | {"late": 1}], [ONE] * 1001],
)
def test_many_are_accepted_as_they_were_shown(call: Caller, shown: object) -> None:
    call.post("/api/inbox/accept", tasks=shown).refused(422, "malformed")
