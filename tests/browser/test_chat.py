"""The chat behind a task, on the page: who it was, that it is gone, and the way back into it."""

from collections.abc import Iterator

import pytest

from sparkq_core import project
from sparkq_core.chats import Caller, presence
from sparkq_core.project import SparkQ
from tests.browser.screen import Screen, expect
from tests.harness.task_steps import add, take_in_chat
from tests.http.caller import Served
from tests.promises import holds

CLAUDE = Caller("claude-code", "2.1.332", "61f077aa-8d2a", "/home/ann/my shop", "opus")
EVIL = Caller("claude-code<img src=x onerror=alert(1)>", session="x; rm -rf ~", cwd="/tmp/<b>x</b>")


@pytest.fixture
def behind(served: Served) -> Iterator[SparkQ]:
    """The project of the server, as another process sees it."""
    opened = project.open(served.root, env={})
    yield opened
    opened.close()


@holds("chat-gone")
def test_a_task_leads_to_its_chat_and_says_at_once_that_it_was_closed(
    screen: Screen, behind: SparkQ, line: str
) -> None:
    (task,) = add(behind, "Fix the dates", queue=line)
    claim = take_in_chat(behind, CLAUDE, task)
    screen.open(f"/tasks/{task}?tab=rounds")
    chat = screen.main.locator("dl.facts > div", has_text="Chat")
    expect(chat).to_contain_text("claude-code, ")
    expect(chat.locator("code")).to_have_text("cd '/home/ann/my shop' && claude --resume 61f077aa-8d2a")
    expect(chat.get_by_role("button", name="Copy the command")).to_be_visible()
    expect(chat).not_to_contain_text("closed")

    presence.close(behind, claim.chat_id or 0, "its client closed the connection")

    expect(chat).to_contain_text("closed at ")
    screen.open(f"/queues/{line}")
    expect(screen.row(task)).to_contain_text("its chat closed at ")
    screen.open("/inbox")
    expect(screen.main).to_contain_text(f"#{task} is running, but its chat closed at ")


def test_what_a_client_says_of_itself_is_text(screen: Screen, behind: SparkQ, line: str) -> None:
    (task,) = add(behind, "Fix the dates", queue=line)
    take_in_chat(behind, EVIL, task)
    screen.open(f"/tasks/{task}?tab=rounds")

    chat = screen.main.locator("dl.facts > div", has_text="Chat")
    expect(chat).to_contain_text("claude-code<img src=x onerror=alert(1)>")
    expect(chat).to_contain_text("Its session id is not a plain word, so it is not put into a command.")
    expect(screen.main.locator("img")).to_have_count(0)
