"""What every long-lived process does each interval: sweep for stale tasks, run hooks, purge when it is its turn."""

from sparkq_core import hooks
from sparkq_core.model import Swept
from sparkq_core.project import SparkQ
from sparkq_core.purge import purge_in_turn
from sparkq_core.sweep import sweep


def interval_seconds(sq: SparkQ) -> int:
    """Seconds between two rounds."""
    return sq.config.settings.queue_runner.auto_fail_interval_seconds


def upkeep(sq: SparkQ) -> Swept:
    """One round. Several processes may do it at once: each task changes once, one of them purges."""
    swept = sweep(sq)
    hooks.run_due(sq)
    purge_in_turn(sq)
    return swept
