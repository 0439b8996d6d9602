"""Sessions: named stretches of work, a label over queues."""

from sparkq_core.errors import NameTaken, NoSuchSession
from sparkq_core.events import note
from sparkq_core.lifecycle import SessionStatus
from sparkq_core.model import SESSION_COLUMNS, Session
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader
from sparkq_core.text import checked_name, nearest, safe

CREATE = f"INSERT INTO sessions (name, created_at) VALUES (:name, :now) RETURNING {SESSION_COLUMNS}"
GET = f"SELECT {SESSION_COLUMNS} FROM sessions WHERE name = :name"
ALIKE = "SELECT name FROM sessions WHERE name = :name COLLATE NOCASE"
ALL = f"SELECT {SESSION_COLUMNS} FROM sessions ORDER BY status, id"
NAMES = "SELECT name FROM sessions ORDER BY status, id"
END = f"UPDATE sessions SET status = 'ended', ended_at = coalesce(ended_at, :now) WHERE name = :name RETURNING {SESSION_COLUMNS}"
END_QUEUES = """
UPDATE queues SET status = 'ended', ended_at = :now WHERE session_id = :session AND status = 'active' RETURNING id, name
"""

END_ARCHIVED = (
    "UPDATE queues SET ended_at = coalesce(ended_at, :now) WHERE session_id = :session AND status = 'archived'"
)


def create(sq: SparkQ, name: str) -> Session:
    """Create a session. Raises InvalidName, NameTaken."""
    checked_name(name, "session")
    now = sq.clock.now()
    with sq.db.write() as tx:
        if (alike := tx.row(ALIKE, {"name": name})) is not None:
            only_case = f", and {name} differs only in upper and lower case" if alike[0] != name else ""
            raise NameTaken(
                f"There is a session {alike[0]} already{only_case}.", "Take another name, or use the one that is there."
            )
        row = tx.rows(CREATE, {"name": name, "now": now})[0]
        note(tx, now, "session created", text=name)
    return Session(*row)


def get(db: Reader, name: str) -> Session:
    """Return the session called `name`. Raises NoSuchSession."""
    row = db.row(GET, {"name": name})
    if row is None:
        names = [str(existing) for (existing,) in db.rows(NAMES)]
        raise NoSuchSession(
            f"There is no session {safe(name)!r}.",
            nearest(name, names) or "Create one with: sparkq session create NAME",
        )
    return Session(*row)


def by_name(sq: SparkQ, name: str) -> Session:
    """Return the session called `name`. Raises NoSuchSession."""
    return get(sq.db, name)


def at(sq: SparkQ, address: str) -> Session:
    """Return the session with this name or, if there is none, with this id (`2` or `#2`). Raises NoSuchSession."""
    known = all_of(sq)
    by_id = [session for session in known if str(session.id) == address.removeprefix("#")]
    return by_id[0] if by_id and not any(session.name == address for session in known) else by_name(sq, address)


def all_of(sq: SparkQ) -> tuple[Session, ...]:
    """Return every session: active ones first, and the oldest first among them."""
    return tuple(Session(*row) for row in sq.db.rows(ALL))


def end(sq: SparkQ, name: str) -> tuple[Session, tuple[str, ...]]:
    """End a session and its active queues, which then accept no new tasks; return it and the names of these queues.

    Ending an ended session is harmless. Raises NoSuchSession.
    """
    now = sq.clock.now()
    with sq.db.write() as tx:
        session = get(tx, name)
        row = tx.row(END, {"name": name, "now": now})
        ended = tx.rows(END_QUEUES, {"session": session.id, "now": now})
        tx.run(END_ARCHIVED, {"session": session.id, "now": now})  # a queue that is unarchived later is then ended
        if session.status != SessionStatus.ENDED:
            note(tx, now, "session ended", text=name)
        for queue_id, _ in ended:
            note(tx, now, "queue ended", queue=queue_id)
    return Session(*row) if row else session, tuple(str(queue) for _, queue in ended)
