"""Sessions: named stretches of work, a label over queues."""

from fastapi import APIRouter

from sparkq_core import sessions, wire
from sparkq_http.answer import Answer
from sparkq_http.parameters import BODILESS, Body, Open, SessionName, session_at
from sparkq_http.shapes import project as shapes

router = APIRouter(prefix="/api/sessions", tags=["sessions"])


class NewSession(Body):
    """A session to be."""

    name: str


@router.get("", response_model=shapes.Sessions)
async def list_sessions(sq: Open) -> Answer:
    """Every session, active ones first."""
    return Answer(wire.sessions(sessions.all_of(sq)))


@router.post("", status_code=201, response_model=shapes.OneSession)
async def create_session(sq: Open, body: NewSession) -> Answer:
    """Begin a session."""
    made = sessions.create(sq, body.name)
    return Answer({"session": wire.session(made)}, 201, {"Location": f"/api/sessions/{made.name}"})


@router.get("/{session}", response_model=shapes.OneSession)
async def get_session(sq: Open, session: SessionName) -> Answer:
    """One session."""
    return Answer({"session": wire.session(session_at(sq, session))})


@router.post("/{session}/end", response_model=shapes.OneSession, dependencies=[BODILESS])
async def end_session(sq: Open, session: SessionName) -> Answer:
    """Close a session and end its active queues, which are named in the answer."""
    ended, names = sessions.end(sq, session_at(sq, session).name)
    return Answer({"session": wire.session(ended), "ended_queues": list(names)})
