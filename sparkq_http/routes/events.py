"""The change feed: what happens in the project, whoever did it, as it happens."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import StreamingResponse

from sparkq_http.parameters import MAX_NUMBER, Live

router = APIRouter(prefix="/api/events", tags=["events"])

After = Annotated[int | None, Query(ge=0, le=MAX_NUMBER, description="Begin behind this event.")]
LastEvent = Annotated[str | None, Header(description="As `after`, and goes before it: browsers send it.")]


class EventStream(StreamingResponse):
    """Server-sent events."""

    media_type = "text/event-stream"


@router.get("", response_class=EventStream)
async def follow(feed: Live, after: After = None, last_event_id: LastEvent = None) -> EventStream:
    """Server-sent events: `id` is the event's, `data` its JSON. Begins now, or behind the event that was seen last."""
    feed.check_room()
    seen = last_event_id or ""
    known = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 16 else after
    return EventStream(feed.follow(known))
