"""Many processes at one file: each task handed out once, each timeout applied once, no acknowledged result lost."""

import json
import random

import pytest

from sparkq_core import events, tasks
from sparkq_core.project import SparkQ
from tests.harness.clocks import SECOND, SetClock
from tests.harness.task_steps import add, attempts, take
from tests.harness.workers import Worker, workers
from tests.promises import holds

TASKS = 400
ROUNDS = 40
CONTESTED = 24
TIMEOUT = 2


def claims(sq: SparkQ) -> list[int]:
    """The tasks that were claimed, in the order in which that happened."""
    ids: list[int] = []
    last = 0
    while page := events.after(sq, last):
        ids += [event.task_id for event in page if event.kind == "claimed" and event.task_id is not None]
        last = page[-1].id
    return ids


@holds("claim-once")
def test_four_processes_drain_a_queue_each_task_once_and_in_order(sq: SparkQ, queue: str) -> None:
    ids = add(sq, *(f"task {number}" for number in range(TASKS)))

    with workers(4, "drain", sq.config.root) as processes:
        for process in processes:
            process.tell()
        done = [process.hear() for process in processes]

    assert sorted(task_id for share in done for task_id in share) == ids
    assert sum(1 for share in done if share) > 1, "only one process got anything: that was no race"
    assert claims(sq) == ids
    assert tasks.list_page(sq, tasks.Wanted(status="succeeded")).total == TASKS


def claimed_at_once(sq: SparkQ, clock: SetClock) -> list[int]:
    """Some running tasks, claimed a millisecond apart."""
    ids = add(sq, *("x" * CONTESTED), timeout=TIMEOUT)
    for task_id in ids:
        clock.move(0.001)
        take(sq, task_id=task_id)
    return ids


@holds("idempotent-sweep")
def test_eight_sweepers_and_a_completing_worker_never_undo_one_another(sq: SparkQ, queue: str, clock: SetClock) -> None:
    chance = random.Random(7)
    ends = {"succeeded": 0, "failed": 0}

    with workers(8, "sweeps", sq.config.root) as sweepers, workers(1, "completes", sq.config.root) as (worker,):
        for _ in range(ROUNDS):
            ids = claimed_at_once(sq, clock)
            warn_at = clock.now() + TIMEOUT * SECOND
            fail_at = warn_at + TIMEOUT * SECOND
            assert sorted(swept(sweepers, [warn_at])[0]) == ids, "each task is warned exactly once"

            worker.tell(json.dumps(chance.sample(ids, CONTESTED)))
            before = [worker.hear() for _ in range(chance.randrange(1, CONTESTED // 2))]
            _, failed = swept(sweepers, list(range(fail_at - CONTESTED, fail_at + 1)))
            answers = before + [worker.hear() for _ in ids[len(before) :]]

            clock.at = fail_at
            assert len(failed) == len(set(failed)), "each task fails at most once"
            assert len(failed) + sum(answers) == CONTESTED, "each task ends once, and somebody knows how"
            for task_id in ids:
                status, (attempt,) = tasks.get(sq, task_id).status, attempts(sq, task_id)
                assert status == ("failed" if task_id in failed else "succeeded")
                assert f"done {task_id}" == (attempt.late_text if task_id in failed else attempt.result)
                ends[status] += 1

    assert min(ends.values()) > 0, f"one side always won, that was no race: {ends}"


def swept(sweepers: list[Worker], moments: list[int]) -> tuple[list[int], list[int]]:
    """What all sweepers together warned and failed, sweeping at these moments at once."""
    for process in sweepers:
        process.tell(json.dumps(moments))
    reports = [process.hear() for process in sweepers]
    return [task_id for warned, _ in reports for task_id in warned], [
        task_id for _, failed in reports for task_id in failed
    ]


@holds("fifo")
@pytest.mark.parametrize("processes", [8])
def test_processes_that_enqueue_at_once_lose_nothing_and_share_no_place(sq: SparkQ, queue: str, processes: int) -> None:
    with workers(processes, "enqueues", sq.config.root) as started:
        for process in started:
            process.tell()
        ids = sorted(task_id for process in started for task_id in process.hear())

    assert ids == list(range(1, processes + 1))
    places = [task.position for task in tasks.peek(sq, queue, 100).tasks]
    assert sorted(set(places)) == places
