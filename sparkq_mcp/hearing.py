"""Hears what the hooks of a client tell about its chats.

A hook knows which chat it is about, where the process of a server may not: after /clear it serves another one.
"""

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from sparkq_core.chat_hooks.answer import Answer, Speaker, answer, asks, leave, refused
from sparkq_core.chat_hooks.event import HookEvent
from sparkq_core.errors import Busy, NoProject, SparkQError
from sparkq_core.storage import patience
from sparkq_core.wire import compact
from sparkq_mcp.chat import Chat
from sparkq_mcp.state import STDIO, ServerState

NOTHING: Answer = {}
CLIENT_PROCESS = str(os.getppid())
"""The client: it starts another server at any time, but a chat that is resumed has another client."""

FIRST_SECONDS = 0.03
"""How long a hook that is heard at once waits for other processes."""

LEFT = "another chat began in its client"
"""Why a chat is gone."""

log = logging.getLogger("sparkq.mcp")


def hear(
    state: ServerState, connection: str | None, arguments: Mapping[str, Any], calling: Callable[[], Chat]
) -> Answer:
    """Take what a hook tells about a chat (the fields of `chat_hooks.event`), and return what its client reads.

    `calling` returns the chat that calls, as it is known by then. Raises the errors of the core.
    """
    event = HookEvent.of(arguments)
    if connection is None or not event.session or state.read_only:
        return NOTHING
    try:
        return _heard(state, connection, event, calling)
    except NoProject as error:
        return refused(event, error) if asks(event) else NOTHING


def hear_at_once(state: ServerState, arguments: Mapping[str, Any], calling: Callable[[], Chat]) -> str | None:
    """Hear the hook of a client over stdio, and return the JSON that it reads: of nothing if anything goes wrong.

    None if the database is locked, and nothing has been done: then it is to be heard again.
    """
    with patience.at_most(FIRST_SECONDS) as hurry:
        try:
            return compact(hear(state, STDIO, arguments, calling))
        except Busy as busy:
            if not hurry.committed:
                return None
            log.warning("hook: %s", busy.message)
        except SparkQError as refused:
            log.warning("hook: %s", refused.message)
        except Exception:  # of any kind: a hook that fails disturbs the chat
            log.exception("a hook failed")
    return compact(NOTHING)


def _heard(state: ServerState, connection: str, event: HookEvent, calling: Callable[[], Chat]) -> Answer:
    told = state.hooked.hearing(connection, event)
    sq, before = state.sq, calling()
    if before.caller.session not in (None, told.session):
        leave(sq, before.caller._replace(id=before.found(sq)), LEFT)
        state.left(connection, before)
    state.hooked.hear(connection, told)
    chat = calling()
    call = state.hooked.call(event.call) if event.call else None
    if call is not None:
        event = event._replace(handed_out=((call.begun.task, call.begun.attempt),) if call.begun else ())
    said = answer(
        sq, event, Speaker(chat.caller._replace(id=chat.found(sq)), chat.worker, None if connection else CLIENT_PROCESS)
    )
    if call is not None and event.folder is not None:
        state.record_again(sq, call, event.folder)
    return said
