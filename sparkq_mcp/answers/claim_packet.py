"""The packet of a claim: all that a worker needs to begin, within the size of an answer."""

from sparkq_core import wire
from sparkq_core.model import Claim, Settled
from sparkq_core.project import SparkQ
from sparkq_mcp.answers.truncation import (
    ANSWER_SIZE,
    LongText,
    cut_to_fit,
    get_task_call,
    queue_instructions_call,
    size,
)
from sparkq_mcp.chat import Chat

PACKET_SIZE = ANSWER_SIZE - 300
"""Bytes of a packet: it may come with the answer to a completion."""

PREVIOUS_SIZE = 2000
"""Bytes of the earlier outcome, however much room there is."""

SETTLE_OPEN = "Settle the open claims."
EMPTY = "The queue is empty"


def packet(sq: SparkQ, chat: Chat, claim: Claim | None) -> wire.Json:
    """Return the task of `claim`, the next step, and the queue's instructions if `chat` has not seen this revision."""
    if claim is None:
        return _nothing_claimed(sq, chat)
    chat.add_claim(claim)
    task, revision = claim.task, claim.instructions_revision
    facts: wire.Json = {"task": wire.claimed(claim)}
    if revision > 0 and chat.seen_revisions.get(task.queue_id) != revision:
        facts["instructions"] = claim.instructions
        chat.seen_revisions[task.queue_id] = revision
    if others := chat.open_claims(sq, besides=task.id):
        facts["open_claims"] = others
    facts["remaining"] = claim.remaining
    facts["next"] = f"Do it, then complete or fail {task.id}; progress before the deadline keeps it."
    previous = claim.earlier.text if claim.earlier else None
    if size(facts) > PACKET_SIZE or (previous and size(previous) > PREVIOUS_SIZE):
        return _cut(facts, claim)
    return facts


def _nothing_claimed(sq: SparkQ, chat: Chat) -> wire.Json:
    others = chat.open_claims(sq)
    step = SETTLE_OPEN if others else f"{EMPTY}: stop, or claim with wait."
    return {"task": None, "remaining": 0, "next": step} | ({"open_claims": others} if others else {})


def _cut(facts: wire.Json, claim: Claim) -> wire.Json:
    """Cut the long texts of the packet. `next` asks to read the cut ones first, except for the earlier outcome."""
    task, call = facts["task"], get_task_call(claim.task.id)
    texts = [
        LongText(task, "prompt", "prompt", call),
        LongText(task, "feedback", "feedback", call),
        LongText(facts, "instructions", "instructions", queue_instructions_call(claim.task.queue)),
    ]
    if claim.earlier is not None and claim.earlier.text is not None:
        task["previous"]["text"] = claim.earlier.text
        texts.append(LongText(task["previous"], "text", f"attempt-{claim.earlier.attempt}", call, PREVIOUS_SIZE))
    fit = cut_to_fit(facts, texts, PACKET_SIZE)
    if {"prompt", "feedback", "instructions"} & fit.get("more", {}).keys():
        fit["next"] = f"Read on what is cut, by the calls in more. {fit['next']}"
    return fit


def after_settling(sq: SparkQ, chat: Chat, settled: Settled, claim_next: bool) -> wire.Json:
    """Return the next step after an outcome with which no task was claimed.

    A chat that reports an outcome again may have missed the task claimed with it: it sees the open claims.
    """
    others = chat.open_claims(sq) if claim_next or settled.again else []
    steps = ["It was already settled so; nothing changed."] if settled.again else []
    if settled.archived:
        steps.append(f"The queue {settled.task.queue} is archived: it hands out nothing.")
    if others:
        steps.append(f"{SETTLE_OPEN} claim with task_id shows one again." if settled.again else SETTLE_OPEN)
    elif not settled.archived:
        stop = f"{EMPTY}: stop, or claim with wait." if claim_next else f"{EMPTY}."
        steps.append("Claim the next task." if settled.remaining else stop)
    open_claims = {"open_claims": others} if others else {}
    if claim_next and not settled.again:
        return {"next": " ".join(steps), "claimed": {"task": None} | open_claims}
    return {"next": " ".join(steps)} | open_claims
