"""Runs the hooks of a project, in a process of its own: without a shell, with the task as JSON on standard input.

At most PARALLEL run at once, each for LIMIT_SECONDS at most, and the others wait in order. How each ended is recorded.
The process ends when nothing is due. An event is claimed in one transaction, so that each hook runs once.

What a task changed is recorded after its worker has been answered, so a hook waits for that a moment.
"""

import fcntl
import os
import signal
import sys
import tempfile
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import IO, TYPE_CHECKING, NamedTuple

from sparkq_core import hooks, project, queues, tasks, wire
from sparkq_core.config import loading as configuration
from sparkq_core.errors import NoSuchTask, SparkQError
from sparkq_core.events import AFTER
from sparkq_core.files import lock
from sparkq_core.hooks import HookRun
from sparkq_core.maintenance.hook_starter import LOCK, WATERMARK
from sparkq_core.model import Event
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates

if TYPE_CHECKING:
    from sparkq_core import shapes

ON_EVENT = {
    "succeeded": "on_succeeded",
    "failed": "on_failed",
    "timed out": "on_failed",
    "stale": "on_stale",
    "asked": "on_question",
}
BATCH = 100
PARALLEL = 4
MOST_WAITING = 100
LIMIT_SECONDS = 60.0
GRACE_SECONDS = 5.0
"""How long a hook has to end by itself after SIGTERM, before SIGKILL."""
PAUSE_SECONDS = 0.02
"""Between two looks at the hooks that run: Python cannot wait for several processes at once."""
CHANGE_SECONDS = 3.0
"""How long a hook waits for what its task changed: somewhat longer than a record may take (changes/recording.py)."""
STDERR_BYTES = 4096
LARGE_BYTES = 1024 * 1024
"""A hook may print without end: from this size on, only the end of its standard error is kept on the disk too."""

SETTLED_SINCE = """
SELECT EXISTS (SELECT 1 FROM events
WHERE id > :event AND queue_id = :queue AND kind IN ('succeeded', 'failed', 'timed out'))
"""
RECORDED = "SELECT git_after FROM attempts WHERE task_id = :task AND attempt = :attempt AND git_after IS NOT NULL"
CLAIM = "UPDATE project SET hooked_event = :event"


class Due(NamedTuple):
    """A hook that is to run: for a task, or for a queue that has become empty.

    For the outcome of an `attempt` it waits until that moment, in monotonic seconds, for what the attempt changed.
    """

    hook: str
    task_id: int | None = None
    queue: "shapes.Queue | None" = None
    attempt: int | None = None
    until: float = 0.0


class Running(NamedTuple):
    """A hook that runs: since when on the clock, and until when it may in monotonic seconds."""

    due: Due
    process: "Popen[bytes]"
    stderr: IO[bytes]
    started_at: int
    until: float
    stopped: bool = False


def main() -> None:
    """Run what is due in the project whose root, database and settings file are the arguments."""
    root, database, *file = sys.argv[1:]
    env = {name: value for name, value in configuration.environment().items() if name != "SPARKQ_CONFIG"}
    env |= {"SPARKQ_DATABASE__PATH": database} | ({"SPARKQ_CONFIG": file[0]} if file else {})
    with suppress(SparkQError):  # the next process that looks starts it again
        work(lambda: project.open(Path(root), env=env))


def work(opener: Callable[[], SparkQ], limit: float = LIMIT_SECONDS, grace: float = GRACE_SECONDS) -> int:
    """Run hooks until none is due; returns how many were run. Returns at once if another process does it."""
    sq, ran = opener(), 0
    while True:
        handle = lock.acquire(sq.config.run_dir / LOCK, wait=False)
        if handle is None:
            return ran
        try:
            ran += HookProcess(sq, limit, grace).run()
        finally:
            os.close(handle)
        # Only now: an event that came before the lock was released found it held, and started nothing.
        if not _is_due(sq):
            sq.close()
            return ran
        sq.close()
        sq = opener()  # with the present settings


def _may_run(sq: SparkQ) -> bool:
    """True if there are hooks and you have allowed them."""
    return bool(sq.config.settings.hooks) and hooks.allowed(sq.config, configuration.environment()) is not None


def _is_due(sq: SparkQ) -> bool:
    """True if there are events whose hooks may run."""
    row = sq.db.row(WATERMARK)
    return bool(row and row[0] is not None and sq.db.rows(AFTER, {"after": row[0], "limit": 1}) and _may_run(sq))


