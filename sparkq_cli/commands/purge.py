"""`sparkq purge`"""

import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import typer

from sparkq_cli import show
from sparkq_cli.context import agreed, check_keyboard, open_sparkq
from sparkq_cli.options import Json, OnlyQueue, milliseconds, new_app
from sparkq_core import tasks, wire
from sparkq_core.changes import pruning
from sparkq_core.clock import DAY, day
from sparkq_core.config import copies
from sparkq_core.errors import InvalidValue
from sparkq_core.maintenance import purge as core
from sparkq_core.maintenance.cleaning import clean, write_again
from sparkq_core.project import SparkQ

MOST_LISTED, BEFORE_QUESTION = 200, 10
"""Tasks that a dry run lists, and those that are shown before the question."""

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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what it would delete.")] = False,
    vacuum: Annotated[
        bool,
        typer.Option(
            "--vacuum", help="Delete nothing; write the file again without its free space. Others wait meanwhile."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Delete old finished tasks. Queued and running tasks stay; unreviewed results are kept longer.

    It asks for confirmation; in a script or with --json, add --yes. Tasks of archived queues stay unless you name the
    queue. Each task leaves one line, which `sparkq task ID` shows. Every other text of it leaves the file, but not the
    backups made before.

    Examples:
      sparkq purge --older-than 7d --dry-run
      sparkq purge --yes --json
      sparkq purge --vacuum
    """
    sq = open_sparkq()
    if vacuum:
        if dry_run or (older_than, unreviewed, queue) != (None, None, None):
            raise InvalidValue("--vacuum deletes no task.", "Leave out the ages, --queue and --dry-run.")
        _vacuum(sq, json)
        return
    age = None if older_than is None else milliseconds(older_than)
    unreviewed_age = None if unreviewed is None else milliseconds(unreviewed)
    asks = not (dry_run or yes)
    if not dry_run:
        check_keyboard("Finished work is deleted by the user.")
    if asks and (json or not sys.stdin.isatty()):
        raise InvalidValue(
            "Purge asks for confirmation, and this is not a terminal.",
            "Add --yes, or --dry-run to see what it would delete.",
        )
    is_clean, asked_at = True, sq.clock.now()
    purged = core.purge(sq, older_than=age, unreviewed=unreviewed_age, queue=queue, dry_run=True, asked_at=asked_at)
    ids: tuple[int, ...] = ()
    if dry_run or asks:
        ids = core.found(sq, older_than=age, unreviewed=unreviewed_age, queue=queue, asked_at=asked_at)
    if not dry_run and purged.total:
        if asks:
            _list(sq, ids, BEFORE_QUESTION)
            show.say("Each leaves one line. A copy of everything first: sparkq backup")
            agreed(f"Delete {show.counted(purged.total, 'finished task')} ({purged.unreviewed} of them unreviewed)?")
        purged = core.purge(
            sq,
            older_than=age,
            unreviewed=unreviewed_age,
            queue=queue,
            asked_at=asked_at,
            on_batch=_bar(purged.total) if not json else None,
        )
        is_clean = clean(sq)
        pruning.prune(sq)
    if json:
        facts = {
            "reviewed": purged.reviewed,
            "unreviewed": purged.unreviewed,
            "total": purged.total,
            "archived": purged.archived,
            "dry_run": dry_run,
        }
        show.json_line(facts | ({"ids": list(ids)} if dry_run else {}))
    else:
        if dry_run:
            _list(sq, ids, MOST_LISTED)
        would = "would be deleted" if dry_run else "deleted"
        show.say(
            f"{show.counted(purged.total, 'finished task')} {would}"
            + (f", {purged.unreviewed} of them unreviewed." if purged.total else ".")
        )
        if purged.archived:
            show.say(f"{show.counted(purged.archived, 'task')} in archived queues stay: sparkq purge --queue NAME")
        if purged.total and not dry_run:
            _say_what_is_left(sq, is_clean)


def _list(sq: SparkQ, ids: Sequence[int], most: int) -> None:
    """List the first tasks that would be deleted, the reviewed ones before the others."""
    now = sq.clock.now()
    listed = [tasks.get(sq, task_id) for task_id in ids[:most]]
    rows = [
        [wire.friendly(task.id), show.state(task, now), task.queue, task.title, "yes" if task.reviewed_at else "no"]
        for task in listed
    ]
    show.table(["ID", "STATUS", "QUEUE", "TITLE", "REVIEWED"], rows, flexible=3, droppable=(2,))
    if len(ids) > most:
        show.say(f"… and {len(ids) - most:,} more")


def _say_what_is_left(sq: SparkQ, is_clean: bool) -> None:
    """Say where the texts of the deleted tasks still are, and until when."""
    if not is_clean:
        show.say(f"Other processes use {sq.db.path.name}: the last of the texts leaves its log when it is quiet.")
    kept = copies.found(sq.config)
    daily, days = [copy for copy in kept if copy.kind == "automatic"], sq.config.settings.backup.keep
    others = [copy for copy in kept if copy not in daily]
    if others or (daily and not days):
        show.say(f"{_copies(len(kept))} made before may have their texts: sparkq restore --list")
    elif daily:
        show.say(f"{show.counted(len(daily), 'daily backup')} made before may have their texts: sparkq restore --list")
    if daily and days:
        end = day(sq.clock.now() + days * DAY)
        show.say(
            "  The last daily backup of them is removed when "
            f"{show.counted(days, 'newer one')} {'has' if days == 1 else 'have'} been made: on {end} or later."
        )


def _copies(count: int) -> str:
    return f"{count} {'copy' if count == 1 else 'copies'} of the database"


def _vacuum(sq: SparkQ, json: bool) -> None:
    done = write_again(sq)
    text = f"{sq.db.path.name}: {done.before / 1e6:,.1f} MB before, {done.after / 1e6:,.1f} MB now."
    if not done.is_clean:
        text += " Other processes use it: the space goes back when it is quiet."
    show.answer({"before": done.before, "after": done.after}, text, json=json)


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
