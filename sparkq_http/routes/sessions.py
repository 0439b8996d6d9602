"""Sessions: named stretches of work."""

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import sessions, shapes, wire
from sparkq_http.answer import Answer, Router
from sparkq_http.list_pages import page
from sparkq_http.parameters import BODILESS, Body, Open, SessionName

router = Router(prefix="/api/sessions", tags=["sessions"])


class OneSession(TypedDict, closed=True):
    """A session. `ended_queues` are the queues that ended with it."""

    session: shapes.Session
    ended_queues: NotRequired[list[str]]


class NewSession(Body):
    """A new session."""

    name: str


@router.get("")
async def list_sessions(sq: Open, limit: int | None = None, cursor: str | None = None) -> Answer[shapes.SessionList]:
    """List all sessions, the active ones first. With `limit` (1 to 1000), so many: `next_cursor` continues the list."""
    known = sessions.all_of(sq)
    shown, following = page(known, lambda session: session.id, limit, cursor)
    more: shapes.SessionList = {**wire.sessions(shown), "total": len(known)}
    return Answer(more if following is None else {**more, "next_cursor": following})


@router.post("", status_code=201)
async def create_session(sq: Open, body: NewSession) -> Answer[OneSession]:
    """Create a session."""
    session = sessions.create(sq, body.name)
    return Answer({"session": wire.session(session)}, 201, {"Location": f"/api/sessions/{session.name}"})


@router.get("/{session}")
async def get_session(sq: Open, session: SessionName) -> Answer[OneSession]:
    """Show a session."""
    return Answer({"session": wire.session(sessions.at(sq, session))})


@router.post("/{session}/end", dependencies=[BODILESS])
async def end_session(sq: Open, session: SessionName) -> Answer[OneSession]:
    """End a session and its active queues. The answer names these queues."""
    ended, names = sessions.end(sq, sessions.at(sq, session).name)
    return Answer({"session": wire.session(ended), "ended_queues": list(names)})
