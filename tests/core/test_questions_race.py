"""Four processes decide about the same held tasks at once: each question gets at most one answer, and nothing is lost."""

import json
import random

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.harness.task_steps import add, attempts, take, timeline
from tests.harness.workers import workers
from tests.promises import holds

TASKS = 120
DECIDERS = 4
SEED = 5


@holds("question")
def test_two_answers_an_edit_and_a_cancel_never_undo_one_another(sq: SparkQ, queue: str) -> None:
    chance = random.Random(SEED)
    ids = add(sq, *("x" * TASKS))
    for task_id in ids:
        take(sq, task_id=task_id)
        tasks.release(sq, task_id, question="A or B?", attempt=1)

    with workers(DECIDERS, "decides", sq.config.root) as deciders:
        for decider in deciders:
            decider.tell(json.dumps([[task, chance.choice(["answer", "answer", "edit", "cancel"])] for task in ids]))
        done = [{tuple(each) for each in decider.hear()} for decider in deciders]

    contested = 0
    for task_id in ids:
        answered = [number for number, decided in enumerate(done) if (task_id, "answer") in decided]
        edited = [number for number, decided in enumerate(done) if (task_id, "edit") in decided]
        cancelled = any((task_id, "cancel") in decided for decided in done)
        (first,) = attempts(sq, task_id)
        assert len(answered) <= 1, f"#{task_id} got two answers (seed {SEED})"
        assert first.answer == (f"by worker-{answered[0]}" if answered else None)
        assert timeline(sq, task_id).count("answered") == len(answered)
        assert tasks.get(sq, task_id).status == ("cancelled" if cancelled else "queued" if answered else "held")
        prompts = [prompt.text for prompt in tasks.prompts(sq, task_id)][1:]
        assert sorted(prompts) == [f"by worker-{number}" for number in edited]
        contested += len(answered) + len(edited) + cancelled > 1
    assert contested > TASKS // 10, f"nothing met, that was no race (seed {SEED})"
