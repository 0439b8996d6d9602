"""Megabytes of text in several scripts through one chat, there and back: a chat that has carried much still answers."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count

import httpx2 as httpx
import pytest

from sparkq_core.project import SparkQ
from tests.http.caller import Served
from tests.mcp.chat import DEADLINE, Message, Raw, envelope
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.extent import extent

STDIO_MEGABYTES, HTTP_MEGABYTES = extent(3, 20, 200), extent(1, 5, 50)
"""How much is sent in each script, and as much read. Reading from a pipe pauses while one waits to be read."""

PROMPT_SIZE = 500_000
SCRIPTS = {
    "ascii": "plain words, ",
    "accents": "éàüß",
    "Chinese": "把結果寫進檔案。",
    "emoji": "🎉🦊🚀",
    "escaped": "把é🎉",
}

Tool = Callable[[str, Message], Message]


def as_bytes(message: Message, script: str) -> bytes:
    """A message as a client sends it: in UTF-8, or in ASCII with escapes."""
    return json.dumps(message, ensure_ascii=script == "escaped").encode()


def tool_call(number: int, name: str, arguments: Message, **more: Message) -> Message:
    params = {"name": name, "arguments": arguments} | more
    return {"jsonrpc": "2.0", "id": number, "method": "tools/call", "params": params}


@contextmanager
def over_stdio(sq: SparkQ, script: str) -> Iterator[Tool]:
    """The tools of one process."""
    numbers = count(2)
    with Raw(sq.config.root) as raw:
        raw.initialize()

        def tool(name: str, arguments: Message) -> Message:
            number = next(numbers)
            line = as_bytes(tool_call(number, name, arguments), script)
            threading.Thread(target=raw.send, args=(line,), daemon=True).start()  # for ever, if the server hangs
            return dict(raw.answer(number)["result"]["structuredContent"])

        yield tool


@contextmanager
def over_http(sq: SparkQ, script: str) -> Iterator[Tool]:
    """The tools of one server, through one connection."""
    server, numbers = Served(sq.config.root), count(2)
    with httpx.Client(timeout=DEADLINE) as client:

        def tool(name: str, arguments: Message) -> Message:
            headers = {
                "Accept": "application/json, text/event-stream",
                "Content-Type": "application/json",
                "mcp-protocol-version": "2026-07-28",
                "mcp-method": "tools/call",
                "mcp-name": name,
            }
            content = as_bytes(tool_call(next(numbers), name, arguments, _meta=envelope()), script)
            answer = client.post(f"http://127.0.0.1:{server.port}/mcp", content=content, headers=headers).content
            return dict(json.loads(answer[answer.index(b"{") :])["result"]["structuredContent"])

        yield tool
    server.stop()


@holds("mcp-robust")
@pytest.mark.parametrize(
    ("door", "megabytes"), [(over_stdio, STDIO_MEGABYTES), (over_http, HTTP_MEGABYTES)], ids=["stdio", "http"]
)
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_chat_that_has_carried_megabytes_still_answers(
    sq: SparkQ,
    queue: str,
    script: str,
    door: Callable[[SparkQ, str], AbstractContextManager[Tool]],
    megabytes: int,
    counts: Counts,
) -> None:
    piece = SCRIPTS[script]
    prompt = piece * (PROMPT_SIZE // len(piece.encode()))

    with door(sq, script) as tool:
        for task_id in range(1, megabytes * 1_000_000 // PROMPT_SIZE + 1):
            assert tool("enqueue", {"queue": "backend", "prompt": prompt})["id"] == task_id
            assert whole_prompt(tool, task_id) == prompt

    counts(megabytes=2 * megabytes)


def whole_prompt(tool: Tool, task_id: int) -> str:
    """A task's prompt, read part by part as the answers say."""
    read, more = "", "prompt:0"
    while more:
        answer = tool("get_task", {"task_id": task_id, "more": more})
        read += answer["text"]
        more = f"prompt:{len(read)}" if "more" in answer else ""
    return read
