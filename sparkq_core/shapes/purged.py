"""Purged tasks, and what the background purge does."""

from typing import Annotated

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.lifecycle import Status
from sparkq_core.shapes.tasks import Changes, Task
from sparkq_core.shapes.values import OneOf


class PurgedTask(TypedDict, closed=True):
    """What is left of a purged task: how it had ended, the beginning of its result or the end of its error, what it
    changed, and when it was purged."""

    id: int
    friendly_id: str
    queue: str
    title: str
    status: Annotated[str, OneOf(*Status)]
    error_type: NotRequired[str | None]
    summary: NotRequired[str | None]
    changed: NotRequired[Changes | None]
    attempts: int
    finished_at: NotRequired[str | None]
    reviewed_at: NotRequired[str | None]
    purged_at: str


class Snippet(TypedDict, closed=True):
    """The place of a task's `part` (`result`, `error`, `late_text` or `prompt`) that a search matches, in one line. `marks`
    are the matches in `text`: each from a character up to another. It has none if only the title matches: the text is then
    the beginning of the outcome."""

    id: int
    part: Annotated[str, OneOf("result", "error", "late_text", "prompt")]
    text: str
    marks: list[list[int]]


class SearchKeys(TypedDict):
    """What the answer to a search has besides its tasks: `snippets` of its tasks; after the last of these the purged
    ones, of which `purged_total` match in all; and `indexing`, which is true while some of the newest tasks and texts
    are not found yet."""

    snippets: NotRequired[list[Snippet]]

    purged: NotRequired[list[PurgedTask]]
    purged_total: NotRequired[int]
    indexing: NotRequired[bool]


class SearchExtras(SearchKeys, closed=True):
    """What the answer to a search has besides its tasks."""


class Found(SearchKeys, closed=True):
    """A page of the matches of a search."""

    tasks: list[Task]
    total: int
    next_cursor: NotRequired[str | None]


class PurgeNews(TypedDict, closed=True):
    """The background purge: how many unreviewed tasks it will delete, the first not before `next_at`; and how many tasks
    purges have deleted in the last seven days, the last at `last_at`, `unreviewed` of them unread."""

    next_unreviewed: NotRequired[int | None]
    next_at: NotRequired[str | None]
    deleted: NotRequired[int | None]
    unreviewed: NotRequired[int | None]
    last_at: NotRequired[str | None]
