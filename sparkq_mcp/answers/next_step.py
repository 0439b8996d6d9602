"""The next step, in the words that a model follows to the letter.

A call is spelled with its numbers, since its reader may be a context that has seen nothing else. Only tools that this
server offers are named. Every way ends: an empty queue is a reason to stop.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sparkq_core.chats import OpenClaim
from sparkq_core.errors import AttemptNeeded, TreeChanged, Unchecked
from sparkq_core.lifecycle import RELEASED, QueueStatus
from sparkq_core.model import Claim, Gate, Queue
from sparkq_core.queues.checks import call, short

TEXT_OF = {"complete": "result=…", "fail": "error=…", "progress": "note=…", "release": "…"}
"""How the text of each verb of a holder is spelled; a release may have a reason or a question."""

CLAIMS_NAMED = 3
QUEUES_NAMED = 3
MINUTE = 60
HOUR = 60 * MINUTE
LONGEST_WAIT = HOUR
"""Most seconds that a claim waits for a task."""


class Steps(NamedTuple):
    """The words of a server that offers `tools`."""

    tools: frozenset[str]

    def do(self, claim: Claim, worker: str) -> str:
        """Return the step after a claim."""
        task, number = claim.task.id, claim.task.attempts
        settle = " or ".join(
            f"{verb}(task_id={task}, attempt={number}, {TEXT_OF[verb]})"
            for verb in ("complete", "fail")
            if verb in self.tools
        )
        checked = f" run `{call(task, number)}` in the repository ({short(claim.check)})," if claim.check else ""
        step = f"Do it,{checked} then {settle}." if settle else "Do it, and report the outcome to the person."
        if "progress" in self.tools:
            step = f"{step[:-1]}; progress(task_id={task}, attempt={number}) before the deadline keeps it."
        if claim.asked is not None and claim.asked.rounds > 1 and "get_task" in self.tools:
            step = f"{step} The person answered {claim.asked.rounds} questions: get_task(task_id={task}) shows all."
        earlier = claim.earlier
        was_answered = claim.asked is not None and earlier is not None and claim.asked.attempt == earlier.attempt
        if earlier is not None and (earlier.outcome, earlier.worker) == (RELEASED, worker) and not was_answered:
            return f"This chat released it before: do not release it again. {step}"
        return step

    def still_open(self, claims: Iterable[OpenClaim], now: int) -> str:
        """Return a note on the other open claims of the chat: they are not the reader's, unless nobody works on them."""
        listed = list(claims)
        named = ", ".join(
            f"#{claim.task_id} (attempt {claim.attempt}, {duration(now - claim.claimed_at)})"
            for claim in listed[:CLAIMS_NAMED]
        )
        more = f" and {len(listed) - CLAIMS_NAMED} more" if len(listed) > CLAIMS_NAMED else ""
        again = f" If nobody works on it, claim(task_id={listed[0].task_id}) shows it again."
        state = f"Still open in this chat, perhaps with a subagent: {named}{more}."
        return f"{state}{again if 'claim' in self.tools else ''}"

    def queue_empty(self, queue: Queue, others: Iterable[tuple[str, int]], waited: int = 0, held: int = 0) -> str:
        """Return the step of a worker for whom `queue` has no task; `others` are queues with their number of tasks, and
        `held` tasks wait for the person's answer."""
        if queue.status == QueueStatus.ARCHIVED:
            return f"The queue {queue.name} is archived: it hands out nothing. Stop."
        ended = " and has ended" if queue.status == QueueStatus.ENDED else ""
        state = f"The queue {queue.name} is empty{ended}"
        if waited:
            state = f"No task came within {waited} s: {state[0].lower()}{state[1:]}"
        if held:
            state = f"{state}, and {held} {'task waits' if held == 1 else 'tasks wait'} for the person's answer"
        listed = [f"{name} ({number})" for name, number in others]
        if listed:
            more = ", …" if len(listed) > QUEUES_NAMED else ""
            with_work = f"{', '.join(listed[:QUEUES_NAMED])}{more}"
            return (
                f"{state}. Other queues have tasks: {with_work}. Claim from them only if you were asked to; else stop."
            )
        if ended or "claim" not in self.tools:
            return f"{state}. Stop."
        wait = f'claim(queue="{queue.name}", wait={LONGEST_WAIT}){" again" if waited else ""}'
        return f"{state}. Stop. (Only if you were asked to watch it: {wait}.)"

    def gated(self, gate: Gate, waited: int = 0) -> str:
        """Return the step of a worker whose queue hands out nothing until the person lets it."""
        still = f" No task came within {waited} s." if waited else ""
        wait = f' (Only if you were asked to watch it: claim(queue="{gate.queue}", wait={LONGEST_WAIT}).)'
        state = (
            f"The person has paused {gate.queue}, with {gate.queued} queued: it hands out nothing until they resume it."
        )
        if not gate.paused:
            state = f"The queue {gate.queue} hands out {gate.limit} until the person has reviewed: {gate.unreviewed} to review, "
            state = f"{state}{gate.running} running, {gate.queued} queued."
        return f"{state}{still} Stop.{wait if 'claim' in self.tools else ''}"

    def spent(self, why: str) -> str:
        """Return the step of a worker that has done what the person asked its chat for."""
        return f"{why}, so this chat gets no more tasks. Stop, and tell the person what was done."

    def more_waits(self, queue: str, remaining: int) -> str:
        """Return the step of a worker that did not ask for the next task, of which `remaining` wait."""
        call = f': claim(queue="{queue}") takes the next' if "claim" in self.tools else ""
        return f"{remaining} {'task waits' if remaining == 1 else 'tasks wait'} in {queue}{call}."

    def released(self, task_id: int, queue: str) -> str:
        """Return the step after a release, which must not lead back to the same task."""
        return (
            f"#{task_id} is at its old place in {queue}, so the next claim there gets it again. Stop here and tell the "
            "person why. To go on with other tasks, fail a task that cannot be done instead."
        )

    def asked(self, task_id: int, queue: str, remaining: int) -> str:
        """Return the step after a question: the task waits for the person, the worker does not."""
        state = f"The person answers, then #{task_id} is the next task in {queue}."
        return (
            f"{state} {self.more_waits(queue, remaining)}" if remaining else f"{state} Stop, or go on with other work."
        )

    def unchecked(self, error: Unchecked) -> str:
        """Return the step of a worker whose task is not completed without its check: the check, or the failure."""
        task, number = error.task_id, error.attempt
        fail = f"fail(task_id={task}, attempt={number}, error=…)"
        if error.is_spent:
            return f"Do not try again: {fail} with what stops it. The claim is still yours until then."
        run = f"`{call(task, number)}` in the repository, in a shell"
        if isinstance(error, TreeChanged):
            return f"Run {run}; when it passes, complete again and change no file in between."
        before = "Correct the cause, then run" if error.code == "check_failed" else "Run"
        return f"{before} {run}; when it passes, complete again. Without a shell, {fail} and say that the check could not be run."

    def with_attempt(self, error: AttemptNeeded) -> str:
        """Return the call again with its attempt. The number is spelled only if there is just one that can be meant."""
        number = str(error.attempts[0]) if len(error.attempts) == 1 else "…"
        again = f"{error.verb}(task_id={error.task_id}, attempt={number}, {TEXT_OF[error.verb]})"
        if number != "…":
            return f"Call again with the attempt: {again}."
        numbers = " or ".join(map(str, error.attempts))
        look = f" get_task(task_id={error.task_id}) shows whose they are." if "get_task" in self.tools else ""
        return f"Call again with the attempt that your claim had ({numbers}): {again}.{look}"


def duration(milliseconds: int) -> str:
    """Return a duration in one unit: `30 s`, `12 min`, `3 h`."""
    seconds = max(milliseconds, 0) // 1000
    if seconds < 2 * MINUTE:
        return f"{seconds} s"
    return f"{seconds // MINUTE} min" if seconds < 2 * HOUR else f"{seconds // HOUR} h"
