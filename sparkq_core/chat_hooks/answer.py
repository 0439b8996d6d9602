"""Answer a client's hook."""

from typing import NamedTuple

from sparkq_core import chats
from sparkq_core.chat_hooks import typed
from sparkq_core.chat_hooks.event import HookEvent
from sparkq_core.chat_hooks.turn_end import reminder
from sparkq_core.chats import Caller
from sparkq_core.errors import SparkQError
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments
from sparkq_core.tasks import limit
from sparkq_core.text import counted

Answer = dict[str, object]
"""What the client reads as the answer of its hook; empty if it is to go on as it is."""

COMMANDS = {"sparkq:work": "work", "sparkq:stop": "stop"}
"""The commands of the plugin that change what a chat is held to."""


class Speaker(NamedTuple):
    """The chat whose hook it is: `caller` as the store knows it, its worker's name, and its client's process."""

    caller: Caller
    worker: str
    process: str | None = None


def answer(sq: SparkQ, event: HookEvent, speaker: Speaker) -> Answer:
    """Take what a hook tells about its chat, and return what it answers."""
    _heard_of_limit(sq, event, speaker.caller)
    match event.event:
        case "PostToolUse":
            _called(sq, event, speaker)
        case "UserPromptExpansion" if event.command in COMMANDS:
            return _typed(sq, event, speaker, COMMANDS[event.command], event.args)
        case "UserPromptSubmit" if (command := typed.command_in(event.prompt)) is not None:
            return _typed(sq, event, speaker, *command)
        case "Stop":
            return _end_of_turn(sq, event, speaker)
        case "SessionEnd":
            leave(sq, speaker.caller, "its chat was closed")
    return {}


def _called(sq: SparkQ, event: HookEvent, speaker: Speaker) -> None:
    """Take note of a claim or an outcome: whose it is, and in which turn the chat works."""
    if event.handed_out:
        chats.correct(sq, speaker.caller, speaker.worker, event.handed_out)
    if event.turn and (chat_id := _id_of(sq, speaker.caller)) is not None:
        assignments.go_on_in(sq, chat_id, event.turn)


def _heard_of_limit(sq: SparkQ, event: HookEvent, caller: Caller) -> None:
    """Let what the chat holds wait for the end of its usage limit; every other sign of the chat ends that, except that it
    was closed."""
    chat_id = _id_of(sq, caller)
    if chat_id is None or event.event == "SessionEnd":
        return
    if (event.event, event.error) != ("StopFailure", "rate_limit"):
        limit.over(sq, chat_id)
        return
    from sparkq_core.chat_hooks.limit_end import limit_end  # time zones: few chats ever need them

    limit.reached(sq, chat_id, limit_end(f"{event.details}\n{event.said}", sq.clock.now()))


def leave(sq: SparkQ, caller: Caller, why: str) -> None:
    """Record that a chat is gone, and with it what it was assigned to."""
    chat_id = _id_of(sq, caller)
    if chat_id is not None:
        chats.close(sq, chat_id, why)
        assignments.end(sq, chat_id, why[0].upper() + why[1:])


def refused(event: HookEvent, error: SparkQError) -> Answer:
    """Return the answer to a command that cannot be obeyed: the client shows it to you, and asks no model."""
    if event.event not in ("UserPromptExpansion", "UserPromptSubmit"):
        return {}
    return {"decision": "block", "reason": f"{error.message} {error.hint}".strip()}


def asks(event: HookEvent) -> bool:
    """True if the event is a command of yours to SparkQ, which is answered even where no project is."""
    return event.command in COMMANDS or typed.command_in(event.prompt) is not None


def _typed(sq: SparkQ, event: HookEvent, speaker: Speaker, command: str, arguments: str) -> Answer:
    if command == "stop":
        return _stop(sq, event, speaker)
    try:
        given = assignments.give(
            sq, speaker.caller, typed.order(arguments, sq.clock.now()), speaker.process, event.turn or None
        )
    except SparkQError as error:
        return refused(event, error)
    queued = f"{counted(given.left, 'task')} for it now"
    context = (
        f"SparkQ: the person asked this chat to work {given.goal}; there {'is' if given.left == 1 else 'are'} {queued}. "
        "When you end your turn before that, you are reminded."
    )
    stop = "/sparkq:stop" if event.command else "sparkq:stop"  # clients without the plugin's commands read prompts
    return _context(event, context) | {"systemMessage": f"SparkQ: {given.sentence}. To end it: {stop}"}


def _stop(sq: SparkQ, event: HookEvent, speaker: Speaker) -> Answer:
    chat_id = _id_of(sq, speaker.caller)
    ended = assignments.end(sq, chat_id, "You stopped it") if chat_id is not None else None
    if ended is None:
        return refused(event, SparkQError("This chat is not assigned to a queue.", typed.USAGE))
    queue = ended.queue or "the queues"
    return _context(event, f"SparkQ: this chat is no longer asked to work {queue}. Claim nothing more.")


def _end_of_turn(sq: SparkQ, event: HookEvent, speaker: Speaker) -> Answer:
    chat_id = _id_of(sq, speaker.caller)
    if chat_id is None:
        return {}
    text = reminder(sq, chat_id, speaker.process, event.turn, background=event.background)
    if text is None:
        return {}
    if speaker.caller.client.startswith("claude"):
        return _context(event, text)  # the client shows it as advice, and a block as an error
    return {"decision": "block", "reason": text}


def _context(event: HookEvent, text: str) -> Answer:
    return {"hookSpecificOutput": {"hookEventName": event.event, "additionalContext": text}}


def _id_of(sq: SparkQ, caller: Caller) -> int | None:
    return caller.id if caller.id is not None else chats.find(sq.db, caller)
