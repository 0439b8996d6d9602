"""A person's whole day with the installed product: two chats and a runner work, things go wrong, the person reviews."""

import re
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest

from tests.package.person import BROKEN, Person

pytestmark = pytest.mark.anyio

BACKEND = [f"Fix defect number {number}" for number in range(1, 13)]
DOCS = [f"Describe part {number}" for number in range(1, 9)]


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
