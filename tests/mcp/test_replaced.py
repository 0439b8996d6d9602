"""The database is replaced while a chat is open: by teardown and setup, or by a restored backup."""

import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import apsw
import pytest

from sparkq_core import queues, tasks
from sparkq_core.config import copies
from sparkq_core.project import SparkQ
from tests.harness.projects import database_of, open_new_project, second_handle
from tests.harness.task_steps import add
from tests.mcp.chat import Message, Raw, envelope
from tests.mcp.test_waiting import status, waiting
from tests.promises import holds


def remove(sq: SparkQ) -> None:
    """Take the database away, as a teardown does."""
    sq.close()
    for file in database_of(sq.config.root).parent.glob("sparkq.db*"):
        file.unlink()


def set_up_again(sq: SparkQ) -> SparkQ:
    """Put another database with the same queue in the place of the first, at once."""
    with tempfile.TemporaryDirectory(dir=sq.config.root) as folder:
        other = open_new_project(Path(folder))
        queues.create(other, "backend")
        other.close()
        database_of(Path(folder)).replace(database_of(sq.config.root))
    return second_handle(sq)


@pytest.fixture(params=["legacy", "modern"])
def meta(request: pytest.FixtureRequest) -> Message | None:
    """What each request carries in this era of the protocol."""
    return envelope() if request.param == "modern" else None


@pytest.fixture
def raw(store: SparkQ, meta: Message | None) -> Iterator[Raw]:
    """A chat."""
    with Raw(store.config.root) as raw:
        if meta is None:
            raw.initialize()
        yield raw
        code, said = raw.end()
        assert (code, "Traceback" in said) == (0, False), said


@holds("mcp-without-project")
@pytest.mark.parametrize("is_there", [False, True])
def test_a_chat_that_held_a_claim_goes_on_in_the_database_that_is_there_now(
    store: SparkQ, raw: Raw, meta: Message | None, is_there: bool
) -> None:
    add(store, "old")
    assert raw.tool("claim", {"queue": "backend"}, meta=meta)["task"]["prompt"] == "old"
    remove(store)
    fresh = set_up_again(store)
    if is_there:
        add(fresh, "new")

    late = raw.tool("complete", {"task_id": 1, "attempt": 1, "result": "Done."}, 3, meta)
    if not is_there:
        add(fresh, "new")
    claimed = raw.tool("claim", {"queue": "backend"}, 4, meta)
    settled = raw.tool("complete", {"task_id": 1, "attempt": 1, "result": "Done."}, 5, meta)

    assert late["error"] in (("invalid_value", "wrong_state") if is_there else ("no_such_task",))
    assert (claimed["task"]["prompt"], claimed["task"]["attempt"], "open_claims" in claimed) == ("new", 1, False)
    assert settled["status"] == "succeeded"
    assert [attempt.result for attempt in tasks.detail(fresh, 1).attempts] == ["Done."]
    fresh.close()


def test_a_chat_keeps_the_only_copy_open_until_it_is_saved(store: SparkQ, raw: Raw, meta: Message | None) -> None:
    add(store, "old")
    assert raw.tool("claim", {"queue": "backend"}, meta=meta)["task"]["prompt"] == "old"
    folder = copies.rescue(store.config)
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("in the way of the copies")
    remove(store)
    set_up_again(store).close()

    refused = raw.tool("list_queues", {}, meta=meta)
    folder.unlink()
    served = raw.tool("list_queues", {}, meta=meta)

    assert (refused["error"], "cannot be copied" in refused["message"]) == ("storage", True)
    assert served["queues"][0]["running"] == 0
    (copy,) = folder.glob("*.db")
    with closing(apsw.Connection(str(copy))) as saved:
        assert saved.execute("SELECT status FROM tasks").fetchall() == [("running",)]


def test_while_the_database_is_missing_each_call_names_the_cure(store: SparkQ, raw: Raw, meta: Message | None) -> None:
    raw.tool("list_queues", {}, meta=meta)
    remove(store)

    for number in (3, 4):
        refused = raw.tool("list_queues", {}, number, meta)
        assert (refused["error"], "was removed while it was open" in refused["message"]) == ("replaced", True)
        assert refused["next"].endswith("If there is none, tell the person: sparkq restore")
        (copy,) = store.config.root.glob("sparkq/rescue/*.db")
        assert str(copy) in refused["message"]
    assert not database_of(store.config.root).exists()

    set_up_again(store).close()
    assert [queue["name"] for queue in raw.tool("list_queues", {}, 5, meta)["queues"]] == ["backend"]


def test_a_chat_that_starts_after_the_loss_names_the_copies(store: SparkQ) -> None:
    assert store.version()
    for file in database_of(store.config.root).parent.glob("sparkq.db*"):
        file.unlink()
    copy = store.rescue()

    with Raw(store.config.root) as raw:
        raw.initialize()
        refused = raw.tool("list_queues", {})

    assert (refused["error"], str(copy) in refused["message"]) == ("database_gone", True)
    assert "sparkq restore" in refused["next"]
    assert "setup" not in refused["next"]


def test_a_chat_whose_project_was_moved_is_to_be_started_in_the_new_place(
    store: SparkQ, raw: Raw, meta: Message | None
) -> None:
    raw.tool("list_queues", {}, meta=meta)
    here = store.config.root
    away = here.rename(here.with_name("away"))

    refused = raw.tool("list_queues", {}, 3, meta)

    away.rename(here)
    assert (refused["error"], "restore" in refused["next"]) == ("moved", False)
    assert refused["next"].startswith("If it was moved, the database is in it: start this process again")
    assert [queue["name"] for queue in raw.tool("list_queues", {}, 4, meta)["queues"]] == ["backend"]


@holds("mcp-wait")
@pytest.mark.parametrize("is_missing_for_a_while", [False, True])
def test_a_waiting_claim_gets_the_first_task_of_the_database_that_is_there_now(
    store: SparkQ, raw: Raw, meta: Message | None, is_missing_for_a_while: bool
) -> None:
    call = waiting()
    call["params"]["_meta"] |= meta or {}
    raw.send(call)
    assert raw.receive()["method"] == "notifications/progress"

    remove(store)
    if is_missing_for_a_while:
        assert raw.tool("list_queues", {}, 8, meta)["error"] == "replaced"
    fresh = set_up_again(store)
    add(fresh, "new")

    claimed = raw.answer(7)["result"]["structuredContent"]
    assert (claimed["task"]["prompt"], status(fresh)) == ("new", "running")
    fresh.close()
