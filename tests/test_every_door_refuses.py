"""What every door refuses: the same kind through each, words that lead on, and nothing changed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from sparkq_core import errors, queues, tasks
from sparkq_core.errors import EXIT_CODES, Kind, SparkQError
from sparkq_core.maintenance.rounds import upkeep
from sparkq_core.project import SparkQ
from sparkq_mcp.answers import reply
from sparkq_mcp.answers.next_step import Steps
from tests.harness.all_rows import all_rows
from tests.harness.door import Answer, Door, Site
from tests.harness.doors import DOORS
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add, queued_ids, take
from tests.promises import holds

pytest_plugins = ("tests.harness.every_door",)

TWO_MEBIBYTES = "x" * (2 * 1024 * 1024)


def nested(depth: int) -> Any:
    """JSON of so many levels, objects and lists in turn."""
    return 1 if depth == 0 else [nested(depth - 1)] if depth % 2 else {"in": nested(depth - 1)}


class Bad(NamedTuple):
    """Something that no door does: what is asked for, and the kind of the refusal."""

    name: str
    kind: Kind
    ask: Callable[[Door], Answer]
    says: str = ""


BAD = (
    Bad("enqueue in an unknown queue", Kind.NOT_FOUND, lambda d: d.enqueue("backen", "x"), "backend"),
    Bad("peek at an unknown queue", Kind.NOT_FOUND, lambda d: d.peek("bakend"), "backend"),
    Bad("claim from an unknown queue", Kind.NOT_FOUND, lambda d: d.claim("back-end"), "backend"),
    Bad("list an unknown queue", Kind.NOT_FOUND, lambda d: d.tasks(queue="backent"), "backend"),
    Bad("a queue outside the project", Kind.NOT_FOUND, lambda d: d.enqueue("../x", "x"), "../x"),
    Bad("a queue with control characters", Kind.NOT_FOUND, lambda d: d.claim("\x1b[31m"), "\\x1b"),
    Bad("an unknown task to claim", Kind.NOT_FOUND, lambda d: d.claim("backend", 99), "#99"),
    Bad("an unknown task to complete", Kind.NOT_FOUND, lambda d: d.complete(99, "x", attempt=1), "#99"),
    Bad("an unknown task to complete, by its id alone", Kind.NOT_FOUND, lambda d: d.complete(99, "x"), "#99"),
    Bad("an unknown task to fail", Kind.NOT_FOUND, lambda d: d.fail(99, "x", attempt=1), "#99"),
    Bad("an unknown task to prolong", Kind.NOT_FOUND, lambda d: d.progress(99, attempt=1), "#99"),
    Bad("an unknown task to release", Kind.NOT_FOUND, lambda d: d.release(99, attempt=1), "#99"),
    Bad("an unknown task to requeue", Kind.NOT_FOUND, lambda d: d.requeue(99), "#99"),
    Bad("an unknown task to read", Kind.NOT_FOUND, lambda d: d.task(99), "Ids go up to #5"),
    Bad("an id beyond any number", Kind.NOT_FOUND, lambda d: d.task(10**17), "Ids go up to #5"),
    Bad("an unknown tool", Kind.NOT_FOUND, lambda d: d.enqueue("backend", "x", tool_name="run-bas"), "run-bash"),
    Bad("an unknown class", Kind.NOT_FOUND, lambda d: d.enqueue("backend", "x", task_class="LLM_HEAVI"), "LLM_HEAVY"),
    Bad("completing a queued task", Kind.CONFLICT, lambda d: d.complete(1, "x"), "queued"),
    Bad("failing a queued task", Kind.CONFLICT, lambda d: d.fail(1, "x"), "queued"),
    Bad("prolonging a queued task", Kind.CONFLICT, lambda d: d.progress(1), "queued"),
    Bad("releasing a queued task", Kind.CONFLICT, lambda d: d.release(1), "queued"),
    Bad("requeuing a queued task", Kind.CONFLICT, lambda d: d.requeue(1), "Possible now: claim"),
    Bad("requeuing a running task", Kind.CONFLICT, lambda d: d.requeue(2), "attempt 1 of zoe, since "),
    Bad("claiming a running task", Kind.CONFLICT, lambda d: d.claim("backend", 2), "attempt 1 of zoe"),
    Bad("claiming another queue's task", Kind.CONFLICT, lambda d: d.claim("drained", 1)),
    Bad("an attempt that never was", Kind.INVALID, lambda d: d.progress(2, attempt=7), "no attempt 7"),
    Bad("enqueue in an archived queue", Kind.CONFLICT, lambda d: d.enqueue("hidden", "x"), "archived"),
    Bad("claim from an archived queue", Kind.CONFLICT, lambda d: d.claim("hidden"), "archived"),
    Bad("claim a task of an archived queue", Kind.CONFLICT, lambda d: d.claim("hidden", 3), "archived"),
    Bad("requeue in an archived queue", Kind.CONFLICT, lambda d: d.requeue(4), "archived"),
    Bad("enqueue in an ended queue", Kind.CONFLICT, lambda d: d.enqueue("drained", "x"), "ended"),
    Bad("a prompt of 2 MiB", Kind.INVALID, lambda d: d.enqueue("backend", TWO_MEBIBYTES), "1,048,576"),
    Bad("a prompt with NUL", Kind.INVALID, lambda d: d.enqueue("backend", "a\0b"), "NUL"),
    Bad("a prompt with a lone surrogate", Kind.INVALID, lambda d: d.enqueue("backend", "a\ud800b")),
    Bad("an empty prompt", Kind.INVALID, lambda d: d.enqueue("backend", " \n\t"), "empty"),
    Bad(
        "a prompt of nothing visible",
        Kind.INVALID,
        lambda d: d.enqueue("backend", "\u200b\u2060\u3164\ufeff \u2800"),
        "empty",
    ),
    Bad("a result of nothing visible", Kind.INVALID, lambda d: d.complete(2, "\u200d\u00ad", attempt=1), "empty"),
    Bad("a result of 2 MiB", Kind.INVALID, lambda d: d.complete(2, TWO_MEBIBYTES, attempt=1), "1,048,576"),
    Bad("a result with NUL", Kind.INVALID, lambda d: d.complete(2, "a\0b", attempt=1), "NUL"),
    Bad("an error with a lone surrogate", Kind.INVALID, lambda d: d.fail(2, "a\udfffb", attempt=1)),
    Bad("result data nested 101 deep", Kind.INVALID, lambda d: d.complete(2, "x", nested(101), attempt=1), "100 deep"),
    Bad("a key too long", Kind.INVALID, lambda d: d.enqueue("backend", "x", key="k" * 300), "200"),
    Bad("a timeout below a second", Kind.INVALID, lambda d: d.enqueue("backend", "x", timeout=-1)),
    Bad("a timeout of 0", Kind.INVALID, lambda d: d.enqueue("backend", "x", timeout=0)),
    Bad("a timeout beyond a week", Kind.INVALID, lambda d: d.enqueue("backend", "x", timeout=604_801), "604,800"),
    Bad("an unknown status", Kind.INVALID, lambda d: d.tasks(status="done"), "succeeded"),
    Bad("an empty page", Kind.INVALID, lambda d: d.tasks(limit=0)),
    Bad("a made-up cursor", Kind.INVALID, lambda d: d.tasks(cursor="12; DROP"), "cursor"),
)


def filled(store: SparkQ) -> SparkQ:
    """#1 queued, #2 running with zoe, #3 queued and #4 failed in the archived "hidden", #5 queued in the ended "drained"."""
    for name in ("hidden", "drained"):
        queues.create(store, name)
    add(store, "one", "two")
    take(store, "zoe", task_id=2)
    add(store, "three", "four", queue="hidden")
    add(store, "five", queue="drained")
    take(store, "zoe", queue="hidden", task_id=4)
    tasks.fail(store, 4, "broke")
    queues.archive(store, "hidden")
    queues.end(store, "drained")
    return store


