"""Checks: the command of a queue that proves a task done, and what its runs say about an attempt.

The worker runs the command, in its own shell: SparkQ's server never does. A strict queue completes a task only if the
command has passed on the very files that there are at the outcome.
"""

import json
from typing import Any

from sparkq_core import queues, times
from sparkq_core.changes import current
from sparkq_core.changes.current import Files
from sparkq_core.changes.git import Deadline
from sparkq_core.errors import Busy, CheckFailed, CheckMissing, InvalidText, InvalidValue, SparkQError, TreeChanged
from sparkq_core.events import note
from sparkq_core.lifecycle import CheckOutcome
from sparkq_core.model import CHECK_COLUMNS, QUEUE_COLUMNS, Check, Queue
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader, Transaction
from sparkq_core.storage.numbers import storable
from sparkq_core.text import checked, counted, cut, safe
from sparkq_core.verdicts import Giver, mark

SET = f"""
UPDATE queues SET check_command = :command, max_checks = :most WHERE id = :queue RETURNING {QUEUE_COLUMNS}
"""
DEMANDED = "q.check_command IS NOT NULL AND q.review_limit IS NOT NULL"
"""The condition on a queue `q` under which a task is completed only after its check has passed."""

NEEDED = f"""
SELECT q.check_command, q.max_checks, t.attempts FROM tasks AS t JOIN queues AS q ON q.id = t.queue_id
WHERE t.id = :task AND t.status = 'running' AND t.attempts = coalesce(:attempt, t.attempts)
AND {DEMANDED}
"""
LATEST = f"""
SELECT {CHECK_COLUMNS} FROM checks
WHERE task_id = :task AND attempt = :attempt AND command = :command AND outcome <> 'stopped' ORDER BY number DESC LIMIT 1
"""
LATEST_ON = f"""
SELECT {CHECK_COLUMNS} FROM checks WHERE task_id = :task AND attempt = :attempt AND command = :command
AND outcome IN ('passed', 'failed') AND tree IS :tree AND work_tree IS :work_tree ORDER BY number DESC LIMIT 1
"""
FAILED = """
SELECT count(*) FROM checks WHERE task_id = :task AND attempt = :attempt AND command = :command AND outcome = 'failed'
"""
ON_RESULT = """
UPDATE checks SET same_tree = (tree = :tree AND work_tree = :work_tree)
WHERE task_id = :task AND attempt = :attempt AND tree IS NOT NULL
"""
OF_TASK = f"SELECT {CHECK_COLUMNS} FROM checks WHERE task_id = :task ORDER BY attempt, number"
OF_OUTCOME = """
coalesce((
    SELECT json_object('outcome', c.outcome, 'command', c.command, 'exit_code', c.exit_code, 'duration_ms', c.duration_ms,
        'same_tree', c.same_tree, 'touched', json(c.touched),
        'failed', (SELECT count(*) FROM checks AS f WHERE f.task_id = c.task_id AND f.attempt = c.attempt AND f.outcome = 'failed'),
        'runs', (SELECT count(*) FROM checks AS r WHERE r.task_id = c.task_id AND r.attempt = c.attempt AND r.outcome <> 'stopped'))
    FROM checks AS c WHERE c.task_id = tasks.id AND c.attempt = coalesce(accepted_attempt, attempts) AND c.number = (
        SELECT coalesce(max(iif(n.same_tree = 1, n.number, NULL)), max(n.number)) FROM checks AS n
        WHERE n.task_id = c.task_id AND n.attempt = c.attempt AND n.outcome <> 'stopped'
    )
), iif(status = 'succeeded', (
    SELECT json_object('outcome', 'missing', 'command', q.check_command) FROM queues AS q
    WHERE q.id = tasks.queue_id AND q.check_command IS NOT NULL
), NULL))
"""
"""The check of a task's outcome as JSON, in a SELECT of `tasks`: its latest run, or that which ran on the very files of the
outcome; `missing` if the queue has a check that was not run. NULL if there is nothing to say."""

OF_THIS = f"SELECT {OF_OUTCOME} FROM tasks WHERE id = :task"

