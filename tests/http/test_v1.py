"""The programs of the first SparkQ keep working, unmodified."""

import json
from itertools import chain
from typing import Any

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.harness.task_steps import after_silence, attempts
from tests.http.caller import Caller
from tests.http.v1_runner import Refused, Runner, task_complete
from tests.http.v1_runner import call as request
from tests.promises import holds


@pytest.fixture
def base(call: Caller) -> str:
    return f"http://127.0.0.1:{call.port}"


@pytest.fixture
def runner(base: str, line: str) -> Runner:
    return Runner(base, line)


@holds("rest-v1")
def test_a_queue_is_worked_in_its_order(call: Caller, behind: SparkQ, runner: Runner, line: str) -> None:
    done = [call.done(line, f"done {number}") for number in range(3)]
    bulk = [f"bulk {number}\nmore" for number in range(150)]  # more than one page, and all of one millisecond
    numbers = [task["id"] for task in call.post("/api/tasks/bulk", queue=line, prompts=bulk)["tasks"]]
    front = call.add(line, "urgent")
    tasks.to_front(behind, front)
    call.post(f"/api/tasks/{done[0]}/requeue", again=True)["task"]

    assert runner.work() == ["urgent", *bulk, "done 0"]
    assert call.get(f"/api/tasks/{numbers[7]}")["result_summary"] == f"did {bulk[7]}"


def test_the_first_page_has_the_queued_tasks_and_the_next_ones_the_others(call: Caller, line: str) -> None:
    done = [call.done(line) for _ in range(3)]
    queued = [call.add(line) for _ in range(3)]
    number = call.get(f"/api/queues/{line}")["queue"]["id"]

    def pages(limit: int) -> list[list[int]]:
        found: list[list[int]] = []
        cursor = ""
        while not found or cursor:
            page = call.get(f"/api/tasks?queue_id={number}&limit={limit}&cursor={cursor}")
            found.append([task["id"] for task in page["tasks"]])
            assert page["total"] == 6
            cursor = page.facts.get("next_cursor", "")
        return found

    for limit in (1, 2, 3, 4, 5, 6, 7):
        assert list(chain(*pages(limit))) == [*queued, *reversed(done)]
        assert [len(page) for page in pages(limit)[:-1]] == [limit] * ((6 - 1) // limit)


@holds("rest-v1")
def test_a_queue_is_found_by_its_name_in_any_case_and_by_its_id(base: str, runner: Runner, line: str) -> None:
    assert Runner(base, line.upper()).queue == runner.queue
    assert Runner(base, runner.queue["id"]).queue == runner.queue
    assert (runner.queue["instructions"], runner.queue["status"]) == ("Be quick.", "active")
    with pytest.raises(LookupError):
        Runner(base, "nowhere")


@holds("rest-v1")
def test_a_task_is_enqueued_by_the_id_of_its_queue_and_listed_with_its_payload(
    base: str, call: Caller, runner: Runner, line: str
) -> None:
    request(base, "POST", "/api/tasks", {"queue_id": runner.queue["id"], "prompt": 'say "hi"\n'})

    listed = runner.next_task()

    assert listed is not None
    assert json.loads(listed["payload"]) == {"prompt": 'say "hi"\n'}
    assert listed["queue_id"] == runner.queue["id"]
    assert "payload" not in call.get(f"/api/tasks?queue={line}&status=queued")["tasks"][0]


def test_an_id_is_whatever_the_server_gave(base: str, call: Caller, runner: Runner, line: str) -> None:
    number = call.add(line)
    request(base, "POST", f"/api/tasks/%23{number}/claim", {"worker_id": "ann"})

    assert task_complete(base, f"%23{number}", "done")["task"]["status"] == "succeeded"


def test_two_workers_do_not_get_the_same_task(base: str, call: Caller, runner: Runner, line: str) -> None:
    call.add(line)
    before = runner.next_task()
    assert runner.process_one() is not None

    assert before is not None
    with pytest.raises(Refused, match="it is running"):
        request(base, "POST", f"/api/tasks/{before['id']}/claim", {"worker_id": "bob"})


def test_a_failure_is_kept_with_its_stderr_and_may_be_reset(
    base: str, call: Caller, behind: SparkQ, runner: Runner, line: str
) -> None:
    number = call.add(line)
    runner.process_one()
    runner.fail(number, "no way")

    assert attempts(behind, number)[0].error == "no way\n\nline 1"
    with pytest.raises(Refused, match="only a timeout can"):
        request(base, "POST", f"/api/tasks/{number}/reset", {"target_status": "running"})
    assert request(base, "POST", f"/api/tasks/{number}/reset", {"target_status": "queued"})["task"]["position"] == 1
    assert runner.work() == ["one"]


@pytest.fixture
def timed_out(call: Caller, runner: Runner, line: str, behind: SparkQ) -> int:
    """The id of a task that timed out in the hands of the runner."""
    number = call.add(line, "one", timeout=1)
    runner.process_one()
    for _ in ("warned", "failed"):
        after_silence(behind, number, 2)
    return number


@holds("rest-v1", "resume")
def test_a_late_result_of_the_same_worker_is_rescued(base: str, behind: SparkQ, timed_out: int) -> None:
    assert task_complete(base, str(timed_out), "late, but done")["task"]["status"] == "succeeded"

    first, second = attempts(behind, timed_out)
    assert (first.outcome, first.error_type, first.late_text) == ("failed", "timeout", "late, but done")
    assert (second.outcome, second.result, second.worker) == ("succeeded", "late, but done", first.worker)
    assert tasks.get(behind, timed_out).reviewed_at is None


@holds("rest-v1")
def test_a_timed_out_task_may_be_done_again(base: str, runner: Runner, timed_out: int) -> None:
    request(base, "POST", f"/api/tasks/{timed_out}/reset", {})

    assert runner.work() == ["one"]


@holds("rest-v1", "resume")
@pytest.mark.parametrize("body", [{}, {"target_status": "running"}])
def test_the_late_result_of_another_worker_waits_for_the_person(
    base: str, behind: SparkQ, timed_out: int, body: dict[str, Any]
) -> None:
    tasks.requeue(behind, timed_out)
    tasks.claim(behind, None, "bob", task_id=timed_out)
    for _ in ("warned", "failed"):
        after_silence(behind, timed_out, 2)
    with pytest.raises(Refused):
        request(base, "POST", f"/api/tasks/{timed_out}/complete", {"result_summary": "late", "attempt": 1})

    with pytest.raises(Refused, match="the person decides"):
        request(base, "POST", f"/api/tasks/{timed_out}/reset", body)


def test_an_unknown_target_of_a_reset_is_refused(base: str, timed_out: int) -> None:
    with pytest.raises(Refused, match="target_status") as refused:
        request(base, "POST", f"/api/tasks/{timed_out}/reset", {"target_status": "done"})
    assert refused.value.status == 422
