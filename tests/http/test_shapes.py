"""One answer of every route is what the document says of it, and has no key that the document does not have."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from jsonschema_rs import validator_for

from sparkq_core import chats, project, tasks
from sparkq_core.queues import checks
from sparkq_http.app import routers
from tests.core.test_scripts import WHOLE
from tests.harness.change_steps import changing, repository
from tests.harness.check_steps import check
from tests.harness.clocks import SetClock
from tests.harness.task_steps import claimed_task
from tests.http.caller import Caller, Reply, Served
from tests.http.conftest import new_project


def documented() -> FastAPI:
    """The routes by themselves, for their document."""
    app = FastAPI()
    for router in routers():
        app.include_router(router)
    return app


DOCUMENT = documented().openapi()
OPERATIONS = [
    f"{method.upper()} {path}"
    for path, methods in DOCUMENT["paths"].items()
    for method in methods
    if path != "/api/events"  # a stream of events, which tests/http/test_events.py reads
]


EXAMPLES: dict[str, Callable[[Caller], Reply]] = {
    "GET /api/queues": lambda call: call.get("/api/queues"),
    "POST /api/queues": lambda call: call.post("/api/queues", name="new", session="feature"),
    "GET /api/queues/{queue}": lambda call: call.get("/api/queues/backend"),
    "DELETE /api/queues/{queue}": lambda call: call.delete(
        f"/api/queues/{call.post('/api/queues', name='unused')['queue']['name']}"
    ),
    "PATCH /api/queues/{queue}": lambda call: call.patch("/api/queues/backend", instructions="Be quick."),
    "PUT /api/queues/{queue}/check": lambda call: call.put("/api/queues/checked/check", command="make", max_checks=4),
    "POST /api/queues/{queue}/end": lambda call: call.post("/api/queues/ending/end"),
    "POST /api/queues/{queue}/reopen": lambda call: call.post("/api/queues/ended/reopen"),
    "POST /api/queues/{queue}/pause": lambda call: call.post("/api/queues/pausing/pause"),
    "POST /api/queues/{queue}/resume": lambda call: call.post("/api/queues/paused/resume"),
    "POST /api/queues/{queue}/archive": lambda call: call.post("/api/queues/archiving/archive"),
    "POST /api/queues/{queue}/unarchive": lambda call: call.post("/api/queues/archived/unarchive"),
    "GET /api/queues/{queue}/peek": lambda call: call.get("/api/queues/backend/peek?limit=3"),
    "POST /api/queues/{queue}/claim": lambda call: call.post("/api/queues/backend/claim", worker_id="ann"),
    "POST /api/tasks": lambda call: call.post("/api/tasks", queue="backend", prompt="one", key="a key"),
    "GET /api/tasks": lambda call: call.get("/api/tasks?queue_id=1"),
    "POST /api/tasks/bulk": lambda call: call.post("/api/tasks/bulk", queue="backend", prompts=["one", "two"]),
    "POST /api/tasks/place": lambda call: call.post("/api/tasks/place", tasks=[call.add("backend")], front=True),
    "POST /api/tasks/move": lambda call: call.post("/api/tasks/move", tasks=[call.add("backend")], queue="paused"),
    "POST /api/tasks/split": lambda call: call.post("/api/tasks/split", text="- one\n- two"),
    "GET /api/tasks/{task_id}": lambda call: call.get("/api/tasks/1"),
    "PATCH /api/tasks/{task_id}": lambda call: call.patch(f"/api/tasks/{call.add('backend')}", prompt="two"),
    "DELETE /api/tasks/{task_id}": lambda call: call.delete(f"/api/tasks/{call.add('backend')}"),
    "GET /api/tasks/{task_id}/prompts": lambda call: call.get("/api/tasks/1/prompts"),
    "GET /api/tasks/{task_id}/changes": lambda call: call.get("/api/tasks/2/changes?limit=1"),
    "GET /api/tasks/{task_id}/rendered": lambda call: call.get("/api/tasks/1/rendered?part=late"),
    "GET /api/chats": lambda call: call.get("/api/chats"),
    "GET /api/tasks/{task_id}/chat": lambda call: call.get("/api/tasks/3/chat"),
    "POST /api/tasks/{task_id}/claim": lambda call: call.post(
        f"/api/tasks/{call.add('backend')}/claim", worker_id="ann"
    ),
    "POST /api/tasks/{task_id}/complete": lambda call: call.post(
        f"/api/tasks/{call.running('backend')}/complete", result_summary="did it", result_data={"files": 1}
    ),
    "POST /api/tasks/{task_id}/fail": lambda call: call.post(
        f"/api/tasks/{call.running('backend')}/fail", error_message="no way", error_type="environment"
    ),
    "POST /api/tasks/{task_id}/progress": lambda call: call.post(f"/api/tasks/{call.running('backend')}/progress"),
    "POST /api/tasks/{task_id}/release": lambda call: call.post(f"/api/tasks/{call.running('backend')}/release"),
    "GET /api/tools": lambda call: call.get("/api/tools"),
    "GET /api/task-classes": lambda call: call.get("/api/task-classes"),
    "GET /api/health": lambda call: call.get("/api/health"),
    "GET /api/version": lambda call: call.get("/api/version"),
    "GET /api/inbox": lambda call: call.get("/api/inbox"),
    "POST /api/inbox/look": lambda call: call.post("/api/inbox/look"),
    "POST /api/inbox/accept": lambda call: call.post(
        "/api/inbox/accept", tasks=[{"id": call.done("backend"), "attempt": 1}]
    ),
    "POST /api/tasks/{task_id}/requeue": lambda call: call.post(
        f"/api/tasks/{call.failed('backend')}/requeue", feedback="again"
    ),
    "POST /api/tasks/{task_id}/reset": lambda call: call.post(f"/api/tasks/{call.failed('backend')}/reset"),
    "POST /api/tasks/{task_id}/cancel": lambda call: call.post(f"/api/tasks/{call.add('backend')}/cancel"),
    "POST /api/tasks/{task_id}/front": lambda call: call.post(f"/api/tasks/{call.add('backend')}/front"),
    "POST /api/tasks/{task_id}/answer": lambda call: call.post(
        f"/api/tasks/{call.asked('backend')}/answer", answer="B", attempt=1
    ),
    "POST /api/tasks/{task_id}/accept": lambda call: call.post("/api/tasks/1/accept"),
    "POST /api/tasks/{task_id}/undo": lambda call: call.post(f"/api/tasks/{_reviewed(call)}/undo"),
    "POST /api/undo": lambda call: call.post("/api/undo", tasks=[_reviewed(call)]),
    "POST /api/tasks/{task_id}/review": lambda call: call.post(f"/api/tasks/{call.done('backend')}/review"),
    "GET /api/scripts": lambda call: call.get("/api/scripts"),
    "GET /api/sessions": lambda call: call.get("/api/sessions"),
    "POST /api/sessions": lambda call: call.post("/api/sessions", name="another"),
    "GET /api/sessions/{session}": lambda call: call.get("/api/sessions/feature"),
    "POST /api/sessions/{session}/end": lambda call: call.post("/api/sessions/ending/end"),
    "GET /api/config": lambda call: call.get("/api/config"),
    "PATCH /api/config": lambda call: call.patch("/api/config", key="purge.older_than_days", value=5),
    "POST /api/reload": lambda call: call.post("/api/reload"),
    "POST /api/purge": lambda call: call.post("/api/purge", dry_run=True),
    "GET /api/board": lambda call: call.get("/api/board?limit=5"),
    "GET /api/heads": lambda call: call.get("/api/heads?limit=1"),
    "GET /api/report": lambda call: call.get("/api/report?markdown=true&limit=2"),
    "GET /api/digest": lambda call: call.get("/api/digest?since=2026-01-01T00:00:00Z"),
    "GET /api/statistics": lambda call: call.get("/api/statistics"),
}
"""How to get an answer that has as many of its keys as can be; a route that is not here fails."""


def _reviewed(call: Caller) -> int:
    task = call.done("backend")
    call.post(f"/api/tasks/{task}/review")["task"]
    return task


def time_out(root: Path, task_id: int) -> None:
    """Let the running attempt of a task time out."""
    sq = project.open(root, env={})
    clock = SetClock(sq.clock.now() + 5_000)
    later = sq._replace(clock=clock)
    tasks.get(later, task_id)
    clock.move(5)
    assert tasks.get(later, task_id).error_type == "timeout"
    sq.close()


def change(root: Path) -> None:
    """Rename a file and lengthen it, and write another."""
    (root / "old").rename(root / "a")
    (root / "a").write_text("x\n" * 50 + "y" * 60_000)
    (root / "new").write_text("x\n")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Caller]:
    """A server whose queues, sessions and tasks have as many keys as can be."""
    root = new_project(tmp_path_factory.mktemp("shapes"))
    (root / "scripts").mkdir()
    (root / "scripts" / "count.sh").write_text(WHOLE)
    repository(root, old="x\n" * 50)
    server = Served(root)
    call = server.call
    for session in ("feature", "ending"):
        call.post("/api/sessions", name=session)
    call.post("/api/queues", name="backend", session="feature", instructions="Be careful.")
    for queue in ("ending", "ended", "archiving", "archived", "pausing", "paused", "checked"):
        call.post("/api/queues", name=queue, session="ending" if queue == "ending" else "feature")
    call.post("/api/queues/ended/end")
    call.post("/api/queues/archived/archive")
    call.post("/api/queues/paused/pause")
    assert call.failed("backend", timeout=5) == 1
    call.post("/api/tasks/1/requeue", feedback="again")
    call.post("/api/tasks/1/claim", worker_id="bob")
    call.post("/api/tasks/1/progress", note="half of it")
    time_out(root, 1)
    call.post("/api/tasks/1/complete", result_summary="did it", result_data=[1], attempt=2).refused(409, "claim_lost")
    sq = project.open(root, env={})
    assert changing(sq, lambda: change(root)) == 2
    tasks.enqueue(sq, "backend", "three")
    chat = chats.Caller("claude-code", "2.1.332", "8d2a", str(root), "a-model")
    claimed = tasks.claim(sq, "backend", "claude-code-8d2a", chat=chat)
    assert (claimed and claimed.task.id) == 3
    tasks.complete(sq, 3, "did it")
    checks.set_command(sq, "checked", "false")
    claimed_task(sq, "checked", queue="checked")
    check(sq, 4)
    tasks.complete(sq, 4, "did it all the same")
    sq.close()
    call.add("backend")
    yield call
    server.stop()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_answer_has_the_documented_keys_and_no_others(prepared: Caller, operation: str) -> None:
    method, path = operation.split()
    reply = EXAMPLES[operation](prepared)
    documented = DOCUMENT["paths"][path][method.lower()]["responses"][str(reply.status)]
    schema = documented["content"]["application/json"]["schema"]

    assert reply.status in (200, 201), reply.body
    validator_for({**schema, "components": DOCUMENT["components"]}).validate(reply.facts)


def test_every_documented_object_is_closed() -> None:
    """Otherwise the test above would accept a key that nobody documented."""
    ours = {
        name: schema
        for name, schema in DOCUMENT["components"]["schemas"].items()
        if name not in ("HTTPValidationError", "ValidationError")  # FastAPI's own, replaced by Refusal in the server
    }

    assert [name for name, schema in ours.items() if schema.get("additionalProperties") is not False] == []
