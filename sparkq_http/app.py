"""The HTTP application: every room of `routes`, behind the guard, over one open project."""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any, NamedTuple

import anyio
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from sparkq_core import __version__
from sparkq_core.errors import SparkQError
from sparkq_http import routes
from sparkq_http.answer import (
    Refusal,
    Refused,
    answer_core_error,
    answer_encoding_error,
    answer_invalid_request,
    answer_refused,
    answer_routing_error,
)
from sparkq_http.background import run_maintenance
from sparkq_http.guard import Guard, Whole
from sparkq_http.live import Feed
from sparkq_http.middleware import Defects, Head
from sparkq_http.project import ReloadableProject
from sparkq_http.token import Gate

REFUSALS: dict[int | str, dict[str, Any]] = {
    400: {"model": Refusal, "description": "The core does not take this value."},
    401: {"model": Refusal, "description": "The token is missing: only on servers that other machines can reach."},
    403: {"model": Refusal, "description": "Asked by a foreign page, or not to be done from here."},
    404: {"model": Refusal, "description": "There is no such thing."},
    409: {"model": Refusal, "description": "The present state does not admit it."},
    413: {"model": Refusal, "description": "The body is too large."},
    415: {"model": Refusal, "description": "The content type is not application/json."},
    421: {"model": Refusal, "description": "The Host header names another server."},
    422: {"model": Refusal, "description": "The body or a parameter is malformed."},
    500: {"model": Refusal, "description": "A defect of SparkQ."},
    503: {"model": Refusal, "description": "Busy; try again after a second."},
    507: {"model": Refusal, "description": "The disk or the database file does not let SparkQ keep its word."},
}


BUSY = ("queues", "tasks", "work")


class Guest(NamedTuple):
    """Routes of another door that this server serves too, what must run around them, and what ends all that waits there."""

    routes: Sequence[BaseRoute]
    lifespan: Callable[[], AbstractAsyncContextManager[None]]
    close: Callable[[], None]


def create_app(project: ReloadableProject, *, token: str | None = None, guests: Sequence[Guest] = ()) -> FastAPI:
    """The application over one open project.

    With a `token` it is for other machines too, which must show it. `guests` are behind the same guard.
    """
    feed = Feed(project)
    server = project.sq.config.settings.server

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for guest in guests:
                await stack.enter_async_context(guest.lifespan())
            background = await stack.enter_async_context(anyio.create_task_group())
            background.start_soon(run_maintenance, project)
            background.start_soon(feed.run)
            yield
            background.cancel_scope.cancel()

    def close() -> None:
        """End all that waits: the server stops."""
        feed.close()
        for guest in guests:
            guest.close()

    app = FastAPI(
        title="SparkQ",
        version=__version__,
        summary="Queue work, walk away, review results later.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.project, app.state.feed, app.state.token, app.state.port = project, feed, token, server.port
    app.state.close = close
    app.add_middleware(Head)
    app.add_middleware(Defects)
    app.add_middleware(Whole)
    if token is not None:
        app.add_middleware(Gate, token=token, port=server.port)
    app.add_middleware(Guard, host=server.host, port=server.port, remote=token is not None)
    app.add_exception_handler(SparkQError, answer_core_error)
    app.add_exception_handler(Refused, answer_refused)
    app.add_exception_handler(RequestValidationError, answer_invalid_request)
    app.add_exception_handler(UnicodeEncodeError, answer_encoding_error)
    app.add_exception_handler(HTTPException, answer_routing_error)
    for router in rooms():
        app.include_router(router, responses=REFUSALS)
    for guest in guests:
        app.router.routes.extend(guest.routes)
    return app


def rooms() -> Iterator[APIRouter]:
    """The router of each room: first those that workers ask all day, since a request is tried on one after another."""
    for found in sorted(pkgutil.iter_modules(routes.__path__), key=lambda one: (one.name not in BUSY, one.name)):
        router: APIRouter = importlib.import_module(f"{routes.__name__}.{found.name}").router
        yield router
