"""The change feed: what happens in the project, whoever did it, as it happens."""

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response, StreamingResponse

from sparkq_http.parameters import MAX_NUMBER, Live

router = APIRouter(prefix="/api/events", tags=["events"])

After = Annotated[int | None, Query(ge=0, le=MAX_NUMBER, description="Begin behind this event.")]
LastEvent = Annotated[str | None, Header(description="As `after`, and goes before it: browsers send it.")]


STREAM = {"description": "Events, as they happen.", "content": {"text/event-stream": {"schema": {"type": "string"}}}}


@router.get("", response_class=Response, responses={200: STREAM})
async def follow(feed: Live, after: After = None, last_event_id: LastEvent = None) -> StreamingResponse:
    """Server-sent events: `id` is the event's, `data` its JSON. Begins now, or behind the event that was seen last."""
    feed.check_room()
    seen = last_event_id or ""
    known = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 16 else after
    return StreamingResponse(feed.follow(known), media_type="text/event-stream")
