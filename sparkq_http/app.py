"""The HTTP application: for now `/health`; the page and REST come with their own rooms."""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.to_thread
from fastapi import FastAPI

from sparkq_core import __version__, upkeep
from sparkq_core.errors import SparkQError
from sparkq_core.project import SparkQ
from sparkq_http.guard import Guard

LONGEST_PAUSE_SECONDS = 600
log = logging.getLogger("sparkq.http")


def create_app(sq: SparkQ) -> FastAPI:
    """The application over one open project."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as background:
            background.start_soon(keep_up, sq)
            yield
            background.cancel_scope.cancel()

    app = FastAPI(title="SparkQ", version=__version__, lifespan=lifespan, docs_url=None, redoc_url=None)
    app.add_middleware(Guard, port=sq.config.settings.server.port)

    @app.get("/health")
    async def health() -> dict[str, str]:
        """Whether the server and its database answer."""
        sq.version()
        return {"status": "ok", "project": sq.config.name, "version": __version__}

    return app


async def keep_up(sq: SparkQ) -> None:
    """Sweep, run hooks and purge each interval; what the disk refuses now is tried again later."""
    seconds = upkeep.interval_seconds(sq)
    while True:
        await anyio.sleep(seconds)
        try:
            await anyio.to_thread.run_sync(upkeep.upkeep, sq)
            seconds = upkeep.interval_seconds(sq)
        except SparkQError as error:
            seconds = min(2 * seconds, LONGEST_PAUSE_SECONDS)
            log.warning("upkeep again in %s s: %s", seconds, error.message)
        except Exception:
            # A defect in the background must not take the server down.
            seconds = min(2 * seconds, LONGEST_PAUSE_SECONDS)
            log.exception("upkeep failed")
