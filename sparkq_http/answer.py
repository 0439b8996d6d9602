"""The answers of the routes: JSON of the core, or a refusal, which has the same shape on every route."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match
from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import shapes, wire
from sparkq_core.errors import Kind, SparkQError
from sparkq_core.storage.aside import aside
from sparkq_core.text import cut, safe

STATUS = {Kind.INVALID: 400, Kind.NOT_FOUND: 404, Kind.CONFLICT: 409, Kind.BUSY: 503, Kind.STORAGE: 507}
"""The HTTP status of each kind of refusal."""

MAX_SHOWN = 300

Shape = TypeVar("Shape", bound=Mapping[str, Any])


class Answer(Response, Generic[Shape]):
    """A JSON response of one shape. mypy checks the content where the answer is made."""

    media_type = "application/json"

    def __init__(self, content: Shape, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status_code, headers)

    def render(self, content: Shape) -> bytes:
        # A lone surrogate in a name that is sent back becomes its JSON escape.
        return wire.compact(content).encode("utf-8", "backslashreplace")


class Router(APIRouter):
    """Documents the shape in a route's return type, such as `-> Answer[shapes.Task]`, as its response model.

    FastAPI does not validate the response: mypy has checked it, and validation would make a claim slower. While another
    process holds the write lock, a route that writes waits aside.
    """

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        returned = get_type_hints(endpoint)["return"]
        if get_origin(returned) is Answer:
            options["response_model"] = get_args(returned)[0]

        @wraps(endpoint)
        async def call(*args: Any, **parameters: Any) -> Any:
            return await aside(lambda: endpoint(*args, **parameters))

        known: set[str] = set()
        if "GET" in (options.get("methods") or ()):
            options["dependencies"] = [*(options.get("dependencies") or ()), Depends(_only(known))]
        super().add_api_route(path, call, **options)
        known |= _query_parameters(self.routes[-1])


def _only(known: set[str]) -> Callable[[Request], Awaitable[None]]:
    """Return a dependency that refuses other query parameters than these: a filter that is misspelled would answer all."""

    async def only(request: Request) -> None:
        unknown = [name for name in request.query_params if name not in known]
        if unknown:
            has = f"It has: {', '.join(sorted(known))}." if known else "It has none."
            raise Refused(
                422, "malformed", cut(safe(f"{unknown[0]}: no such parameter of this route."), MAX_SHOWN), has
            )

    return only


def _query_parameters(route: Any) -> set[str]:
    """Return the names of a route's query parameters, of those too that it documents and reads by itself."""
    waiting, declared = [route.dependant], []
    while waiting:
        dependant = waiting.pop()
        declared += dependant.query_params
        waiting += dependant.dependencies
    documented = (route.openapi_extra or {}).get("parameters", ())
    return {field.alias for field in declared} | {each["name"] for each in documented if each["in"] == "query"}


class Refusal(TypedDict, closed=True):
    """A refusal: a code for programs, the problem, the next step, and what is left of a purged task."""

    error: str
    message: str
    hint: str
    purged: NotRequired[shapes.PurgedTask]


class Refused(Exception):
    """A refusal by the HTTP server itself: about the request, not about a queue or a task."""

    def __init__(self, status: int, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.hint = hint

    def answer(self) -> Answer[Refusal]:
        return refusal(self.status, self.code, self.message, self.hint)


def refusal(
    status: int, code: str, message: str, hint: str = "", headers: Mapping[str, str] | None = None
) -> Answer[Refusal]:
    """Build a refusal, with Retry-After if the status is 503."""
    more = {"Retry-After": "1"} if status == 503 else {}
    return Answer({"error": code, "message": message, "hint": hint}, status, {**more, **(headers or {})})


async def answer_core_error(_: Request, error: Exception) -> Answer[Refusal]:
    """Answer an error of the core with the status of its kind."""
    assert isinstance(error, SparkQError)
    left = wire.left_of(error)
    if left is None:
        return refusal(STATUS[error.kind], error.code, error.message, error.hint)
    content: Refusal = {"error": error.code, "message": error.message, "hint": error.hint, "purged": left}
    return Answer(content, STATUS[error.kind])


async def answer_refused(_: Request, error: Exception) -> Answer[Refusal]:
    """Answer a refusal by the HTTP server."""
    assert isinstance(error, Refused)
    return error.answer()


async def answer_invalid_request(_: Request, error: Exception) -> Answer[Refusal]:
    """Answer an invalid body or parameter with the first of its errors, and count the others."""
    assert isinstance(error, RequestValidationError)
    errors = error.errors()
    first = errors[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    if first["type"] == "json_invalid":
        return malformed()
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    reason = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    message = cut(safe(f"{where}: {reason}"), MAX_SHOWN)
    return refusal(422, "malformed", f"{message}{more}.", "See /docs for the parameters and the body of this route.")


async def answer_encoding_error(_: Request, __: Exception) -> Answer[Refusal]:
    """Answer a name with a lone surrogate, which SQLite cannot store."""
    return refusal(422, "malformed", "A text has a lone surrogate.", "Send valid Unicode.")


async def answer_routing_error(request: Request, error: Exception) -> Answer[Refusal]:
    """Answer a request for an unknown route, or with a method that the route does not allow."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return refusal(404, "no_such_route", "There is nothing at this address.", "See /docs for all routes.")
    if error.status_code == 405:
        allowed = ", ".join(_allowed(request))
        return refusal(405, "method", "Method not allowed here.", f"Allowed: {allowed}.", {"Allow": allowed})
    if error.status_code == 400:
        return malformed()
    return refusal(error.status_code, "http", safe(str(error.detail)), "", error.headers)


def _allowed(request: Request) -> list[str]:
    """Return the methods of all routes at this address: Starlette names only those of the first."""
    matching = (route for route in request.app.state.routes if route.matches(request.scope)[0] != Match.NONE)
    methods = {method for route in matching for method in getattr(route, "methods", None) or ()}
    return sorted(methods | ({"HEAD"} if "GET" in methods else set()))


def malformed() -> Answer[Refusal]:
    """Refuse a body that is not JSON."""
    return refusal(422, "malformed", "The body is not JSON in UTF-8.", "Send one JSON object.")


def defect() -> Answer[Refusal]:
    """Answer an unexpected exception, without its details."""
    return refusal(500, "defect", "SparkQ made a mistake. Nothing is lost.", "See the server's log for details.")
