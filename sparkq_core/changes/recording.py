"""Record the state of the repository at a claim and at an outcome, after the worker has been answered."""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes import current, diff, earlier, places, sequence, sizes, snapshot, store
from sparkq_core.changes.git import Deadline, GitFailed, WorkTree, work_tree
from sparkq_core.changes.states import State, has_whole_tree, parsed
from sparkq_core.errors import SparkQError
from sparkq_core.project import SparkQ

SECONDS = 2.0
"""How long the record of one call may take. Nobody waits for it but a command that has printed its answer already."""

LATE_MS = 60_000
"""An attempt that ended longer ago is not recorded any more: what changed since is not its work."""

MAX_SHARED = 20
"""Most tasks that are named as running at the same time."""

BEGAN = (
    "SELECT git_before, claimed_at, finished_at, git_after FROM attempts WHERE task_id = :task AND attempt = :attempt"
)
BEFORE = "UPDATE attempts SET git_before = :state WHERE task_id = :task AND attempt = :attempt"
AFTER = "UPDATE attempts SET git_after = :state WHERE task_id = :task AND attempt = :attempt"
HAS_CHECKS = "SELECT 1 FROM checks WHERE task_id = :task AND attempt = :attempt LIMIT 1"
CHECKED = """
UPDATE checks SET same_tree = (tree = :tree AND work_tree = :work_tree)
WHERE task_id = :task AND attempt = :attempt AND same_tree IS NULL AND tree IS NOT NULL AND EXISTS (
    SELECT 1 FROM attempts AS a WHERE a.task_id = :task AND a.attempt = :attempt AND a.finished_at IS NOT NULL
)
"""
ENDED_SINCE = f"""
SELECT a.task_id, a.attempt, coalesce(a.git_after, a.git_before)
FROM events AS e CROSS JOIN attempts AS a ON a.task_id = e.task_id AND a.attempt = e.attempt
WHERE e.id > :since AND e.{sequence.ENDED} AND e.task_id <> :task ORDER BY e.id DESC LIMIT 1000
"""
RUNNING = """
SELECT tasks.id, a.attempt, a.git_before FROM tasks JOIN attempts AS a ON a.task_id = tasks.id AND a.attempt = tasks.attempts
WHERE tasks.status = 'running' AND tasks.id <> :task LIMIT 1000
"""
MOST_EVENTS = 20_000
"""The newest events in which the last attempts that ended are looked for."""

LAST_ENDED = f"""
SELECT a.git_before, a.git_after
FROM events AS e CROSS JOIN attempts AS a ON a.task_id = e.task_id AND a.attempt = e.attempt
WHERE e.id > (SELECT max(n.id) FROM events AS n) - {MOST_EVENTS} AND e.{sequence.ENDED} ORDER BY e.id DESC LIMIT 20
"""


class Execution(NamedTuple):
    """An attempt of a task."""

    task: int
    attempt: int


def record(sq: SparkQ, folder: Path | None, *, ended: Sequence[Execution] = (), begun: Execution | None = None) -> None:
    """Record what the attempts `ended` changed, and with what the attempt `begun` begins. Call it after the answer.

    `folder` is where the worker is; None if nobody knows, as over HTTP: then there are only sizes. One snapshot serves
    all attempts: what changed after the claim of `begun` is the work of that one. It takes at most SECONDS and never
    raises: the outcome is stored already.
    """
    if not sq.config.watches_git or not (ended or begun):
        return
    deadline = Deadline.after(SECONDS)
    with suppress(SparkQError, OSError):
        seen = _seen(sq, folder, begun, deadline)
        for execution in ended:
            change = _change(sq, execution, seen, folder or sq.config.root, deadline)
            _store(sq, AFTER, execution, change)
            if change is not None and seen is not None:
                _compare_checks(sq, execution, seen)
        if begun is not None:
            _store(sq, BEFORE, begun, _beginning(sq, begun, seen, folder or sq.config.root, deadline))


