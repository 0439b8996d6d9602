"""What a chat reads of a change: how much, and which files, within the size of an answer."""

import json
from typing import Any

import pytest

from sparkq_core import changes, tasks
from sparkq_core.changes import Execution, store
from sparkq_core.project import SparkQ
from sparkq_mcp.answers.truncation import ANSWER_SIZE, size
from tests.harness.change_steps import changing, record, repository
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, take
from tests.mcp.chat import call, chat
from tests.promises import holds

pytestmark = pytest.mark.anyio


@holds("tool-get_task")
async def test_a_task_names_the_files_that_it_changed(sq: SparkQ, queue: str) -> None:
    folder = repository(sq.config.root, one_txt="1\n")
    watching = second_handle(sq)

    def work() -> None:
        (folder / "one.txt").write_text("1\n2\n")
        (folder / "new\u202e.txt").write_text("x\n")

    changing(watching, work)
    changing(watching, lambda: None)
    add(watching, "running")
    take(watching)

    async with chat(watching) as client:
        changed, nothing, running = [await call(client, "get_task", task_id=number) for number in (1, 2, 3)]
        resource = (await client.read_resource("sparkq://tasks/1")).contents[0]

    assert changed["changed"] == {
        "files": 2, "insertions": 2, "deletions": 0, "exact": True, "names": ["new\\u202e.txt", "one.txt"],
    }  # fmt: skip
    assert nothing["changed"] == {"files": 0, "insertions": 0, "deletions": 0, "exact": True}
    assert "changed" not in running
    assert json.loads(getattr(resource, "text", ""))["changed"] == changed["changed"]


async def test_without_trees_there_are_only_sizes(sq: SparkQ, queue: str) -> None:
    folder = repository(sq.config.root, one_txt="1\n")
    watching = second_handle(sq)
    add(watching, "over HTTP")
    take(watching)
    changes.record(watching, None, begun=Execution(1, 1))
    (folder / "one.txt").write_text("1\n2\n")
    tasks.complete(watching, 1, "did it")
    changes.record(watching, None, ended=[Execution(1, 1)])
    changing(watching, lambda: (folder / "one.txt").write_text("3\n"))
    for _, file, _ in [*store.objects(store.path(watching.config))]:
        file.unlink()

    async with chat(watching) as client:
        about, lost = [(await call(client, "get_task", task_id=number))["changed"] for number in (1, 2)]

    assert about == {"files": 1, "insertions": 1, "deletions": 0}
    assert lost == {"files": 1, "insertions": 1, "deletions": 2, "exact": True}


@holds("mcp-cut")
async def test_many_files_and_long_texts_fit_an_answer(sq: SparkQ, queue: str) -> None:
    folder = repository(sq.config.root)
    watching = second_handle(sq)
    add(watching, "prompt " * 5_000)
    for attempt in range(1, 9):
        take(watching)
        record(watching, begun=Execution(1, attempt))
        for number in range(60):
            (folder / f"{'a-long-name-' * 8}-{attempt}-{number}.txt").write_text("x\n")
        end: Any = tasks.fail if attempt < 8 else tasks.complete
        end(watching, 1, f"outcome {attempt} " * 5_000)
        record(watching, ended=Execution(1, attempt))
        if attempt < 8:
            tasks.requeue(watching, 1, feedback="again " * 5_000)

    async with chat(watching) as client:
        task = await call(client, "get_task", task_id=1)

    assert size(task) <= ANSWER_SIZE
    assert (task["changed"]["files"], len(task["changed"]["names"]) + task["changed"]["names_left"]) == (60, 60)
    assert len(task["changed"]["names"]) > 5
    assert "git_after" not in task["history"][-1]
