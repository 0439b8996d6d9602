"""Eight processes sweep while a worker completes: in 200 rounds nothing acknowledged is lost and nothing happens twice."""

import json
import random

from sparkq_core import events, tasks
from sparkq_core.project import SparkQ
from tests.harness.clocks import SECOND, SetClock
from tests.harness.task_steps import add, attempts, take
from tests.harness.workers import Worker, workers

ROUNDS = 200
SWEEPERS = 8
CONTESTED = 4
TIMEOUT = 2
SEED = 11


def test_in_200_rounds_no_sweeper_overwrites_an_acknowledged_completion(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    """The tasks of a round fall due a millisecond apart; the worker is in the midst of completing them then."""
    chance = random.Random(SEED)
    ends = {"succeeded": 0, "failed": 0}

    with workers(SWEEPERS, "sweeps", sq.config.root) as sweepers, workers(1, "completes", sq.config.root) as (worker,):
        for number in range(ROUNDS):
            ids = claimed(sq, clock)
            warn_at = clock.now() + TIMEOUT * SECOND
            fail_at = warn_at + TIMEOUT * SECOND
            warned, _ = swept(sweepers, [warn_at])
            assert sorted(warned) == ids, f"round {number}: each task is warned exactly once"

            worker.tell(json.dumps(chance.sample(ids, CONTESTED)))
            answers = [worker.hear() for _ in range(chance.randrange(CONTESTED))]
            _, failed = swept(sweepers, list(range(fail_at - CONTESTED, fail_at + 1)))
            answers += [worker.hear() for _ in range(CONTESTED - len(answers))]

            clock.at = fail_at
            assert len(failed) == len(set(failed)), f"round {number}: each task fails at most once"
            assert len(failed) + sum(answers) == CONTESTED, f"round {number}: each task ends once"
            for task_id in ids:
                ends[check(sq, task_id, task_id in failed)] += 1

    assert min(ends.values()) > ROUNDS // 10, f"one side always won, that was no race (seed {SEED}): {ends}"
    each_happened_once(sq, ROUNDS * CONTESTED)


def claimed(sq: SparkQ, clock: SetClock) -> list[int]:
    """Some running tasks, claimed a millisecond apart."""
    ids = add(sq, *("x" * CONTESTED), timeout=TIMEOUT)
    for task_id in ids:
        clock.move(0.001)
        take(sq, task_id=task_id)
    return ids


def swept(sweepers: list[Worker], moments: list[int]) -> tuple[list[int], list[int]]:
    """What all sweepers together warned and failed, sweeping at these moments at once."""
    for process in sweepers:
        process.tell(json.dumps(moments))
    reports = [process.hear() for process in sweepers]
    return [task_id for warned, _ in reports for task_id in warned], [
        task_id for _, failed in reports for task_id in failed
    ]


def check(sq: SparkQ, task_id: int, failed: bool) -> str:
    """The status of a settled task: what its worker was told is what stands there, and its words are kept."""
    task, (attempt,) = tasks.get(sq, task_id), attempts(sq, task_id)
    word = f"done {task_id}"
    if failed:
        assert (task.status, task.error_type, attempt.outcome) == ("failed", "timeout", "failed")
        assert (attempt.result, attempt.late_outcome, attempt.late_text) == (None, "succeeded", word)
    else:
        assert (task.status, task.error_type, attempt.outcome) == ("succeeded", None, "succeeded")
        assert (attempt.result, attempt.error, attempt.late_text) == (word, None, None)
    return task.status


def each_happened_once(sq: SparkQ, count: int) -> None:
    """The log tells one warning and one end for each task."""
    seen: dict[str, list[int]] = {"stale": [], "end": []}
    last = 0
    while page := events.after(sq, last):
        for event in page:
            kind = "end" if event.kind in ("succeeded", "timed out") else event.kind
            if kind in seen and event.task_id is not None:
                seen[kind].append(event.task_id)
        last = page[-1].id
    assert sorted(seen["stale"]) == sorted(seen["end"]) == list(range(1, count + 1))
