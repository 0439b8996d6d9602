"""The background work of the server: sweeps for stale tasks, hooks, the purge, and chats that are gone."""

import logging

import anyio
import anyio.to_thread

from sparkq_core.chats import presence
from sparkq_core.errors import SparkQError
from sparkq_core.maintenance.rounds import Rounds
from sparkq_http.project import ReloadableProject

NOTICE_SECONDS = 0.5
"""Seconds between two looks at the chats, each of which takes microseconds."""

PAUSE_SECONDS = 10.0
log = logging.getLogger("sparkq.http")


async def run_maintenance(project: ReloadableProject) -> None:
    """Sweep, run hooks and purge at each interval. After an error of the disk, try again at the next one."""
    rounds = Rounds(lambda: project.sq, log)
    while True:
        await anyio.sleep(rounds.pause)
        await anyio.to_thread.run_sync(rounds.next)


async def notice_chats(project: ReloadableProject) -> None:
    """Record within a second that a chat is gone whose server was killed, so that every open page says so."""
    while True:
        await anyio.sleep(NOTICE_SECONDS)
        try:
            await anyio.to_thread.run_sync(presence.notice, project.sq)
        except SparkQError as error:
            log.info("chats that are gone cannot be recorded: %s", error.message)
            await anyio.sleep(PAUSE_SECONDS)
