"""The change feed: the events of the project as they happen, from every process."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.sse import EventSourceResponse
from starlette.responses import Response

from sparkq_http.parameters import MAX_NUMBER, Live

router = APIRouter(prefix="/api/events", tags=["events"])

After = Annotated[int | None, Query(ge=0, le=MAX_NUMBER, description="Start after this event.")]
LastEvent = Annotated[str | None, Header(description="The same as `after`, which it overrides. Browsers send it.")]
Changes = Annotated[
    bool, Query(description="Whether to send what all events of a moment touched, instead of each event.")
]

STREAM = {
    "description": "Events, as they happen.",
    "content": {EventSourceResponse.media_type: {"schema": {"type": "string"}}},
}


# With EventSourceResponse as response_class, FastAPI would document the refusals as event streams too. With a route
# that yields, it would set its own Cache-Control, and check_room could no longer refuse.
@router.get("", response_class=Response, responses={200: STREAM})
async def follow(
    feed: Live, after: After = None, changes: Changes = False, last_event_id: LastEvent = None
) -> EventSourceResponse:
    """Stream server-sent events: `id` is the event's id, `data` its JSON. Starts now, or after the given event.

    With `changes` the messages are of the type `changes`, at most ten in a second: `kinds` of the events, ids of the
    `tasks`, and the `queues` that they touched with their counts. `everything` is true if that is not all, as after a purge.
    """
    feed.check_room()
    last = last_event_id or ""
    start = int(last) if last.isascii() and last.isdecimal() and len(last) < 16 else after
    return EventSourceResponse(feed.follow(start, changes=changes))
