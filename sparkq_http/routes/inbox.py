"""The inbox: finished work that nobody has looked at yet."""

from typing import Annotated

from fastapi import Depends
from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core import inbox, shapes, wire
from sparkq_core.model import Seen
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import (
    BODILESS,
    MAX_NUMBER,
    Body,
    Filters,
    Open,
    TaskRef,
    Word,
    documented,
    queue_name,
    read,
)

router = Router(prefix="/api/inbox", tags=["inbox"])


class Looked(TypedDict, closed=True):
    """Your last look, which was just now."""

    since_last_look: shapes.SinceLastLook


class ManyReviewed(TypedDict, closed=True):
    """The tasks that are reviewed now."""

    tasks: list[shapes.Task]
    total: int


class InboxFilters(Filters):
    """Which part of the inbox."""

    queue: Word = None
    limit: int = Field(50, json_schema_extra={"minimum": 1, "maximum": 1000})
    cursor: Word = None


class Shown(Body):
    """A task as the person saw it."""

    id: TaskRef
    attempt: int = Field(ge=0, le=MAX_NUMBER)
    late: bool = False


class Accepted(Body):
    """The tasks that the person accepts, each as it was shown: `id`, `attempt` (the task's `attempts`), `late` (true where
    a late result was shown)."""

    tasks: list[Shown] = Field(max_length=1000)


@router.get("", openapi_extra=documented(InboxFilters))
async def get_inbox(sq: Open, asked: Annotated[InboxFilters, Depends(read(InboxFilters))]) -> Answer[shapes.Inbox]:
    """Unreviewed tasks, the oldest outcome first, and what ended since the person's last look."""
    queue = queue_name(sq, asked.queue) if asked.queue is not None else None
    unreviewed = inbox.unreviewed(sq, queue=queue, limit=asked.limit, cursor=asked.cursor)
    return Answer(wire.inbox(unreviewed, wire.since(*inbox.since_last_look(sq)), sq.clock.now()))


@router.post("/look", dependencies=[BODILESS])
async def look(sq: Open) -> Answer[Looked]:
    """The person looks now: "since you left" counts from here."""
    inbox.look(sq)
    return Answer({"since_last_look": wire.since(*inbox.since_last_look(sq))})


@router.post("/accept")
async def accept_many(sq: Open, body: Accepted) -> Answer[ManyReviewed]:
    """Accept what was shown, each `{"id": 42, "attempt": 1, "late": true}`: the number is the task's `attempts`, and a late
    result that was shown becomes the outcome; every other outcome stays as it is, and is seen.

    All of them or none: a refusal names the tasks that cannot be, 409 `unseen` those that have changed meanwhile.
    """
    done = inbox.accept_all(sq, list(dict.fromkeys(Seen(one.id, one.attempt, one.late) for one in body.tasks)))
    return Answer({"tasks": [wire.task_brief(one, sq.clock.now()) for one in done], "total": len(done)})