MAX_COMMAND = 4096
"""Bytes of a command."""

MOST_CHECKS = 100
MAX_CHECKS = 3
"""How often a check may fail for an attempt unless you say otherwise, as the column has it."""

SHOWN = 80
"""Characters of a command in a sentence."""

SECONDS = 20.0
"""How long Git may take to say what the files are: before a check, after it, and when its task is completed."""


def set_command(
    sq: SparkQ, name: str, command: str | None, most: int | None = None, *, giver: Giver | None = None
) -> Queue:
    """Set the command that proves a task of the queue done, or remove it with None. An attempt may fail it `most` times
    (1 to 100; None keeps the number). `giver` is by what door you said so.

    Raises NoSuchQueue, InvalidText, InvalidValue.
    """
    if command is not None:
        checked_command(command)
    if most is not None and not 1 <= most <= MOST_CHECKS:
        raise InvalidValue(
            f"A check that may fail {most} times is not possible.", f"Give a number from 1 to {MOST_CHECKS}."
        )
    with sq.db.write() as tx:
        queue = queues.get(tx, name)
        most = queue.max_checks if most is None else most
        if (queue.check_command, queue.max_checks) == (command, most):
            return queue
        queue = Queue(*tx.rows(SET, {"queue": queue.id, "command": command, "most": most})[0])
        note(
            tx,
            sq.clock.now(),
            "queue check",
            queue=queue.id,
            text="none" if command is None else f"{command} (at most {counted(most, 'failure')})",
            **mark(giver),
        )
        return queue


def checked_command(command: str) -> str:
    """Return a command if it can be a check: one line of at most 4,096 bytes. Raises InvalidText."""
    checked(command, "check", limit=MAX_COMMAND)
    if len(command.splitlines()) > 1:
        raise InvalidText("The check has more than one line.", "Put the lines into a script, and give its name.")
    return command


def is_needed(db: Reader, task_id: int, attempt: int | None = None) -> bool:
    """True if completing the running attempt looks at its files, for which Git takes a while."""
    return _needed(db, task_id, attempt) is not None


def files_now(sq: SparkQ, task_id: int, attempt: int | None) -> Files | None:
    """Return the files that the check of a running attempt must have passed on: those of the work tree in which it ran.

    None if the queue completes a task without a check, or if Git cannot say. Takes at most SECONDS.
    """
    needed = _needed(sq.db, task_id, attempt)
    last = _latest(sq.db, task_id, needed) if needed is not None else None
    return None if last is None else current.files_of(sq.config, last.work_tree, Deadline.after(SECONDS))


def refusal(tx: Transaction, task_id: int, attempt: int | None, files: Files | None) -> SparkQError | None:
    """Return why the running attempt cannot be completed with these files; None if it can, or is not running.

    If a check has passed on them, note that it is about the outcome.
    """
    needed = _needed(tx, task_id, attempt)
    if needed is None:
        return None
    last = _latest(tx, task_id, needed)
    error = _missing(task_id, needed) if last is None else _lacking(tx, last, files, needed[1])
    if error is None and files is not None:
        tx.run(ON_RESULT, {"task": task_id, "attempt": needed[2], **files._asdict()})
    return error


def _lacking(tx: Transaction, last: Check, files: Files | None, most: int) -> SparkQError | None:
    """Return what is wrong, where `last` is the latest run of the check, whatever files it ran on."""
    if files is None and last.tree is not None:
        return Busy(
            f"Git could not say in {SECONDS:.0f} s whether the files of #{last.task_id} are those that were checked.",
            "Try again.",
        )
    values = {"task": last.task_id, "attempt": last.attempt, "command": last.command}
    row = tx.row(LATEST_ON, values | {"tree": files and files.tree, "work_tree": files and files.work_tree})
    run = last if row is None else Check(*row)
    if run.outcome == CheckOutcome.FAILED:
        times = failures(tx, run.task_id, run.attempt, run.command)
        return failed(run.task_id, run.attempt, run.command, times, most)
    return _changed(run) if row is None or run.outcome == CheckOutcome.CHANGED else None


