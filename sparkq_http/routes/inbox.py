"""The inbox: finished tasks that are not reviewed."""

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import Field
from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core import inbox, purged, shapes, tasks, verdicts, wire
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import (
    BODILESS,
    Body,
    By,
    Filters,
    Open,
    Shown,
    TaskRef,
    Word,
    documented,
    queue_name,
    read,
)

router = Router(prefix="/api/inbox", tags=["inbox"])


class Looked(TypedDict, closed=True):
    """Your last look, which is now."""

    since_last_look: shapes.SinceLastLook


class ManyReviewed(TypedDict, closed=True):
    """The tasks that were reviewed by this request."""

    tasks: list[shapes.Task]
    total: int


class InboxFilters(Filters):
    """The filters of the inbox."""

    queue: Word = None
    sort: Literal["oldest", "newest"] = Field("oldest", description="Newest: the latest news first, without a cursor.")
    limit: int = Field(50, json_schema_extra={"minimum": 1, "maximum": 1000})
    cursor: Word = None


class ShownTask(Shown):
    """A task as it was shown to you."""

    id: TaskRef


class Accepted(Body):
    """The tasks to accept, each as it was shown: its `id`, its `attempt` (the task's `attempts`), `late` if a late text
    was shown, and `late_at`, the `at` of that text, so that a still newer one is noticed."""

    tasks: list[ShownTask] = Field(max_length=1000)


@router.get("", openapi_extra=documented(InboxFilters))
async def get_inbox(sq: Open, asked: Annotated[InboxFilters, Depends(read(InboxFilters))]) -> Answer[shapes.Inbox]:
    """List the unreviewed tasks, the oldest news first unless you `sort` them, and count the tasks that finished since
    your last look. The `questions` of workers that wait for your answer are listed beside them, at most `limit` too.

    A task whose worker sent a text after its attempt had ended has `late` and the beginning of the `late_text`. It can
    be a queued task too. `over_rest` lists the verdicts since your last look that were given neither on the page nor in
    a terminal: a model with a shell can do that. `purge` says how many unreviewed tasks the background purge will
    delete, and not before when.
    """
    queue = queue_name(sq, asked.queue) if asked.queue is not None else None
    if asked.sort == "newest":
        unreviewed = inbox.latest(sq, queue=queue, limit=asked.limit)
    else:
        unreviewed = inbox.unreviewed(sq, queue=queue, limit=asked.limit, cursor=asked.cursor)
    questions = tasks.open_questions(sq, queue=queue, limit=asked.limit)
    moment, ended = inbox.since_last_look(sq)
    over_rest = verdicts.over_rest(sq, moment)
    return Answer(
        wire.inbox(unreviewed, questions, wire.since(moment, ended), over_rest, purged.news(sq), sq.clock.now())
    )


@router.post("/look", dependencies=[BODILESS])
async def look(sq: Open) -> Answer[Looked]:
    """Set your last look to now."""
    inbox.look(sq)
    return Answer({"since_last_look": wire.since(*inbox.since_last_look(sq))})


@router.post("/accept")
async def accept_many(sq: Open, by: By, body: Accepted) -> Answer[ManyReviewed]:
    """Review several tasks as they were shown, each `{"id": 42, "attempt": 1, "late": true}`.

    `attempt` is the task's `attempts`. A late result that was shown becomes the outcome. Every other outcome stays, and a
    queued task stays queued.
    Reviews all of them or none. A refusal names the tasks that cannot be reviewed. 409 `unseen` names the tasks that
    have changed since they were shown.
    """
    seen = dict.fromkeys(task.of(task.id) for task in body.tasks)
    reviewed = inbox.accept_all(sq, list(seen), giver=by)
    return Answer({"tasks": [wire.task_brief(task, sq.clock.now()) for task in reviewed], "total": len(reviewed)})
