"""`sparkq status`"""

from collections.abc import Mapping

import typer

from sparkq_cli import questions, service, show
from sparkq_cli.commands.start import show_token
from sparkq_cli.options import Json, new_app
from sparkq_core import project, queues, times
from sparkq_core.changes import store
from sparkq_core.clock import SystemClock, from_iso
from sparkq_core.errors import SparkQError

app = new_app()


@app.command()
def status(json: Json = False) -> None:
    """Show whether the server is running, and its address. The queue itself needs no server.

    It also says how many tasks wait for your answer, and how much of the disk is taken by what the tasks changed, which
    `sparkq diff` shows.

    Exit code 0 if it is running, else 1.

    Example: sparkq status
    """
    config = project.effective()
    kept = store.path(config)
    server = service.running(config)
    health = service.health(server) if server is not None else None
    held = _held()
    mcp_url = _mcp_url(server, health) if config.settings.server.mcp else None
    if json:
        about = {"url": server.url, **server._asdict(), "healthy": health is not None} if server is not None else {}
        more = {"mcp_url": mcp_url} if mcp_url else {}
        show.json_line(
            {"running": server is not None} | about | more | {"held": held, "changes_bytes": store.size(kept)}
        )
    elif server is None:
        show.say("The server is not running. Start it: sparkq start (queues work without it)")
    elif server.started_at is None:
        show.say("The server is starting.")
    else:
        since = times.ago(from_iso(server.started_at), SystemClock().now())
        word = "answers" if health is not None else "does NOT answer"
        show.say(f"The server has been running at {server.url} for {since} (process {server.pid}) and {word}.")
        if server.is_local:
            show_token(server)
        if mcp_url is not None:
            show.say(f"MCP over HTTP: {mcp_url}")
    if not json and held:
        show.say(f"{questions.waiting(held)}.")
    if not json and kept.is_dir():
        show.say(f"What the tasks changed takes {store.share(store.size(kept))}.")
    if server is None:
        raise typer.Exit(1)


def _held() -> int:
    """Return how many tasks wait for your answer, 0 if there is no project or it cannot be read."""
    try:
        return sum(counts.held for _, counts in queues.all_of(project.open()))
    except SparkQError:
        return 0


def _mcp_url(server: service.Running | None, health: Mapping[str, str] | None) -> str | None:
    """Return the address for MCP clients, with the project's id: another project's server refuses it."""
    if server is None or health is None or "project_id" not in health:
        return None
    return f"{server.url}/mcp?project={health['project_id']}"
