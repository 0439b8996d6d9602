"""The inbox: finished work that nobody has looked at yet."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import Field

from sparkq_core import inbox, wire
from sparkq_core.model import Seen
from sparkq_http.answer import Answer
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
from sparkq_http.shapes import tasks as shapes

router = APIRouter(prefix="/api/inbox", tags=["inbox"])


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


@router.get("", response_model=shapes.Inbox, openapi_extra=documented(InboxFilters))
async def unreviewed(sq: Open, asked: Annotated[InboxFilters, Depends(read(InboxFilters))]) -> Answer:
    """Unreviewed tasks, the oldest outcome first, and what ended since the person's last look."""
    queue = queue_name(sq, asked.queue) if asked.queue is not None else None
    found = inbox.unreviewed(sq, queue=queue, limit=asked.limit, cursor=asked.cursor)
    since = wire.since(*inbox.since_last_look(sq))
    return Answer(wire.inbox(found, sq.clock.now()) | {"since_last_look": since})


@router.post("/look", response_model=shapes.Looked, dependencies=[BODILESS])
async def look(sq: Open) -> Answer:
    """The person looks now: "since you left" counts from here."""
    inbox.look(sq)
    return Answer({"since_last_look": wire.since(*inbox.since_last_look(sq))})


@router.post("/accept", response_model=shapes.ManyReviewed)
async def accept_many(sq: Open, body: Accepted) -> Answer:
    """Accept what was shown, each `{"id": 42, "attempt": 1, "late": true}`: the number is the task's `attempts`, and a late
    result that was shown becomes the outcome; every other outcome stays as it is, and is seen.

    All of them or none: a refusal names the tasks that cannot be, 409 `unseen` those that have changed meanwhile.
    """
    done = inbox.accept_all(sq, list(dict.fromkeys(Seen(one.id, one.attempt, one.late) for one in body.tasks)))
    return Answer({"tasks": [wire.task_brief(one, sq.clock.now()) for one in done], "total": len(done)})
