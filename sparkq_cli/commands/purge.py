"""`sparkq purge`"""

import sys
from collections.abc import Callable
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import agreed, open_sparkq
from sparkq_cli.options import Json, OnlyQueue, milliseconds, new_app
from sparkq_core.errors import InvalidValue
from sparkq_core.maintenance import purge as core

app = new_app()


@app.command()
def purge(
    older_than: Annotated[
        str | None,
        typer.Option(
            "--older-than", metavar="AGE", help="Age of reviewed tasks: 3d, 12h, 30m (default: purge.older_than_days)."
        ),
    ] = None,
    unreviewed: Annotated[
        str | None,
        typer.Option(
            "--unreviewed-older-than", metavar="AGE", help="Age of unreviewed ones (default: purge.unreviewed_days)."
        ),
    ] = None,
    queue: OnlyQueue = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Delete old finished tasks. Queued and running tasks stay; unreviewed results are kept longer.

    It asks for confirmation; in a script or with --json, add --yes. Tasks of archived queues stay unless you name the
    queue. Each task leaves one line, which `sparkq task ID` shows.

    Examples:
      sparkq purge --older-than 7d --dry-run
      sparkq purge --yes --json
    """
    sq = open_sparkq()
    age = None if older_than is None else milliseconds(older_than)
    unreviewed_age = None if unreviewed is None else milliseconds(unreviewed)
    asks = not (dry_run or yes)
    if asks and (json or not sys.stdin.isatty()):
        raise InvalidValue(
            "Purge asks for confirmation, and this is not a terminal.",
            "Add --yes, or --dry-run to see what it would delete.",
        )
    purged = core.purge(sq, older_than=age, unreviewed=unreviewed_age, queue=queue, dry_run=True)
    if not dry_run and purged.total:
        if asks:
            agreed(f"Delete {show.counted(purged.total, 'finished task')} ({purged.unreviewed} of them unreviewed)?")
        purged = core.purge(
            sq,
            older_than=age,
            unreviewed=unreviewed_age,
            queue=queue,
            on_batch=_bar(purged.total) if not json else None,
        )
    if json:
        show.json_line(
            {
                "reviewed": purged.reviewed,
                "unreviewed": purged.unreviewed,
                "total": purged.total,
                "archived": purged.archived,
                "dry_run": dry_run,
            }
        )
    else:
        would = "would be deleted" if dry_run else "deleted"
        show.say(
            f"{show.counted(purged.total, 'finished task')} {would}"
            + (f", {purged.unreviewed} of them unreviewed." if purged.total else ".")
        )
        if purged.archived:
            show.say(f"{show.counted(purged.archived, 'task')} in archived queues stay: sparkq purge --queue NAME")


def _bar(total: int) -> Callable[[int], None] | None:
    """A line that grows, for a purge that takes a while, on a terminal."""
    if total < 2000 or not sys.stderr.isatty():
        return None

    def drawn(gone: int) -> None:
        filled = 40 * gone // total
        sys.stderr.write(
            f"\r[{'#' * filled}{' ' * (40 - filled)}] {gone:,} of {total:,}" + ("\n" if gone >= total else "")
        )
        sys.stderr.flush()

    return drawn