@pytest.fixture
def busy_store(store: SparkQ) -> SparkQ:
    return filled(store)


class Unchanged(NamedTuple):
    """A door to a project that stays as it was: nothing that was refused has changed it."""

    door: Door
    store: SparkQ
    rows: dict[str, list[tuple[Any, ...]]]
    files: list[Path]


@pytest.fixture(scope="module", params=DOORS)
def unchanged(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Unchanged]:
    """Each door in turn, with one project for everything that it refuses."""
    folder = tmp_path_factory.mktemp("unchanged")
    (root := folder / "project").mkdir()
    with ExitStack() as at_the_end:
        store = at_the_end.enter_context(closing(open_new_project(root)))
        queues.create(store, "backend")
        filled(store)
        upkeep(store)  # a server of the door does a round after some seconds, and then it would be its turn
        door = DOORS[request.param](Site(root, folder / "home", at_the_end))
        door.queues()  # what a door writes at its first word, a log for example, is there
        yield Unchanged(door, store, all_rows(store), sorted(root.rglob("*")))


@holds("text", "refusals", "nothing-changed")
@pytest.mark.parametrize("bad", BAD, ids=[bad.name for bad in BAD])
def test_bad_input_is_refused_and_nothing_changes(unchanged: Unchanged, bad: Bad) -> None:
    answer = bad.ask(unchanged.door)

    assert (answer.kind, answer.facts["error"] != "defect") == (bad.kind, True), answer.facts
    assert bad.says in answer.said
    assert answer.facts["message"]
    assert answer.facts.get("hint") or answer.facts.get("next")
    assert all_rows(unchanged.store) == unchanged.rows
    assert sorted(unchanged.store.config.root.rglob("*")) == unchanged.files


def test_a_result_with_an_attempt_that_never_was_is_refused_and_its_text_is_kept(
    door: Door, busy_store: SparkQ
) -> None:
    answer = door.complete(2, "what I did", attempt=7)

    assert (answer.kind, "no attempt 7" in answer.said, "kept" in answer.said) == (Kind.INVALID, True, True)
    assert tasks.get(busy_store, 2).status == "running"
    assert "what I did" in [event.text for event in tasks.detail(busy_store, 2).events]


