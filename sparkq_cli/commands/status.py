"""`sparkq status`"""

import typer

from sparkq_cli import service, show
from sparkq_cli.commands.start import show_token
from sparkq_cli.options import Json, new_app
from sparkq_core import project
from sparkq_core.clock import SystemClock, from_iso

app = new_app()


@app.command()
def status(json: Json = False) -> None:
    """Show whether the server is running, and its address. The queue itself needs no server.

    Exit code 0 if it is running, else 1.

    Example: sparkq status
    """
    server = service.running(project.effective())
    answers = server is not None and service.healthy(server)
    if json:
        about = {"url": server.url, **server._asdict(), "healthy": answers} if server is not None else {}
        show.json_line({"running": server is not None} | about)
    elif server is None:
        show.say("The server is not running. Start it: sparkq start (queues work without it)")
    elif server.started_at is None:
        show.say("The server is starting.")
    else:
        since = show.ago(from_iso(server.started_at), SystemClock().now())
        word = "answers" if answers else "does NOT answer"
        show.say(f"The server has been running at {server.url} for {since} (process {server.pid}) and {word}.")
        if server.is_local:
            show_token(server)
    if server is None:
        raise typer.Exit(1)
