"""Show what an attempt changed: its files, or the patch between its two trees."""

from collections.abc import Sequence
from typing import NamedTuple

from sparkq_core.changes import diff, sequence
from sparkq_core.changes.git import Deadline, Git, GitFailed, NoAnswer
from sparkq_core.changes.states import OBJECT_ID, State, described, parsed
from sparkq_core.errors import Kind, NoSuchTask, SparkQError
from sparkq_core.model import Attempt
from sparkq_core.project import SparkQ
from sparkq_core.storage.numbers import storable

SECONDS = 30.0
"""How long one look may take."""

RECORD_MS = 5_000
"""An attempt that ended less long ago may not be recorded yet (recording.py)."""

STATES = """
SELECT a.attempt, a.outcome, a.git_before, a.git_after FROM tasks JOIN attempts AS a ON a.task_id = tasks.id
    AND a.attempt = coalesce(:attempt, accepted_attempt, attempts)
WHERE tasks.id = :task
"""
EXISTS = "SELECT t.attempts, q.name FROM tasks AS t JOIN queues AS q ON q.id = t.queue_id WHERE t.id = :task"
FINISHED_AT = "SELECT finished_at FROM attempts WHERE task_id = :task AND attempt = :attempt"


class NoChange(SparkQError):
    """It is not known what the attempt changed, or not any more."""

    kind, code = Kind.NOT_FOUND, "no_change"


class Change(NamedTuple):
    """What an attempt changed: the trees at its claim and at its outcome, and all that is known of both."""

    task: int
    attempt: int
    before: State
    after: State

    @property
    def trees(self) -> tuple[str, str]:
        """The ids of both trees."""
        return self.before["tree"], self.after["tree"]

    @property
    def is_known(self) -> bool:
        """True if there are two trees, of one work tree."""
        trees = (state.get("tree", "") for state in (self.before, self.after))
        return self.before.get("work_tree") == self.after.get("work_tree") and all(map(OBJECT_ID.fullmatch, trees))


def known(task: int, attempt: Attempt) -> Change:
    """Return what is known of an attempt's change, of which the trees may be missing."""
    return Change(task, attempt.attempt, parsed(attempt.git_before), parsed(attempt.git_after))


def of(sq: SparkQ, task_id: int, attempt: int | None = None) -> Change:
    """Return the change of an attempt, by default of the one whose outcome counts.

    Raises NoSuchTask, and NoChange if there are not two trees of one work tree.
    """
    values = {"task": storable(task_id), "attempt": storable(attempt)}
    row = sq.db.row(STATES, values)
    if row is None:
        raise _unknown(sq, task_id, attempt)
    number, outcome, before, after = row
    change = Change(task_id, number, parsed(before), parsed(after))
    if not change.is_known:
        raise NoChange(f"What attempt {number} of #{task_id} changed is not known exactly.", _why(sq, change, outcome))
    return change


def in_order(sq: SparkQ, changes: Sequence[Change]) -> list[Change]:
    """Return changes in the order in which their attempts ended, so that each fits on those before it."""
    return sorted(changes, key=lambda change: (sequence.ended(sq.db, change.task, change.attempt), change.task))


def _finished_at(sq: SparkQ, change: Change) -> int:
    row = sq.db.row(FINISHED_AT, {"task": change.task, "attempt": change.attempt})
    return row[0] or 0 if row is not None else 0


def _unknown(sq: SparkQ, task_id: int, attempt: int | None) -> SparkQError:
    row = sq.db.row(EXISTS, {"task": storable(task_id)})
    if row is None:
        return NoSuchTask(f"There is no task #{task_id}.", "See the tasks: sparkq tasks")
    if not row[0]:
        return NoChange(
            f"#{task_id} has not been claimed yet, so nothing was changed for it.",
            f"See its queue: sparkq peek --queue {row[1]}",
        )
    return NoChange(f"#{task_id} has no attempt {attempt}.", f"It has {row[0]}: sparkq task {task_id}")


