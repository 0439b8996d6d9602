"""A task's texts over HTTP, rendered."""

import pytest

from tests.http.caller import Caller
from tests.promises import holds


@holds("rest-rendered")
def test_the_outcome_is_rendered(call: Caller, line: str) -> None:
    task = call.running(line)
    call.post(f"/api/tasks/{task}/complete", result_summary="**Done**\nwell")["status"]
    answer = call.get(f"/api/tasks/{task}/rendered").facts

    assert answer == {
        "task_id": task, "part": "result", "attempt": 1, "length": 13,
        "blocks": [{"tag": "p", "kids": [{"tag": "strong", "kids": ["Done"]}, "\nwell"]}],
    }  # fmt: skip


def test_each_revision_of_the_prompt_is_rendered_with_its_line_ends(call: Caller, line: str) -> None:
    task = call.add(line, "a\nb")
    call.patch(f"/api/tasks/{task}", prompt="c")["task"]

    now = call.get(f"/api/tasks/{task}/rendered?part=prompt").facts
    before = call.get(f"/api/tasks/{task}/rendered?part=prompt&revision=1").facts
    assert (now["revision"], now["blocks"]) == (2, [{"tag": "p", "kids": ["c"]}])
    assert before["blocks"] == [{"tag": "p", "kids": ["a", {"tag": "br"}, "b"]}]
    call.get(f"/api/tasks/{task}/rendered?part=prompt&revision=3").refused(404, "no_text")


def test_each_attempt_has_its_own_outcome(call: Caller, line: str) -> None:
    task = call.failed(line)
    call.post(f"/api/tasks/{task}/requeue", feedback="again")["task"]
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]

    first = call.get(f"/api/tasks/{task}/rendered?attempt=1").facts
    assert (first["failed"], first["blocks"]) == (True, [{"tag": "p", "kids": ["no way"]}])
    assert "running" in call.get(f"/api/tasks/{task}/rendered").refused(404, "no_text")
    call.get(f"/api/tasks/{task}/rendered?attempt=2").refused(404, "no_text")
    call.get(f"/api/tasks/{task}/rendered?attempt=3").refused(404, "no_text")


def test_a_late_text_is_rendered(call: Caller, line: str) -> None:
    task = call.done(line)
    call.get(f"/api/tasks/{task}/rendered?part=late").refused(404, "no_text")
    call.post(f"/api/tasks/{task}/fail", error_message="`not` really", attempt=1).refused(409, "claim_lost")

    late = call.get(f"/api/tasks/{task}/rendered?part=late").facts
    assert (late["attempt"], late["failed"]) == (1, True)
    assert late["blocks"] == [{"tag": "p", "kids": [{"tag": "code", "kids": ["not"]}, " really"]}]


@pytest.mark.parametrize("wrong", ["part=html", "attempt=0", "revision=x", "raw=1"])
def test_unknown_parts_are_refused(call: Caller, line: str, wrong: str) -> None:
    call.get(f"/api/tasks/{call.done(line)}/rendered?{wrong}").refused(422, "malformed")


def test_an_unknown_task_is_refused(call: Caller) -> None:
    call.get("/api/tasks/99999/rendered").refused(404, "no_such_task")
