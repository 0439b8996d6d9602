"""Workers that enqueue, claim and settle through one door each: each is its own process or speaks to one."""

import json
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from tests.harness.shell import Shell
from tests.harness.workers import Worker
from tests.http.caller import Caller, Reply
from tests.mcp.chat import Raw

QUEUE = "backend"


class Gone(Exception):
    """The process behind the door has ended: nobody knows whether the verb was done."""


class Refused(Exception):
    """The door refused: the argument is its code, `said` its message and the next step."""

    def __init__(self, code: str, *said: str) -> None:
        super().__init__(code)
        self.said = " ".join(said)


class Held(NamedTuple):
    """A claim that was acknowledged."""

    task: int
    attempt: int


class DoorWorker(Protocol):
    """Enqueue, claim and settle through one door. Every verb raises Refused or Gone."""

    def enqueue(self, prompt: str, key: str) -> int: ...
    def claim(self) -> Held | None: ...
    def settle(self, verb: str, held: Held, text: str) -> None: ...
    def end(self) -> None: ...


class CoreWorker:
    """`import sparkq_core` in a process of its own, started again whenever it is gone."""

    def __init__(self, root: Path, timeout: int = 600) -> None:
        self._root = root
        self._timeout = timeout
        self.worker = self._begun()

    def enqueue(self, prompt: str, key: str) -> int:
        return int(self._asked("enqueue", prompt, key, self._timeout))

    def claim(self) -> Held | None:
        packet = self._asked("claim")
        return Held(*packet) if packet else None

    def settle(self, verb: str, held: Held, text: str) -> None:
        self._asked(verb, held.task, held.attempt, text)

    def end(self) -> None:
        self.worker.kill()

    @property
    def pid(self) -> int:
        return self.worker.process.pid

    def _begun(self) -> Worker:
        worker = Worker("on_request", self._root)
        with suppress(AssertionError, OSError, ValueError):  # killed at its start: the next verb finds that out
            assert worker.hear() == "ready"
            worker.tell()
        return worker

    def _asked(self, *words: Any) -> Any:
        try:
            self.worker.tell(json.dumps(words))
            done, result = self.worker.hear()
        except (AssertionError, OSError, ValueError) as error:
            if self.worker.process.poll() not in (None, -9):
                raise
            self.end()
            self.worker = self._begun()
            raise Gone from error
        if not done:
            raise Refused(result)
        return result


class CommandWorker:
    """`sparkq …`: a process for every verb."""

    def __init__(self, root: Path, home: Path) -> None:
        home.mkdir(exist_ok=True)
        self._shell = Shell(home, home)
        self._root = root

    def enqueue(self, prompt: str, key: str) -> int:
        return int(self._run("enqueue", prompt, "--queue", QUEUE, "--timeout", "600", "--key", key)["id"])

    def claim(self) -> Held | None:
        task = self._run("claim", "--queue", QUEUE, "--worker", "at-the-shell")["task"]
        return Held(task["id"], task["attempt"]) if task else None

    def settle(self, verb: str, held: Held, text: str) -> None:
        self._run(verb, str(held.task), text, "--attempt", str(held.attempt))

    def tasks(self) -> int:
        """The number of tasks."""
        return int(self._run("tasks")["total"])

    def end(self) -> None: ...

    def _run(self, *arguments: str) -> dict[str, Any]:
        done = self._shell.sparkq("-C", self._root, *arguments, "--json")
        answer: dict[str, Any] = json.loads(done.out or done.err)
        if done.code:
            raise Refused(answer["error"], answer["message"], answer["hint"])
        return answer


class RestWorker:
    """REST on a port, with whichever server listens there at the moment."""

    def __init__(self, port: int, timeout: int = 600) -> None:
        self._call = Caller(port)
        self._timeout = timeout

    def enqueue(self, prompt: str, key: str) -> int:
        body = {"queue": QUEUE, "prompt": prompt, "key": key, "timeout": self._timeout}
        return int(self._post("/api/tasks", body)["task"]["id"])

    def claim(self) -> Held | None:
        task = self._post(f"/api/queues/{QUEUE}/claim", {"worker_id": "over-http"})["task"]
        return Held(task["id"], task["attempt"]) if task else None

    def settle(self, verb: str, held: Held, text: str) -> None:
        words = {"complete": "result_summary", "fail": "error_message"}
        self._post(f"/api/tasks/{held.task}/{verb}", {words[verb]: text, "attempt": held.attempt})

    def end(self) -> None: ...

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            reply: Reply = self._call.post(path, **body)
            answer = reply.facts
        except (OSError, HTTPException, ValueError) as error:
            raise Gone from error
        if reply.status >= 300:
            raise Refused(answer["error"], answer["message"], answer["hint"])
        return answer


class _RawAfter(Raw):
    """`sparkq mcp`, run by another module with its arguments."""

    def __init__(self, before: tuple[str, ...], root: Path) -> None:
        self.program = (*before, *Raw.program)
        super().__init__(root)


class ChatWorker:
    """`sparkq mcp` over pipes, started again whenever it is gone."""

    def __init__(self, root: Path, timeout: int = 600, before: tuple[str, ...] = ()) -> None:
        self._root = root
        self._timeout = timeout
        self._before = before
        self._number = 0
        self.raw = self._begun()

    def enqueue(self, prompt: str, key: str) -> int:
        wanted = {"queue": QUEUE, "prompt": prompt, "key": key, "timeout": self._timeout}
        return int(self._called("enqueue", wanted)["id"])

    def claim(self) -> Held | None:
        task = self._called("claim", {"queue": QUEUE})["task"]
        return Held(task["id"], task["attempt"]) if task else None

    def settle(self, verb: str, held: Held, text: str) -> None:
        word = {"complete": "result", "fail": "error"}[verb]
        self._called(verb, {"task_id": held.task, word: text, "attempt": held.attempt})

    def end(self) -> None:
        self.raw.__exit__(None, None, None)

    def part(self) -> str:
        """Close its input, as a client does that ends a chat; what it said on standard error."""
        code, said = self.raw.end()
        self.end()
        assert code == 0, said
        return said

    def queues(self) -> list[str]:
        """The names of the queues."""
        return [queue["name"] for queue in self.asked("list_queues")["queues"]]

    def asked(self, tool: str, **arguments: Any) -> dict[str, Any]:
        """The answer of a tool that only reads."""
        return self._called(tool, arguments)

    @property
    def pid(self) -> int:
        return self.raw.process.pid

    def _begun(self) -> Raw:
        raw = _RawAfter(self._before, self._root)
        raw.patience = 60  # what comes later than that would be taken for the answer to the next request
        with suppress(AssertionError, OSError):  # killed at its start: the next verb finds that out
            raw.initialize()
        return raw

    def _called(self, tool: str, arguments: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        try:
            answer = self.raw.tool(tool, arguments, self._number)
        except (AssertionError, OSError, ValueError) as error:
            if self.raw.process.poll() is None and "closed its output" not in str(error):
                raise
            self.end()
            self.raw = self._begun()
            raise Gone from error
        if "error" in answer:
            raise Refused(answer["error"], answer["message"], answer.get("next", ""))
        return answer
