"""`sparkq hook`"""

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.options import new_app
from sparkq_core import chats, project
from sparkq_core.chat_hooks.answer import Answer, Speaker, answer, asks, refused
from sparkq_core.chat_hooks.event import HookEvent
from sparkq_core.chats import Caller
from sparkq_core.config.loading import environment
from sparkq_core.errors import SparkQError

app = new_app()

MAX_INPUT = 8 * 1024 * 1024
"""Most bytes that are read: a hook may carry the answer of a tool."""


@app.command()
def hook(
    client: Annotated[
        str, typer.Option("--client", metavar="NAME", help="The client whose hook it is, as SparkQ shows it.")
    ] = "",
) -> None:
    """Answer a hook of an MCP client about one of its chats. A client calls it, with JSON on standard input.

    It keeps a chat at the queue that you assigned it to, and tells SparkQ which chat works. It prints JSON for the client, and
    ends with exit code 0 whatever happens, so that it never disturbs a chat.

    Example: sparkq hook --client codex
    """
    show.json_line(_answered(client))


def _answered(client: str) -> Answer:
    with suppress(
        Exception
    ):  # of any kind: a hook that fails disturbs the chat of someone who may not use SparkQ there
        facts = json.loads(sys.stdin.buffer.read(MAX_INPUT))
        event = HookEvent.of(facts if isinstance(facts, dict) else {})
        return _said(event, client) if event.session else {}
    return {}


def _said(event: HookEvent, client: str) -> Answer:
    env = environment()
    name = client or ("claude-code" if env.get("CLAUDECODE") else "codex")
    folder = event.folder if event.folder is not None and event.folder.is_dir() else Path.cwd()
    try:
        sq = project.open(folder, env=env)
        caller = Caller(name, session=event.session, cwd=str(folder), model=event.model or None)
        return answer(sq, event, Speaker(caller, chats.worker_name(name, event.session)))
    except SparkQError as error:
        return refused(event, error) if asks(event) else {}
