"""`sparkq chat`"""

from typing import Annotated

import typer

from sparkq_cli import chat_lines, show
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, OnlyQueue, new_app
from sparkq_cli.options import task_id as parsed_task_id
from sparkq_core import chat_work, wire
from sparkq_core.chats import ways_back
from sparkq_core.errors import InvalidValue, Kind, SparkQError
from sparkq_core.project import SparkQ

app = new_app()


class NoWayBack(SparkQError):
    """SparkQ cannot say how the chat is opened again."""

    kind, code = Kind.NOT_FOUND, "no_way_back"


@app.command()
def chat(
    task_id: Annotated[
        int | None,
        typer.Argument(parser=parsed_task_id, metavar="[ID]", help="The chat that worked on this task: 42 for #42."),
    ] = None,
    queue: OnlyQueue = None,
    attempt: Annotated[
        int | None, typer.Option("--attempt", metavar="N", help="This attempt (default: the one whose outcome counts).")
    ] = None,
    command: Annotated[
        bool, typer.Option("--command", help="Print only the command that opens the chat again.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", help="Maximum number of chats, or of attempts.", min=1, max=1000)
    ] = 20,
    json: Json = False,
) -> None:
    """Show the chat behind a task, or the latest one of a queue, and the command that opens it again.

    Without a task or a queue: the newest chats.

    Examples:
      sparkq chat 42
      sparkq chat --queue backend
      eval "$(sparkq chat --queue backend --command)"
    """
    sq = open_sparkq()
    if task_id is not None and queue is not None:
        raise InvalidValue("A task and a queue were given.", "Choose one: sparkq chat 42, or sparkq chat --queue NAME")
    if attempt is not None and task_id is None:
        raise InvalidValue("--attempt needs a task.", "Name it: sparkq chat 42 --attempt 1")
    if command and json:
        raise InvalidValue(
            "--command and --json were both given.", "Choose one: with --json the command is under `resume`."
        )
    if task_id is None and queue is None:
        if command:
            raise InvalidValue(
                "--command needs a task or a queue.", "sparkq chat 42 --command, or sparkq chat --queue NAME --command"
            )
        _list(sq, limit, json)
        return
    line = chat_work.latest(sq, queue) if queue is not None else chat_work.of_task(sq, task_id or 0, attempt)
    if command:
        show.say(_command(line))
        return
    attempts = chat_work.work(sq, line.chat.id, limit=limit)
    if json:
        show.json_line(wire.chat_whole(line, attempts))
    else:
        show.say(chat_lines.as_text(line, attempts, sq.clock.now()))


def _list(sq: SparkQ, limit: int, json: bool) -> None:
    lines = chat_work.newest(sq, limit=limit)
    if json:
        show.json_line(wire.chats(lines))
    elif lines:
        chat_lines.listed(lines, sq.clock.now())
    else:
        show.say("No chat has worked on a task yet. Connect a client: sparkq connect claude-code")


def _command(line: chat_work.Line) -> str:
    """Return the command alone, for a shell. Raises NoWayBack."""
    way = ways_back.to(line.chat)
    if way.command is None:
        raise NoWayBack(way.problem or "", "When and where it worked: the same command without --command.")
    return way.command
