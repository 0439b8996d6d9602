"""A person's whole day with the installed product: two chats and a runner work, things go wrong, the person reviews."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from tests.harness.distribution import run
from tests.harness.shell import Done

pytestmark = pytest.mark.anyio

BACKEND = [f"Mend defect number {number}" for number in range(1, 13)]
DOCS = [f"Describe part {number}" for number in range(1, 9)]
BROKEN = {"Mend defect number 3", "Mend defect number 7"}
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
        server = json.loads((self.folder / ".mcp.json").read_text())["mcpServers"]["sparkq"]
        parameters = StdioServerParameters(**server, cwd=self.folder, env=self.environment)
        async with Client(stdio_client(parameters)) as client:
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
        server = json.loads((self.folder / ".mcp.json").read_text())["mcpServers"]["sparkq"]
        parameters = StdioServerParameters(**server, cwd=self.folder, env=self.environment)
        async with Client(stdio_client(parameters)) as client:
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


@pytest.fixture
def person(tmp_path: Path, bin_folder: Path) -> Person:
    folder, home = tmp_path / "repository", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    (folder / "README.md").write_text("Mine.\n")
    (folder / ".gitignore").write_text("*.pyc\n")
    run("git", "init", "-q", cwd=folder)
    return Person(folder, home, bin_folder)


async def test_a_whole_day_ends_as_it_began(person: Person, tmp_path: Path) -> None:
    before = person.files()

    # In the morning: set up, connect, fill two queues from two files.
    person.sparkq("setup", "--yes")
    person.sparkq("connect", "claude-code", "--allow")
    person.sparkq("config", "set", "task_classes.FAST_SCRIPT", "1")
    for queue, titles in (("backend", BACKEND), ("docs", DOCS), ("slow", [])):
        person.sparkq("queue", "create", queue, "--instructions", f"This is {queue}.")
        text = "\n".join(f"## {title}\nAs said.\n" for title in titles)
        if titles:
            assert f"{len(titles)} tasks" in person.sparkq("enqueue", "-", "--queue", queue, "--split", stdin=text)
    person.sparkq("enqueue", "A long build", "--queue", "slow", "--class", "FAST_SCRIPT")

    # Two chats, a runner, and a chat that forgets its task, all at once.
    done: list[str] = []
    streamed: list[str] = []
    refusals: list[Any] = []
    async with anyio.create_task_group() as working:
        working.start_soon(person.works, "backend", done)
        working.start_soon(person.works, "backend", done)

        async def runner() -> None:
            streamed.extend(await anyio.to_thread.run_sync(list, person.streams("docs")))

        async def sleeper() -> None:
            refusals.append(await person.forgets("slow"))

        working.start_soon(runner)
        working.start_soon(sleeper)
    assert sorted(done) == sorted(BACKEND), "each once"
    assert streamed == DOCS
    assert refusals[0]["error"] == "claim_lost"

    # In the evening: what happened, what to do about it.
    waiting = person.asks("review", "--list")
    assert waiting["total"] == 21
    since = {queue["queue"]: queue for queue in waiting["since_last_look"]["queues"]}
    assert since["backend"] | {"succeeded": 10, "failed": 2, "timed_out": 0} == since["backend"]
    assert since["docs"] | {"succeeded": 8, "failed": 0, "timed_out": 0} == since["docs"]
    assert since["slow"] | {"succeeded": 0, "timed_out": 1, "late": 1} == since["slow"]
    (late,) = person.asks("tasks", "--queue", "slow")["tasks"]
    person.sparkq("accept", str(late["id"]))
    failed = person.asks("tasks", "--status", "failed")["tasks"]
    assert {task["title"] for task in failed} == BROKEN
    for task in failed:
        person.sparkq("requeue", str(task["id"]), "--feedback", "Run make clean first.")
    again: list[str] = []
    await person.works("backend", again)
    assert set(again) == BROKEN
    person.sparkq("review", "--all")
    assert person.asks("review", "--list")["total"] == 0
    assert person.asks("tasks", "--status", "succeeded")["total"] == 21

    # At night: a copy, and nothing is left behind but what was there before.
    person.sparkq("backup", str(tmp_path / "day.db"))
    assert person.asks("purge", "--older-than", "0d", "--yes")["total"] == 21
    person.sparkq("teardown", "--force")
    left = {name: text for name, text in person.files().items() if not re.fullmatch(r"\d+\.txt", name)}
    assert left == before
    assert (tmp_path / "day.db").stat().st_size > 0
