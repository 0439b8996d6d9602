"""The work of each long-lived process at each interval: sweep for stale tasks, run hooks, purge, back up each day."""

import contextlib
import logging
from collections.abc import Callable

from sparkq_core.errors import NoProject, SparkQError, StorageError
from sparkq_core.maintenance import hooks
from sparkq_core.maintenance.purge import purge_in_turn
from sparkq_core.model import Swept
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep

FIRST_SECONDS = 5
LONGEST_PAUSE_SECONDS = 600


def interval_seconds(sq: SparkQ) -> int:
    """Return the seconds between two rounds."""
    return sq.config.settings.queue_runner.auto_fail_interval_seconds


def upkeep(sq: SparkQ, log: logging.Logger | None = None) -> Swept:
    """Do one round. Several processes may do it at once: each task changes once, and one of them purges
    and makes the backup of the day. What hides the data from Git is put back if it was removed.
    Hooks that cannot be started, and a backup that cannot be made, are logged to `log`.
    """
    swept = sweep(sq)
    hooks.run_due(sq, log)
    purge_in_turn(sq)
    _keep_safe(sq, log)
    return swept


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
        with contextlib.suppress(SparkQError):
            self.pause = min(self.pause, interval_seconds(project()))

    def next(self) -> None:
        """Do one round. Call it in a separate thread: a purge takes long. Raises nothing, so that serving continues."""
        try:
            sq = self._project()
            upkeep(sq, self._log)
            self.pause = interval_seconds(sq)
        except SparkQError as error:
            self._wait_longer()
            level = logging.INFO if isinstance(error, NoProject) else logging.WARNING
            self._log.log(level, "upkeep failed; next try in %s s: %s", self.pause, error.message)
        except Exception:
            self._wait_longer()
            self._log.exception("upkeep failed")

    def _wait_longer(self) -> None:
        self.pause = min(2 * self.pause, LONGEST_PAUSE_SECONDS)
