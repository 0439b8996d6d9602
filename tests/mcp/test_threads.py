"""What may take long is done aside: other chats of the server are answered meanwhile, and nothing is lost by it."""

import logging
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import anyio
import pytest
from mcp import Client

from sparkq_core import scripts, search, tasks
from sparkq_core.changes import recorder, recording
from sparkq_core.errors import NoProject
from sparkq_core.maintenance import rounds
from sparkq_core.project import SparkQ
from sparkq_mcp.server import build
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, take
from tests.mcp.chat import Message, call, chat
from tests.promises import holds

pytestmark = pytest.mark.anyio

PATIENCE_SECONDS = 30.0


class Slow:
    """A function of the core that takes as long as the test wants, and tells whether it had to wait in vain."""

    def __init__(self, fn: Callable[..., Any]) -> None:
        self._fn = fn
        self._go = threading.Event()
        self.begun = False
        self.went = False

    def __call__(self, *args: Any, **options: Any) -> Any:
        self.begun = True
        self.went = self._go.wait(PATIENCE_SECONDS)
        return self._fn(*args, **options)

    async def has_begun(self) -> None:
        while not self.begun:
            await anyio.sleep(0.01)

    def go(self) -> None:
        self._go.set()


@pytest.fixture
def repository(sq: SparkQ) -> SparkQ:
    """A project in a repository: its claims and results note what Git says."""
    subprocess.run(["git", "init", "--quiet"], cwd=sq.config.root, check=True)
    return sq


@holds("busy-aside")
async def test_others_are_answered_while_a_chat_waits_for_the_lock_of_another_process(sq: SparkQ, queue: str) -> None:
    claims: list[Message] = []

    async with chat(sq) as client, anyio.create_task_group() as group:

        async def claim() -> None:
            claims.append(await call(client, "claim", queue="backend"))

        add(sq, "one")
        with second_handle(sq).db.write():
            group.start_soon(claim)
            for _ in range(3):
                assert (await call(client, "list_queues"))["queues"][0]["queued"] == 1
            assert claims == []

    assert claims[0]["task"]["id"] == 1


LONG: dict[str, tuple[Any, str, str, Message]] = {
    "a search": (search, "find_page", "list_tasks", {"search": "one"}),
    "the index of scripts": (scripts, "index", "queue_instructions", {}),
}


@pytest.mark.parametrize("what", LONG)
async def test_others_are_answered_while_something_takes_long(
    repository: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    module, name, tool, arguments = LONG[what]
    slow = Slow(getattr(module, name))
    monkeypatch.setattr(module, name, slow)
    add(repository, "one")
    answers: list[Message] = []

    async with chat(repository) as client, anyio.create_task_group() as group:

        async def ask() -> None:
            answers.append(await call(client, tool, **arguments))

        group.start_soon(ask)
        await slow.has_begun()
        assert "is_error" not in await call(client, "list_queues")
        slow.go()

    assert slow.went
    assert "is_error" not in answers[0]


async def test_others_are_answered_while_the_resource_of_scripts_is_read(
    sq: SparkQ, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = Slow(scripts.index)
    monkeypatch.setattr(scripts, "index", slow)

    async with chat(sq) as client, anyio.create_task_group() as group:
        group.start_soon(client.read_resource, "sparkq://scripts")
        await slow.has_begun()
        assert "is_error" not in await call(client, "list_queues")
        slow.go()

    assert slow.went


async def test_a_claim_is_made_at_once(sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hop to another thread costs as much as the claim."""
    claim, threads = tasks.claim, []

    def noted(*args: Any, **options: Any) -> Any:
        threads.append(threading.get_ident())
        return claim(*args, **options)

    monkeypatch.setattr(tasks, "claim", noted)
    add(sq, "one")

    async with chat(sq) as client:
        await call(client, "claim", queue="backend")

    assert threads == [threading.get_ident()]


@pytest.mark.parametrize("verb", ["claim", "complete"])
async def test_an_answer_does_not_wait_for_the_record_of_what_changed(
    repository: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    slow = Slow(recording.record)
    monkeypatch.setattr(recorder, "record", slow)
    add(repository, "one", "two")
    take(repository)

    async with chat(repository) as client:
        settles = {"task_id": 1, "attempt": 1, "result": "done"}
        answer = await call(client, verb, **({"queue": queue} if verb == "claim" else settles))
        await slow.has_begun()
        assert "is_error" not in await call(client, "list_queues")
        slow.go()

    assert "is_error" not in answer


async def test_only_the_thread_of_the_event_loop_opens_the_project(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(rounds, "FIRST_SECONDS", 0)
    caplog.set_level(logging.INFO, "sparkq.mcp")
    threads = set()

    def opener() -> SparkQ:
        threads.add(threading.get_ident())
        raise NoProject("Nothing here.", "Set it up.")

    async with Client(build(opener)):
        with anyio.fail_after(PATIENCE_SECONDS):
            while not any("next try in" in record.message for record in caplog.records):
                await anyio.sleep(0.01)

    assert threads == {threading.get_ident()}
