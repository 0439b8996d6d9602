"""Answers about what surrounds the tasks: queues, sessions, catalogue, scripts, settings, statistics, health."""

from typing import Any, Literal

from sparkq_http.shapes.base import Shape


class Queue(Shape):
    """A queue, and how many of its tasks stand where."""

    id: int
    name: str
    session: str | None = None
    status: Literal["active", "ended", "archived"]
    queued: int
    running: int
    stale: int
    succeeded: int
    failed: int
    unreviewed: int
    instructions: str
    instructions_revision: int
    created_at: str
    ended_at: str | None = None
    archived_at: str | None = None


class OneQueue(Shape):
    """A queue as it is now."""

    queue: Queue


class Queues(Shape):
    """Every queue."""

    queues: list[Queue]
    total: int


class Session(Shape):
    """A named stretch of work."""

    id: int
    name: str
    status: Literal["active", "ended"]
    created_at: str
    ended_at: str | None = None


class OneSession(Shape):
    """A session; `ended_queues` are those that ended with it."""

    session: Session
    ended_queues: list[str] | None = None


class Sessions(Shape):
    """Every session."""

    sessions: list[Session]
    total: int


class Tool(Shape):
    """What a tool tells its worker."""

    name: str
    how: str
    task_class: str


class Tools(Shape):
    """Every tool."""

    tools: list[Tool]
    total: int


class TaskClass(Shape):
    """A task class; `timeout` in seconds."""

    name: str
    timeout: int
    description: str


class TaskClasses(Shape):
    """Every task class."""

    task_classes: list[TaskClass]
    total: int


class Parameter(Shape):
    """An input or output of a script."""

    name: str
    required: bool
    description: str


class Script(Shape):
    """A script of the index."""

    name: str
    path: str
    tool_name: str
    description: str
    inputs: list[Parameter]
    outputs: list[Parameter]
    tags: list[str]
    timeout: int | None = None
    task_class: str | None = None


class Scripts(Shape):
    """Some of the index."""

    scripts: list[Script]
    total: int


class Setting(Shape):
    """A setting in force, where it comes from, and what may stand there."""

    key: str
    value: Any
    source: str
    changeable: bool
    doc: str | None = None
    minimum: int | None = None
    maximum: int | None = None
    choices: list[str] | None = None


class Settings(Shape):
    """Every setting; `file` is the sparkq.yml, null when the settings are in the database."""

    settings: list[Setting]
    file: str | None


class Changed(Shape):
    """A setting's new value, and where it stands now."""

    key: str
    value: Any
    source: str


class Reloaded(Shape):
    """The file that was read, and how many scripts were found."""

    config: str | None
    scripts: int


class Purged(Shape):
    """How many tasks were deleted, or would be."""

    reviewed: int
    unreviewed: int
    total: int
    dry_run: bool


class Health(Shape):
    """The server answers for this project."""

    status: str
    project: str
    version: str


class Version(Shape):
    """The version of SparkQ."""

    version: str


class Day(Shape):
    """What finished on one day (UTC)."""

    date: str
    succeeded: int
    failed: int
    timed_out: int


class Pace(Shape):
    """How long a queue's succeeded attempts took."""

    queue: str
    finished: int
    mean_ms: int
    longest_ms: int


class Statistics(Shape):
    """The last seven days, today last."""

    days: list[Day]
    queues: list[Pace]
