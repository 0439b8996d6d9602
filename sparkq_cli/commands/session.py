"""`sparkq session create|list|show|end`"""

from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, Quiet, new_app
from sparkq_cli.queue_table import show_queues
from sparkq_core import queues, sessions, times, wire

app = new_app("Manage sessions: a session groups the queues of one piece of work.")

NewName = Annotated[str, typer.Argument(metavar="NAME", help="Its name: letters, digits, '.', '_' and '-'.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="Name or id of the session.")]


@app.command()
def create(name: NewName, json: Json = False, quiet: Quiet = False) -> None:
    """Create a session.

    Example: sparkq session create feature-x
    """
    session = sessions.create(open_sparkq(), name)
    text = f"Session {session.name} created. A queue in it: sparkq queue create NAME --session {session.name}"
    show.answer(wire.session(session), text, json=json, quiet=quiet)


@app.command(name="list")
def list_sessions(json: Json = False) -> None:
    """List the sessions, active ones first.

    Example: sparkq session list
    """
    sq = open_sparkq()
    listed = sessions.all_of(sq)
    now = sq.clock.now()
    if json:
        show.json_line(wire.sessions(listed))
    elif not listed:
        show.say("No sessions yet. Create one: sparkq session create NAME")
    else:
        rows = [
            [each.name, each.status, times.ago(each.created_at, now), times.ago(each.ended_at, now)] for each in listed
        ]
        show.table(["NAME", "STATUS", "AGE", "ENDED"], rows, flexible=0, droppable=(3, 2))


@app.command(name="show")
def show_session(name: Name, json: Json = False) -> None:
    """Show a session and its queues.

    Example: sparkq session show feature-x
    """
    sq = open_sparkq()
    session = sessions.at(sq, name)
    own = tuple((queue, counts) for queue, counts in queues.all_of(sq, archived=True) if queue.session == session.name)
    if json:
        show.json_line({**wire.session(session), **wire.queues(own)})
        return
    now = sq.clock.now()
    ended = f", ended {times.ago(session.ended_at, now)} ago" if session.ended_at else ""
    show.say(
        f"{show.paint(session.name, 'bold')}  {session.status}, begun {times.ago(session.created_at, now)} ago{ended}"
    )
    if own:
        show_queues(own)
    else:
        show.say(f"No queues yet. Create one: sparkq queue create NAME --session {session.name}")


@app.command()
def end(name: Name, json: Json = False, quiet: Quiet = False) -> None:
    """End a session and its queues: they accept no new tasks, and workers finish those that they have.

    Example: sparkq session end feature-x
    """
    sq = open_sparkq()
    session, ended = sessions.end(sq, sessions.at(sq, name).name)
    text = f"Session {session.name} ended." + (f" Its queues too: {', '.join(ended)}." if ended else "")
    show.answer(wire.session(session) | {"ended_queues": list(ended)}, text, json=json, quiet=quiet)
