"""Someone at a terminal in their repository, with nothing but the installed commands."""

import json
import os
import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.harness.shell import Done

BROKEN = {"Fix defect number 3", "Fix defect number 7"}
"""The tasks that fail at the first try."""

SECONDS = 60


class Person:
    """Someone at a terminal in their repository, with nothing but the installed commands."""

    def __init__(self, folder: Path, home: Path, bin_folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": f"{bin_folder}:{os.defpath}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "GIT_CONFIG_GLOBAL": os.devnull,
        }

    def types(self, *command: str, stdin: str = "") -> Done:
        done = subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def sparkq(self, *arguments: str, stdin: str = "") -> str:
        done = self.types("sparkq", *arguments, stdin=stdin)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    def asks(self, *arguments: str) -> Any:
        return json.loads(self.sparkq(*arguments, "--json"))

    def files(self) -> dict[str, bytes]:
        """Everything in the repository but what Git keeps for itself."""
        return {
            str(file.relative_to(self.folder)): file.read_bytes()
            for file in self.folder.rglob("*")
            if file.is_file() and ".git" not in file.relative_to(self.folder).parts
        }

    async def works(self, queue: str, done: list[str]) -> None:
        """A chat that pulls the queue with the server of `.mcp.json` until it is empty; some of it fails."""
        async with chat_of(self) as client:
            packet = await called(client, "claim", queue=queue)
            while packet["task"] is not None:
                task = packet["task"]
                title = task["prompt"].splitlines()[0].removeprefix("## ")
                done.append(title)
                if title in BROKEN and not task.get("feedback"):
                    await called(
                        client, "fail", task_id=task["id"], attempt=task["attempt"], error="make test does not pass"
                    )
                    packet = await called(client, "claim", queue=queue)
                else:
                    (self.folder / f"{task['id']}.txt").write_text(title)
                    settled = await called(
                        client,
                        "complete",
                        task_id=task["id"],
                        attempt=task["attempt"],
                        result=f"Did: {title}",
                        claim_next=True,
                    )
                    packet = settled["claimed"]

    def streams(self, queue: str) -> Iterator[str]:
        """A chat without MCP: it reads what the runner prints and runs the command that completes each task."""
        with subprocess.Popen(
            ["sparkq-runner", "--queue", queue, "--drain", "--poll", "1"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as runner:
            assert runner.stdout is not None
            for line in runner.stdout:
                if match := re.match(r"Task #(\d+) \(attempt (\d+)\): (.*)", line):
                    task, attempt, title = match.groups()
                elif line.startswith("sparkq complete"):
                    assert f"sparkq complete {task} --attempt {attempt} -" in line
                    assert self.types("sparkq-complete", task, f"Wrote {title}", "--attempt", attempt).code == 0
                    yield title
            assert runner.wait() == 0

    async def forgets(self, queue: str) -> Any:
        """A chat that claims, falls asleep for more than twice the timeout, and then reports; what it is told."""
        async with chat_of(self) as client:
            task = (await called(client, "claim", queue=queue))["task"]
            with anyio.fail_after(SECONDS):
                while (shown := await anyio.to_thread.run_sync(self.asks, "task", str(task["id"])))[
                    "status"
                ] != "failed":
                    await anyio.sleep(0.1)
            kinds = [event["kind"] for event in shown["events"]]
            assert kinds[-2:] == ["stale", "timed out"], "it was warned before it was failed"
            answer = await client.call_tool(
                "complete", {"task_id": task["id"], "attempt": task["attempt"], "result": "Done after all"}
            )
            assert answer.is_error
            return answer.structured_content


async def called(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.structured_content
    return result.structured_content


@asynccontextmanager
async def chat_of(person: Person) -> AsyncIterator[Client]:
    """A chat with the server of `.mcp.json`."""
    server = json.loads((person.folder / ".mcp.json").read_text())["mcpServers"]["sparkq"]
    async with Client(
        stdio_client(StdioServerParameters(**server, cwd=person.folder, env=person.environment))
    ) as client:
        yield client
