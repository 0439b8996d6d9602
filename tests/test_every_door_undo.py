"""Verdicts are taken back the same way through each door by which they are given."""

from sparkq_core import tasks
from sparkq_core.errors import Kind
from sparkq_core.project import SparkQ
from tests.core.inbox_steps import done, failed, waits
from tests.harness.all_rows import all_rows
from tests.harness.door import PersonsDoor
from tests.harness.task_steps import take
from tests.promises import holds

pytest_plugins = ("tests.harness.every_door",)


@holds("undo", "one-suite")
def test_what_was_accepted_together_comes_back_together(persons_door: PersonsDoor, store: SparkQ) -> None:
    ids = [done(store), failed(store), done(store)]
    before = [tasks.get(store, task_id) for task_id in ids]
    persons_door.accept(ids[0])["total"]
    assert persons_door.accept(*ids[1:])["total"] == 2

    undone = persons_door.undo()

    assert [task["id"] for task in undone["tasks"]] == ids[1:]
    assert waits(store) == ids[1:]
    assert persons_door.undo()["total"] == 1
    assert [tasks.get(store, task_id) for task_id in ids] == before


@holds("undo")
def test_the_last_verdict_on_a_task_is_undone_by_its_id(persons_door: PersonsDoor, store: SparkQ) -> None:
    ids = [done(store), done(store)]
    persons_door.accept(*ids)["total"]

    assert persons_door.undo(ids[0])["total"] == 1

    assert waits(store) == ids[:1]


@holds("undo")
def test_nothing_is_undone_where_there_is_no_verdict_or_its_task_went_on(
    persons_door: PersonsDoor, store: SparkQ
) -> None:
    assert persons_door.undo().kind is Kind.CONFLICT
    task_id = failed(store)
    tasks.requeue(store, task_id, feedback="again")
    take(store, "bob")
    before = all_rows(store)

    refused = persons_door.undo(task_id)

    assert refused.kind is Kind.CONFLICT
    assert f"The requeue of #{task_id} cannot be undone: bob claimed it since." in refused.said
    assert persons_door.undo(99).kind is Kind.NOT_FOUND
    assert all_rows(store) == before
