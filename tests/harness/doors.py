"""Every door to one project, behind one face: what a door must never change is stated once and tested through each.

Another door joins by a class below and its line in DOORS.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

from anyio.from_thread import start_blocking_portal
from mcp import Client
from mcp_types import CallToolResult, Implementation

from sparkq_core import inbox, project, queues, search, tasks, wire
from sparkq_core.errors import EXIT_CODES, Kind, SparkQError
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from sparkq_core.queues import gates
from sparkq_core.tasks import Enqueued, undo
from sparkq_core.text import safe
from sparkq_mcp.answers.truncation import CUT_MARK
from sparkq_mcp.server import build
from tests.harness.door import Answer, Door, PersonsDoor, Site
from tests.harness.shell import Shell
from tests.http.door import Rest

KIND_OF_EXIT = {code: kind for kind, code in EXIT_CODES.items()}


class Library:
    """`import sparkq_core`: the verbs as functions, their rows told by `wire`."""

    def __init__(self, site: Site) -> None:
        self._site = site

    @cached_property
    def _sq(self) -> SparkQ:
        return project.open(self._site.root, env={})

    def another(self, worker: str) -> "Library":
        return Library(self._site._replace(worker=worker))

    def enqueue(self, queue: str, prompt: str, **options: Any) -> Answer:
        named = {"tool" if name == "tool_name" else name: value for name, value in options.items()}
        return self._told(lambda: self._in_line(tasks.enqueue(self._sq, queue, prompt, **named)))

    def peek(self, queue: str, limit: int = 1) -> Answer:
        return self._told(lambda: wire.task_page(tasks.peek(self._sq, queue, limit), self._now))

    def claim(self, queue: str, task_id: int | None = None) -> Answer:
        return self._told(lambda: self._packet(queue, task_id))

    def complete(self, task_id: int, result: str, data: Any = None, *, attempt: int | None = None) -> Answer:
        return self._told(lambda: wire.settled(tasks.complete(self._sq, task_id, result, data=data, attempt=attempt)))

    def fail(self, task_id: int, error: str, *, attempt: int | None = None) -> Answer:
        return self._told(lambda: wire.settled(tasks.fail(self._sq, task_id, error, attempt=attempt)))

    def progress(self, task_id: int, note: str = "", *, attempt: int | None = None) -> Answer:
        return self._told(lambda: wire.task_brief(tasks.progress(self._sq, task_id, note, attempt=attempt), self._now))

    def release(
        self, task_id: int, reason: str = "", *, question: str | None = None, attempt: int | None = None
    ) -> Answer:
        return self._told(
            lambda: wire.task_brief(
                tasks.release(self._sq, task_id, reason, question=question, attempt=attempt), self._now
            )
        )

    def requeue(self, task_id: int, feedback: str | None = None, *, front: bool = False) -> Answer:
        return self._told(lambda: self._in_line(tasks.requeue(self._sq, task_id, feedback=feedback, front=front)))

    def accept(self, *ids: int) -> Answer:
        return self._told(lambda: self._listed(inbox.accept(self._sq, ids)))

    def undo(self, *ids: int) -> Answer:
        return self._told(lambda: self._listed([each.task for each in undo.unreview(self._sq, ids)]))

    def _listed(self, listed: Sequence[Task]) -> wire.Json:
        return {"tasks": [wire.task_brief(task, self._now) for task in listed], "total": len(listed)}

    def tasks(self, **wanted: Any) -> Answer:
        paging = {key: wanted.pop(key) for key in ("limit", "cursor") if key in wanted}
        if (words := wanted.pop("search", None)) is not None:
            return self._told(
                lambda: wire.found(search.find_page(self._sq, words, tasks.Wanted(**wanted), **paging), self._now)
            )
        return self._told(
            lambda: wire.task_page(tasks.list_page(self._sq, tasks.Wanted(**wanted), **paging), self._now)
        )

    def task(self, task_id: int) -> Answer:
        return self._told(lambda: wire.task_history(tasks.detail(self._sq, task_id), self._now))

    def queues(self) -> Answer:
        return self._told(lambda: wire.queues(queues.all_of(self._sq)))

    def shown(self, text: str) -> str:
        return text

    @property
    def _now(self) -> int:
        return self._sq.clock.now()

    def _in_line(self, done: Enqueued) -> wire.Json:
        return {**wire.queued_task(done.task, done.place, done.gate, self._now)}

    def _packet(self, queue: str, task_id: int | None) -> wire.Json:
        taken = tasks.claim(self._sq, queue, self._site.worker, task_id=task_id)
        if taken is None:
            held, gate = queues.held(self._sq.db, queue), gates.of_name(self._sq.db, queue)
            facts = {"task": None, "remaining": gate.queued if gate else 0, **wire.gate(gate)}
            return facts | ({"held": held} if held else {})
        _, text = queues.instructions_by_id(self._sq, taken.task.queue_id)
        return {"task": wire.claimed(taken), "remaining": taken.remaining, "instructions": text}

    def _told(self, verb: Callable[[], Mapping[str, Any]]) -> Answer:
        try:
            return Answer(verb())
        except SparkQError as error:
            return Answer(wire.error(error), error.kind)


class CommandLine:
    """`sparkq … --json` as a subprocess: the kind of a refusal is its exit code. Long texts go through stdin."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._shell = Shell(site.root, site.home)

    def another(self, worker: str) -> "CommandLine":
        return CommandLine(self._site._replace(worker=worker))

    def enqueue(self, queue: str, prompt: str, **options: Any) -> Answer:
        spelled = {"tool_name": "tool", "task_class": "class"}
        named = {spelled.get(name, name): value for name, value in options.items()}
        return self._run("enqueue", "-", stdin=prompt, queue=queue, **named)

    def peek(self, queue: str, limit: int = 1) -> Answer:
        return self._run("peek", queue=queue, limit=limit)

    def claim(self, queue: str, task_id: int | None = None) -> Answer:
        this = [] if task_id is None else [str(task_id)]
        return self._run("claim", *this, queue=queue, worker=self._site.worker)

    def complete(self, task_id: int, result: str, data: Any = None, *, attempt: int | None = None) -> Answer:
        value = None if data is None else json.dumps(data)
        return self._run("complete", str(task_id), "-", stdin=result, attempt=attempt, data=value)

    def fail(self, task_id: int, error: str, *, attempt: int | None = None) -> Answer:
        return self._run("fail", str(task_id), "-", stdin=error, attempt=attempt)

    def progress(self, task_id: int, note: str = "", *, attempt: int | None = None) -> Answer:
        return self._run("progress", str(task_id), note, attempt=attempt)

    def release(
        self, task_id: int, reason: str = "", *, question: str | None = None, attempt: int | None = None
    ) -> Answer:
        return self._run("release", str(task_id), reason, question=question, attempt=attempt)

    def requeue(self, task_id: int, feedback: str | None = None, *, front: bool = False) -> Answer:
        return self._run("requeue", str(task_id), *(["--front"] if front else []), feedback=feedback)

    def accept(self, *ids: int) -> Answer:
        return self._run("review", *map(str, ids))

    def undo(self, *ids: int) -> Answer:
        return self._run("undo", *map(str, ids))

    def tasks(self, **wanted: Any) -> Answer:
        return self._run("tasks", **wanted)

    def task(self, task_id: int) -> Answer:
        return self._run("task", str(task_id))

    def queues(self) -> Answer:
        return self._run("queue", "list")

    def shown(self, text: str) -> str:
        return text

    def _run(self, *arguments: str, stdin: str = "", **options: Any) -> Answer:
        given = [f"--{name}={value}" for name, value in options.items() if value is not None]
        done = self._shell.sparkq(*arguments, *given, "--json", stdin=stdin)
        if done.code == 0:
            assert done.err == ""
            return Answer(json.loads(done.out))
        assert done.out == ""
        answer: wire.Json = json.loads(done.err)
        assert answer["kind"] == KIND_OF_EXIT[done.code]
        return Answer(answer, KIND_OF_EXIT[done.code])


