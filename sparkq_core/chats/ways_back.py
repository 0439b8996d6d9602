"""The way back into a chat: the command that opens its client with the same conversation again.

What a client says of itself is foreign text, and you may paste the command into a shell. So the folder is quoted, and a
session that is not a plain word gets no command.
"""

import re
import shlex
from typing import NamedTuple

from sparkq_core.model import Chat

RESUME = {
    "claude-code": "claude --resume {}",
    "codex": "codex resume {}",
    "gemini": "gemini --resume {}",
    "opencode": "opencode --session {}",
}
"""The command with which a client opens the conversation of a session."""

LATEST = {"gemini": "gemini --resume", "opencode": "opencode --continue"}
"""The command with which a client that tells no session over MCP opens the latest conversation of a folder."""

_SESSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
"""A session as the clients write them. One that begins with a dash would be an option."""


class WayBack(NamedTuple):
    """The command that leads back into a chat, or why there is none."""

    command: str | None = None
    problem: str | None = None


def to(chat: Chat) -> WayBack:
    """Return the way back into a chat."""
    if chat.session is None:
        return WayBack(problem=_without_session(chat))
    if not _SESSION.fullmatch(chat.session):
        return WayBack(problem="Its session id is not a plain word, so it is not put into a command.")
    resume = RESUME.get(chat.client)
    if resume is None:
        return WayBack(problem=f"SparkQ does not know how {chat.client} opens a conversation again.")
    return WayBack(_in_folder(chat, resume.format(chat.session)))


def _without_session(chat: Chat) -> str:
    problem = f"{chat.client} does not tell which conversation it was."
    latest = LATEST.get(chat.client)
    return f"{problem} The latest one in that folder: {_in_folder(chat, latest)}" if latest else problem


def _in_folder(chat: Chat, command: str) -> str:
    """Return the command with a change to the folder in which the chat was begun, since clients list chats by folder."""
    return f"cd {shlex.quote(chat.cwd)} && {command}" if chat.cwd and chat.cwd.startswith("/") else command
