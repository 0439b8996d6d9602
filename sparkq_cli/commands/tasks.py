"""`sparkq tasks`"""

from typing import Annotated

import typer

from sparkq_cli import show, task_table
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, Limit, OnlyQueue, milliseconds, new_app
from sparkq_core import tasks as core
from sparkq_core import wire
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import Status

app = new_app()


@app.command()
def tasks(
    queue: OnlyQueue = None,
    status: Annotated[
        str | None,
        typer.Option("--status", metavar="S", help=f"{', '.join(Status)}, or several: queued,running."),
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", metavar="NAME", help="Only queues of this session.")
    ] = None,
    tool: Annotated[str | None, typer.Option("--tool", metavar="T", help="Only tasks of this tool.")] = None,
    worker: Annotated[str | None, typer.Option("--worker", metavar="W", help="Only tasks of this worker.")] = None,
    words: Annotated[
        str | None,
        typer.Option(
            "--search", metavar="WORDS", help="Words, or a phrase in double quotes, in title, prompt or outcome."
        ),
    ] = None,
    older: Annotated[
        str | None, typer.Option("--older-than", metavar="AGE", help="Enqueued longer ago than this: 2d, 3h.")
    ] = None,
    newer: Annotated[
        str | None, typer.Option("--newer-than", metavar="AGE", help="Enqueued within this time: 2d, 3h.")
    ] = None,
    reviewed: Annotated[
        bool | None,
        typer.Option("--reviewed/--unreviewed", help="Only finished tasks that you have, or have not, reviewed."),
    ] = None,
    sort: Annotated[
        str,
        typer.Option(
            "--sort",
            metavar="ORDER",
            help="newest, oldest, or line for the queued tasks of one queue in their order, then its others. A search: best, the default, newest or oldest.",
        ),
    ] = "",
    limit: Limit = 50,
    cursor: Annotated[str | None, typer.Option("--cursor", metavar="C", help="Continue after this page.")] = None,
    ids: Annotated[bool, typer.Option("--ids", help="Print only the ids, one a line, for xargs.")] = False,
    json: Json = False,
) -> None:
    """List tasks, newest first; the queued tasks of one queue in their order. A search shows the
    place that matches, the best match first, and finds what is left of purged tasks too.

    Examples:
      sparkq tasks --queue backend --status queued
      sparkq tasks --status failed --newer-than 1d --json
      sparkq tasks --tool run-bash --status failed --ids | xargs -r sparkq requeue
      sparkq tasks --search '"date parser" tests'
    """
    sq = open_sparkq()
    now = sq.clock.now()
    wanted = core.Wanted(
        queue=queue,
        status=status,
        session=session,
        tool=tool,
        worker=worker,
        since=None if newer is None else now - milliseconds(newer),
        until=None if older is None else now - milliseconds(older),
        reviewed=reviewed,
    )
    if ids and (json or words is not None):
        raise InvalidValue("--ids was given with --json or --search.", "Leave one out.")
    if words is not None:
        from sparkq_cli import found_lines  # only a search needs it

        found_lines.show_found(sq, words, wanted, sort=sort, limit=limit, cursor=cursor, json=json)
        return
    page = core.list_page(sq, wanted, sort=sort, limit=limit, cursor=cursor)
    if json:
        show.json_line(wire.task_page(page, now))
    elif ids:
        for task in page.tasks:
            show.say(str(task.id))
        if page.next:
            show.note(f"{len(page.tasks)} of {page.total}. More: --limit {page.total} or --cursor {page.next}")
    elif page.tasks:
        task_table.print_table(sq, page.tasks)
        show.more(len(page.tasks), page.total, page.next)
    elif wanted != core.Wanted():
        show.say("No tasks match.")
    else:
        show.say('There are no tasks. Add one: sparkq enqueue "…" --queue NAME')
