"""The work of each long-lived process at each interval: sweep for stale tasks, start hooks, purge, clean up, back up each day."""

import contextlib
import logging
from collections.abc import Callable

from sparkq_core import artefacts, hooks, purged
from sparkq_core.changes import pruning
from sparkq_core.chats import presence
from sparkq_core.clock import day
from sparkq_core.config.loading import environment
from sparkq_core.errors import NoProject, SparkQError, StorageError
from sparkq_core.maintenance import marks
from sparkq_core.maintenance.cleaning import clean_in_turn
from sparkq_core.maintenance.hook_starter import start_due
from sparkq_core.maintenance.purge import Turn, purge_in_turn
from sparkq_core.model import Swept
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep
from sparkq_core.text import counted, safe

FIRST_SECONDS = 5
LONGEST_PAUSE_SECONDS = 600


def interval_seconds(sq: SparkQ) -> int:
    """Return the seconds between two rounds."""
    return sq.config.settings.queue_runner.auto_fail_interval_seconds


def upkeep(sq: SparkQ, log: logging.Logger | None = None) -> Swept:
    """Do one round. Several processes may do it at once: each task changes once, and one of them purges
    and makes the backup of the day. What hides the data from Git is put back if it was removed.
    What a purge deleted and will delete is logged to `log`, and a backup that cannot be made.
    """
    swept = sweep(sq)
    presence.notice(sq)
    start_due(sq)
    _write_artefacts(sq, log)
    marks.observe(sq)
    turn = purge_in_turn(sq)
    if turn is not None and log is not None:
        _log_purge(sq, turn, log)
    if turn is not None:  # at most once an hour
        pruning.prune(sq)
    clean_in_turn(sq)
    _keep_safe(sq, log)
    return swept


def _write_artefacts(sq: SparkQ, log: logging.Logger | None) -> None:
    """Write what accepted tasks leave, where a process ended before it did. It comes before they are purged."""
    problem = artefacts.write_due(sq).problem
    if problem is not None and log is not None:
        log.warning("the files of accepted tasks were not written: %s %s", problem.message, problem.hint)


def _log_purge(sq: SparkQ, turn: Turn, log: logging.Logger) -> None:
    if turn.purged.total:
        log.info("%s purged, %s of them unreviewed", counted(turn.purged.total, "task"), turn.purged.unreviewed)
    news = purged.news(sq) if turn.announced else purged.News()
    if news.next_at is not None:
        count, first = counted(news.next_unreviewed, "unreviewed task"), day(news.next_at)
        log.warning("%s will be purged, the first on %s or later", count, first)


def _keep_safe(sq: SparkQ, log: logging.Logger | None) -> None:
    """Hide the data from Git, and back it up. An error is logged: the tasks go on without."""
    from sparkq_core.config import ignoring  # no start of a chat pays for what only a round needs
    from sparkq_core.maintenance.daily_backup import back_up_in_turn

    try:
        ignoring.guard(sq.config)
        back_up_in_turn(sq)
    except StorageError as error:
        if log is not None:
            log.warning("no backup was made: %s %s", error.message, error.hint)


class Rounds:
    """The rounds of a process that also serves: it waits `pause` seconds before the next one.

    The first round comes soon. A round that fails is logged, and doubles the pause up to ten minutes.
    """

    def __init__(self, project: Callable[[], SparkQ], log: logging.Logger) -> None:
        self.pause = FIRST_SECONDS
        self._project = project
        self._log = log
        self._seen_run: int | None = None
        self._said = ""
        with contextlib.suppress(SparkQError):
            self.pause = min(self.pause, interval_seconds(project()))

    def next(self) -> None:
        """Do one round. Call it in a separate thread: a purge takes long. Raises nothing, so that serving continues."""
        try:
            sq = self._project()
            self._log_hooks(sq)
            upkeep(sq, self._log)
            self.pause = interval_seconds(sq)
        except SparkQError as error:
            self._wait_longer()
            level = logging.INFO if isinstance(error, NoProject) else logging.WARNING
            self._log.log(level, "upkeep failed; next try in %s s: %s", self.pause, error.message)
        except Exception:
            self._wait_longer()
            self._log.exception("upkeep failed")

    def _log_hooks(self, sq: SparkQ) -> None:
        """Log the hooks that failed since the last round, and once that some wait for your yes."""
        if self._seen_run is None:
            self._seen_run = hooks.last_run(sq.db)
        for run in hooks.runs(sq.db, self._seen_run):
            self._seen_run = run.id
            if run.problem is not None:
                self._log.warning("the hook %s failed: %s. %s", run.hook, safe(run.problem), safe(run.stderr.strip()))
        waiting = hooks.waiting(sq.config, environment()) or ""
        if waiting and waiting != self._said:
            self._log.warning("%s: sparkq hooks allow", waiting)
        self._said = waiting

    def _wait_longer(self) -> None:
        self.pause = min(2 * self.pause, LONGEST_PAUSE_SECONDS)
