"""What every long-lived process does each interval: sweep for stale tasks, run hooks, purge when it is its turn."""

import contextlib
import logging
from collections.abc import Callable

from sparkq_core.errors import NoProject, SparkQError
from sparkq_core.maintenance import hooks
from sparkq_core.maintenance.purge import purge_in_turn
from sparkq_core.model import Swept
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep

FIRST_SECONDS = 5
LONGEST_PAUSE_SECONDS = 600


def interval_seconds(sq: SparkQ) -> int:
    """Seconds between two rounds."""
    return sq.config.settings.queue_runner.auto_fail_interval_seconds


def upkeep(sq: SparkQ, log: logging.Logger | None = None) -> Swept:
    """One round. Several processes may do it at once: each task changes once, one of them purges.

    `log` is told of hooks that cannot be started.
    """
    swept = sweep(sq)
    hooks.run_due(sq, log)
    purge_in_turn(sq)
    return swept


class Rounds:
    """Rounds for a process that serves meanwhile: `pause` is how many seconds to wait before the next one.

    The first comes soon; each that fails is logged, and doubles the pause up to ten minutes.
    """

    def __init__(self, project: Callable[[], SparkQ], log: logging.Logger) -> None:
        self.pause = FIRST_SECONDS
        self._project = project
        self._log = log
        with contextlib.suppress(SparkQError):
            self.pause = min(self.pause, interval_seconds(project()))

    def next(self) -> None:
        """One round, in a thread of its own: a purge is long work. Raises nothing, so that serving goes on."""
        try:
            sq = self._project()
            upkeep(sq, self._log)
            self.pause = interval_seconds(sq)
        except SparkQError as error:
            self._wait_longer()
            level = logging.INFO if isinstance(error, NoProject) else logging.WARNING
            self._log.log(level, "upkeep again in %s s: %s", self.pause, error.message)
        except Exception:
            self._wait_longer()
            self._log.exception("upkeep failed")

    def _wait_longer(self) -> None:
        self.pause = min(2 * self.pause, LONGEST_PAUSE_SECONDS)
