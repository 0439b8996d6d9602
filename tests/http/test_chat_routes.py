"""The chats behind the tasks, over REST."""

from typing import NamedTuple

import pytest

from sparkq_core import tasks
from sparkq_core.chats import Caller, presence
from sparkq_core.project import SparkQ
from tests.harness.task_steps import add, take, take_in_chat
from tests.http.caller import Caller as Http
from tests.promises import holds


class Worked(NamedTuple):
    """The first task was done and the second is worked on by a chat, the third by somebody without one."""

    queue: str
    done: int
    running: int
    by_hand: int


@pytest.fixture
def worked(behind: SparkQ, line: str) -> Worked:
    """A queue that a chat works."""
    claude = Caller("claude-code", "2.1.332", f"61f077aa-{line}", "/home/ann/my shop", "opus")
    tasks_there = Worked(line, *add(behind, "one", "two", "three", queue=line))
    take_in_chat(behind, claude, tasks_there.done)
    tasks.complete(behind, tasks_there.done, "Done.", attempt=1)
    take_in_chat(behind, claude, tasks_there.running)
    take(behind, queue=line, task_id=tasks_there.by_hand)
    return tasks_there


def test_a_task_leads_to_its_chat(worked: Worked, call: Http) -> None:
    chat = call.get(f"/api/tasks/{worked.done}/chat").facts

    assert chat["resume"] == f"cd '/home/ann/my shop' && claude --resume 61f077aa-{worked.queue}"
    assert [(work["task_id"], work.get("outcome")) for work in chat["attempts"]] == [
        (worked.running, None), (worked.done, "succeeded"),
    ]  # fmt: skip
    assert (chat["client"], chat["total"], chat["running"], chat["last_task_id"]) == (
        "claude-code", 2, 1, worked.running,
    )  # fmt: skip
    assert call.get(f"/api/tasks/{worked.done}").facts["history"][0]["model"] == "opus"


def test_chats_are_listed_of_all_queues_or_of_one(worked: Worked, behind: SparkQ, call: Http) -> None:
    (other,) = add(behind, "four", queue=worked.queue)
    take_in_chat(behind, Caller("gemini"), other)

    of_queue = call.get(f"/api/chats?queue={worked.queue}").facts["chats"]
    assert [chat["client"] for chat in of_queue] == ["gemini", "claude-code"]
    assert [chat["last_task_id"] for chat in call.get("/api/chats?limit=2").facts["chats"]] == [other, worked.running]


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/api/tasks/{by_hand}/chat", 404, "no_chat"),
        ("/api/tasks/999999/chat", 404, "no_such_task"),
        ("/api/tasks/{done}/chat?attempt=2", 404, "no_chat"),
        ("/api/tasks/{done}/chat?limit=0", 400, "invalid_value"),
        ("/api/chats?queue=nope", 404, "no_such_queue"),
    ],
)
def test_refusals(worked: Worked, call: Http, path: str, status: int, error: str) -> None:
    call.get(path.format(**worked._asdict())).refused(status, error)


@holds("chat-gone")
def test_a_running_task_says_that_its_chat_was_closed(worked: Worked, behind: SparkQ, call: Http) -> None:
    chat = call.get(f"/api/tasks/{worked.running}/chat").facts
    presence.close(behind, chat["id"], "its client closed the connection")

    running = call.get(f"/api/tasks?status=running&queue={worked.queue}").facts["tasks"]
    closed = {task["id"]: task.get("chat_closed_at") for task in running}
    assert closed[worked.by_hand] is None
    assert closed[worked.running] == call.get(f"/api/tasks/{worked.running}/chat").facts["closed_at"]
