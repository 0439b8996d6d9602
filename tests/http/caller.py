"""A client that hides nothing: every byte of a request is the test's, every header of the answer is there."""

import atexit
import json
import os
import signal
import socket
import sys
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from tests.harness.fork_server import start_module
from tests.harness.projects import TOP
from tests.harness.waiting import SECONDS, until

JSON = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Reply:
    """What the server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def facts(self) -> dict[str, Any]:
        """The JSON object of the body."""
        answer = json.loads(self.body)
        assert isinstance(answer, dict)
        return answer

    def __getitem__(self, key: str) -> Any:
        assert self.status < 300, (self.status, self.body)
        return self.facts[key]

    def refused(self, status: int, code: str) -> str:
        """The words of a refusal, which must be of this status and code, and in the one shape."""
        assert (self.status, self.facts.get("error")) == (status, code), (self.status, self.body)
        assert set(self.facts) == {"error", "message", "hint"} | ({"purged"} if code == "purged" else set())
        assert self.headers["content-type"] == "application/json"
        return f"{self.facts['message']} {self.facts['hint']}"


class Caller(NamedTuple):
    """Speaks to one port of this machine."""

    port: int

    def send(self, verb: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Reply:
        """A request with exactly these headers, besides Host, Accept-Encoding and the length."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=SECONDS)
        try:
            connection.request(verb, path, body, headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> Reply:
        return self.send("GET", path)

    def post(self, path: str, /, **body: Any) -> Reply:
        """A JSON object; no arguments mean no body at all."""
        return self.send("POST", path, json.dumps(body).encode() if body else None, JSON)

    def patch(self, path: str, /, **body: Any) -> Reply:
        return self.send("PATCH", path, json.dumps(body).encode(), JSON)

    def put(self, path: str, /, **body: Any) -> Reply:
        return self.send("PUT", path, json.dumps(body).encode(), JSON)

    def delete(self, path: str) -> Reply:
        return self.send("DELETE", path, None, JSON)

    def add(self, queue: str, prompt: str = "one", **options: Any) -> int:
        """Enqueue; the id."""
        return int(self.post("/api/tasks", queue=queue, prompt=prompt, **options)["task"]["id"])

    def running(self, queue: str, prompt: str = "one", **options: Any) -> int:
        """Enqueue into an empty queue and claim; the id."""
        number = self.add(queue, prompt, **options)
        self.post(f"/api/tasks/{number}/claim", worker_id="ann")["task"]
        return number

    def asked(self, queue: str, question: str = "A or B?") -> int:
        """A task whose first attempt asked a question; the id."""
        number = self.running(queue)
        self.post(f"/api/tasks/{number}/release", question=question)["task"]
        return number

    def done(self, queue: str, prompt: str = "one") -> int:
        """A task that has succeeded; the id."""
        number = self.running(queue, prompt)
        self.post(f"/api/tasks/{number}/complete", result_summary="did it")["status"]
        return number

    def failed(self, queue: str, prompt: str = "one", **options: Any) -> int:
        """A task that has failed; the id."""
        number = self.running(queue, prompt, **options)
        self.post(f"/api/tasks/{number}/fail", error_message="no way")["status"]
        return number


class Served:
    """A server of its own process on a free port unless one is given, in a project's folder; a `fresh` one is not forked."""

    def __init__(
        self, root: Path, *arguments: str, host: str = "127.0.0.1", port: int | None = None, fresh: bool = False
    ) -> None:
        self.port = port or free_port()
        self.call = Caller(self.port)
        self.root = root
        self.out = root / f"server-{self.port}.out"
        with self.out.open("wb") as out, Path(os.devnull).open("rb") as nothing:
            self.process = start_module(
                *("sparkq_http.server", "--host", host, "--port", str(self.port), *arguments),
                folder=root,
                environment={
                    "PATH": os.environ.get("PATH", os.defpath),
                    "HOME": f"{root}-home",
                    "PYTHONPATH": str(TOP),
                },
                streams=(nothing.fileno(), out.fileno(), out.fileno()),
                fresh=fresh,
            )
        until(self.answers)

    def answers(self) -> bool:
        """Whether it serves."""
        assert self.process.poll() is None, self.said
        try:
            return self.call.get("/health").status == 200
        except OSError:
            return False

    @property
    def said(self) -> str:
        """What it printed."""
        return self.out.read_text()

    def stop(self) -> None:
        """End it as `sparkq stop` does. It goes without being killed, and whatever it was asked, it never printed a traceback."""
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(SECONDS)
        finally:
            self.process.kill()
        assert "Traceback" not in self.said, self.said
        assert self.process.returncode == 0


def free_port() -> int:
    """A port for a server of the test, which no other process gets while the tests run.

    It stays bound here, without a listener. Linux gives such a port to no process that asks for any free one, and still
    lets a server with SO_REUSEADDR bind it, as ours does. Other systems would refuse it to the server too.
    """
    reserved = socket.socket()
    reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserved.bind(("127.0.0.1", 0))
    port = int(reserved.getsockname()[1])
    if sys.platform == "linux":
        atexit.register(reserved.close)
    else:
        reserved.close()
    return port


def with_query(path: str, **wanted: Any) -> str:
    """A path with its query."""
    return f"{path}?{urlencode(wanted)}"
