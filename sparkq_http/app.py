"""The HTTP application: the routes behind the guard, over one open project."""

import importlib
import pkgutil
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import NamedTuple

import anyio
from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from sparkq_core import __version__
from sparkq_core.changes import Recorder
from sparkq_core.errors import SparkQError
from sparkq_http import routes
from sparkq_http.answer import (
    Refused,
    answer_core_error,
    answer_encoding_error,
    answer_invalid_request,
    answer_refused,
    answer_routing_error,
)
from sparkq_http.assets import Assets
from sparkq_http.background import notice_chats, run_maintenance
from sparkq_http.document import REFUSALS, Application
from sparkq_http.guard import Guard, WholeBody
from sparkq_http.live import Feed
from sparkq_http.middleware import Defects, Head, Slash
from sparkq_http.named_project import NamedProject
from sparkq_http.project import ReloadableProject
from sparkq_http.token import TokenCheck

BUSY = ("queues", "tasks", "work")


class Guest(NamedTuple):
    """Another door that this server serves too: its routes, its lifespan, and a function that ends its waiting requests."""

    routes: Sequence[BaseRoute]
    lifespan: Callable[[], AbstractAsyncContextManager[None]]
    close: Callable[[], None]


def create_app(
    project: ReloadableProject,
    *,
    token: str | None = None,
    users: frozenset[int] = frozenset(),
    guests: Sequence[Guest] = (),
) -> FastAPI:
    """Create the application over one open project.

    With a `token` every request needs it, except those of these `users` of this machine; without `users` it serves other
    machines too. `guests` are behind the same guard.
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
            background.start_soon(notice_chats, project)
            background.start_soon(feed.run)
            yield
            background.cancel_scope.cancel()

    def close() -> None:
        """End the waiting requests, because the server stops."""
        feed.close()
        for guest in guests:
            guest.close()

    app = Application(
        title="SparkQ",
        version=__version__,
        summary="Queue work, walk away, review results later.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.state.project, app.state.feed, app.state.token, app.state.port = project, feed, token, server.port
    app.state.users = users
    app.state.close = close
    app.state.recorder = Recorder()
    app.state.assets = Assets()
    app.add_middleware(Head)
    app.add_middleware(Defects)
    app.add_middleware(WholeBody)
    app.add_middleware(NamedProject, served=project)
    if token is not None:
        app.add_middleware(TokenCheck, token=token, port=server.port, local=bool(users))
    remote = token is not None and not users
    app.add_middleware(Guard, host=server.host, port=server.port, remote=remote, users=users)
    app.add_middleware(Slash)  # outermost, so that the guard sees the address that is answered
    app.add_exception_handler(SparkQError, answer_core_error)
    app.add_exception_handler(Refused, answer_refused)
    app.add_exception_handler(RequestValidationError, answer_invalid_request)
    app.add_exception_handler(UnicodeEncodeError, answer_encoding_error)
    app.add_exception_handler(HTTPException, answer_routing_error)
    app.state.routes = []  # each with its own methods: FastAPI keeps those of a router together
    for router in routers():
        app.include_router(router, responses=REFUSALS)
        app.state.routes += router.routes
    for guest in guests:
        app.router.routes.extend(guest.routes)
        app.state.routes += guest.routes
    return app


def routers() -> Iterator[APIRouter]:
    """Yield the router of each module. The busiest come first: Starlette tries the routes one after another."""
    modules = pkgutil.iter_modules(routes.__path__)
    for module in sorted(modules, key=lambda module: (module.name not in BUSY, module.name)):
        router: APIRouter = importlib.import_module(f"{routes.__name__}.{module.name}").router
        yield router
