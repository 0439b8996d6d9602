"""The packet of a claim: all that a worker needs to begin, within the size of an answer."""

from sparkq_core import queues, wire
from sparkq_core.lifecycle import QueueStatus, Status
from sparkq_core.model import Claim, Settled, Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_mcp.answers.next_step import Steps
from sparkq_mcp.answers.truncation import (
    ANSWER_SIZE,
    LongText,
    cut_to_fit,
    get_task_call,
    queue_instructions_call,
    shorten,
    size,
)
from sparkq_mcp.chat import Chat

PACKET_SIZE = ANSWER_SIZE - 300
"""Bytes of a packet: it may come with the answer to a completion."""

PREVIOUS_SIZE = 2000
"""Bytes of the earlier outcome, however much room there is."""

INSTRUCTIONS_SIZE = 1000
"""Bytes of the queue's instructions: every packet has them, since its reader may be a context that has seen none."""

OPEN_TITLE = 60
"""Most characters of the title of an open claim."""


def packet(sq: SparkQ, chat: Chat, steps: Steps, claim: Claim) -> wire.Json:
    """Return the task of `claim` with the queue's instructions, the other open claims of the chat, and the next step."""
    facts: wire.Json = {"task": wire.claimed(claim)}
    if claim.instructions:
        facts["instructions"] = claim.instructions
    facts["remaining"] = claim.remaining
    facts["next"] = steps.do(claim, chat.worker)
    _add_open_claims(facts, sq, chat, steps, besides=claim.task.id)
    previous = claim.earlier.text if claim.earlier else None
    if (
        size(facts) > PACKET_SIZE
        or (previous and size(previous) > PREVIOUS_SIZE)
        or (claim.instructions and size(claim.instructions) > INSTRUCTIONS_SIZE)
    ):
        return _cut(facts, claim, steps)
    return facts


def nothing_claimed(sq: SparkQ, chat: Chat, steps: Steps, queue: str, waited: int = 0) -> wire.Json:
    """Return the answer to a claim for which there was no task within `waited` seconds."""
    why, gate = chat.spent(sq, queue), gates.of_name(sq.db, queue)
    remaining = queues.counts_of(sq, queues.by_name(sq, queue)).queued if why or gate else 0
    step = steps.spent(why) if why else steps.gated(gate, waited) if gate else _empty(sq, steps, queue, waited)
    facts: wire.Json = {"task": None, "remaining": remaining, **_held(sq, queue), **wire.gate(gate), "next": step}
    _add_open_claims(facts, sq, chat, steps)
    return facts


def settlement(sq: SparkQ, chat: Chat, steps: Steps, settled: Settled, claim_next: bool) -> wire.Json:
    """Return the answer to an outcome: the next step and, for `claim_next`, the packet of the task that was claimed."""
    facts, claim = {**wire.settled(settled)}, settled.claimed
    before = []
    if settled.again:
        kept = "your other words are kept beside the first, for the person" if settled.kept else "nothing changed"
        before = [f"#{settled.task.id} was settled so before; {kept}."]
    if claim is not None:
        claimed = packet(sq, chat, steps, claim)
        step = " ".join([*before, claimed.pop("next")])
        return facts | {"remaining": claimed.pop("remaining"), "next": step, "claimed": claimed}
    if (why := chat.spent(sq, settled.task.queue)) is not None:
        before.append(steps.spent(why))
    elif settled.gate is not None:
        before.append(steps.gated(settled.gate))
    elif settled.remaining and not settled.archived:
        before.append(steps.more_waits(settled.task.queue, settled.remaining))
    else:
        before.append(_empty(sq, steps, settled.task.queue))
    facts["next"] = " ".join(before)
    if claim_next:
        claimed = {"task": None}
        facts["claimed"] = claimed
        _add_open_claims(facts, sq, chat, steps)
    return facts


def after_release(sq: SparkQ, steps: Steps, task: Task) -> str:
    """Return the step after a task was released, with a question or without."""
    if task.status != Status.HELD:
        return steps.released(task.id, task.queue)
    is_archived = queues.with_id(sq, task.queue_id).status == QueueStatus.ARCHIVED
    nothing = is_archived or gates.of_queue(sq.db, task.queue_id) is not None
    return steps.asked(task.id, task.queue, 0 if nothing else queues.waiting(sq.db, task.queue_id))


def _empty(sq: SparkQ, steps: Steps, queue: str, waited: int = 0) -> str:
    held = queues.held(sq.db, queue)
    return steps.queue_empty(queues.by_name(sq, queue), queues.with_work(sq), waited, held)


def _held(sq: SparkQ, queue: str) -> wire.Json:
    """Return how many tasks of an empty queue wait for the person's answer, if some do."""
    held = queues.held(sq.db, queue)
    return {"held": held} if held else {}


def _add_open_claims(facts: wire.Json, sq: SparkQ, chat: Chat, steps: Steps, besides: int = 0) -> None:
    """Add the other attempts that the chat holds, which may be those of its subagents: as information, not as an order."""
    claims = chat.open_claims(sq, besides)
    if not claims:
        return
    now = sq.clock.now()
    facts["open_claims"] = [
        {
            "id": claim.task_id,
            "attempt": claim.attempt,
            "title": shorten(claim.title, OPEN_TITLE),
            "for_s": max(now - claim.claimed_at, 0) // 1000,
        }
        for claim in claims
    ]
    facts["next"] = f"{facts['next']} {steps.still_open(claims, now)}"


def _cut(facts: wire.Json, claim: Claim, steps: Steps) -> wire.Json:
    """Cut the long texts of the packet. `next` asks to read the cut ones first, except for the earlier outcome.

    What no tool of this server reads on is not cut: half a prompt is worse than a long answer.
    """
    task, call, earlier = facts["task"], get_task_call(claim.task.id), claim.earlier
    texts = [LongText(task, name, name, call) for name in ("prompt", "feedback", "question", "answer")]
    reads_on = queue_instructions_call(claim.task.queue)
    texts.append(LongText(facts, "instructions", "instructions", reads_on, INSTRUCTIONS_SIZE))
    if earlier is not None and earlier.text is not None:
        task["previous"]["text"] = earlier.text if _is_read_on(call, steps) else shorten(earlier.text, PREVIOUS_SIZE)
        texts.append(LongText(task["previous"], "text", f"attempt-{earlier.attempt}", call, PREVIOUS_SIZE))
    whole = [each for each in texts if not _is_read_on(each.call, steps) and each.key in each.holder]
    beside = sum(size(each.text) for each in whole)
    fit = cut_to_fit(facts, [each for each in texts if _is_read_on(each.call, steps)], PACKET_SIZE + beside)
    if {"prompt", "feedback", "question", "answer", "instructions"} & fit.get("more", {}).keys():
        fit["next"] = f"Read on what is cut, by the calls in more. {fit['next']}"
    return fit


def _is_read_on(call: str, steps: Steps) -> bool:
    """True if this server offers the tool of a call."""
    return call.partition("(")[0] in steps.tools
