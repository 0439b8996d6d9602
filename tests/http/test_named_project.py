"""Two projects take turns on one port: a client that names its project never works the other one."""

import json
from pathlib import Path

import pytest

from sparkq_core import __version__, project
from sparkq_core.installation import backup
from sparkq_core.project import SparkQ
from tests.http.caller import JSON, Caller, Served
from tests.http.conftest import another_project
from tests.http.test_guard import ROUTES
from tests.promises import holds

OTHER = "0123456789ab"


@holds("right-project")
@pytest.mark.parametrize(("verb", "path"), ROUTES)
def test_a_request_for_another_project_is_refused_on_every_route(call: Caller, verb: str, path: str) -> None:
    said = call.send(verb, f"{path}?project={OTHER}", b"{}" if verb != "GET" else None, JSON).refused(
        421, "other_project"
    )

    by_header = call.send(verb, path, b"{}" if verb != "GET" else None, {**JSON, "SparkQ-Project": OTHER})
    assert by_header.refused(421, "other_project") == said
    assert OTHER in said
    assert call.get("/health")["project_id"] in said


@holds("right-project")
def test_a_request_for_the_project_is_answered_as_without_its_id(call: Caller, line: str) -> None:
    own = call.get("/health")["project_id"]
    number = call.add(line)

    for query in (f"project={own}", f"project={own}&queue={line}", f"queue={line}&project={own}&limit=5", "project="):
        assert call.get(f"/api/tasks?{query}").status == 200
    assert call.send("GET", "/api/queues", None, {"SparkQ-Project": own}).status == 200
    assert call.post(f"/api/tasks/{number}/claim?project={own}", worker_id="ann").status == 200
    call.get(f"/api/tasks?project={own}&project={OTHER}").refused(421, "other_project")
    call.get(f"/api/tasks?project={own}&no_such=1").refused(422, "malformed")


def test_the_answer_shows_no_text_of_the_request_as_it_is(call: Caller) -> None:
    said = call.get(f"/api/tasks?project=%1b%5b31m{'x' * 500}").refused(421, "other_project")

    assert "\x1b" not in said
    assert len(said) < 400


@holds("right-project")
def test_a_chat_that_names_its_project_is_refused_by_another_ones_server(own: Path, tmp_path: Path) -> None:
    first = Served(own)
    mine = first.call.get("/health")["project_id"]
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": HELLO}).encode()
    about = {**JSON, "Accept": "application/json, text/event-stream"}
    assert first.call.send("POST", f"/mcp?project={mine}", body, about).status == 200
    first.stop()

    other = Served(another_project(tmp_path / "other"), port=first.port)
    other.call.send("POST", f"/mcp?project={mine}", body, about).refused(421, "other_project")
    assert other.call.send("POST", "/mcp", body, about).status == 200
    other.stop()


HELLO = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}


def test_projects_have_ids_of_their_own_that_a_copy_keeps(store: SparkQ, tmp_path: Path) -> None:
    copied = tmp_path / "copied/sparkq/data"
    copied.mkdir(parents=True)
    second = project.open(another_project(tmp_path / "other"), env={})

    backup.copy(store, copied / "sparkq.db")
    restored = project.open(copied.parent.parent, env={})

    assert project.id_of(store) != project.id_of(second)
    assert project.id_of(restored) == project.id_of(store)
    second.close()
    restored.close()


def test_the_page_has_the_project_and_the_version_that_it_was_loaded_from(call: Caller) -> None:
    page = call.get("/").body.decode()

    assert f'data-project="{call.get("/health")["project_id"]}" data-version="{__version__}"' in page
