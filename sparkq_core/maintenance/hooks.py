"""Commands of the person's that run when something happened: without a shell, with the task as JSON on standard input.

Whichever process comes by first takes the new events in one transaction and starts their commands, so each runs once.
Nobody waits for them: a failing or hanging hook never disturbs the queue.
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
    from logging import Logger  # milliseconds at import, which no command pays

    from sparkq_core import shapes

ON_EVENT = {"succeeded": "on_succeeded", "failed": "on_failed", "timed out": "on_failed", "stale": "on_stale"}
BATCH = 100
WATERMARK = "SELECT hooked_event FROM project"
BEFORE = "SELECT id FROM events WHERE at < :since ORDER BY id DESC LIMIT 1"
SETTLED_SINCE = """
SELECT EXISTS (SELECT 1 FROM events
WHERE id > :event AND queue_id = :queue AND kind IN ('succeeded', 'failed', 'timed out'))
"""
TAKEN = "UPDATE project SET hooked_event = :event"
FORGOTTEN = "UPDATE project SET hooked_event = NULL WHERE hooked_event = :seen"
STORED = "SELECT EXISTS (SELECT 1 FROM config WHERE key GLOB 'hooks.*')"

_started: "list[subprocess.Popen[bytes]]" = []
"""Commands that may still run: asked now and then, so that none stays a zombie."""


def run_due(sq: SparkQ, log: "Logger | None" = None) -> int:
    """Start the hooks of what has happened since the last time; returns how many were started.

    What happened before hooks were configured starts nothing, also where there had been others before. A command that
    cannot be started is passed over: `log` says so.
    """
    _started[:] = [one for one in _started if one.poll() is None]
    if not sq.config.settings.hooks:
        _forget(sq)
        return 0
    started = 0
    while events := _take(sq):
        started += sum(_start(sq, command, document, log) for command, document in _wanted(sq, events))
    return started


def _forget(sq: SparkQ) -> None:
    """Without hooks nothing waits to be taken: those of a later day begin with what happens then."""
    row = sq.db.row(WATERMARK)
    if row is None or row[0] is None or _configured_since(sq):
        return
    with sq.db.write() as tx:
        tx.run(FORGOTTEN, {"seen": row[0]})


def _configured_since(sq: SparkQ) -> bool:
    """Whether hooks stand in the settings by now, of which a process that has run for long may not know."""
    file = sq.config.file
    if file is None:
        stored = sq.db.row(STORED)
        return bool(stored and stored[0])
    try:
        return bool(configuration.load(file.parent, {"SPARKQ_CONFIG": str(file)}, remember=True).settings.hooks)
    except SparkQError:
        return True


def _take(sq: SparkQ) -> list[Event]:
    """The new events, which from now on are this process's to run hooks for."""
    row = sq.db.row(WATERMARK)
    after = row[0] if row else None
    if after is not None and not sq.db.rows(AFTER, {"after": after, "limit": 1}):
        return []
    with sq.db.write() as tx:
        row = tx.row(WATERMARK)
        after = row[0] if row is not None and row[0] is not None else _beginning(sq, tx)
        found = [Event(*one) for one in tx.rows(AFTER, {"after": after, "limit": BATCH})]
        tx.run(TAKEN, {"event": found[-1].id if found else after})
    return found


def _beginning(sq: SparkQ, tx: Transaction) -> int:
    """The last event before the hooks were configured: before sparkq.yml was last written, or now without one."""
    since = sq.clock.now() + 1
    if sq.config.file is not None:
        with suppress(OSError):
            since = int(sq.config.file.stat().st_mtime * 1000)
    row = tx.row(BEFORE, {"since": since})
    return int(row[0]) if row else 0


def _wanted(sq: SparkQ, events: list[Event]) -> list[tuple[tuple[str, ...], wire.Json]]:
    """The commands to start, each with its document."""
    configured = sq.config.settings.hooks
    found: list[tuple[tuple[str, ...], wire.Json]] = []
    settled: dict[int, Event] = {}
    for event in events:
        name = ON_EVENT.get(event.kind)
        if name in configured and event.task_id is not None:
            document = _task(sq, event.task_id)
            if document is not None:
                found.append((configured[name], {"event": name, "task": document}))
        if event.kind in ("succeeded", "failed", "timed out") and event.queue_id is not None:
            settled[event.queue_id] = event
    if "on_queue_empty" in configured:
        found += [
            (configured["on_queue_empty"], {"event": "on_queue_empty", "queue": one}) for one in _emptied(sq, settled)
        ]
    return found


def _task(sq: SparkQ, task_id: int) -> "shapes.WholeTask | None":
    try:
        return wire.task_whole(tasks.detail(sq, task_id), sq.clock.now())
    except NoSuchTask:
        return None


def _emptied(sq: SparkQ, settled: dict[int, Event]) -> "list[shapes.Queue]":
    """The queues whose last open task has just been settled, by the last of these events and none after it."""
    found = [(queue, counts) for queue, counts in queues.all_of(sq, archived=True) if queue.id in settled]
    return [
        wire.queue(queue, counts)
        for queue, counts in found
        if not counts.queued and not counts.running and not _settled_since(sq, settled[queue.id])
    ]


def _settled_since(sq: SparkQ, event: Event) -> bool:
    """Whether a later event empties the queue as well: whoever takes that one tells it."""
    row = sq.db.row(SETTLED_SINCE, {"event": event.id, "queue": event.queue_id})
    return bool(row and row[0])


def _start(sq: SparkQ, command: tuple[str, ...], document: dict[str, Any], log: "Logger | None") -> bool:
    import subprocess  # 6 ms at import, which a result without hooks does not pay
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
        except (OSError, ValueError) as error:  # no such program, or no text that a program can be given
            if log is not None:
                log.warning("the hook %s does not start: %s: %s", document["event"], safe(command[0]), error)
            return False
    _started.append(process)
    return True
