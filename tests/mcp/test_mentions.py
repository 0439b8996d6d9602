"""What `@` offers in a client: the listed resources, kept up to date, and never more than a menu."""

import json

import anyio
import pytest
from mcp import Client
from mcp_types import ResourceListChangedNotification

from sparkq_core import inbox, queues, tasks
from sparkq_core.project import SparkQ
from sparkq_mcp.mentions import MAX_QUEUES, MAX_TASKS
from sparkq_mcp.server import build
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, take
from tests.harness.waiting import SECONDS
from tests.mcp.chat import Raw, chat
from tests.promises import holds

pytestmark = pytest.mark.anyio
FIXED = ["Queues", "Scripts", "Worker playbook"]


def finished(sq: SparkQ, *prompts: str) -> None:
    """Tasks that wait for a review."""
    for number in add(sq, *prompts):
        take(sq, task_id=number)
        tasks.complete(sq, number, "Done.", attempt=1)


async def offered(client: Client) -> list[str]:
    """The names in the client's menu, without those of every project."""
    listed = (await client.list_resources()).resources
    return [resource.name for resource in listed if resource.name not in FIXED and "board" not in str(resource.uri)]


@holds("mcp-mentions")
async def test_active_queues_and_the_newest_tasks_to_review_are_offered(sq: SparkQ, queue: str) -> None:
    queues.create(sq, "ended")
    queues.end(sq, "ended")
    finished(sq, "Fix the dates", "Write docs\x1b[31m")
    inbox.review(sq, 1)
    async with chat(sq) as client:
        listed = {resource.name: resource for resource in (await client.list_resources()).resources}
        assert await offered(client) == ["backend", "#2 Write docs\\x1b[31m"]
        uri = str(listed["#2 Write docs\\x1b[31m"].uri)
        read = json.loads(getattr((await client.read_resource(uri)).contents[0], "text", ""))

    assert (uri, read["result_summary"]) == ("sparkq://tasks/2", "Done.")
    assert listed["backend"].description == "A queue with its counts and instructions."


async def test_the_menu_stays_short(sq: SparkQ, queue: str) -> None:
    for number in range(MAX_QUEUES + 5):
        queues.create(sq, f"queue-{number}")
    finished(sq, *(f"task {number}" for number in range(MAX_TASKS + 5)))
    async with chat(sq) as client:
        names = await offered(client)

    assert len(names) == MAX_QUEUES + MAX_TASKS
    assert next(name for name in names if name.startswith("#")) == f"#{MAX_TASKS + 5} task {MAX_TASKS + 4}"


@holds("mcp-mentions")
async def test_a_client_hears_when_the_menu_changes_and_only_then(sq: SparkQ, queue: str) -> None:
    server = build(lambda: second_handle(sq))
    heard = anyio.Event()

    async def hear(message: object) -> None:
        if isinstance(message, ResourceListChangedNotification):
            heard.set()

    async with Client(server, mode="legacy", message_handler=hear) as client:
        assert await offered(client) == ["backend"]
        tasks.enqueue(sq, queue, "not to review yet")
        take(sq)
        tasks.complete(sq, 1, "Done.", attempt=1)
        with anyio.fail_after(SECONDS):
            await heard.wait()
        assert await offered(client) == ["backend", "#1 not to review yet"]


@holds("mcp-mentions")
async def test_a_listener_hears_of_it_too(sq: SparkQ, queue: str) -> None:
    async with chat(sq) as client:
        with anyio.fail_after(SECONDS):
            async with client.listen(resources_list_changed=True) as changes:
                queues.create(sq, "docs")
                async for change in changes:
                    assert "list" in type(change).__name__.lower()
                    break


def test_the_server_says_that_its_list_changes(store: SparkQ) -> None:
    with Raw(store.config.root) as raw:
        capabilities = raw.initialize()["result"]["capabilities"]

    assert capabilities["resources"] == {"subscribe": True, "listChanged": True}


async def test_without_a_project_the_fixed_ones_are_listed(tmp_path: object) -> None:
    from sparkq_core.errors import NoProject

    def missing() -> SparkQ:
        raise NoProject("none", "")

    assert {resource.name for resource in await build(missing).list_resources()} >= set(FIXED)
