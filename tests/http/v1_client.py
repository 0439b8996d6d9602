"""A worker as the first SparkQ's runner was written: urllib, ids that it does not read, `payload` as JSON text."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen


class Conflict(Exception):
    """The server answered 409."""


class Worker:
    """Polls one queue and settles what it claims."""

    def __init__(self, base: str, worker_id: str) -> None:
        self.base = base
        self.worker_id = worker_id

    def call(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One request; a 409 is a Conflict with the server's words."""
        data = json.dumps(body).encode() if body is not None else None
        request = Request(self.base + path, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urlopen(request, timeout=60) as answer:
                return json.load(answer)
        except HTTPError as error:
            with error:
                if error.code == 409:
                    raise Conflict(json.load(error)["message"]) from error
            raise

    def queue_id(self, name: str) -> Any:
        """The id of a queue by its name, and whether it may be worked."""
        queues = self.call("GET", "/api/queues")["queues"]
        return next(queue["id"] for queue in queues if queue["name"] == name and queue["status"] != "archived")

    def instructions(self, name: str) -> str:
        """What the queue tells its workers."""
        queues = self.call("GET", "/api/queues")["queues"]
        return str(next(queue["instructions"] for queue in queues if queue["name"] == name))

    def waiting(self, queue_id: Any) -> list[dict[str, Any]]:
        """The first page of queued tasks."""
        answer = self.call("GET", f"/api/tasks?queue_id={queue_id}&status=queued")["tasks"]
        assert isinstance(answer, list)
        return answer

    def claim(self, task: dict[str, Any]) -> str:
        """Take a task; its prompt."""
        claimed = self.call("POST", f"/api/tasks/{task['id']}/claim", {"worker_id": self.worker_id})["task"]
        return str(json.loads(claimed["payload"])["prompt"])

    def complete(self, task: dict[str, Any], summary: str, data: Any = None) -> Any:
        """Report a result."""
        body = {"result_summary": summary, "result_data": data}
        return self.call("POST", f"/api/tasks/{task['id']}/complete", body)

    def fail(self, task: dict[str, Any], message: str) -> Any:
        """Report a failure."""
        body = {"error_message": message, "error_type": "error"}
        return self.call("POST", f"/api/tasks/{task['id']}/fail", body)

    def run_once(self, name: str) -> list[str]:
        """Work the queue until it is empty; the prompts in their order."""
        seen = []
        while tasks := self.waiting(self.queue_id(name)):
            seen.append(self.claim(tasks[0]))
            self.complete(tasks[0], f"did {seen[-1]}")
        return seen
