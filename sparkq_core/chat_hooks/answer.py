"""Answer a client's hook."""

from sparkq_core import chats
from sparkq_core.chat_hooks.event import HookEvent
from sparkq_core.chats import Caller
from sparkq_core.project import SparkQ

Answer = dict[str, object]
"""What the client reads as the answer of its hook; empty if it is to go on as it is."""


def answer(sq: SparkQ, event: HookEvent, caller: Caller, worker: str) -> Answer:
    """Take what a hook tells about the chat `caller`, whose worker is `worker`, and return what the hook answers."""
    if event.event == "PostToolUse" and event.handed_out:
        chats.correct(sq, caller, worker, event.handed_out)
    return {}
