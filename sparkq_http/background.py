"""The background work of the server: sweeps for stale tasks, hooks, the purge."""

import logging

import anyio
import anyio.to_thread

from sparkq_core.maintenance.rounds import Rounds
from sparkq_http.project import ReloadableProject

log = logging.getLogger("sparkq.http")


async def run_maintenance(project: ReloadableProject) -> None:
    """Sweep, run hooks and purge at each interval. After an error of the disk, try again at the next one."""
    rounds = Rounds(lambda: project.sq, log)
    while True:
        await anyio.sleep(rounds.pause)
        await anyio.to_thread.run_sync(rounds.next)
