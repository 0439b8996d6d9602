"""Convert what a task changed in the repository."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from sparkq_core.wire.values import excludes_none

if TYPE_CHECKING:
    from sparkq_core import shapes
    from sparkq_core.changes.diff import FileChange
    from sparkq_core.changes.pages import Page
    from sparkq_core.changes.view import Change

STATUSES = {"A": "added", "D": "deleted", "R": "renamed", "T": "retyped"}


def change(change: Change, files: Sequence[FileChange]) -> shapes.Change:
    """Convert what an attempt changed, with all of its files."""
    return change_of_files(change, files, [changed_file(each) for each in files])


@excludes_none
def change_of_files(change: Change, files: Sequence[FileChange], shown: list[shapes.FileChange]) -> shapes.Change:
    """Convert what an attempt changed, with those of its files that are `shown`."""
    after = change.after
    return {
        "task_id": change.task,
        "attempt": change.attempt,
        "branch": after.get("branch"),
        "head": after.get("head"),
        "work_tree": after.get("work_tree"),
        "total": len(files),
        "insertions": sum(file.insertions or 0 for file in files),
        "deletions": sum(file.deletions or 0 for file in files),
        "shared": after.get("shared"),
        "between": change.before.get("between"),
        "skipped": after.get("skipped"),
        "files": shown,
    }


@excludes_none
def change_page(change: Change, page: Page) -> shapes.ChangePage:
    """Convert a page of what an attempt changed."""
    shown = [
        changed_file(part.file, ((hunk.heading, [*hunk.lines]) for hunk in part.hunks), cut=part.cut)
        for part in page.parts
    ]
    return {**change_of_files(change, page.files, shown), "next_cursor": page.next}


@excludes_none
def changed_file(
    file: FileChange, hunks: Iterable[tuple[str, list[str]]] | None = None, *, cut: bool = False
) -> shapes.FileChange:
    """Convert a changed file, with its changed lines if they are given; `cut` if they are not all."""
    return {
        "path": file.path,
        "old_path": file.old_path,
        "status": STATUSES.get(file.status, "changed"),
        "insertions": file.insertions,
        "deletions": file.deletions,
        "hunks": None if hunks is None else [{"heading": heading, "lines": lines} for heading, lines in hunks],
        "cut": cut or None,
    }