class HookProcess:
    """The hooks that wait and run, for a project whose settings do not change meanwhile."""

    def __init__(self, sq: SparkQ, limit: float, grace: float) -> None:
        self._sq = sq
        self._limit = limit
        self._grace = grace
        self._waiting: deque[Due] = deque()
        self._running: list[Running] = []
        self._ran = 0

    def run(self) -> int:
        """Run hooks until none waits or runs and there are no new events; returns how many were run."""
        while True:
            self._take_due()
            while self._waiting and len(self._running) < PARALLEL and self._is_ready(self._waiting[0]):
                self._start(self._waiting.popleft())
            if not self._running and not self._waiting:
                return self._ran
            time.sleep(PAUSE_SECONDS)
            self._running = [still for running in self._running if (still := self._looked_at(running)) is not None]

    def _is_ready(self, due: Due) -> bool:
        """True if what the task changed is recorded, or it is not worth waiting for it."""
        if due.attempt is None or self._sq.clock.monotonic() >= due.until:
            return True
        return self._sq.db.row(RECORDED, {"task": due.task_id, "attempt": due.attempt}) is not None

    def _take_due(self) -> None:
        """Claim the new events, and let their hooks wait in order; those for which there is no room are counted."""
        left_out: Counter[str] = Counter()
        while events := self._claim():
            for due in self._wanted(events):
                if len(self._waiting) < MOST_WAITING:
                    self._waiting.append(due)
                else:
                    left_out[due.hook] += 1
        now = self._sq.clock.now()
        for hook, count in left_out.items():
            self._record(Due(hook), now, None, f"{count} not started: {MOST_WAITING} were waiting already")

    def _claim(self) -> list[Event]:
        """Claim the next events. Without a watermark, or without your yes, none."""
        if not _is_due(self._sq):
            return []
        with self._sq.db.write() as tx:
            ((after,),) = tx.rows(WATERMARK)
            events = [Event(*row) for row in tx.rows(AFTER, {"after": after, "limit": BATCH})]
            if events:
                tx.run(CLAIM, {"event": events[-1].id})
        return events

    def _wanted(self, events: list[Event]) -> list[Due]:
        """Return the hooks of these events, in their order."""
        configured = self._sq.config.settings.hooks
        wanted = []
        settled: dict[int, Event] = {}
        for event in events:
            name = ON_EVENT.get(event.kind)
            if name in configured and event.task_id is not None:
                wanted.append(self._due(name, event))
            if event.kind in ("succeeded", "failed", "timed out") and event.queue_id is not None:
                settled[event.queue_id] = event
        if "on_queue_empty" in configured:
            wanted += [Due("on_queue_empty", queue=queue) for queue in _emptied(self._sq, settled)]
        if "on_review_needed" in configured:
            wanted += [Due("on_review_needed", queue=queue) for queue in _waiting_for_review(self._sq, settled)]
        return wanted

    def _due(self, hook: str, event: Event) -> Due:
        """Return the hook of an event. Nobody records what a task changed that timed out."""
        if not self._sq.config.watches_git or event.kind not in ("succeeded", "failed"):
            return Due(hook, event.task_id)
        return Due(hook, event.task_id, None, event.attempt, self._sq.clock.monotonic() + CHANGE_SECONDS)

    def _start(self, due: Due) -> None:
        document = _document(self._sq, due)
        if document is None:
            return
        command, now = self._sq.config.settings.hooks[due.hook], self._sq.clock.now()
        self._ran += 1
        try:
            stderr = tempfile.TemporaryFile()  # noqa: SIM115  # it is open as long as the hook runs
        except OSError as error:
            self._record(due, now, None, f"cannot be started: {error.strerror}")
            return
        fcntl.fcntl(stderr, fcntl.F_SETFL, fcntl.fcntl(stderr, fcntl.F_GETFL) | os.O_APPEND)  # for `_shortened`
        try:
            with tempfile.TemporaryFile() as stdin:  # a file, because a pipe would block on a long prompt
                stdin.write(wire.compact(document).encode("utf-8", "backslashreplace"))
                stdin.seek(0)
                process = Popen(
                    command,
                    stdin=stdin,
                    stdout=DEVNULL,
                    stderr=stderr,
                    cwd=self._sq.config.root,
                    env=_environment(),
                    start_new_session=True,
                )
        except (OSError, ValueError) as error:  # no such program, a full disk, or an argument that cannot be passed
            stderr.close()
            reason = error.strerror if isinstance(error, OSError) else error
            self._record(due, now, None, f"cannot be started: {reason}")
            return
        self._running.append(Running(due, process, stderr, now, self._sq.clock.monotonic() + self._limit))

    def _looked_at(self, running: Running) -> Running | None:
        """Record a hook that has ended, and stop one that has run too long."""
        code = running.process.poll()
        if code is not None:
            if running.stopped:
                _signal(running, signal.SIGKILL)  # its children too
                problem: str | None = f"stopped after {self._limit:g} s"
            else:
                problem = None if code == 0 else f"exit code {code}" if code > 0 else f"ended by signal {-code}"
            exit_code = code if code >= 0 and not running.stopped else None
            self._record(running.due, running.started_at, exit_code, problem, _end(running.stderr))
            running.stderr.close()
            return None
        _shortened(running.stderr)
        if self._sq.clock.monotonic() < running.until:
            return running
        _signal(running, signal.SIGKILL if running.stopped else signal.SIGTERM)
        return running._replace(stopped=True, until=self._sq.clock.monotonic() + self._grace)

    def _record(self, due: Due, started_at: int, exit_code: int | None, problem: str | None, stderr: str = "") -> None:
        run = HookRun(0, due.hook, due.task_id, started_at, self._sq.clock.now(), exit_code, problem, stderr)
        with suppress(SparkQError):  # the other hooks still run
            hooks.record(self._sq, run)


