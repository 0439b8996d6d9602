"""The stored states of a repository, at a claim and at an outcome, as JSON."""

import json
import re
from typing import Any

State = dict[str, Any]
OBJECT_ID = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
TYPES = {
    "branch": str, "head": str, "dirty": bool, "tree": str, "work_tree": str, "skipped": int, "between": int,
    "files": int, "insertions": int, "deletions": int, "exact": bool, "changed_before": bool, "shared": list,
}  # fmt: skip
"""The keys of a stored state, and their types. In a state whose tree came by an import is `carried` too."""


def parsed(state: str | None) -> State:
    """Return a stored state; an empty one if there is none."""
    return json.loads(state) if state else {}


def has_whole_tree(state: State) -> bool:
    """True if the state has a tree of all files. One that came by an import has only those that the attempt changed."""
    return "tree" in state and "carried" not in state


def well_formed(state: Any, most: int) -> bool:
    """True if this value from outside has the form of a stored state, with no number over `most`."""
    return (
        isinstance(state, dict)
        and all(name in TYPES and type(value) is TYPES[name] for name, value in state.items())
        and all(OBJECT_ID.fullmatch(state[name]) is not None for name in ("head", "tree") if name in state)
        and all(type(task) is int and 0 < task <= most for task in state.get("shared", []))
        and all(0 <= state[name] <= most for name, kind in TYPES.items() if kind is int and name in state)
        and len({name in state for name in ("files", "insertions", "deletions")}) == 1
    )


def summary(state: str | None) -> str:
    """Format the size of a stored change as `3 files, +40 −12`, and say where it is not exactly the task's."""
    return described(parsed(state))


def described(change: State) -> str:
    """Return the same as `summary`, of a change that was read."""
    if "files" not in change:
        return ""
    if not change["files"]:
        left_out = change.get("skipped", 0)
        more = f", {left_out} file{'s' if left_out != 1 else ''} not compared" if left_out else ""
        return f"nothing changed{more}" if change.get("exact") else ""
    counts = (
        f"{change['files']} file{'s' if change['files'] != 1 else ''}, +{change['insertions']} −{change['deletions']}"
    )
    shared = ", ".join(f"#{task}" for task in change.get("shared", []))
    return (
        ("" if change.get("exact") else "about ")
        + counts
        + (" with changes from before" if change.get("changed_before") else "")
        + (f", shared with {shared}" if shared else "")
    )
