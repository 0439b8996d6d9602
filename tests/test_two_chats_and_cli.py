"""Two chats (two `sparkq mcp` processes) and the command line work the same project at once."""

import json
import sys
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TextIO

import anyio
import anyio.to_thread
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp_types import Implementation

from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, attempts
from tests.promises import holds

pytestmark = pytest.mark.anyio

BEFOREHAND = 32
MEANWHILE = 8
DEADLINE_SECONDS = 60


@pytest.fixture
def shell(root: Path, tmp_path: Path) -> Shell:
    return Shell(root, tmp_path / "home")


class Meeting:
    """Where chats wait for one another with their first task in hand: a quick one must not do the work of all."""

    def __init__(self, count: int) -> None:
        self._awaited = count
        self._complete = anyio.Event()

    async def join(self) -> None:
        self._awaited -= 1
        if not self._awaited:
            self._complete.set()
        await self._complete.wait()


async def chat(shell: Shell, name: str, log: TextIO, claimed: list[tuple[int, str]], meeting: Meeting) -> None:
    """Pull and complete until all forty are settled, waiting for what is still to come."""
    parameters = StdioServerParameters(
        command=sys.executable, args=["-m", "sparkq_mcp.transport.stdio"], cwd=shell.folder, env=shell.environment()
    )
    async with Client(
        stdio_client(parameters, errlog=log), client_info=Implementation(name=name, version="1")
    ) as client:
        packet = await call(client, "claim", queue="backend", wait=5)
        await meeting.join()
        while True:
            while packet["task"] is not None:
                task = packet["task"]
                claimed.append((task["id"], task["prompt"]))
                settled = await call(
                    client, "complete", task_id=task["id"], result=f"{name} did {task['prompt']}", claim_next=True
                )
                packet = settled["claimed"]
            listed = await call(client, "list_queues")
            (queue,) = listed["queues"]
            if queue["succeeded"] == BEFOREHAND + MEANWHILE:
                return
            packet = await call(client, "claim", queue="backend", wait=1)


async def call(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.structured_content
    return result.structured_content


def person(shell: Shell, claimed: list[tuple[int, str]]) -> None:
    """Enqueue the rest, look at the list, and do some by hand, all with the command."""
    for number in range(MEANWHILE):
        shell.facts("enqueue", f"from the command line {number}", "--queue", "backend")
        if number % 2:
            shell.facts("tasks", "--queue", "backend")
            continue
        by_hand(shell, claimed)


def by_hand(shell: Shell, claimed: list[tuple[int, str]]) -> None:
    task = shell.facts("claim", "--queue", "backend", "--worker", "person")["task"]
    if task is not None:
        claimed.append((task["id"], task["prompt"]))
        shell.facts("complete", str(task["id"]), f"person did {task['prompt']}")


@holds("no-server-needed", "mcp-claim-next", "claim-once", "no-lock-errors")
async def test_every_task_is_handed_out_once_and_nobody_waits_for_a_lock(
    shell: Shell, store: SparkQ, tmp_path: Path
) -> None:
    add(store, *(f"prepared {number}" for number in range(BEFOREHAND)))
    claimed: dict[str, list[tuple[int, str]]] = {"ann": [], "bob": [], "person": []}
    logs = {name: tmp_path / f"{name}.log" for name in ("ann", "bob")}
    # On a busy machine the chats may have drained the line before a command has started.
    by_hand(shell, claimed["person"])
    meeting = Meeting(len(logs))

    with ExitStack() as opened, anyio.fail_after(DEADLINE_SECONDS):
        async with anyio.create_task_group() as together:
            for name, path in logs.items():
                log = opened.enter_context(path.open("w"))
                together.start_soon(chat, shell, name, log, claimed[name], meeting)
            together.start_soon(anyio.to_thread.run_sync, person, shell, claimed["person"])

    everything = [packet for packets in claimed.values() for packet in packets]
    assert Counter(task_id for task_id, _ in everything) == Counter(range(1, BEFOREHAND + MEANWHILE + 1))
    for name, packets in claimed.items():
        assert packets, f"{name} never got a task"
        assert [task_id for task_id, _ in packets] == sorted(task_id for task_id, _ in packets)
        for task_id, prompt in packets:
            (only,) = attempts(store, task_id)
            assert (only.outcome, only.result) == ("succeeded", f"{name} did {prompt}")
            assert only.worker.startswith(name)
    for path in logs.values():
        said = path.read_text()
        assert "locked" not in said
        assert "Traceback" not in said
    assert tasks.list_page(store, tasks.Wanted(status="succeeded")).total == BEFOREHAND + MEANWHILE


@holds("no-server-needed", "mcp-instructions-each-packet", "command-mcp", "manual")
async def test_a_chat_and_the_command_see_each_other_at_once(shell: Shell, store: SparkQ, tmp_path: Path) -> None:
    with (tmp_path / "log").open("w") as log:
        parameters = StdioServerParameters(
            command=str(Path(sys.executable).with_name("sparkq")),
            args=["mcp"],
            cwd=shell.folder,
            env=shell.environment(),
        )
        async with Client(stdio_client(parameters, errlog=log)) as client:
            shell.ok("enqueue", "from the person", "--queue", "backend")
            packet = await call(client, "claim", queue="backend")
            assert packet["task"]["prompt"] == "from the person"
            assert packet["instructions"] == "Run make test."
            assert shell.facts("tasks", "--status", "running")["total"] == 1

            shell.ok("queue", "instructions", "backend", "Say it twice.")
            settled = await call(client, "complete", task_id=1, result="from the chat")
            assert settled["remaining"] == 0
            assert "from the chat" in shell.ok("review", "--list")
            shell.ok("requeue", "1", "--again", "--feedback", "once more")

            again = await call(client, "claim", queue="backend")
            assert (again["task"]["attempt"], again["task"]["feedback"]) == (2, "once more")
            assert again["instructions"] == "Say it twice."
            refused = json.loads(shell.refused(4, "fail", "1", "by hand", "--attempt", "1", "--json"))
            assert refused["error"] == "claim_lost"
