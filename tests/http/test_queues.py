"""Queues and sessions over REST."""

from pathlib import Path

import pytest

from tests.http.caller import Caller, Served
from tests.promises import holds


def test_a_queue_is_created_with_its_instructions(call: Caller) -> None:
    made = call.post("/api/queues", name="made", instructions="Run make.")

    assert made.status == 201
    assert made.headers["location"] == "/api/queues/made"
    assert (made["queue"]["name"], made["queue"]["instructions"], made["queue"]["queued"]) == ("made", "Run make.", 0)


def test_a_name_is_taken_once(call: Caller, line: str) -> None:
    assert line in call.post("/api/queues", name=line).refused(409, "name_taken")


@pytest.mark.parametrize("name", ["", "a b", "../x", "x" * 65, "\x00"])
def test_a_name_that_cannot_be_one_is_refused(call: Caller, name: str) -> None:
    call.post("/api/queues", name=name).refused(400, "invalid_name")


@pytest.mark.parametrize("body", [{}, {"name": 7}, {"name": "x", "colour": "red"}, {"name": None}])
def test_a_body_of_another_shape_is_malformed(call: Caller, body: dict[str, object]) -> None:
    call.post("/api/queues", **body).refused(422, "malformed")


def test_a_queue_is_found_by_name_and_by_id(call: Caller, line: str) -> None:
    by_name = call.get(f"/api/queues/{line}")["queue"]

    assert call.get(f"/api/queues/{by_name['id']}")["queue"] == by_name
    assert by_name["instructions"] == "Be quick."


def test_a_queue_that_is_named_like_a_number_goes_before_the_id(call: Caller, line: str) -> None:
    number = str(call.get(f"/api/queues/{line}")["queue"]["id"])
    call.post("/api/queues", name=number)

    assert call.get(f"/api/queues/{number}")["queue"]["name"] == number


@pytest.mark.parametrize(
    ("verb", "path"),
    [
        ("get", ""),
        ("patch", ""),
        ("post", "/end"),
        ("post", "/reopen"),
        ("post", "/archive"),
        ("post", "/unarchive"),
        ("get", "/peek"),
        ("post", "/claim"),
    ],
)
def test_an_unknown_queue_is_not_found(call: Caller, line: str, verb: str, path: str) -> None:
    body = {"worker_id": "ann"} if path == "/claim" else {"name": "x"} if verb == "patch" else {}
    asked = getattr(call, verb)(f"/api/queues/{line}x{path}", **body)

    assert line in asked.refused(404, "no_such_queue")


def test_a_list_of_queues_can_leave_the_instructions_out(call: Caller, line: str) -> None:
    call.patch(f"/api/queues/{line}", instructions="Be quick.")

    def listed(query: str) -> list[str]:
        return [queue["instructions"] for queue in call.get(f"/api/queues{query}")["queues"] if queue["name"] == line]

    assert (listed(""), listed("?include_instructions=false")) == (["Be quick."], [""])


@holds("queue-states")
def test_archived_queues_are_listed_when_asked_for(call: Caller, line: str) -> None:
    assert call.post(f"/api/queues/{line}/archive")["queue"]["status"] == "archived"

    assert line not in [queue["name"] for queue in call.get("/api/queues")["queues"]]
    assert line in [queue["name"] for queue in call.get("/api/queues?include_archived=true")["queues"]]
    assert call.post(f"/api/queues/{line}/unarchive")["queue"]["status"] == "active"


def test_an_ended_queue_takes_nothing_until_it_is_reopened(call: Caller, line: str) -> None:
    assert call.post(f"/api/queues/{line}/end")["queue"]["status"] == "ended"
    call.post("/api/tasks", queue=line, prompt="one").refused(409, "queue_closed")

    assert call.post(f"/api/queues/{line}/reopen")["queue"]["status"] == "active"
    call.add(line)


def test_a_queue_is_renamed_and_instructed(call: Caller, line: str) -> None:
    changed = call.patch(f"/api/queues/{line}", name=f"{line}-new", instructions="Slowly.")["queue"]

    assert (changed["name"], changed["instructions"], changed["instructions_revision"]) == (f"{line}-new", "Slowly.", 2)


def test_a_change_of_a_queue_is_made_whole_or_not_at_all(call: Caller, line: str) -> None:
    call.patch(f"/api/queues/{line}", name=f"{line}-new", instructions="\x00").refused(400, "invalid_text")
    call.patch(f"/api/queues/{line}", name="a b", instructions="Slowly.").refused(400, "invalid_name")

    assert call.get(f"/api/queues/{line}")["queue"]["instructions"] == "Be quick."


def test_a_verb_without_a_body_refuses_one_that_says_something(call: Caller, line: str) -> None:
    call.post(f"/api/queues/{line}/end", softly=True).refused(422, "malformed")

    assert call.get(f"/api/queues/{line}")["queue"]["status"] == "active"


@pytest.mark.parametrize("limit", ["many", "1.5", "true"])
def test_peek_refuses_a_limit_that_is_not_a_number(call: Caller, line: str, limit: str) -> None:
    call.get(f"/api/queues/{line}/peek?limit={limit}").refused(422, "malformed")