def _store(sq: SparkQ, sql: str, execution: Execution, state: State | None) -> None:
    if state is not None:
        with sq.db.write() as tx:
            tx.run(sql, {**execution._asdict(), "state": json.dumps(state)})


def _compare_checks(sq: SparkQ, ended: Execution, seen: State) -> None:
    """Record whether the files with which an attempt ended are those that its checks ran on."""
    if sq.db.row(HAS_CHECKS, ended._asdict()) is not None:
        with sq.db.write() as tx:
            tx.run(CHECKED, {**ended._asdict(), "tree": seen["tree"], "work_tree": seen["work_tree"]})


def _seen(sq: SparkQ, folder: Path | None, begun: Execution | None, deadline: Deadline) -> State | None:
    """Take a snapshot of the work tree that `folder` is in, else of the project's: as it was when `begun` was claimed."""
    if folder is None or sq.config.settings.changes != "full":
        return None
    here = work_tree(folder, deadline) or work_tree(sq.config.root, deadline)
    taken = current.taken_of(sq.config, here, deadline)
    if here is None or taken is None:
        return None
    name = places.name(here, sq.config.root)
    tree = taken.tree if begun is None else _at_claim(sq, begun, here, name, taken, deadline)
    state = sizes.heading(here) | {"work_tree": name, "tree": tree}
    return state | ({"skipped": taken.skipped} if taken.skipped else {})


def _at_claim(
    sq: SparkQ, begun: Execution, here: WorkTree, name: str, taken: snapshot.Snapshot, deadline: Deadline
) -> str:
    """Return the tree of a snapshot without what changed after the claim of an attempt."""
    if (row := sq.db.row(BEGAN, begun._asdict())) is not None:
        with suppress(GitFailed, SparkQError, OSError):
            moment = sq.clock.of_files(row[1])
            return earlier.tree(here, store.path(sq.config), taken, moment, _known(sq, name), deadline)
    return taken.tree


def _known(sq: SparkQ, name: str) -> earlier.Known | None:
    """Return the newest recorded tree of a work tree."""
    states = (parsed(state) for before, after in sq.db.rows(LAST_ENDED) for state in (after, before))
    known = (state for state in states if state.get("work_tree") == name and has_whole_tree(state))
    return next((earlier.Known(state["tree"], state.get("head")) for state in known), None)


def _beginning(sq: SparkQ, begun: Execution, seen: State | None, folder: Path, deadline: Deadline) -> State | None:
    """Return the state with which an attempt begins. `between` counts the files that no task changed before it."""
    if seen is None:
        return sizes.at_claim(folder, deadline)
    others = [state for _, _, state in sq.db.rows(RUNNING, {"task": begun.task})]
    if any(_may_be_in(seen["work_tree"], parsed(state)) for state in others):
        return seen  # it may be their work
    ended = ((parsed(before), parsed(after)) for before, after in sq.db.rows(LAST_ENDED))
    here = [after for before, after in ended if _may_be_in(seen["work_tree"], before, after)]
    if not here or not has_whole_tree(here[0]) or here[0]["work_tree"] != seen["work_tree"]:
        return seen  # nothing is known of the end of the last task here, so it may be its work
    top = places.folder(sq.config.root, seen["work_tree"])
    changed = [
        file
        for file in _files(sq, here[0], seen, deadline) or ()
        if file.status != "D" or not snapshot.is_there(top, file.names[0])  # left out: ignored, or too large
    ]
    return seen | ({"between": len(changed)} if changed else {})


def _may_be_in(tree: str, *states: State) -> bool:
    """True if an attempt with these states was in a work tree, or if nobody knows where it was, as over HTTP."""
    known = {state["work_tree"] for state in states if "work_tree" in state}
    return tree in known or (not known and any(states))