def failures(db: Reader, task_id: int, attempt: int, command: str) -> int:
    """Return how often an attempt has failed this check."""
    row = db.row(FAILED, {"task": task_id, "attempt": attempt, "command": command})
    return int(row[0]) if row else 0


def call(task_id: int, attempt: int) -> str:
    """Return the command by which a worker runs the check of its attempt."""
    return f"sparkq check {task_id} --attempt {attempt}"


def _missing(task_id: int, needed: tuple[str, int, int]) -> CheckMissing:
    command, _, attempt = needed
    return CheckMissing(
        f"#{task_id} has not been checked: its queue completes a task only after this has passed: {short(command)}",
        f"Run: {call(task_id, attempt)}",
        task_id,
        attempt,
        command,
    )


def failed(task_id: int, attempt: int, command: str, times: int, most: int) -> CheckFailed:
    """Return the error for an attempt whose check has failed so many times, of at most `most`."""
    is_spent = times >= most
    way = f'Fail the task with what stops it: sparkq fail {task_id} --attempt {attempt} "…"'
    again = f"Correct the cause, then run: {call(task_id, attempt)}"
    return CheckFailed(
        f"The check of #{task_id} has failed, {times} of at most {counted(most, 'time')}: {short(command)}",
        way if is_spent else again,
        task_id,
        attempt,
        command,
        is_spent,
    )


def _changed(run: Check) -> TreeChanged:
    why = "files changed while it ran" if run.outcome == CheckOutcome.CHANGED else "files have changed since"
    if run.tree is None:
        why = "it is not known on which files"
    return TreeChanged(
        f"The check of #{run.task_id} has passed, but {why}: {short(run.command)}",
        f"Run it on the files as they are: {call(run.task_id, run.attempt)}",
        run.task_id,
        run.attempt,
        run.command,
    )


def short(command: str) -> str:
    """Return a command as it is part of a sentence."""
    return safe(cut(command, SHOWN))


def _needed(db: Reader, task_id: int, attempt: int | None) -> tuple[str, int, int] | None:
    """Return the command, how often it may fail, and the running attempt, in a queue that needs a check."""
    row = db.row(NEEDED, {"task": storable(task_id), "attempt": storable(attempt)})
    return None if row is None else (str(row[0]), int(row[1]), int(row[2]))


def _latest(db: Reader, task_id: int, needed: tuple[str, int, int]) -> Check | None:
    row = db.row(LATEST, {"task": task_id, "command": needed[0], "attempt": needed[2]})
    return Check(*row) if row else None


def of_outcome(db: Reader, task_id: int) -> str | None:
    """Return the check of a task's outcome as JSON, None if there is nothing to say."""
    row = db.row(OF_THIS, {"task": task_id})
    return row[0] if row else None


def of_task(db: Reader, task_id: int) -> tuple[Check, ...]:
    """Return all runs of checks for a task, in their order."""
    return tuple(Check(*row) for row in db.rows(OF_TASK, {"task": task_id}))


def described(check: str | None) -> str:
    """Format the check of an outcome: `✓ make test, exit 0, 41 s, on this very tree`; nothing if there is nothing to say."""
    if check is None:
        return ""
    known: dict[str, Any] = json.loads(check)
    command, outcome = short(known["command"]), known["outcome"]
    if outcome == "missing":
        return f"– not checked: {command}"
    if outcome == CheckOutcome.FAILED:
        return f"✗ {command}, exit {known['exit_code']}: {known['failed']} of {known['runs']} failed"
    if outcome == CheckOutcome.CHANGED:
        return f"✗ {command}: files changed while it ran"
    where = {1: "on this very tree", 0: "on another tree"}.get(known["same_tree"], "files not compared")
    before = f", after {counted(known['failed'], 'failure')}" if known["failed"] else ""
    return f"✓ {command}, exit 0, {times.took(known['duration_ms'], tenths=False)}, {where}{before}"


def warning(check: str | None) -> str:
    """Say which files that the check itself reads were changed; nothing if none were."""
    touched = json.loads(check).get("touched") if check is not None else None
    return f"changed what the check reads: {', '.join(map(safe, touched))}" if touched else ""