def test_a_worker_has_a_name(call: Caller, line: str) -> None:
    call.post(f"/api/queues/{line}/claim", worker_id=" ").refused(400, "invalid_text")
    call.post(f"/api/queues/{line}/claim", worker_id="x" * 201).refused(400, "invalid_text")


def test_a_session_ends_with_its_queues(call: Caller, line: str) -> None:
    name = f"session-{line}"
    made = call.post("/api/sessions", name=name)
    call.post("/api/queues", name=f"{line}-of", session=name)

    assert made.status == 201
    assert call.get(f"/api/sessions/{made['session']['id']}")["session"]["name"] == name
    ended = call.post(f"/api/sessions/{name}/end")
    assert (ended["session"]["status"], ended["ended_queues"]) == ("ended", [f"{line}-of"])
    assert name in [session["name"] for session in call.get("/api/sessions")["sessions"]]
    call.post("/api/queues", name=f"{line}-late", session=name).refused(409, "queue_closed")


def test_sessions_are_refused_as_queues_are(call: Caller, line: str) -> None:
    call.post("/api/sessions", name=f"known-{line}")

    call.post("/api/sessions", name=f"known-{line}").refused(409, "name_taken")
    call.post("/api/sessions", name="a b").refused(400, "invalid_name")
    assert f"known-{line}" in call.get(f"/api/sessions/known-{line}x").refused(404, "no_such_session")
    call.post(f"/api/sessions/known-{line}x/end").refused(404, "no_such_session")
    call.post("/api/queues", name=f"{line}-x", session="nowhere-at-all").refused(404, "no_such_session")


def test_where_there_is_no_session_the_refusal_says_how_to_begin_one(own: Path) -> None:
    server = Served(own)
    try:
        said = server.call.get("/api/sessions/sprint").refused(404, "no_such_session")
    finally:
        server.stop()

    assert "sparkq session create NAME" in said


@holds("strict-queue")
def test_the_review_limit_is_set_kept_and_removed(call: Caller, line: str) -> None:
    path = f"/api/queues/{line}"
    assert call.patch(path, review_limit=1)["queue"]["review_limit"] == 1
    call.done(line)
    call.add(line)

    assert call.patch(path, instructions="Slowly.")["queue"]["waiting_for_review"] == 1
    assert call.post(f"{path}/claim", worker_id="bob")["waiting_for_review"] == 1
    for wrong in (0, -1, 10**9, "1", 1.5):
        call.patch(path, review_limit=wrong).refused(422, "malformed")

    assert "review_limit" not in call.patch(path, review_limit=None)["queue"]
    assert call.post(f"{path}/claim", worker_id="bob")["task"]


@pytest.mark.parametrize("noun", ["queues", "sessions"])
def test_a_list_has_pages_that_are_the_whole_list(call: Caller, noun: str) -> None:
    for name in ("one", "two", "three"):
        call.post(f"/api/{noun}", name=name)
    whole = call.get(f"/api/{noun}")
    assert "next_cursor" not in whole.facts

    seen, cursor = [], ""
    while True:
        page = call.get(f"/api/{noun}?limit=2&cursor={cursor}")
        seen += [each["name"] for each in page[noun]]
        assert page["total"] == whole["total"]
        if "next_cursor" not in page.facts:
            break
        cursor = page["next_cursor"]

    assert seen == [each["name"] for each in whole[noun]]


@pytest.mark.parametrize("path", ["queues", "sessions", "tasks", "inbox", "report", "chats", "queues/{line}/peek"])
@pytest.mark.parametrize("limit", [0, -1, 1001, 2**70])
def test_a_limit_out_of_range_is_refused_alike_at_every_list(call: Caller, line: str, path: str, limit: int) -> None:
    message = call.get(f"/api/{path.format(line=line)}?limit={limit}").refused(400, "invalid_value")

    assert f"A page of {limit}" in message


def test_a_made_up_cursor_of_a_short_list_is_refused(call: Caller) -> None:
    call.get("/api/queues?cursor=zz").refused(400, "invalid_value")


def test_queues_are_filtered_by_the_session_s_name_or_id(call: Caller, line: str) -> None:
    session = call.post("/api/sessions", name="feature-x")["session"]
    call.post("/api/queues", name="mine", session="feature-x")

    for address in ("feature-x", session["id"]):
        listed = call.get(f"/api/queues?session={address}")
        assert ([each["name"] for each in listed["queues"]], listed["total"]) == (["mine"], 1)
    call.get("/api/queues?session=nowhere").refused(404, "no_such_session")


def test_the_name_of_an_archived_queue_is_taken_and_the_refusal_says_by_what(call: Caller, line: str) -> None:
    call.post(f"/api/queues/{line}/archive")

    assert "archived queue" in call.post("/api/queues", name=line).refused(409, "name_taken")


@holds("queue-delete")
def test_an_empty_queue_is_deleted(call: Caller, line: str) -> None:
    call.post("/api/queues", name=f"{line}-gone")
    assert call.delete(f"/api/queues/{line}-gone")["deleted"] == f"{line}-gone"
    call.get(f"/api/queues/{line}-gone").refused(404, "no_such_queue")
    call.add(line)
    call.delete(f"/api/queues/{line}").refused(409, "queue_not_empty")
    call.post("/api/queues", name=line.upper()).refused(409, "name_taken")
