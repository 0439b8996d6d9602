"""`sparkq chat`: from a result back into the chat that made it."""

import json
import re
from collections.abc import Iterator

import pytest

from sparkq_cli.picture import picture
from sparkq_core import project, queues, tasks
from sparkq_core.chats import Caller, presence
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take, take_in_chat
from tests.harness.terminal import Terminal
from tests.promises import holds

CLAUDE = Caller("claude-code", "2.1.332", "61f077aa-8d2a", "/home/ann/my shop")
CODEX = Caller("codex", session="0199ab-7f31", cwd="/home/ann/shop", model="gpt-5")
BACK = "cd '/home/ann/my shop' && claude --resume 61f077aa-8d2a"
GEMINI = Caller("gemini", cwd="/home/ann/shop")


@pytest.fixture
def worked(sq: SparkQ) -> Iterator[SparkQ]:
    """#1 done and #2 failed by Claude, #3 done by Codex in docs, #4 by Gemini, #5 on the command line, #6 queued."""
    queues.create(sq, "docs")
    add(sq, "Fix the dates", "two")
    add(sq, "three", queue="docs")
    add(sq, "four", "five", "six")
    clock = SetClock(SystemClock().now() - 7_200_000)
    earlier = project.open(sq.config.root, env={}, clock=clock)
    for number, chat in ((1, CLAUDE), (2, CLAUDE), (3, CODEX), (4, GEMINI)):
        take_in_chat(earlier, chat, number)
        clock.move(30)
        if number == 2:
            tasks.fail(earlier, number, "no logs", attempt=1)
        else:
            tasks.complete(earlier, number, "Done.", attempt=1)
    take(sq, "worker-box-backend", task_id=5)
    yield sq
    earlier.close()


@holds("command-chat")
def test_a_task_leads_to_its_chat_and_all_that_it_worked_on(bare: Shell, worked: SparkQ) -> None:
    shown = bare.ok("chat", "#1")

    for words in ("claude-code 2.1.332", "/home/ann/my shop", "2 attempts", "Fix the dates", f"\n  {BACK}\n"):
        assert words in shown
    assert [" ".join(line.split()[:2]) for line in shown.splitlines() if line.startswith("  #")] == [
        "#2 failed", "#1 succeeded",
    ]  # fmt: skip


@holds("command-chat")
def test_the_command_alone_is_for_a_shell(bare: Shell, worked: SparkQ) -> None:
    assert bare.ok("chat", "2", "--command") == f"{BACK}\n"
    assert bare.ok("chat", "--queue", "docs", "--command") == "cd /home/ann/shop && codex resume 0199ab-7f31\n"


def test_the_chat_of_a_queue_is_the_one_that_claimed_last_in_it(bare: Shell, worked: SparkQ) -> None:
    """It may have gone on with another queue since."""
    add(worked, "seven", queue="docs")
    take_in_chat(worked, CLAUDE, 7)
    tasks.requeue(worked, 3, again=True)
    take_in_chat(worked, CODEX, 3)

    assert bare.facts("chat", "--queue", "docs")["client"] == "codex"
    assert bare.facts("chat", "--queue", "backend")["client"] == "gemini"


def test_each_attempt_has_its_own_chat(bare: Shell, worked: SparkQ) -> None:
    tasks.requeue(worked, 2)
    take_in_chat(worked, CODEX, 2)

    assert bare.facts("chat", "2")["client"] == "codex"
    assert bare.facts("chat", "2", "--attempt", "1")["client"] == "claude-code"


def test_without_a_task_it_lists_the_newest_chats(bare: Shell, worked: SparkQ) -> None:
    facts = bare.facts("chat")

    assert [chat["client"] for chat in facts["chats"]] == ["gemini", "codex", "claude-code"]
    assert [chat["last_task_id"] for chat in facts["chats"]] == [4, 3, 2]
    assert facts["chats"][2]["resume"] == BACK
    assert "claude-code" in bare.ok("chat").splitlines()[-1]


@holds("command-chat")
@pytest.mark.parametrize(
    ("code", "arguments", "words"),
    [
        (3, "99", "There is no task #99."),
        (3, "0", "There is no task #0."),
        (3, "5", "#5 was not worked by a chat over MCP, but by worker-box-backend."),
        (3, "6", "#6 was not claimed yet"),
        (3, "1 --attempt 2", "#1 has no attempt 2.\n        It has 1 attempt."),
        (3, "4 --command", "gemini does not tell which conversation it was."),
        (3, "--queue nope", "There is no queue 'nope'."),
        (3, "--queue empty", "No chat has worked on empty yet"),
        (2, "1 --queue backend", "A task and a queue were given."),
        (2, "--command", "--command needs a task or a queue."),
        (2, "1 --command --json", "--command and --json were both given."),
        (2, "--attempt 1", "--attempt needs a task."),
        (2, "one", "'one' is not a task id."),
        (2, "1 --limit 0", "--limit"),
    ],
)
def test_refusals_say_what_is_wrong(bare: Shell, worked: SparkQ, code: int, arguments: str, words: str) -> None:
    bare.ok("queue", "create", "empty")

    assert words in bare.refused(code, "chat", *arguments.split())


def test_a_project_without_chats_says_how_to_begin(bare: Shell, sq: SparkQ) -> None:
    assert bare.ok("chat") == "No chat has worked on a task yet. Connect a client: sparkq connect claude-code\n"


def test_the_task_names_its_chat(bare: Shell, worked: SparkQ) -> None:
    shown = bare.ok("task", "3")

    assert "codex, " in shown
    assert "to open it again: sparkq chat 3" in shown
    assert (
        json.loads(bare.ok("task", "3", "--json"))["chat"]["resume"] == "cd /home/ann/shop && codex resume 0199ab-7f31"
    )


def test_the_review_shows_the_chat_at_a_key(bare: Shell, worked: SparkQ) -> None:
    with Terminal(bare, "review", "--queue", "docs") as terminal:
        assert "chat: codex, " in terminal.until("[c]hat")
        terminal.type("c")
        terminal.until("codex resume 0199ab-7f31")
        terminal.until("[q]uit")
        terminal.type("q")


@holds("chat-gone")
def test_wherever_a_running_task_is_shown_its_closed_chat_is_too(bare: Shell, worked: SparkQ) -> None:
    claim = take_in_chat(worked, CLAUDE, 6)
    assert "chat closed" not in bare.ok()
    presence.close(worked, claim.chat_id or 0, "its client closed the connection")

    for command in ((), ("tasks",), ("tasks", "--status", "running")):
        shown = bare.ok(*command)
        assert re.search(r"#6\b.*its chat closed at \d\d:\d\d: sparkq chat 6", shown), shown
    assert any("its chat closed at " in line for line in picture(worked, None))
    assert re.search(r"closed at \d\d:\d\d\n +open it again, or fail or release the task: cd ", bare.ok("task", "6"))
    assert re.search(r"state +closed at \d\d:\d\d: its client closed the connection", bare.ok("chat", "6"))
    assert BACK in bare.ok("chat", "6")