def _why(sq: SparkQ, change: Change, outcome: str | None) -> str:
    """Return the hint: why there are no two trees."""
    if outcome is None:
        return "It is running: look again when it has finished."
    if not sq.config.watches_git:
        return "There is no Git repository here, or changes is off: sparkq config show changes"
    if not change.after and 0 <= sq.clock.now() - _finished_at(sq, change) < RECORD_MS:
        return "It has just finished: look again in a moment."
    about = described(change.after)
    known = f"Known is: {about}. " if about else ""
    if "tree" in change.before and "tree" in change.after:
        return f"{known}It was claimed in one work tree and finished in another."
    if change.after.get("exact"):
        return f"{known}It was done in another copy of the project: an export has only the numbers of large changes."
    if sq.config.settings.changes != "full":
        return f"{known}The next tasks' changes are kept after: sparkq config set changes full"
    return f"{known}Its worker called over HTTP, did not report, or Git was too slow."


def files(sq: SparkQ, change: Change, *, seconds: float = SECONDS) -> list[diff.FileChange]:
    """Return the changed files in the order of their paths.

    Raises NoChange if the store does not have them any more, or Git takes longer than `seconds`.
    """
    try:
        return diff.files(_git(sq, change, seconds), *change.trees)
    except GitFailed as error:
        raise _unshown(change, error) from error


def patch(sq: SparkQ, change: Change, *paths: str, reverse: bool = False, binary: bool = True) -> bytes:
    """Return the patch as `git apply` reads it, only of `paths` if any; with `reverse`, the one that undoes the change.

    Without `binary` it is for reading: of a binary file it says that it differs. Raises NoChange if the store does not
    have it any more.
    """
    before, after = reversed(change.trees) if reverse else change.trees
    try:
        return diff.patch(_git(sq, change), before, after, *paths, binary=binary)
    except GitFailed as error:
        raise _unshown(change, error) from error


def stat(sq: SparkQ, change: Change, *, reverse: bool = False) -> bytes:
    """Return a line for each changed file. Raises NoChange if the store does not have them any more."""
    before, after = reversed(change.trees) if reverse else change.trees
    try:
        return diff.stat(_git(sq, change), before, after)
    except GitFailed as error:
        raise _unshown(change, error) from error


def parts(sq: SparkQ, change: Change, files: Sequence[diff.FileChange], most: int) -> diff.Parts:
    """Return the patches of some of its files, as `diff.parts`. Raises NoChange if the store does not have it any more."""
    if not files:
        return diff.Parts({}, whole=True)
    try:
        return diff.parts(_git(sq, change), *change.trees, files, most)
    except GitFailed as error:
        raise _unshown(change, error) from error


def _unshown(change: Change, error: GitFailed) -> NoChange:
    if isinstance(error, NoAnswer):
        return NoChange(
            f"What attempt {change.attempt} of #{change.task} changed cannot be shown now: {error}.",
            "It is kept. Try again, or check Git: sparkq doctor",
        )
    return NoChange(
        f"What attempt {change.attempt} of #{change.task} changed is not kept any more.",
        f"Known is: {described(change.after) or 'nothing'}. Git may say more: git log",
    )


def _git(sq: SparkQ, change: Change, seconds: float = SECONDS) -> Git:
    return diff.reader(sq.config, change.after.get("work_tree", "."), Deadline.after(seconds))


def notes(change: Change) -> Sequence[str]:
    """Return the sentences that say what is not only this task's, and what is missing."""
    said = []
    if shared := change.after.get("shared"):
        names = ", ".join(f"#{task}" for task in shared)
        said.append(f"{names} ran at the same time in the same folder, as far as is known: some of this may be theirs.")
    if between := change.before.get("between"):
        said.append(f"{_files(between)} changed before the claim, by none of the tasks; they are not part of this.")
    if skipped := change.after.get("skipped"):
        said.append(f"{_files(skipped)} not kept: too large, not readable, or filtered by another program.")
    return said


def _files(count: int) -> str:
    return f"{count} file{'s' if count != 1 else ''}"


def where(change: Change) -> str:
    """Format the branch and the work tree: `on main`, `in .claude/worktrees/x, on feature`, `detached at 1a2b3c4`."""
    state = change.after
    branch = (
        f"on {state['branch']}" if "branch" in state else f"detached at {state['head'][:7]}" if "head" in state else ""
    )
    folder = f"in {state['work_tree']}" if state.get("work_tree", ".") != "." else ""
    return ", ".join(part for part in (folder, branch) if part)
