"""Starts the process that runs hooks (`hook_process`), when an event is due for one.

Every process that notices an event may start it, also a command that ends at once. A project has one at a time.
"""

import sys
from typing import TYPE_CHECKING

from sparkq_core import hooks, project
from sparkq_core.config import loading as configuration
from sparkq_core.errors import SparkQError
from sparkq_core.files.lock import is_held
from sparkq_core.project import SparkQ

if TYPE_CHECKING:
    import subprocess

LOCK = "hooks.lock"
FAR = 1000
"""After so many events without a hook the watermark moves, so that the next look does not pass them again."""

WATERMARK = "SELECT hooked_event FROM project"
DUE = """
SELECT EXISTS (SELECT 1 FROM events WHERE id > :after AND kind IN ('succeeded', 'failed', 'timed out', 'stale')),
    (SELECT coalesce(max(id), 0) FROM events)
"""
MOVE = "UPDATE project SET hooked_event = (SELECT coalesce(max(id), 0) FROM events) WHERE hooked_event IS :seen"

_started: "list[subprocess.Popen[bytes]]" = []
"""The processes that this one started. They are polled at each look, so that none stays a zombie."""


def start_due(sq: SparkQ) -> bool:
    """Start the process that runs hooks if an event is due. Returns True if it was started.

    Events from before you allowed the present hooks start nothing, even if there were other hooks earlier.
    """
    _started[:] = [process for process in _started if process.poll() is None]
    row = sq.db.row(WATERMARK)
    after = row[0] if row else None
    if not sq.config.settings.hooks:
        if after is not None and not _configured_since(sq):
            _pass_over(sq, after)
        return False
    if hooks.allowed(sq.config, configuration.environment()) is None:
        if after is not None and not _configured_since(sq, allowed=True):
            _pass_over(sq, after)
        return False
    if after is None:  # a database that was made or restored after your yes
        _pass_over(sq, after)
        return False
    ((due, newest),) = sq.db.rows(DUE, {"after": after})
    if not due:
        if newest - after > FAR:
            _pass_over(sq, after)
        return False
    if is_held(sq.config.run_dir / LOCK):
        return False  # before that process ends, it looks for events again
    return _start(sq)


def _pass_over(sq: SparkQ, seen: int | None) -> None:
    """Move the watermark to the newest event: what happens while no hook may run starts nothing later."""
    row = sq.db.row(DUE, {"after": seen or 0})
    if seen is None or (row is not None and row[1] > seen):
        with sq.db.write() as tx:
            tx.run(MOVE, {"seen": seen})


def _configured_since(sq: SparkQ, *, allowed: bool = False) -> bool:
    """True if hooks were added to the settings after this process loaded them; with `allowed`, also allowed."""
    file = sq.config.file
    env = {} if file is None else {"SPARKQ_CONFIG": str(file)}
    try:
        config = configuration.load(sq.config.root, env, remember=True)
        config = project.with_table(config, sq.db, sq.config.root, env)
    except SparkQError:
        return True
    if allowed:
        return hooks.allowed(config, configuration.environment()) is not None
    return bool(config.settings.hooks)


def _start(sq: SparkQ) -> bool:
    import subprocess  # 6 ms at import, which a result without hooks should not pay

    config = sq.config
    where = [str(path) for path in (config.root, config.database, config.file) if path is not None]
    # -P: a folder of the repository that is called `sparkq_core` is not the package
    command = [sys.executable, "-P", "-m", "sparkq_core.maintenance.hook_process", *where]
    nothing = subprocess.DEVNULL
    try:
        process = subprocess.Popen(
            command, stdin=nothing, stdout=nothing, stderr=nothing, cwd=config.root, start_new_session=True
        )
    except OSError:  # too many processes: the next look starts it
        return False
    _started.append(process)
    return True
