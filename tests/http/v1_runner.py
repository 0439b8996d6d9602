"""The programs of SparkQ 1 as they call: its runner and its `task_complete.py`, with their sorting and their comparisons.

Nothing here may be adapted to the server: these programs are on people's disks.
"""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen


class Refused(Exception):
    """The server answered with an error: its status, and the text of its body."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Runner:
    """`queue_runner.py --queue NAME_OR_ID`: polls one queue, claims the oldest queued task, prints its prompt."""

    def __init__(self, base: str, queue: str, worker_id: str = "worker-host-line") -> None:
        self.base = base
        self.worker_id = worker_id
        self.queue = self._resolved(queue)

    def _resolved(self, name_or_id: str) -> dict[str, Any]:
        queues = call(self.base, "GET", "/api/queues").get("queues", [])
        for queue in queues:
            if queue.get("id") == name_or_id or queue.get("name") == name_or_id:
                return dict(queue)
        for queue in queues:
            if queue.get("name", "").lower() == name_or_id.lower():
                return dict(queue)
        raise LookupError(f"Queue '{name_or_id}' not found")

    def next_task(self) -> dict[str, Any] | None:
        """The task that it would claim: of the first page, the oldest by `created_at` that is queued."""
        listed = call(self.base, "GET", f"/api/tasks?{urlencode({'queue_id': self.queue['id']})}").get("tasks", [])
        by_age = sorted(listed, key=lambda task: task.get("created_at") or "")
        return next((task for task in by_age if (task.get("status") or "").lower() == "queued"), None)

    def process_one(self) -> tuple[Any, str] | None:
        """Claim a task; its id and the prompt that is printed. None if there is none, or another worker has it."""
        task = self.next_task()
        if task is None:
            return None
        try:
            call(self.base, "POST", f"/api/tasks/{task['id']}/claim", {"worker_id": self.worker_id})
        except Refused as refused:
            if refused.status == 409:
                return None
            raise
        assert task["tool_name"]
        assert task["friendly_id"]
        return task["id"], str(json.loads(task["payload"])["prompt"])

    def work(self) -> list[str]:
        """Work the queue until it is empty; the prompts in their order."""
        seen = []
        while (claimed := self.process_one()) is not None:
            number, prompt = claimed
            task_complete(self.base, str(number), f"did {prompt}")
            seen.append(prompt)
        return seen

    def fail(self, number: Any, message: str) -> Any:
        """Report a failure."""
        body = {"error_message": message, "error_type": "runner_error", "stderr": "line 1"}
        return call(self.base, "POST", f"/api/tasks/{number}/fail", body)


def task_complete(base: str, number: str, summary: str) -> Any:
    """`task_complete.py ID SUMMARY`: after a timeout it asks for the task again, and reports once more."""
    body = {"result_summary": summary, "result_data": summary}
    try:
        return call(base, "POST", f"/api/tasks/{number}/complete", body)
    except Refused as refused:
        if refused.status != 409 or "status is failed" not in refused.text:
            raise
    call(base, "POST", f"/api/tasks/{number}/reset", {"target_status": "running"})
    return call(base, "POST", f"/api/tasks/{number}/complete", body)


def call(base: str, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
    """One request. Raises Refused."""
    data = json.dumps(body).encode() if body is not None else None
    request = Request(base + path, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except HTTPError as error:
        with error:
            raise Refused(error.code, error.read().decode()) from error
