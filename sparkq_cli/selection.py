"""Choose the tasks of a verb: by their ids, or all of a queue or a status, which are shown before you are asked."""

import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import typer

from sparkq_cli import show
from sparkq_cli.context import agreed
from sparkq_cli.options import ids_and_text
from sparkq_core import tasks, wire
from sparkq_core.errors import InvalidValue
from sparkq_core.lifecycle import Status
from sparkq_core.model import Seen, Task
from sparkq_core.project import SparkQ
from sparkq_core.tasks import Wanted
from sparkq_core.text import safe

MOST_SHOWN = 20
PAGE = 1000

AllOfQueue = Annotated[
    str | None,
    typer.Option("--queue", "-Q", metavar="NAME", help="Instead of ids: all tasks of this queue."),
]
AllOfStatus = Annotated[
    str | None, typer.Option("--status", metavar="S", help="Instead of ids: all tasks with this status.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="With --queue or --status: do not ask.")]


class Filters(NamedTuple):
    """The tasks that are chosen without ids; with `yes` without a question."""

    queue: str | None
    status: str | None
    yes: bool

    @property
    def given(self) -> bool:
        """True if there is a filter."""
        return self.queue is not None or self.status is not None


class Verb(NamedTuple):
    """A verb for several tasks: `possible` are the statuses that it can begin with, `usual` those without --status."""

    name: str
    possible: Sequence[Status]
    usual: Sequence[Status] = ()
    reviewed: bool | None = None


class Chosen(NamedTuple):
    """The ids of the tasks, the text behind them, and if filters chose them, the tasks as they were shown."""

    ids: list[int]
    text: str = ""
    shown: Sequence[Task] | None = None

    @property
    def by_filter(self) -> bool:
        """True if no ids were typed."""
        return self.shown is not None

    @property
    def seen(self) -> list[Seen]:
        """The outcomes that were shown: another one that comes meanwhile is not decided unseen."""
        return [Seen(task.id, task.attempts, task.late_at is not None, task.late_at) for task in self.shown or ()]


def chosen(sq: SparkQ, words: Sequence[str], filters: Filters, verb: Verb, *, json: bool) -> Chosen:
    """Return the tasks that the words or the filters name, and the text behind the ids.

    Filters show their tasks and ask; there may be none. Raises InvalidValue, NoSuchQueue.
    """
    if not filters.given:
        if not words:
            raise InvalidValue(
                "No task was named.", f"Name it: sparkq {verb.name} 42. Or all of a queue: sparkq {verb.name} -Q NAME"
            )
        return Chosen(*ids_and_text(words))
    if len(words) > 1 or (words and not ids_and_text(["0", *words])[1]):
        raise InvalidValue("Ids and a filter were given.", "Give ids, or --queue and --status.")
    selected = _matching(sq, filters, verb)
    if selected:
        _ask(selected, filters, verb, json=json)
    return Chosen([task.id for task in selected], words[0] if words else "", selected)


def _matching(sq: SparkQ, filters: Filters, verb: Verb) -> list[Task]:
    wanted = Wanted(queue=filters.queue, status=filters.status, reviewed=verb.reviewed)
    impossible = [status for status in wanted.statuses if status in set(Status) and status not in verb.possible]
    if impossible:
        raise InvalidValue(
            f"A {impossible[0]} task cannot be chosen to {verb.name}.", f"Possible: {', '.join(verb.possible)}."
        )
    if filters.status is None:
        wanted = wanted._replace(status=",".join(verb.usual or verb.possible))
    found: list[Task] = []
    cursor = None
    while True:
        page = tasks.list_page(sq, wanted, sort="oldest", limit=PAGE, cursor=cursor)
        found += page.tasks
        cursor = page.next
        if cursor is None:
            waiting = [task for task in found if task.status == Status.QUEUED]
            waiting.sort(key=lambda task: (task.queue_id, task.position))
            return waiting + [task for task in found if task.status != Status.QUEUED]


def _ask(selected: Sequence[Task], filters: Filters, verb: Verb, *, json: bool) -> None:
    """Show the tasks and ask. Raises InvalidValue where nobody can answer."""
    if filters.yes:
        return
    number = show.counted(len(selected), "task")
    if json or not sys.stdin.isatty():
        raise InvalidValue(
            f"It would {verb.name} {number}, and this is not a terminal.",
            "Add --yes. To see them: sparkq tasks with the same --queue and --status.",
        )
    rows = [[wire.friendly(task.id), task.status, task.queue, safe(task.title)] for task in selected[:MOST_SHOWN]]
    show.table(["ID", "STATUS", "QUEUE", "TITLE"], rows, flexible=3, droppable=(2,))
    if len(selected) > MOST_SHOWN:
        show.say(f"and {len(selected) - MOST_SHOWN:,} more")
    agreed(f"{verb.name.capitalize()} {'it' if len(selected) == 1 else f'these {number}'}?")


def answer(
    changed: Sequence[Mapping[str, Any]], choice: Chosen, one: str, many: str, *, json: bool, quiet: bool
) -> None:
    """Print what a verb did: of one task that was named, or `many`, after the number of tasks, of several."""
    if len(changed) == 1 and not choice.by_filter:
        show.answer(changed[0], one, json=json, quiet=quiet)
        return
    text = f"{show.counted(len(changed), 'task')} {many}" if changed else "No tasks match."
    show.answer({"tasks": changed, "total": len(changed)}, text, json=json, quiet=quiet)
