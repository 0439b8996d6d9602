"""Answer a worker that settled a task, and hand out the next task of the queue with the answer if it wants one."""

from collections.abc import Callable
from contextlib import suppress
from socket import gethostname
from typing import Annotated

import typer

from sparkq_cli import announcement, questions, show
from sparkq_cli.context import record_change
from sparkq_cli.hand_out import HandOut, say
from sparkq_core import queues, tasks, times, wire
from sparkq_core.changes import Execution
from sparkq_core.errors import InvalidValue, SparkQError
from sparkq_core.maintenance.hook_starter import start_due
from sparkq_core.model import Claim, Settled
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates

Next = Annotated[
    bool, typer.Option("--next", help="Also claim the next task of the same queue for the same worker, and print it.")
]


def check(claim_next: bool, quiet: bool) -> None:
    """Raise InvalidValue for options that exclude each other."""
    if claim_next and quiet:
        raise InvalidValue("--next and --quiet exclude each other.", "The next task must be printed to be read.")


def settle(sq: SparkQ, verb: Callable[[], Settled], *, json: bool, quiet: bool) -> None:
    """Settle a task, print the answer, start the hooks that are due, and record what changed."""
    done = verb()
    if json:
        show.json_line(wire.settled(done))
    elif not quiet:
        show.say(show.prose(_said(done)))
    start_hooks(sq)
    record_change(sq, ended=_ended(done))


def settle_with_next(
    sq: SparkQ, verb: Callable[[str], Settled], task_id: int, attempt: int | None, *, json: bool
) -> None:
    """Settle a task, claim the next one in the same transaction, and print it with the answer.

    `verb` gets the name of the worker. Raises Unprinted if the next task cannot be printed; it is given back then, and
    the outcome stays.
    """
    worker = _worker_of(sq, task_id, attempt)
    with HandOut(sq) as out:
        done = verb(worker)
        out.claim = (
            None if done.again else done.claimed
        )  # a repeated call must not give back what the first one printed
        say(_json(done) if json else _said_with_next(done, sq.clock.now()))
    start_hooks(sq)
    record_change(sq, ended=_ended(done), begun=out.claim)


def packet(claim: Claim) -> wire.Json:
    """Convert a claim to JSON: the task, how many are left, and the queue's instructions if there are any."""
    facts: wire.Json = {"task": wire.claimed(claim), "remaining": claim.remaining}
    return facts | ({"instructions": claim.instructions} if claim.instructions else {})


def nothing(sq: SparkQ, queue: str) -> wire.Json:
    """Return the JSON of a claim that got no task: `held` tasks wait for your answer, or the queue hands out none."""
    held, gate = queues.held(sq.db, queue), gates.of_name(sq.db, queue)
    return {"task": None, "remaining": gate.queued if gate else 0, **wire.gate(gate)} | ({"held": held} if held else {})


def _worker_of(sq: SparkQ, task_id: int, attempt: int | None) -> str:
    """Return the worker of the attempt that is settled. Raises NoSuchTask."""
    detail = tasks.detail(sq, task_id)
    workers = {each.attempt: each.worker for each in detail.attempts}
    return workers.get(attempt or detail.task.attempts, f"cli-{gethostname()}")


def _json(done: Settled) -> bytes:
    return show.json_bytes(wire.settled(done) | {"claimed": None if done.claimed is None else packet(done.claimed)})


def _said_with_next(done: Settled, now: int) -> str:
    if done.claimed is not None:
        task = announcement.text(done.claimed, now, announcement.More.WANTED, again=done.again, instructions=True)
        return f"{_said(done)}\n\n{task}"
    if done.archived:
        return f"{_said(done)} It is archived and hands out no tasks."
    if done.gate is not None:
        return f"{_said(done)} {gates.sentence(done.gate)}: {gates.opener(done.gate)}"
    if done.remaining:  # a repeated call has only the task that came with the first
        return f"{_said(done)} For the next one: sparkq claim --queue {done.task.queue}"
    return f"{_said(done)} There is no next task."


def _said(done: Settled) -> str:
    held = f" {questions.waiting(done.held)}." if done.held else ""
    return f"{_outcome(done)} {done.remaining} queued in {done.task.queue}.{held}"


def _outcome(done: Settled) -> str:
    task = done.task
    if not done.again:
        took = f" after {times.took(task.duration_ms)}" if task.duration_ms is not None else ""
        return f"{wire.friendly(task.id)} {task.status}{took}."
    change = "your other words are kept beside the first, for the review" if done.kept else "nothing changed"
    if (done.attempt, done.outcome) == (task.attempts, task.status):
        return f"{wire.friendly(task.id)} {task.status} already; {change}."
    return (
        f"Attempt {done.attempt} of {wire.friendly(task.id)} {done.outcome} already; {change}. "
        f"The task is {task.status}{f', attempt {task.attempts}' if task.attempts != done.attempt else ''}."
    )


def _ended(done: Settled) -> Execution | None:
    """Return the attempt that has just ended; None if it had ended before."""
    return None if done.again else Execution(done.task.id, done.attempt)


def start_hooks(sq: SparkQ) -> None:
    """Start the hooks that are due after what the command did."""
    with suppress(SparkQError):  # the result is safe: the next process that looks starts them
        start_due(sq)
