"""Resources: the facts of the tools, for a person to attach to a chat and for clients to watch."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from mcp.server import MCPServer
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError
from mcp_types import Completion, CompletionArgument

from sparkq_core import queues, scripts, tasks, wire
from sparkq_core.errors import Kind, SparkQError
from sparkq_core.lifecycle import Status
from sparkq_core.model import Event
from sparkq_core.storage import patience
from sparkq_core.storage.aside import aside
from sparkq_mcp.answers.playbook import playbook_text
from sparkq_mcp.answers.task_change import change_of
from sparkq_mcp.answers.truncation import escaped
from sparkq_mcp.mentions import READ_SECONDS
from sparkq_mcp.state import ServerState
from sparkq_mcp.threads import in_thread
from sparkq_mcp.uris import JSON_TYPE, PLAYBOOK, QUEUES, SCRIPTS, TASKS

MAX_COMPLETIONS = 100

Reader = Callable[..., Awaitable[str]]


def add_resources(server: MCPServer[ServerState], state: ServerState) -> None:
    """Register every resource and the completion of its parameters."""

    def resource(uri: str, title: str, description: str, mime_type: str = JSON_TYPE) -> Callable[[Reader], Reader]:
        register = server.resource(uri, name=title, title=title, description=description, mime_type=mime_type)
        return lambda fn: register(_with_protocol_errors(fn))

    @resource(QUEUES, "Queues", "Every queue with the counts of its tasks.")
    async def all_queues() -> str:
        return as_text(wire.queues(queues.all_of(state.sq)))

    @resource(f"{QUEUES}/{{queue}}", "Queue", "One queue with its counts and instructions.")
    async def one_queue(queue: str) -> str:
        match, instructions = queues.instructions(state.sq, queue)
        return as_text(wire.queue(match, queues.counts_of(state.sq, match)) | {"instructions": instructions})

    @resource(
        f"{QUEUES}/{{queue}}/tasks{{?status}}",
        "Tasks of a queue",
        "A queue's tasks by title, optionally of one status.",
    )
    async def tasks_of_queue(queue: str, status: str = "") -> str:
        page = tasks.list_page(state.sq, tasks.Wanted(queue=queue, status=status or None))
        return as_text(wire.task_page(page, state.sq.clock.now()))

    @resource(
        f"{QUEUES}/{{queue}}/instructions", "Instructions of a queue", "The person's instructions for its workers."
    )
    async def instructions_of_queue(queue: str) -> str:
        match, instructions = queues.instructions(state.sq, queue)
        return as_text({"queue": match.name, "instructions": instructions, "revision": match.revision})

    @resource(f"{TASKS}/{{id}}", "Task", "A whole task: prompt, outcome, every attempt, timeline.")
    async def one_task(id: str) -> str:  # noqa: A002  # the name of the template's parameter
        if not (id.isascii() and id.isdecimal() and len(id) < 19):
            raise ResourceNotFoundError("Name a task by its number: sparkq://tasks/42")
        sq = state.sq
        detail = tasks.detail(sq, int(id))
        changed = await in_thread(change_of, sq, detail)
        return as_text({**wire.task_history(detail, sq.clock.now()), **({"changed": changed} if changed else {})})

    @resource(SCRIPTS, "Scripts", "The project's scripts with their comment headers.")
    async def all_scripts() -> str:
        settings = state.sq.config
        index = await in_thread(scripts.index, settings.root, settings.settings.script_dirs)
        return as_text({"scripts": [wire.script(script) for script in index], "total": len(index)})

    @resource(PLAYBOOK, "Worker playbook", "How to work a queue well.", mime_type="text/markdown")
    async def the_playbook() -> str:
        return playbook_text()

    async def complete(_ref: object, argument: CompletionArgument, _context: object) -> Completion:
        return Completion(values=completions(state, argument.name, argument.value)[:MAX_COMPLETIONS])

    register: Any = server.completion  # untyped in the SDK
    register()(complete)


def completions(state: ServerState, name: str, begun: str) -> list[str]:
    """Return the values of the parameter `name` that begin with `begun`."""
    if name == "status":
        known: tuple[str, ...] = tuple(Status)
    elif name == "queue":
        try:
            with patience.at_most(READ_SECONDS):
                known = queues.names(state.sq)
        except SparkQError:
            return []
    else:
        return []
    return [str(value) for value in known if str(value).startswith(begun)]


def as_text(value: Mapping[str, Any]) -> str:
    """Return compact JSON with visible escapes, safe for a model to read."""
    return wire.compact(escaped(value))


def _with_protocol_errors(fn: Reader) -> Reader:
    """Wrap `fn` so that an error of the core becomes one of the protocol: -32602 for not found, else -32603."""

    @functools.wraps(fn)
    async def wrapped(*args: Any, **kwargs: Any) -> str:
        try:
            return await aside(lambda: fn(*args, **kwargs))
        except SparkQError as error:
            kind = ResourceNotFoundError if error.kind == Kind.NOT_FOUND else ResourceError
            raise kind(f"{error.message} {error.hint}".strip()) from error

    return wrapped


def changed_resources(state: ServerState, events: tuple[Event, ...]) -> list[str]:
    """Return the URIs of the resources that these events changed."""
    by_id = {queue.id: queue.name for queue, _ in queues.all_of(state.sq, archived=True)}
    uris: dict[str, None] = {}
    for event in events:
        if event.kind == "reloaded":
            uris[SCRIPTS] = None
            continue
        uris[QUEUES] = None
        if event.task_id is not None:
            uris[f"{TASKS}/{event.task_id}"] = None
        elif event.kind == "deleted":  # the row of the task is gone, so its number is in the text
            uris[f"{TASKS}/{(event.text or '').removeprefix('#')}"] = None
        name = by_id.get(event.queue_id or 0)
        if name is not None:
            uris |= _of_queue(name, event)
        if event.kind == "queue renamed":
            uris |= _of_queue((event.text or "").partition(" -> ")[0], event)
    return list(uris)


def _of_queue(name: str, event: Event) -> dict[str, None]:
    """Return the URIs of the queue that the event changed."""
    queue = f"{QUEUES}/{name}"
    uris = [queue, f"{queue}/tasks", *(f"{queue}/tasks?status={status}" for status in Status)]
    if event.kind in ("queue instructions", "queue renamed"):
        uris.append(f"{queue}/instructions")
    return dict.fromkeys(uris)
