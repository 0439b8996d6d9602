"""The values that the shell completes: names, ids and settings of this project. Silent when there is no project."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sparkq_core import catalogue, project, queues, sessions, tasks
from sparkq_core.config.loading import load
from sparkq_core.config.settings import SCALARS
from sparkq_core.errors import SparkQError
from sparkq_core.lifecycle import MARKS, MOVES, QueueStatus, Status
from sparkq_core.project import SparkQ
from sparkq_core.text import safe

Offer = tuple[str, str]
"""A value, and a word about it, which may be empty."""

FINISHED = (Status.SUCCEEDED, Status.FAILED, Status.CANCELLED)
STATUSES = {
    **{verb: move.from_statuses for verb, move in MOVES.items()},
    **MARKS,
    "requeue": FINISHED,
    "check": (Status.RUNNING,),
    "wait": (Status.QUEUED, Status.HELD, Status.RUNNING),
    "undo": FINISHED,
    "diff": (Status.RUNNING, *FINISHED),
    "branch": FINISHED,
    "chat": (Status.RUNNING, Status.HELD, *FINISHED),
    "usage": (Status.RUNNING, *FINISHED),
}
"""The statuses whose tasks a command accepts. Any other command accepts them all."""

MOST_IDS = 20
BEFORE = ""
"""The key of the arguments before an option whose value is not there yet: the parser does not know whose they are."""

PLAIN = re.compile(r"[\w.@+/-]+")
"""A value that no shell reads as anything but a word."""


def offered(make: Callable[[SparkQ], Iterable[Offer]]) -> list[Offer]:
    """Return the values that a project gives, none where there is no project."""
    try:
        return list(make(project.open()))
    except SparkQError:
        return []


def about(text: str) -> str:
    """Return foreign text without what the completion functions of shells evaluate."""
    quotes = str.maketrans({'"': "”", "'": "’", ":": " ", "$": " ", "`": " ", "\\": " ", "(": " ", ")": " "})
    return " ".join(safe(text).translate(quotes).split())


def queue_offers(command: str) -> list[Offer]:
    """Return the queues that a command accepts."""

    def make(sq: SparkQ) -> Iterable[Offer]:
        return [
            (queue.name, f"{counts.queued} queued")
            for queue, counts in queues.all_of(sq, archived=True)
            if _accepts(command, queue.status, queue.paused_at is not None)
        ]

    return offered(make)


def _accepts(command: str, status: str, paused: bool) -> bool:
    wanted = {
        "enqueue": status == QueueStatus.ACTIVE,
        "move": status == QueueStatus.ACTIVE,
        "claim": status != QueueStatus.ARCHIVED,
        "runner": status != QueueStatus.ARCHIVED,
        "peek": status != QueueStatus.ARCHIVED,
        "queue pause": status != QueueStatus.ARCHIVED and not paused,
        "queue resume": paused,
        "queue end": status == QueueStatus.ACTIVE,
        "queue reopen": status == QueueStatus.ENDED,
        "queue archive": status != QueueStatus.ARCHIVED,
        "queue unarchive": status == QueueStatus.ARCHIVED,
    }
    return wanted.get(command, True)


def session_offers(command: str) -> list[Offer]:
    """Return the sessions that a command accepts: only active ones get new queues, or can be ended."""
    wants_active = command in ("session end", "queue create", "setup")
    return offered(
        lambda sq: [
            (each.name, each.status) for each in sessions.all_of(sq) if not wants_active or each.status == "active"
        ]
    )


def task_offers(command: str, incomplete: str) -> list[Offer]:
    """Return the newest tasks that a command accepts whose ids begin so, with their titles; behind `3,` or `5-` too."""
    statuses = STATUSES.get(command, tuple(Status))
    unreviewed = False if command == "review" else True if command == "undo" else None
    match = re.fullmatch(r"([#\d,-]*[,-]|)#?(\d*)", incomplete)
    if match is None:
        return []
    before, digits = match.groups()

    def make(sq: SparkQ) -> Iterable[Offer]:
        wanted = tasks.Wanted(status=",".join(statuses), reviewed=unreviewed)
        newest = tasks.list_page(sq, wanted, sort="newest", limit=100).tasks
        return [(f"{before}{task.id}", about(task.title)) for task in newest if str(task.id).startswith(digits)][
            :MOST_IDS
        ]

    return offered(make)


def statuses(incomplete: str) -> list[Offer]:
    """Return the statuses, behind a comma too."""
    before, comma, _ = incomplete.rpartition(",")
    return [(f"{before}{comma}{status}", "") for status in Status if status not in before.split(",")]


def tools() -> list[Offer]:
    """Return the tools, each with its class."""
    return offered(lambda sq: [(name, tool.task_class) for name, tool in catalogue.tools(sq).items()])


def classes() -> list[Offer]:
    """Return the task classes, each with its timeout."""
    return offered(lambda sq: [(name, f"{each.timeout} s") for name, each in catalogue.classes(sq).items()])


def workers() -> list[Offer]:
    """Return the workers of the newest tasks."""

    def make(sq: SparkQ) -> Iterable[Offer]:
        newest = tasks.list_page(sq, sort="newest", limit=200).tasks
        names = dict.fromkeys(task.worker for task in newest if task.worker)
        return [(name, "") for name in names if PLAIN.fullmatch(name)]

    return offered(make)


def scripts() -> list[Offer]:
    """Return the scripts of the index."""
    from sparkq_core import scripts as core

    try:
        config = load()
        return [(each.name, about(each.description)) for each in core.index(config.root, config.settings.script_dirs)]
    except SparkQError:
        return []


def inputs(script: str | None) -> list[Offer]:
    """Return the inputs of a script as `NAME=`."""
    from sparkq_core import scripts as core

    try:
        config = load()
        known = core.by_name(core.index(config.root, config.settings.script_dirs), script or "")
    except SparkQError:
        return []
    return [(f"{each.name}=", about(each.description)) for each in known.inputs]


def settings() -> list[Offer]:
    """Return the keys of the settings."""
    keys = [(key, about(scalar.doc)) for key, scalar in SCALARS.items()]
    return [*keys, ("script_dirs", ""), *((f"task_classes.{name}", text) for name, text in classes())]


def values(key: str | None) -> list[Offer]:
    """Return the values that a setting can have, if it has a known set."""
    scalar = SCALARS.get(key or "")
    if scalar is None:
        return []
    if scalar.kind is bool:
        return [("true", ""), ("false", "")]
    default = str(scalar.default)
    return [(choice, "") for choice in scalar.choices] or ([(default, "the default")] if default else [])


def attempts(given: Mapping[str, Any]) -> list[Offer]:
    """Return the attempts of the task that was named before."""
    named = next((given[key] for key in ("task_id", "task", "of", "ids", BEFORE) if given.get(key)), None)
    word = str(named[0] if isinstance(named, list | tuple) else named).removeprefix("#")
    if not word.isdecimal():
        return []
    return offered(lambda sq: [(str(number), "") for number in range(tasks.get(sq, int(word)).attempts, 0, -1)])


def copies() -> list[Offer]:
    """Return the copies of the database that `sparkq restore` can put back."""
    from sparkq_core.config import copies as core

    try:
        return [(str(copy.path), copy.kind) for copy in core.found(load())]
    except SparkQError:
        return []
