"""The life cycle as data is what the verbs do: each of them in each status, and whatever the two numbers are."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import inbox, queues, stale, tasks
from sparkq_core.lifecycle import MARKS, MOVES, Status, verbs_from
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.projects import TOP
from tests.harness.task_steps import add, refusal_of, take, timed_out_task

VERBS: dict[str, Callable[[SparkQ, int], object]] = {
    "claim": lambda sq, task: tasks.claim(sq, None, "bob", task_id=task),
    "edit": lambda sq, task: tasks.edit(sq, task, prompt="other words"),
    "move": lambda sq, task: tasks.move(sq, [task], queues.create(sq, "other").name),
    "cancel": tasks.cancel,
    "progress": tasks.progress,
    "complete": lambda sq, task: tasks.complete(sq, task, "done"),
    "fail": lambda sq, task: tasks.fail(sq, task, "cannot be done"),
    "release": tasks.release,
    "release --question": lambda sq, task: tasks.release(sq, task, question="A or B?"),
    "answer": lambda sq, task: tasks.answer(sq, task, "B"),
    "auto-fail": lambda sq, _: stale.sweep(sq),
    "requeue": tasks.requeue,
    "requeue --again": lambda sq, task: tasks.requeue(sq, task, again=True),
    "accept": tasks.accept,
    "review": inbox.review,
}


@pytest.fixture(params=Status)
def standing(request: pytest.FixtureRequest, sq: SparkQ, clock: SetClock, queue: str) -> int:
    """A task in each status: a running one whose time is over, and with a late result where it can be accepted."""
    status = request.param
    if status == Status.FAILED:
        task = timed_out_task(sq, clock).id
        assert refusal_of(lambda: tasks.complete(sq, task, "after all", attempt=1))
        return task
    (task,) = add(sq, "one")
    take(sq)
    if status in (Status.QUEUED, Status.HELD, Status.CANCELLED):
        tasks.release(sq, task, question="which?" if status == Status.HELD else None)
        assert refusal_of(lambda: tasks.complete(sq, task, "after all", attempt=1))
        if status == Status.CANCELLED:
            tasks.cancel(sq, task)
        return task
    clock.move(60)
    tasks.get(sq, task)
    if status == Status.SUCCEEDED:
        tasks.complete(sq, task, "done already")
    else:
        clock.move(59.999)
        assert tasks.get(sq, task).status == status
    return task


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_leads_where_the_life_cycle_says_and_from_nowhere_else(
    sq: SparkQ, clock: SetClock, standing: int, verb: str
) -> None:
    before = Status(tasks.get(sq, standing).status)
    clock.move(0.001 if verb == "auto-fail" else 0)

    refusal_of(lambda: VERBS[verb](sq, standing))

    allowed = {*MOVES[verb].from_statuses} if verb in MOVES else set()
    allowed |= {*MOVES["requeue"].from_statuses} if verb == "requeue --again" else set()
    assert tasks.get(sq, standing).status == (MOVES[verb].target if before in allowed else before)


@pytest.mark.parametrize("verb", MARKS)
def test_a_mark_leaves_the_status(sq: SparkQ, standing: int, verb: str) -> None:
    before = tasks.get(sq, standing)

    refused = refusal_of(lambda: VERBS[verb](sq, standing))

    has_late_text = verb == "review" and before.late_at is not None
    assert (refused is None) == (before.status in MARKS[verb] or has_late_text)
    assert tasks.get(sq, standing).status == before.status


def test_every_verb_of_the_life_cycle_is_done_here() -> None:
    assert set(VERBS) == {*MOVES, *MARKS}
    assert verbs_from("queued") == ["claim", "cancel", "accept", "edit", "move"]
    assert verbs_from("held") == ["cancel", "answer", "accept", "edit", "move"]
    assert verbs_from("failed") == ["requeue", "accept", "review"]
    assert verbs_from("cancelled") == ["requeue", "accept", "review"]


OTHER_NUMBERS = """
import json, sys
from pathlib import Path
from sparkq_core import lifecycle
lifecycle.WARN_AFTER, lifecycle.FAIL_AFTER = 2, 5
from sparkq_core import queues, tasks, wire
from tests.harness.clocks import SetClock
from tests.harness.projects import open_new_project
from tests.harness.task_steps import take
clock = SetClock()
sq = open_new_project(Path(sys.argv[1]), clock)
queues.create(sq, "backend")
tasks.enqueue(sq, "backend", "one", timeout=60)
if sys.argv[2] == "claim the next":
    task = take(sq).task
else:
    task = take(sq, task_id=1).task
if sys.argv[2] == "progress":
    clock.move(30)
    task = tasks.progress(sq, 1)
base = clock.now()
found = {"deadline": task.deadline - base}
for seconds in range(1, 400):
    clock.move(1)
    if queues.counts(sq.db, clock.now())[1].stale:
        found.setdefault("stale", seconds)
    task = tasks.get(sq, 1)
    if task.stale_warned_at:
        found.setdefault("warned", seconds)
    if task.status == "failed":
        found.setdefault("failed", seconds)
print(json.dumps(found))
"""


@pytest.mark.parametrize("way", ["claim the next", "claim this", "progress"])
def test_other_numbers_would_be_in_force_everywhere(root: Path, way: str) -> None:
    """A process in which a task is stale after two timeouts and fails after five, whatever started its clock."""
    done = subprocess.run(
        [sys.executable, "-c", OTHER_NUMBERS, str(root), way], cwd=TOP, capture_output=True, text=True, check=True
    )

    answer: dict[str, Any] = json.loads(done.stdout)
    assert answer == {"deadline": 300_000, "stale": 120, "warned": 120, "failed": 300}
