"""The HTTP door of the every-door suite: a server in a thread of the test's process, asked over a real socket."""

import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import uvicorn

from sparkq_core import project
from sparkq_core.wire import exclude_none
from sparkq_http.answer import STATUS
from sparkq_http.app import create_app
from sparkq_http.project import ReloadableProject
from sparkq_http.server import with_options
from tests.harness.door import Answer, Site
from tests.harness.waiting import SECONDS, until
from tests.http.caller import Caller, Reply, with_query

KIND_OF_STATUS = {status: kind for kind, status in STATUS.items()}


class Rest:
    """REST: the kind of a refusal is its status."""

    def __init__(self, site: Site, call: Caller | None = None) -> None:
        self._site = site
        self._call = call or self._served()

    def another(self, worker: str) -> "Rest":
        return Rest(self._site._replace(worker=worker), self._call)

    def enqueue(self, queue: str, prompt: str, **options: Any) -> Answer:
        return _task(self._call.post("/api/tasks", queue=queue, prompt=prompt, **options))

    def peek(self, queue: str, limit: int = 1) -> Answer:
        return _told(self._call.get(with_query(f"/api/queues/{_quoted(queue)}/peek", limit=limit)))

    def claim(self, queue: str, task_id: int | None = None) -> Answer:
        body = exclude_none({"worker_id": self._site.worker, "task_id": task_id})
        return _told(self._call.post(f"/api/queues/{_quoted(queue)}/claim", **body))

    def complete(self, task_id: int, result: str, data: Any = None, *, attempt: int | None = None) -> Answer:
        body = {"result_summary": result, "result_data": data, "attempt": attempt}
        return self._on(task_id, "complete", **body)

    def fail(self, task_id: int, error: str, *, attempt: int | None = None) -> Answer:
        return self._on(task_id, "fail", error_message=error, attempt=attempt)

    def progress(self, task_id: int, note: str = "", *, attempt: int | None = None) -> Answer:
        return _task(self._post(task_id, "progress", note=note, attempt=attempt))

    def release(
        self, task_id: int, reason: str = "", *, question: str | None = None, attempt: int | None = None
    ) -> Answer:
        return _task(self._post(task_id, "release", reason=reason, question=question, attempt=attempt))

    def requeue(self, task_id: int, feedback: str | None = None, *, front: bool = False) -> Answer:
        return _task(self._post(task_id, "requeue", feedback=feedback, front=front))

    def accept(self, *ids: int) -> Answer:
        shown = [{"id": task_id, "attempt": self._call.get(f"/api/tasks/{task_id}")["attempts"]} for task_id in ids]
        return _told(self._call.post("/api/inbox/accept", tasks=shown))

    def undo(self, *ids: int) -> Answer:
        return _told(self._call.post("/api/undo", tasks=list(ids)))

    def tasks(self, **wanted: Any) -> Answer:
        return _told(self._call.get(with_query("/api/tasks", **wanted)))

    def task(self, task_id: int) -> Answer:
        return _told(self._call.get(f"/api/tasks/{task_id}"))

    def queues(self) -> Answer:
        return _told(self._call.get("/api/queues"))

    def shown(self, text: str) -> str:
        return text

    def _post(self, task_id: int, verb: str, **body: Any) -> Reply:
        return self._call.post(f"/api/tasks/{task_id}/{verb}", **exclude_none(body))

    def _on(self, task_id: int, verb: str, **body: Any) -> Answer:
        return _told(self._post(task_id, verb, **body))

    def _served(self) -> Caller:
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        port = int(listener.getsockname()[1])
        reloadable = ReloadableProject(lambda: with_options(project.open(self._site.root, env={}), None, port, None))
        app = create_app(reloadable)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        self._site.at_the_end.callback(_stopped(server, thread, reloadable))
        until(lambda: server.started)
        return Caller(port)


def _stopped(server: uvicorn.Server, thread: threading.Thread, reloadable: ReloadableProject) -> Callable[[], None]:
    def stop() -> None:
        server.should_exit = True
        thread.join(SECONDS)
        reloadable.sq.close()

    return stop


def _quoted(name: str) -> str:
    return quote(name, safe="", errors="surrogatepass")


def _told(reply: Reply) -> Answer:
    return Answer(reply.facts, None if reply.status < 300 else KIND_OF_STATUS[reply.status])


def _task(reply: Reply) -> Answer:
    """A verb's answer, whose facts are the task's."""
    return Answer(reply.facts["task"]) if reply.status < 300 else _told(reply)
