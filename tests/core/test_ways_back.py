"""The command that leads back into a chat: what a client says of itself cannot become another command."""

import shlex
import subprocess

import pytest

from sparkq_core.chats import ways_back
from sparkq_core.model import Chat
from tests.promises import holds

SESSION = "61f077aa-1111-4d2a-9999-0123456789ab"


def chat(client: str = "claude-code", session: str | None = SESSION, cwd: str | None = "/home/ann/shop") -> Chat:
    """A chat as the store knows it."""
    return Chat(1, client, "2.1", session, cwd, None, 0, 0, None, None)


@pytest.mark.parametrize(
    ("client", "command"),
    [
        ("claude-code", f"cd /home/ann/shop && claude --resume {SESSION}"),
        ("codex", f"cd /home/ann/shop && codex resume {SESSION}"),
        ("gemini", f"cd /home/ann/shop && gemini --resume {SESSION}"),
        ("opencode", f"cd /home/ann/shop && opencode --session {SESSION}"),
    ],
)
def test_each_client_has_its_own_way_back(client: str, command: str) -> None:
    assert ways_back.to(chat(client)) == (command, None)


@pytest.mark.parametrize(
    ("unlucky", "problem"),
    [
        (chat("cursor"), "SparkQ does not know how cursor opens a conversation again."),
        (chat(session=None), "claude-code does not tell which conversation it was."),
        (
            chat("gemini", None, "/home/ann/my shop"),
            "gemini does not tell which conversation it was. "
            "The latest one in that folder: cd '/home/ann/my shop' && gemini --resume",
        ),
    ],
)
def test_where_there_is_no_command_it_says_why(unlucky: Chat, problem: str) -> None:
    assert ways_back.to(unlucky) == (None, problem)


@holds("way-back-harmless")
@pytest.mark.parametrize(
    "session",
    ["x; touch /tmp/hit", "$(id)", "--dangerously-skip-permissions", "-p", "a b", "a\n", "\\u202ea", "", "a/b"],
)
def test_an_odd_session_gets_no_command(session: str) -> None:
    assert ways_back.to(chat(session=session)).command is None


@holds("way-back-harmless")
@pytest.mark.parametrize(
    "folder", ["/tmp/a b", "/tmp/'; echo hit; '", "/tmp/$(echo hit)", "/tmp/`echo hit`", "/tmp/a\nb"]
)
def test_a_folder_stays_one_word_of_the_shell(folder: str) -> None:
    command = ways_back.to(chat(cwd=folder)).command or ""

    assert shlex.split(command) == ["cd", folder, "&&", "claude", "--resume", SESSION]
    run = subprocess.run(
        ["sh", "-c", f"claude() {{ echo opened; }}; cd() {{ printf '%s.' \"$1\"; }}; {command}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert run.stdout == f"{folder}.opened\n"


@pytest.mark.parametrize("folder", [None, "", "-", "relative/folder"])
def test_a_folder_that_is_not_a_whole_path_is_left_out(folder: str | None) -> None:
    assert ways_back.to(chat(cwd=folder)).command == f"claude --resume {SESSION}"