class Chat:
    """An MCP client in memory, with a server of its own as each chat has over stdio."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._portal = site.at_the_end.enter_context(start_blocking_portal())
        server = build(lambda: project.open(site.root, env={}))
        client = Client(server, client_info=Implementation(name=site.worker, version="1"))
        self._client: Client = site.at_the_end.enter_context(self._portal.wrap_async_context_manager(client))

    def another(self, worker: str) -> "Chat":
        return Chat(self._site._replace(worker=worker))

    def enqueue(self, queue: str, prompt: str, **options: Any) -> Answer:
        return self._call("enqueue", queue=queue, prompt=prompt, **options)

    def peek(self, queue: str, limit: int = 1) -> Answer:
        return self._call("peek", queue=queue, limit=limit)

    def claim(self, queue: str, task_id: int | None = None) -> Answer:
        answer = self._call("claim", queue=queue, task_id=task_id)
        if "prompt" in answer.facts.get("more", {}):
            answer.facts["task"]["prompt"] = self._read_on(answer.facts["task"]["prompt"], answer.facts["more"])
        return answer

    def _read_on(self, begun: str, more: dict[str, str]) -> str:
        """A cut prompt whole, read as its answer says."""
        parts = [begun.removesuffix(CUT_MARK)]
        while more:
            call = re.fullmatch(r"get_task\(task_id=(\d+), more='([^']+)'\)", more["prompt"])
            assert call is not None
            page = self._call("get_task", task_id=int(call[1]), more=call[2]).facts
            parts.append(page["text"])
            more = page.get("more", {})
        return "".join(parts)

    def complete(self, task_id: int, result: str, data: Any = None, *, attempt: int | None = None) -> Answer:
        return self._call("complete", task_id=task_id, result=result, data=data, attempt=attempt)

    def fail(self, task_id: int, error: str, *, attempt: int | None = None) -> Answer:
        return self._call("fail", task_id=task_id, error=error, attempt=attempt)

    def progress(self, task_id: int, note: str = "", *, attempt: int | None = None) -> Answer:
        return self._call("progress", task_id=task_id, note=note, attempt=attempt)

    def release(
        self, task_id: int, reason: str = "", *, question: str | None = None, attempt: int | None = None
    ) -> Answer:
        return self._call("release", task_id=task_id, reason=reason, question=question, attempt=attempt)

    def requeue(self, task_id: int, feedback: str | None = None, *, front: bool = False) -> Answer:
        return self._call("requeue", task_id=task_id, feedback=feedback, front=front)

    def tasks(self, **wanted: Any) -> Answer:
        return self._call("list_tasks", **wanted)

    def task(self, task_id: int) -> Answer:
        return self._call("get_task", task_id=task_id)

    def queues(self) -> Answer:
        return self._call("list_queues")

    def shown(self, text: str) -> str:
        return safe(text, lines=True)

    def _call(self, tool: str, **arguments: Any) -> Answer:
        result: CallToolResult = self._portal.call(lambda: self._client.call_tool(tool, wire.exclude_none(arguments)))
        answer = result.structured_content
        assert answer is not None
        assert [json.loads(getattr(part, "text", "")) for part in result.content] == [answer]
        return Answer(answer, Kind(answer["kind"]) if result.is_error else None)


DOORS: dict[str, type[Door]] = {"library": Library, "command line": CommandLine, "mcp": Chat, "http": Rest}
PERSONS_DOORS: dict[str, type[PersonsDoor]] = {"library": Library, "command line": CommandLine, "http": Rest}
"""A chat has no tool that gives a verdict."""
