"""Workers of the first SparkQ keep working."""

import json
from typing import Any

import pytest

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.http.caller import Caller
from tests.http.v1_client import Conflict, Worker
from tests.promises import holds


@pytest.fixture
def worker(call: Caller) -> Worker:
    return Worker(f"http://127.0.0.1:{call.port}", "worker-host-line")


@holds("rest-v1")
def test_a_queue_is_worked_oldest_first(worker: Worker, line: str) -> None:
    prompts = [f"task {number}\nmore" for number in range(60)]  # more than one page
    for prompt in prompts:
        worker.call("POST", "/api/tasks", {"queue": line, "prompt": prompt})

    assert worker.run_once(line) == prompts


def test_a_task_is_enqueued_by_the_id_of_its_queue(worker: Worker, line: str) -> None:
    made = worker.call("POST", "/api/tasks", {"queue_id": worker.queue_id(line), "prompt": "one"})["task"]

    assert [task["id"] for task in worker.waiting(worker.queue_id(line))] == [made["id"]]


def test_each_listed_queue_carries_its_instructions(worker: Worker, line: str) -> None:
    assert worker.instructions(line) == "Be quick."


@holds("rest-v1")
def test_a_listed_task_carries_its_prompt_as_payload(worker: Worker, line: str) -> None:
    worker.call("POST", "/api/tasks", {"queue": line, "prompt": 'say "hi"\n'})

    assert json.loads(worker.waiting(worker.queue_id(line))[0]["payload"]) == {"prompt": 'say "hi"\n'}


def test_an_id_is_whatever_the_server_gave(worker: Worker, line: str) -> None:
    made = worker.call("POST", "/api/tasks", {"queue": line, "prompt": "one"})["task"]

    assert worker.claim({"id": made["friendly_id"].replace("#", "%23")}) == "one"
    assert worker.complete({"id": str(made["id"])}, "done")["task"]["status"] == "succeeded"


def test_two_workers_do_not_get_the_same_task(worker: Worker, line: str) -> None:
    made = worker.call("POST", "/api/tasks", {"queue": line, "prompt": "one"})["task"]
    worker.claim(made)

    with pytest.raises(Conflict, match="it is running"):
        worker.claim(made)


def test_a_failure_is_reported_and_reset(worker: Worker, line: str) -> None:
    made = worker.call("POST", "/api/tasks", {"queue": line, "prompt": "one"})["task"]
    worker.claim(made)
    worker.fail(made, "no way")

    assert worker.call("POST", f"/api/tasks/{made['id']}/reset", {})["task"]["status"] == "queued"
    assert worker.run_once(line) == ["one"]


@pytest.fixture
def timed_out(worker: Worker, line: str, behind: SparkQ) -> Any:
    """A task that timed out in the hands of the worker."""
    made = worker.call("POST", "/api/tasks", {"queue": line, "prompt": "one", "timeout": 1})["task"]
    worker.claim(made)
    for seconds in (5, 10):
        tasks.get(behind._replace(clock=SetClock(behind.clock.now() + seconds * 1000)), made["id"])
    return made


@holds("rest-v1")
def test_a_timed_out_task_may_be_done_again(worker: Worker, line: str, timed_out: Any) -> None:
    worker.call("POST", f"/api/tasks/{timed_out['id']}/reset", {})

    assert worker.run_once(line) == ["one"]


@holds("rest-v1")
def test_a_late_result_meets_a_failed_task_and_waits_for_the_person(worker: Worker, timed_out: Any) -> None:
    with pytest.raises(Conflict, match="it has timed out"):
        worker.complete(timed_out, "late")
    with pytest.raises(Conflict, match="the person decides"):
        worker.call("POST", f"/api/tasks/{timed_out['id']}/reset", {})


def test_only_lists_by_the_id_of_a_queue_carry_prompts(call: Caller, line: str) -> None:
    call.add(line, "secret words")

    assert "payload" not in call.get(f"/api/tasks?queue={line}&status=queued")["tasks"][0]
