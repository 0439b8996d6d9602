"""What a model sees of a conversation, and what it answers."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

Message = dict[str, Any]


class Call(NamedTuple):
    """A tool call of the model."""

    tool: str
    arguments: Message


TYPED = re.compile(r"<command-name>(/\S+)</command-name>(?:\s*<command-args>(.*?)</command-args>)?", re.DOTALL)
"""A command that the person typed, as Claude Code passes it on: its name and the rest of the line."""

Answer = str | list[Call]
Script = Callable[["Conversation"], Answer]


class Conversation(NamedTuple):
    """What the model sees of one request, from the text that opened the script.

    `argument` is what stands behind the phrase on its line. `results` are the texts of the tool results, and `said` the
    later texts of the user's side.
    """

    argument: str
    results: list[str]
    said: list[str]

    @property
    def queue(self) -> str:
        """The first word of the argument."""
        return self.argument.split()[0].strip(".:,")

    @property
    def latest(self) -> Message:
        """The newest result as JSON; empty before the first one, or if it is not an object."""
        return json_object(self.results[-1]) if self.results else {}


def conversation(request: Message, phrases: dict[str, Script]) -> tuple[Script, Conversation] | None:
    """Find the script that the newest text asks for."""
    opening: tuple[Script, str] | None = None
    answered: list[str] = []
    said: list[str] = []
    for kind, text in _user_side(request):
        match = next((phrase for phrase in phrases if kind == "text" and text.startswith(phrase)), None)
        if match is not None:
            opening, answered, said = (phrases[match], text.removeprefix(match).partition("\n")[0].strip(" .")), [], []
        elif kind == "text":
            said.append(text)
        else:
            answered.append(text)
    return (opening[0], Conversation(opening[1], answered, said)) if opening else None


def _user_side(request: Message) -> Iterator[tuple[str, str]]:
    """The texts and tool results that a client has sent, oldest first."""
    for block in _sent(request):
        if block["type"] == "text":
            command = TYPED.search(block["text"])
            yield "text", " ".join(part for part in command.groups() if part) if command else block["text"]
        elif block["type"] == "tool_result":
            yield "result", _text(block)


def results(request: Message) -> Iterator[tuple[str, str]]:
    """The tool results with the ids of their calls."""
    return ((block["tool_use_id"], _text(block)) for block in _sent(request) if block["type"] == "tool_result")


def _sent(request: Message) -> Iterator[Message]:
    return (
        block for message in request["messages"] if message["role"] == "user" for block in _blocks(message["content"])
    )


def _text(result: Message) -> str:
    return "\n".join(block.get("text", "") for block in _blocks(result.get("content", "")))


def json_object(text: str) -> Message:
    """The JSON object of a text; empty if it is something else."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _blocks(content: str | list[Message]) -> list[Message]:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content
