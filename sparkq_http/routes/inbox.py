"""The inbox: finished work that nobody has looked at yet."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from sparkq_core import inbox, wire
from sparkq_http.answer import Answer
from sparkq_http.parameters import BODILESS, Body, Filters, Open, TaskRef, Word, queue_named
from sparkq_http.shapes import tasks as shapes

router = APIRouter(prefix="/api/inbox", tags=["inbox"])


class InboxFilters(Filters):
    """Which part of the inbox."""

    queue: Word = None
    limit: int = Field(50, json_schema_extra={"minimum": 1, "maximum": 1000})
    cursor: Word = None


class Reviewed(Body):
    """The tasks that the person accepts."""

    ids: list[TaskRef] = Field(max_length=1000)


@router.get("", response_model=shapes.Inbox)
async def unreviewed(sq: Open, asked: Annotated[InboxFilters, Query()]) -> Answer:
    """Unreviewed tasks, the oldest outcome first, and what ended since the person's last look."""
    queue = queue_named(sq, asked.queue) if asked.queue is not None else None
    found = inbox.unreviewed(sq, queue=queue, limit=asked.limit, cursor=asked.cursor)
    since = wire.since(*inbox.since_last_look(sq))
    return Answer(wire.inbox(found, sq.clock.now()) | {"since_last_look": since})


@router.post("/look", response_model=shapes.Looked, dependencies=[BODILESS])
async def look(sq: Open) -> Answer:
    """The person looks now: "since you left" counts from here."""
    inbox.look(sq)
    return Answer({"since_last_look": wire.since(*inbox.since_last_look(sq))})


@router.post("/review", response_model=shapes.ManyReviewed)
async def review_many(sq: Open, body: Reviewed) -> Answer:
    """Accept what there is: a late result where one waits, as the task's outcome; every other outcome is seen and stays.

    All of them or none: a refusal names the tasks that cannot be.
    """
    done = inbox.accept_all(sq, list(dict.fromkeys(body.ids)))
    return Answer({"tasks": [wire.task_brief(one, sq.clock.now()) for one in done], "total": len(done)})
