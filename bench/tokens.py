"""Row 14: what a model has to read, in bytes of JSON; a token is taken for four bytes."""

import json
from typing import Any

import anyio
from mcp import Client

from bench.figure import Figure, at_most, opened
from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from sparkq_mcp.server import build

TITLES = "Mend the {} of module {} and add its test"


def measure() -> list[Figure]:
    """Through a real client in memory."""
    with opened() as sq:
        return anyio.run(_measured, sq)


async def _measured(sq: SparkQ) -> list[Figure]:
    async with Client(build(lambda: sq)) as client:
        tools = (await client.list_tools()).tools
        shown = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.input_schema} for tool in tools
        ]
        visible = len(json.dumps(shown, separators=(",", ":"))) + len(client.instructions or "")
        tasks.enqueue_all(sq, "main", [tasks.Draft(TITLES.format("parser", number)) for number in range(20)])
        listed = await _call(client, "list_tasks", queue="main")
        queues.create(sq, "three", instructions="Run make test.")
        prompts = [f"Mend defect {number}. " + "x" * 400 for number in range(3)]
        tasks.enqueue_all(sq, "three", [tasks.Draft(prompt) for prompt in prompts])
        loop = await _loop(client) - sum(len(prompt) for prompt in prompts)
    return [
        at_most(14, "tokens of the tools and instructions", visible / 4, 1300, ""),
        at_most(
            14,
            "a list of 20 tasks",
            len(json.dumps(listed[0], ensure_ascii=False, separators=(",", ":")).encode()),
            1536,
            "B",
        ),
        at_most(14, "tokens of a loop of three tasks, besides their prompts", loop / 4, 1500, ""),
    ]


async def _call(client: Client, tool: str, **arguments: Any) -> tuple[Any, int]:
    answer = await client.call_tool(tool, arguments)
    text = answer.content[0].text  # type: ignore[union-attr]  # text is all that is sent
    return answer.structured_content, len(text.encode()) + len(json.dumps(arguments))


async def _loop(client: Client) -> int:
    packet, size = await _call(client, "claim", queue="three")
    while packet["task"] is not None:
        settled, more = await _call(
            client, "complete", task_id=packet["task"]["id"], result="Done; make test passes.", claim_next=True
        )
        packet, size = settled["claimed"], size + more
    return size
