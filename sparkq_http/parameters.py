"""The parameters of the routes: the open project, ids and names in paths, and the types of queries and bodies."""

import logging
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from fastapi import BackgroundTasks, Depends, Path, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema

from sparkq_core import artefacts, clock, queues
from sparkq_core.changes import Recorder
from sparkq_core.errors import NoSuchQueue
from sparkq_core.model import Seen
from sparkq_core.project import SparkQ
from sparkq_core.queues.addresses import queue_name as queue_name
from sparkq_core.text import safe
from sparkq_core.verdicts import PAGE, REST, Giver
from sparkq_http.assets import Assets
from sparkq_http.live import Feed
from sparkq_http.project import ReloadableProject

log = logging.getLogger("sparkq.http")

MAX_NUMBER = 2**53
"""The largest number that a program may send: JavaScript's limit, far below SQLite's."""


async def _reloadable(request: Request) -> ReloadableProject:
    project: ReloadableProject = request.app.state.project
    return project


async def _open(request: Request) -> SparkQ:
    project: ReloadableProject = request.app.state.project
    return project.sq


async def _feed(request: Request) -> Feed:
    feed: Feed = request.app.state.feed
    return feed


async def _files(request: Request) -> Assets:
    assets: Assets = request.app.state.assets
    return assets


async def _recorder(request: Request) -> Recorder:
    recorder: Recorder = request.app.state.recorder
    return recorder


def _write_artefacts(project: ReloadableProject) -> None:
    problem = artefacts.write_due(project.sq).problem
    if problem is not None:
        log.warning("the files of accepted tasks were not written: %s %s", problem.message, problem.hint)


async def _door(request: Request) -> Giver:
    """Return by which door a request comes: the page names itself, and other programs have a user agent."""
    if request.headers.get("sparkq-door") == PAGE:
        return Giver(PAGE)
    program = request.headers.get("user-agent", "").partition(" ")[0]
    return Giver(REST, safe(program) or None)


Door = Annotated[Giver, Depends(_door)]


async def _giver(request: Request, door: Door, after: BackgroundTasks) -> Giver:
    """Return by which door a verdict is given. When the answer is out, what accepted tasks leave is written."""
    after.add_task(_write_artefacts, request.app.state.project)
    return door


Reloadable = Annotated[ReloadableProject, Depends(_reloadable)]
Open = Annotated[SparkQ, Depends(_open)]
Live = Annotated[Feed, Depends(_feed)]
Files = Annotated[Assets, Depends(_files)]
Records = Annotated[Recorder, Depends(_recorder)]
By = Annotated[Giver, Depends(_giver)]


class Body(BaseModel):
    """A JSON object. Unknown keys and values of another type are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Nothing(Body):
    """The body of a route that needs none: empty, or `{}`."""


async def _bodiless(body: Nothing | None = None) -> None:
    assert body is None or body == Nothing()


BODILESS = Depends(_bodiless)
"""The dependency of a route without a body. It refuses a body that has keys."""


class Filters(BaseModel):
    """Query parameters. Unknown ones are refused, and an empty one counts as absent."""

    model_config = ConfigDict(extra="forbid")


F = TypeVar("F", bound=Filters)


def read(model: type[F]) -> Callable[[Request], Awaitable[F]]:
    """Return a dependency that reads the query parameters of `model`. Of a repeated parameter, the last one counts.

    FastAPI's own query models look up the type of each field again at every request, which slows lists down
    (docs/performance.md). Raises RequestValidationError.
    """

    async def filters(request: Request) -> F:
        try:
            return model.model_validate(dict(request.query_params.multi_items()))
        except ValidationError as error:
            errors = [{**details, "loc": ("query", *details["loc"])} for details in error.errors()]
            raise RequestValidationError(errors) from error

    return filters


def documented(model: type[Filters]) -> dict[str, Any]:
    """Return the `openapi_extra` of a route that reads `model`: its query parameters."""
    parameters = []
    for name, field in model.model_json_schema()["properties"].items():
        schema = {key: value for key, value in field.items() if key != "description" and value is not None}
        about = {"description": field["description"]} if "description" in field else {}
        parameters.append({"name": name, "in": "query", "required": False, "schema": schema} | about)
    return {"parameters": parameters}


def _task_id(value: Any) -> int:
    digits = str(value).removeprefix("#")
    if not (digits.isascii() and digits.isdecimal() and len(digits) < 19):
        raise ValueError("a task id is a number, such as 42 or #42")
    return int(digits)


def _moment(value: Any) -> int | None:
    if value in (None, ""):
        return None
    try:
        return clock.from_iso(str(value))
    except (ValueError, OverflowError) as error:
        raise ValueError("a time is written as 2026-11-23T12:00:00Z") from error


def absent(value: Any) -> Any:
    """Return a query parameter; None for an empty one."""
    return None if value == "" else value


TaskNumber = Annotated[int, BeforeValidator(_task_id), WithJsonSchema({"type": "string", "pattern": "^#?[0-9]{1,18}$"})]
TaskRef = Annotated[
    int,
    BeforeValidator(_task_id),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 10**18 - 1},
                {"type": "string", "pattern": "^#?[0-9]{1,18}$"},
            ]
        }
    ),
]
"""A task in a body: 42, "42" or "#42"."""

AttemptNumber = Annotated[int | None, Field(ge=1, le=MAX_NUMBER, description="The attempt number of the claim.")]
TaskId = Annotated[TaskNumber, Path(description="`42`, or `#42`.")]
QueueName = Annotated[str, Path(description="The queue's name, or its id.")]
SessionName = Annotated[str, Path(description="The session's name, or its id.")]
Word = Annotated[str | None, BeforeValidator(absent), WithJsonSchema({"type": "string"})]
OptionalAttempt = Annotated[
    Annotated[int, Field(ge=1, le=MAX_NUMBER)] | None,
    BeforeValidator(absent),
    WithJsonSchema({"type": "integer", "minimum": 1, "maximum": MAX_NUMBER}),
]
Flag = Annotated[bool | None, BeforeValidator(absent), WithJsonSchema({"type": "boolean"})]
Moment = Annotated[
    int | None, BeforeValidator(_moment), WithJsonSchema({"type": "string", "examples": ["2026-11-23T12:00:00Z"]})
]
"""A time, such as 2026-11-23T12:00:00Z."""


class Shown(Body):
    """A task as it was shown to you: its `attempt`, and if `late` its late text, that of `late_at` if known."""

    attempt: int = Field(ge=0, le=MAX_NUMBER)
    late: bool = False
    late_at: Moment = None

    def of(self, task_id: int) -> Seen:
        """Return what you saw of this task."""
        return Seen(task_id, self.attempt, self.late, self.late_at)


def queue_name_of_id(sq: SparkQ, address: int | str) -> str:
    """Return the name of the queue with this id: a number, or the text that programs for SparkQ 1 pass on unread.

    Raises NoSuchQueue.
    """
    wanted = str(address).removeprefix("#")
    known = (queue for queue, _ in queues.all_of(sq, archived=True))
    for queue in known:
        if str(queue.id) == wanted:
            return queue.name
    raise NoSuchQueue(f"There is no queue with the id {safe(wanted)}.", "See the ids: GET /api/queues")
