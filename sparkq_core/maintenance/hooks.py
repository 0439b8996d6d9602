"""Runs the user's commands on events: without a shell, with the task as JSON on standard input.

The first process that sees new events claims them in one transaction and starts their commands, so each runs once.
No process waits for a command: a failing or hanging hook never disturbs the queue.
"""

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from sparkq_core import queues, tasks, wire
from sparkq_core.config import loading as configuration
from sparkq_core.errors import NoSuchTask, SparkQError
from sparkq_core.events import AFTER
from sparkq_core.model import Event
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.text import safe

if TYPE_CHECKING:
    import subprocess
    from logging import Logger  # milliseconds at import, which no command should pay

    from sparkq_core import shapes

ON_EVENT = {"succeeded": "on_succeeded", "failed": "on_failed", "timed out": "on_failed", "stale": "on_stale"}
BATCH = 100
WATERMARK = "SELECT hooked_event FROM project"
BEFORE = "SELECT id FROM events WHERE at < :since ORDER BY id DESC LIMIT 1"
SETTLED_SINCE = """
SELECT EXISTS (SELECT 1 FROM events
WHERE id > :event AND queue_id = :queue AND kind IN ('succeeded', 'failed', 'timed out'))
"""
CLAIM = "UPDATE project SET hooked_event = :event"
CLEAR = "UPDATE project SET hooked_event = NULL WHERE hooked_event = :seen"
STORED = "SELECT EXISTS (SELECT 1 FROM config WHERE key GLOB 'hooks.*')"

_started: "list[subprocess.Popen[bytes]]" = []
"""Commands that may still run. They are polled at each run, so that none stays a zombie."""


def run_due(sq: SparkQ, log: "Logger | None" = None) -> int:
    """Start the hooks of the events since the last run; returns how many were started.

    Events from before the hooks were configured start nothing, even if there were other hooks earlier. A command that
    cannot be started is skipped and logged to `log`.
    """
    _started[:] = [process for process in _started if process.poll() is None]
    if not sq.config.settings.hooks:
        _clear(sq)
        return 0
    started = 0
    while events := _claim(sq):
        started += sum(_start(sq, command, document, log) for command, document in _wanted(sq, events))
    return started


def _clear(sq: SparkQ) -> None:
    """Clear the watermark if no hooks are configured, so that later hooks begin with the events after them."""
    row = sq.db.row(WATERMARK)
    if row is None or row[0] is None or _configured_since(sq):
        return
    with sq.db.write() as tx:
        tx.run(CLEAR, {"seen": row[0]})


def _configured_since(sq: SparkQ) -> bool:
    """True if hooks were added to the settings after this process loaded them."""
    file = sq.config.file
    if file is None:
        stored = sq.db.row(STORED)
        return bool(stored and stored[0])
    try:
        return bool(configuration.load(file.parent, {"SPARKQ_CONFIG": str(file)}, remember=True).settings.hooks)
    except SparkQError:
        return True


def _claim(sq: SparkQ) -> list[Event]:
    """Claim the new events: only this process will run hooks for them."""
    row = sq.db.row(WATERMARK)
    after = row[0] if row else None
    if after is not None and not sq.db.rows(AFTER, {"after": after, "limit": 1}):
        return []
    with sq.db.write() as tx:
        row = tx.row(WATERMARK)
        after = row[0] if row is not None and row[0] is not None else _beginning(sq, tx)
        events = [Event(*row) for row in tx.rows(AFTER, {"after": after, "limit": BATCH})]
        tx.run(CLAIM, {"event": events[-1].id if events else after})
    return events


def _beginning(sq: SparkQ, tx: Transaction) -> int:
    """Return the last event before sparkq.yml was last written; without a sparkq.yml, the last event."""
    since = sq.clock.now() + 1
    if sq.config.file is not None:
        with suppress(OSError):
            since = int(sq.config.file.stat().st_mtime * 1000)
    row = tx.row(BEFORE, {"since": since})
    return int(row[0]) if row else 0


def _wanted(sq: SparkQ, events: list[Event]) -> list[tuple[tuple[str, ...], wire.Json]]:
    """Return the commands to start, each with its document."""
    configured = sq.config.settings.hooks
    commands: list[tuple[tuple[str, ...], wire.Json]] = []
    settled: dict[int, Event] = {}
    for event in events:
        name = ON_EVENT.get(event.kind)
        if name in configured and event.task_id is not None:
            document = _task(sq, event.task_id)
            if document is not None:
                commands.append((configured[name], {"event": name, "task": document}))
        if event.kind in ("succeeded", "failed", "timed out") and event.queue_id is not None:
            settled[event.queue_id] = event
    if "on_queue_empty" in configured:
        commands += [
            (configured["on_queue_empty"], {"event": "on_queue_empty", "queue": queue})
            for queue in _emptied(sq, settled)
        ]
    return commands


def _task(sq: SparkQ, task_id: int) -> "shapes.WholeTask | None":
    try:
        return wire.task_whole(tasks.detail(sq, task_id), sq.clock.now())
    except NoSuchTask:
        return None


def _emptied(sq: SparkQ, settled: dict[int, Event]) -> "list[shapes.Queue]":
    """Return the queues whose last open task was settled by one of these events, and by no later one."""
    return [
        wire.queue(queue, counts)
        for queue, counts in queues.all_of(sq, archived=True)
        if queue.id in settled
        and not counts.queued
        and not counts.running
        and not _settled_since(sq, settled[queue.id])
    ]


def _settled_since(sq: SparkQ, event: Event) -> bool:
    """True if a later event emptied the queue again: the process that claims that event reports it."""
    row = sq.db.row(SETTLED_SINCE, {"event": event.id, "queue": event.queue_id})
    return bool(row and row[0])


def _start(sq: SparkQ, command: tuple[str, ...], document: dict[str, Any], log: "Logger | None") -> bool:
    import subprocess  # 6 ms at import, which a result without hooks should not pay
    import tempfile

    with tempfile.TemporaryFile() as stdin:  # a file, because a pipe would block on a long prompt
        stdin.write(wire.compact(document).encode("utf-8", "backslashreplace"))
        stdin.seek(0)
        try:
            process = subprocess.Popen(
                command,
                stdin=stdin,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd=sq.config.root,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:  # no such program, or an argument that cannot be passed
            if log is not None:
                log.warning("the hook %s cannot be started: %s: %s", document["event"], safe(command[0]), error)
            return False
    _started.append(process)
    return True
