"""`sparkq tasks`"""

from typing import Annotated

import typer

from sparkq_cli import purged_lines, show, task_table
from sparkq_cli.context import open_sparkq
from sparkq_cli.options import Json, Limit, OnlyQueue, milliseconds, new_app
from sparkq_core import search, wire
from sparkq_core import tasks as core
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import Status
from sparkq_core.project import SparkQ

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
        _show_found(sq, words, search.find_page(sq, words, wanted, sort=sort, limit=limit, cursor=cursor), json)
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
        _more(len(page.tasks), page.total, page.next)
    elif wanted != core.Wanted():
        show.say("No tasks match.")
    else:
        show.say('There are no tasks. Add one: sparkq enqueue "…" --queue NAME')


def _show_found(sq: SparkQ, words: str, found: search.Found, json: bool) -> None:
    """Show the matches of a search: the tasks, then what is left of the purged ones."""
    now = sq.clock.now()
    if json:
        show.json_line(wire.found(found, now))
        return
    if found.indexing:
        show.say("Some tasks are not indexed yet and cannot be found. Search again in a moment.")
    if not found.tasks and not found.purged:
        show.say("No tasks match." if not found.indexing else "No indexed task matches.")
        return
    from sparkq_cli import found_lines  # only a search needs it

    accent = found_lines.accent(words)
    if found.tasks:
        below = [found_lines.below(found.snippets.get(task.id)) for task in found.tasks]
        task_table.print_table(sq, found.tasks, accent, below)
    for line in found.purged:
        show.say(purged_lines.as_line(line, accent, found_lines.below(found.snippets.get(line.id))))
    _more(len(found.tasks) + len(found.purged), found.total + found.purged_total, found.next)


def _more(shown: int, total: int, cursor: str | None) -> None:
    if cursor:
        show.say(f"{shown} of {total}. More: --cursor {cursor}")
