"""What the door answers: the core's JSON, or a refusal in the one shape that every route has."""

from collections.abc import Callable, Mapping
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from fastapi import APIRouter, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core import wire
from sparkq_core.errors import Kind, SparkQError
from sparkq_core.text import cut, safe

STATUS = {Kind.INVALID: 400, Kind.NOT_FOUND: 404, Kind.CONFLICT: 409, Kind.BUSY: 503, Kind.STORAGE: 507}
"""The one table from the kind of a refusal to its HTTP status."""

MAX_SHOWN = 300

Shape = TypeVar("Shape", bound=Mapping[str, Any])


class Answer(Response, Generic[Shape]):
    """JSON of one shape, which mypy checks where the answer is made."""

    media_type = "application/json"

    def __init__(self, content: Shape, status_code: int = 200, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(content, status_code, headers)

    def render(self, content: Shape) -> bytes:
        # A lone surrogate in an echoed name becomes the JSON escape of itself.
        return wire.compact(content).encode("utf-8", "backslashreplace")


class Router(APIRouter):
    """Routes whose documented answer is the shape that they return: `-> Answer[shapes.Task]`.

    FastAPI does not validate it at each request: mypy has, and a validated claim would take longer.
    """

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        returned = get_type_hints(endpoint)["return"]
        if get_origin(returned) is Answer:
            options["response_model"] = get_args(returned)[0]
        super().add_api_route(path, endpoint, **options)


class Refusal(TypedDict, closed=True):
    """Every refusal: a code for programs, what is wrong, and what to do next."""

    error: str
    message: str
    hint: str


class Refused(Exception):
    """A refusal that is this door's own: about the request, not about the queue."""

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
    """`{"error", "message", "hint"}` with this status."""
    more = {"Retry-After": "1"} if status == 503 else {}
    return Answer({"error": code, "message": message, "hint": hint}, status, {**more, **(headers or {})})


async def from_core(_: Request, error: Exception) -> Answer[Refusal]:
    """What the core refused, with the status of its kind."""
    assert isinstance(error, SparkQError)
    return refusal(STATUS[error.kind], error.code, error.message, error.hint)


async def from_door(_: Request, error: Exception) -> Answer[Refusal]:
    """What this door refused."""
    assert isinstance(error, Refused)
    return error.answer()


async def from_reading(_: Request, error: Exception) -> Answer[Refusal]:
    """A body or a parameter that is not what the route takes: the first of its faults."""
    assert isinstance(error, RequestValidationError)
    faults = error.errors()
    first = faults[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    if first["type"] == "json_invalid":
        return malformed()
    more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    said = str(first["msg"]).removeprefix("Value error, ").rstrip(".")
    message = cut(safe(f"{where}: {said}"), MAX_SHOWN)
    return refusal(422, "malformed", f"{message}{more}.", "The route's parameters and body are described at /docs.")


async def from_encoding(_: Request, __: Exception) -> Answer[Refusal]:
    """A lone surrogate where the core looks a name up: it never reaches the database, which speaks UTF-8."""
    return refusal(422, "malformed", "A text has a lone surrogate.", "Send whole Unicode characters.")


async def from_routing(_: Request, error: Exception) -> Answer[Refusal]:
    """No such route, or not with this method."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return refusal(404, "no_such_route", "There is nothing at this address.", "The routes are listed at /docs.")
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        return refusal(405, "method", "This address does not take this method.", f"It takes: {allowed}.", error.headers)
    if error.status_code == 400:
        return malformed()
    return refusal(error.status_code, "http", safe(str(error.detail)), "", error.headers)


def malformed() -> Answer[Refusal]:
    """The refusal of a body that cannot be read at all."""
    return refusal(422, "malformed", "The body is not JSON in UTF-8.", "Send one JSON object.")


def defect() -> Answer[Refusal]:
    """What a defect of ours looks like from outside."""
    return refusal(500, "defect", "SparkQ made a mistake. Nothing is lost.", "The server's log says more.")