def _change(sq: SparkQ, ended: Execution, seen: State | None, folder: Path, deadline: Deadline) -> State | None:
    """Return what an attempt changed: exactly between two trees of one work tree, else about."""
    row = sq.db.row(BEGAN, ended._asdict())
    if row is None or (row[2] is not None and sq.clock.now() - row[2] > LATE_MS):
        return None
    began, claimed_at = parsed(row[0]), row[1]
    if seen is None or began.get("work_tree") != seen["work_tree"] or "tree" not in began:
        if seen is not None and parsed(row[3]).get("exact") and _is_inside(sq, seen["work_tree"], began):
            return None  # by a hook: the chat had gone into a submodule: what is known is better
        about = sizes.at_outcome(folder, began, deadline)
        return about if seen is None or about is None else {**about, **seen}
    changed = _files(sq, began, seen, deadline)
    if changed is not None and any(file.status in "DR" for file in changed):
        seen = seen | {"tree": _completed(sq, began, seen, deadline)}
        changed = _files(sq, began, seen, deadline)
    if changed is not None and _may_be_older(began, changed):
        seen = _without_older(sq, began, seen, claimed_at, deadline)
        changed = _files(sq, began, seen, deadline)
    if changed is None:
        return seen
    shared = _shared(sq, ended, seen["work_tree"])
    return seen | diff.sizes(changed)._asdict() | {"exact": True} | ({"shared": shared} if shared else {})


def _may_be_older(began: State, changed: Sequence[diff.FileChange]) -> bool:
    """True if files that are added may have been there before: some were left out at the claim, or are not ignored now."""
    added = any(file.status in "AR" for file in changed)
    ignored = any(name.rpartition(b"/")[2] == b".gitignore" for file in changed for name in file.names)
    return added and (ignored or "skipped" in began)


def _without_older(sq: SparkQ, before: State, after: State, claimed_at: int, deadline: Deadline) -> State:
    """Return the state at an outcome without the files that were there at the claim, and have not changed since."""
    here = work_tree(places.folder(sq.config.root, after["work_tree"]), deadline)
    with suppress(GitFailed, SparkQError, OSError):
        if here is not None:
            trees = before["tree"], after["tree"]
            tree, count = snapshot.without_older(here, store.path(sq.config), *trees, claimed_at, deadline)
            return after | {"tree": tree} | ({"skipped": after.get("skipped", 0) + count} if count else {})
    return after


def _is_inside(sq: SparkQ, name: str, began: State) -> bool:
    """True if a work tree is of another repository, which is inside the work tree in which an attempt began."""
    here, outer = (places.folder(sq.config.root, each) for each in (name, began.get("work_tree", places.OWN)))
    return here.is_relative_to(outer) and places.has_own_objects(here)


def _completed(sq: SparkQ, before: State, after: State, deadline: Deadline) -> str:
    """Return the tree at an outcome, with what was left out of it though it is still there: it was not deleted."""
    here = work_tree(places.folder(sq.config.root, after["work_tree"]), deadline)
    trees: tuple[str, str] = before["tree"], after["tree"]
    with suppress(GitFailed, SparkQError, OSError):
        if here is not None:
            return snapshot.completed(here, store.path(sq.config), *trees, before.get("head"), deadline)
    return trees[1]


def _shared(sq: SparkQ, ended: Execution, tree: str) -> list[int]:
    """Return the other tasks that ran at the same time, and may have been in the same work tree."""
    others = [
        *sq.db.rows(ENDED_SINCE, {"since": sequence.begun(sq.db, *ended), "task": ended.task}),
        *sq.db.rows(RUNNING, {"task": ended.task}),
    ]
    here = {(task, attempt) for task, attempt, state in others if _may_be_in(tree, parsed(state))}
    end = sequence.ended(sq.db, *ended)
    return sorted({each[0] for each in here if not end or sequence.begun(sq.db, *each) < end})[:MAX_SHARED]


def _files(sq: SparkQ, before: State, after: State, deadline: Deadline) -> list[diff.FileChange] | None:
    try:
        return diff.files(diff.reader(sq.config, after["work_tree"], deadline), before["tree"], after["tree"])
    except GitFailed:
        return None