def _environment() -> dict[str, str]:
    """Return the environment of hooks. Git's variables of the caller would lead their `git` to another repository."""
    return {name: value for name, value in configuration.environment().items() if not name.startswith("GIT_")}


def _document(sq: SparkQ, due: Due) -> wire.Json | None:
    """Return the standard input of a hook; None if its task is gone."""
    if due.task_id is None:
        return {"event": due.hook, "queue": due.queue}
    try:
        detail = tasks.detail(sq, due.task_id)
    except NoSuchTask:
        return None
    ended = next((attempt for attempt in detail.attempts if attempt.attempt == due.attempt), None)
    task: wire.Json = {**wire.task_whole(detail, sq.clock.now())}
    changed = wire.changed(ended.git_after) if ended else None
    return {"event": due.hook, "task": task | ({"changed": changed} if changed else {})}


def _emptied(sq: SparkQ, settled: dict[int, Event]) -> "list[shapes.Queue]":
    """Return the queues whose last open task was settled by one of these events, and by no later one."""
    return [
        wire.queue(queue, counts)
        for queue, counts in queues.all_of(sq, archived=True)
        if queue.id in settled
        and not (counts.queued or counts.held or counts.running)
        and not _settled_since(sq, settled[queue.id])
    ]


def _waiting_for_review(sq: SparkQ, settled: dict[int, Event]) -> "list[shapes.Queue]":
    """Return the queues that wait for your review since one of these events settled the last task that ran there."""
    waiting = []
    for queue, counts in queues.all_of(sq) if settled else ():
        gate = gates.of_queue(sq.db, queue.id) if queue.id in settled else None
        if gate and not gate.paused and not gate.running and not _settled_since(sq, settled[queue.id]):
            waiting.append(wire.queue(queue, counts))
    return waiting


def _settled_since(sq: SparkQ, event: Event) -> bool:
    """True if a later event emptied the queue again: the process that claims that event reports it."""
    row = sq.db.row(SETTLED_SINCE, {"event": event.id, "queue": event.queue_id})
    return bool(row and row[0])


def _signal(running: Running, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(running.process.pid, number)


def _end(stream: IO[bytes]) -> str:
    """Return the end of what a hook has printed."""
    size = os.fstat(stream.fileno()).st_size
    return os.pread(stream.fileno(), STDERR_BYTES, max(0, size - STDERR_BYTES)).decode("utf-8", "replace")


def _shortened(stream: IO[bytes]) -> None:
    """Keep only the end of a large output. The hook appends, so it goes on behind that end."""
    if os.fstat(stream.fileno()).st_size > LARGE_BYTES:
        end = _end(stream)
        os.ftruncate(stream.fileno(), 0)
        os.write(stream.fileno(), end.encode("utf-8", "replace"))


if __name__ == "__main__":
    main()
