"""What a task changed in the repository."""

from typing import Annotated

from anyio import to_thread
from fastapi import Depends
from pydantic import Field

from sparkq_core import shapes, tasks, wire
from sparkq_core.changes import pages, view
from sparkq_core.project import SparkQ
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Filters, Open, OptionalAttempt, TaskId, Word, documented, read

router = Router(prefix="/api/tasks", tags=["tasks"])


class ChangeFilters(Filters):
    """What of a change is wanted."""

    attempt: OptionalAttempt = Field(None, description="Default: the one whose outcome counts.")
    path: Word = Field(None, description="Only this file, whose lines are then read on: as `path` names it.")
    limit: int = Field(50, description="Files.", json_schema_extra={"minimum": 1, "maximum": pages.MAX_FILES})
    cursor: Word = None


@router.get("/{task_id}/changes", openapi_extra=documented(ChangeFilters))
async def get_changes(
    sq: Open, task_id: TaskId, asked: Annotated[ChangeFilters, Depends(read(ChangeFilters))]
) -> Answer[shapes.ChangePage]:
    """Show what an attempt changed in the repository: its files in the order of their paths, and their changed lines.

    An answer has at most 200,000 bytes of lines, and 50,000 of each of several files. Where a file has more, `cut` is
    true: its `path` reads on, with `next_cursor` until that is left out. 404 `no_change` if it is not known exactly what
    changed, and `hint` says why.
    """
    return Answer(await to_thread.run_sync(_page, sq, task_id, asked))


def _page(sq: SparkQ, task_id: int, asked: ChangeFilters) -> shapes.ChangePage:
    tasks.get(sq, task_id)  # which knows what became of a task that is gone
    change = view.of(sq, task_id, asked.attempt)
    if asked.path is not None:
        return wire.change_page(change, pages.of_one(sq, change, asked.path, cursor=asked.cursor))
    return wire.change_page(change, pages.of_files(sq, change, limit=asked.limit, cursor=asked.cursor))
