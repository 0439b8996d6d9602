"""What a task changed in the repository, file by file."""

from typing import Annotated

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.shapes.values import OneOf


class Hunk(TypedDict, closed=True):
    """Lines that changed together: each begins with `+`, `-`, or a space if it is the same in both. A line that begins
    with a backslash says that the file ends without a line end."""

    heading: str
    lines: list[str]


class FileChange(TypedDict, closed=True):
    """A changed file. A binary one has no counts of lines and no `hunks`; `old_path` is the name that a renamed file had.

    `cut` is true if there is more of it: its other lines, or the end of a line over 5,000 characters.
    """

    path: str
    old_path: NotRequired[str | None]
    status: Annotated[str, OneOf("added", "changed", "deleted", "renamed", "retyped")]
    insertions: NotRequired[int | None]
    deletions: NotRequired[int | None]
    hunks: NotRequired[list[Hunk] | None]
    cut: NotRequired[bool | None]


class ChangeKeys(TypedDict):
    """What an attempt changed. `total`, `insertions` and `deletions` count all of its files.

    `work_tree` is "." for the project's own work tree. Without a `branch` the HEAD was detached. `shared` are the tasks
    that ran in the same work tree at the same time, `between` counts the files that no task changed before the claim, and
    `skipped` those that are too large or cannot be read.
    """

    task_id: int
    attempt: int
    branch: NotRequired[str | None]
    head: NotRequired[str | None]
    work_tree: NotRequired[str | None]
    total: int
    insertions: int
    deletions: int
    shared: NotRequired[list[int] | None]
    between: NotRequired[int | None]
    skipped: NotRequired[int | None]
    files: list[FileChange]


class Change(ChangeKeys, closed=True):
    """What an attempt changed."""


class ChangePage(ChangeKeys, closed=True):
    """What an attempt changed, some files at a time: without `next_cursor` it is the last page."""

    next_cursor: NotRequired[str | None]
