"""What the server does while nobody asks: sweeps for stale tasks, hooks, the purge."""

import logging

import anyio
import anyio.to_thread

from sparkq_core import upkeep
from sparkq_core.errors import SparkQError
from sparkq_http.desk import Desk

LONGEST_PAUSE_SECONDS = 600
log = logging.getLogger("sparkq.http")


async def keep_up(desk: Desk) -> None:
    """Sweep, run hooks and purge each interval; what the disk refuses now is tried again later."""
    seconds = upkeep.interval_seconds(desk.sq)
    while True:
        await anyio.sleep(seconds)
        try:
            await anyio.to_thread.run_sync(upkeep.upkeep, desk.sq)
            seconds = upkeep.interval_seconds(desk.sq)
        except SparkQError as error:
            seconds = min(2 * seconds, LONGEST_PAUSE_SECONDS)
            log.warning("upkeep again in %s s: %s", seconds, error.message)
        except Exception:
            # A defect in the background must not take the server down.
            seconds = min(2 * seconds, LONGEST_PAUSE_SECONDS)
            log.exception("upkeep failed")
