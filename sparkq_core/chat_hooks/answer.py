"""Answer a client's hook."""

from sparkq_core import chats
from sparkq_core.chat_hooks.event import HookEvent
from sparkq_core.chats import Caller
from sparkq_core.project import SparkQ
from sparkq_core.tasks import limit

Answer = dict[str, object]
"""What the client reads as the answer of its hook; empty if it is to go on as it is."""


def _wait_for_limit(sq: SparkQ, event: HookEvent, chat_id: int) -> None:
    from sparkq_core.chat_hooks.limit_end import limit_end  # time zones: few chats ever need them

    limit.reached(sq, chat_id, limit_end(event.details, sq.clock.now()))


def answer(sq: SparkQ, event: HookEvent, caller: Caller, worker: str) -> Answer:
    """Take what a hook tells about the chat `caller`, whose worker is `worker`, and return what the hook answers."""
    if event.event == "PostToolUse" and event.handed_out:
        chats.correct(sq, caller, worker, event.handed_out)
    if caller.id is not None:
        if (event.event, event.error) == ("StopFailure", "rate_limit"):
            _wait_for_limit(sq, event, caller.id)
        else:
            limit.over(sq, caller.id)
    return {}