def test_result_data_as_deep_as_may_be_is_told_as_it_was(door: Door, busy_store: SparkQ) -> None:
    assert door.claim("backend")["task"]["id"] == 1
    assert door.complete(1, "done", nested(100), attempt=1)["status"] == "succeeded"

    assert door.task(1)["result_data"] == nested(100)


@holds("queue-states")
def test_an_ended_queue_is_drained(door: Door, busy_store: SparkQ) -> None:
    assert door.claim("drained")["task"]["id"] == 5
    assert door.complete(5, "done", attempt=1)["status"] == "succeeded"


@holds("queue-states")
def test_a_running_task_of_an_archived_queue_may_settle(door: Door, busy_store: SparkQ) -> None:
    queues.archive(busy_store, "backend")

    assert door.complete(2, "done", attempt=1)["status"] == "succeeded"


@holds("queue-states")
def test_an_archived_queue_shows_nothing_next_and_is_not_listed(door: Door, busy_store: SparkQ) -> None:
    assert (door.peek("hidden")["tasks"], door.peek("hidden")["total"]) == ([], 0)
    assert [queue["name"] for queue in door.queues()["queues"]] == ["backend", "drained"]
    assert queued_ids(busy_store, "backend") == [1]


def every_refusal(of: type[SparkQError] = SparkQError) -> list[type[SparkQError]]:
    return [of] + [deeper for subclass in of.__subclasses__() for deeper in every_refusal(subclass)]


DESIGN_EXITS = {"invalid": 2, "not_found": 3, "conflict": 4, "busy": 75, "storage": 74}


@holds("exit-codes", "mcp-errors", "mcp-same-facts")
@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_its_exit_code_and_its_answer_to_a_chat(kind: Kind) -> None:
    refusals = [refusal for refusal in every_refusal() if refusal.kind is kind]

    assert refusals
    assert EXIT_CODES[kind] == DESIGN_EXITS[kind]
    for refusal in refusals:
        answer = reply.refusal(refusal("What is wrong.", "What to do."), Steps(frozenset({"claim", "complete"})))
        assert answer.is_error
        assert answer.structured_content is not None
        assert answer.structured_content.keys() == {"error", "kind", "message", "next"}
        assert answer.structured_content | {"error": refusal.code, "kind": kind} == answer.structured_content
        assert answer.structured_content["next"]


def test_the_tables_of_the_doors_know_no_other_kind() -> None:
    assert {kind.value: code for kind, code in EXIT_CODES.items()} == DESIGN_EXITS


@holds("refusals")
def test_every_refusal_has_a_code_of_its_own() -> None:
    codes = [refusal.code for refusal in every_refusal() if refusal is not errors.SparkQError]

    assert sorted(codes) == sorted(set(codes))


@holds("mcp-nothing-destructive")
def test_no_words_to_a_chat_name_a_destructive_command() -> None:
    for words in (*reply.NEXT_BY_CODE.values(), *reply.NEXT_BY_KIND.values()):
        assert not {"purge", "teardown", "delete", "--force", "rm"} & set(words.lower().split())


@holds("clear-file-errors", "nothing-lost")
def test_a_damaged_database_is_a_storage_error_and_stays_as_it_is(door: Door, store: SparkQ) -> None:
    path = store.config.database
    store.close()
    for beside in path.parent.glob("*.db-*"):
        beside.unlink()
    damaged = b"This was a database once. " * 400
    path.write_bytes(damaged)
    path.chmod(0o600)

    answer = door.another("bob").claim("backend")

    assert answer.kind is Kind.STORAGE, answer.facts
    assert path.read_bytes() == damaged


@holds("never-recreated")
def test_a_database_that_is_gone_is_not_made_again(door: Door, store: SparkQ) -> None:
    path = store.config.database
    store.close()
    for file in path.parent.iterdir():
        file.unlink()

    # There is no project any more; a server that had the file open says that it was removed.
    assert door.another("bob").claim("backend").kind in (Kind.NOT_FOUND, Kind.STORAGE)
    assert not path.exists()


@holds("busy-budget", "exit-codes")
def test_a_locked_database_is_busy_at_every_door_and_nothing_changes(store: SparkQ, tmp_path: Path) -> None:
    """One wait of ten seconds for all of them: the command line has no clock that a test could set."""
    add(store, "one")
    before = all_rows(store)
    with ExitStack() as at_the_end:
        doors = [door(Site(store.config.root, tmp_path / "home", at_the_end)) for door in DOORS.values()]
        with second_handle(store).db.write(), ThreadPoolExecutor(len(doors)) as threads:
            answers = list(threads.map(lambda door: door.claim("backend"), doors))

    assert [(answer.kind, answer.facts["error"]) for answer in answers] == [(Kind.BUSY, "busy")] * len(doors)
    assert _work(all_rows(store)) == _work(before)


def _work(rows: dict[str, list[tuple[Any, ...]]]) -> dict[str, list[tuple[Any, ...]]]:
    """All but the row that notes whose turn of the background purge it is: a chat's may come as soon as it can."""
    return {table: kept for table, kept in rows.items() if table != "project"}
