"""Tasks over REST: put in line, listed, read, edited, deleted."""

import pytest

from sparkq_core.project import SparkQ
from tests.http.caller import Caller, with_query
from tests.promises import holds


def test_a_task_is_put_in_line(call: Caller, line: str) -> None:
    call.add(line)
    made = call.post("/api/tasks", queue=line, prompt="# Two\nmore", tool_name="run-bash", timeout=7, key=f"{line}-k")
    task = made["task"]

    assert made.status == 201
    assert made.headers["location"] == f"/api/tasks/{task['id']}"
    assert (task["friendly_id"], task["title"], task["status"]) == (f"#{task['id']}", "Two", "queued")
    assert (task["tool_name"], task["task_class"], task["timeout"]) == ("run-bash", "MEDIUM_SCRIPT", 7)
    assert (task["position"], task["source"], "prompt" in task) == (2, "http", False)


def test_a_key_that_is_known_is_answered_with_200(call: Caller, line: str) -> None:
    first = call.post("/api/tasks", queue=line, prompt="one", key=f"{line}-k")
    again = call.post("/api/tasks", queue=line, prompt="one", key=f"{line}-k")

    assert (first.status, again.status) == (201, 200)


def test_a_queue_may_be_named_by_its_id(call: Caller, line: str) -> None:
    number = call.get(f"/api/queues/{line}")["queue"]["id"]

    for address in (number, str(number), f"#{number}"):
        assert call.post("/api/tasks", queue_id=address, prompt="one")["task"]["queue"] == line
    assert call.post("/api/tasks", queue=str(number), prompt="one")["task"]["queue"] == line


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"prompt": ""}, "invalid_text"),
        ({"prompt": "a\x00b"}, "invalid_text"),
        ({"prompt": "x", "timeout": 0}, "invalid_value"),
        ({"prompt": "x", "timeout": 604_801}, "invalid_value"),
        ({"prompt": "x", "timeout": 2**70}, "invalid_value"),
        ({"prompt": "x", "key": "k" * 201}, "invalid_text"),
        ({"prompt": "x" * (1024 * 1024 + 1)}, "invalid_text"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_what_the_core_does_not_take_is_invalid(call: Caller, line: str, body: dict[str, object], code: str) -> None:
    call.post("/api/tasks", queue=line, **body).refused(400, code)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"prompt": None},
        {"prompt": 7},
        {"prompt": "x", "timeout": "7"},
        {"prompt": "x", "timeout": 1.5},
        {"prompt": "x", "colour": "red"},
        {"prompt": "x", "script": "deploy"},
        {"prompt": "x", "queue_id": 1},
    ],
    ids=str,
)
def test_what_is_no_new_task_is_malformed(call: Caller, line: str, body: dict[str, object]) -> None:
    call.post("/api/tasks", queue=line, **body).refused(422, "malformed")


@holds("http-status")
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b'"x"', b"\xff\xfe", b'{"prompt": "\\ud800"', b"[" * 100_000], ids=str
)
def test_what_is_no_json_object_is_malformed(call: Caller, body: bytes) -> None:
    call.send("POST", "/api/tasks", body, {"Content-Type": "application/json"}).refused(422, "malformed")


@pytest.mark.parametrize("place", ["queue", "prompt", "key", "tool_name"])
def test_a_lone_surrogate_is_refused_wherever_it_stands(call: Caller, line: str, place: str) -> None:
    refused = call.post("/api/tasks", **({"queue": line, "prompt": "one"} | {place: "a\ud800"}))

    assert refused.status in (400, 404, 422)
    assert set(refused.facts) == {"error", "message", "hint"}


def test_unknown_names_are_not_found(call: Caller, line: str) -> None:
    assert line in call.post("/api/tasks", queue=f"{line}x", prompt="x").refused(404, "no_such_queue")
    call.post("/api/tasks", queue_id=999_999, prompt="x").refused(404, "no_such_queue")
    call.post("/api/tasks", queue=line, prompt="x", tool_name="run-bush").refused(404, "no_such_tool")
    call.post("/api/tasks", queue=line, prompt="x", task_class="NONE").refused(404, "no_such_class")
    call.post("/api/tasks", queue=line, script="nowhere").refused(404, "no_such_script")


def test_many_are_put_in_line_in_their_order(call: Caller, line: str) -> None:
    made = call.post("/api/tasks/bulk", queue=line, prompts=["one", "two"], tool_name="run-bash")

    assert made.status == 201
    assert [(task["title"], task["position"]) for task in made["tasks"]] == [("one", 1), ("two", 2)]


def test_many_are_all_put_in_line_or_none(call: Caller, line: str) -> None:
    call.post("/api/tasks/bulk", queue=line, prompts=["one", ""]).refused(400, "invalid_text")
    call.post("/api/tasks/bulk", queue=line, prompts=[]).refused(400, "invalid_value")
    call.post("/api/tasks/bulk", queue=line, text="\n").refused(400, "invalid_value")
    call.post("/api/tasks/bulk", queue=line).refused(422, "malformed")
    call.post("/api/tasks/bulk", queue=line, prompts="one").refused(422, "malformed")

    assert call.get(f"/api/queues/{line}")["queue"]["queued"] == 0


@pytest.mark.parametrize(
    ("text", "split", "titles"),
    [
        ("## One\na\n## Two\nb", True, ["One", "Two"]),
        ("- [ ] one\n2. two\n", True, ["one", "two"]),
        ("## One\n## Two", False, ["One"]),
    ],
)
def test_a_text_becomes_tasks(call: Caller, line: str, text: str, split: bool, titles: list[str]) -> None:
    made = call.post("/api/tasks/bulk", queue=line, text=text, split=split)

    assert [task["title"] for task in made["tasks"]] == titles


@holds("rest-nouns")
def test_a_page_leads_to_the_next(call: Caller, line: str) -> None:
    ids = [prompt["id"] for prompt in call.post("/api/tasks/bulk", queue=line, prompts=["x"] * 5)["tasks"]]
    listed: list[int] = []
    cursor: dict[str, str] = {}
    while True:
        page = call.get(with_query("/api/tasks", queue=line, status="queued", limit=2, **cursor))
        listed += [task["id"] for task in page["tasks"]]
        assert page["total"] == 5
        if "next_cursor" not in page.facts:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert listed == ids


@holds("rest-nouns")
def test_lists_are_filtered_by_everything(call: Caller, line: str) -> None:
    done, waiting = call.done(line, f"polish {line}"), call.add(line, "other", tool_name="run-bash")
    task = call.get(f"/api/tasks/{done}")

    def listed(**wanted: object) -> list[int]:
        return [task["id"] for task in call.get(with_query("/api/tasks", queue=line, **wanted))["tasks"]]

    assert listed() == [waiting, done]
    assert listed(sort="oldest") == [done, waiting]
    assert listed(status="succeeded") == [done]
    assert listed(status="failed,running") == []
    assert listed(status="queued,succeeded") == [waiting, done]
    assert (
        listed(status="queued,succeeded", search="polish")
        == listed(status="succeeded,failed", sort="finished")
        == [done]
    )
    assert listed(tool="run-bash") == [waiting]
    assert listed(worker="ann") == [done]
    assert listed(reviewed="false") == [done]
    assert listed(reviewed="true") == []
    assert listed(search="polish") == [done]
    assert listed(since=task["created_at"]) == [waiting, done]
    assert listed(until=task["created_at"]) == []
    assert listed(status="", since="", reviewed="", sort="", cursor="", search="") == [waiting, done]


def test_finished_tasks_are_listed_by_their_outcome(call: Caller, line: str) -> None:
    old, new, _ = call.done(line), call.failed(line), call.add(line)
    call.post(f"/api/tasks/{old}/requeue", again=True)["task"]
    call.post(f"/api/tasks/{old}/claim", worker_id="ann")["task"]
    call.post(f"/api/tasks/{old}/complete", result_summary="better")["status"]

    first = call.get(f"/api/tasks?queue={line}&sort=finished&limit=1")
    rest = call.get(f"/api/tasks?queue={line}&sort=finished&cursor={first['next_cursor']}")

    assert [task["id"] for task in (*first["tasks"], *rest["tasks"])] == [old, new]
    assert (first["total"], "next_cursor" in rest.facts) == (2, False)
    assert [task["id"] for task in call.get(f"/api/tasks?queue={line}&sort=finished&status=failed")["tasks"]] == [new]


@pytest.mark.parametrize("more", ["", "&search=x"])
def test_an_order_that_is_not_there_is_refused_with_those_that_are(call: Caller, more: str) -> None:
    said = call.get(f"/api/tasks?sort=bogus{more}").refused(400, "invalid_value")
    (orders,) = (
        parameter
        for parameter in call.get("/openapi.json")["paths"]["/api/tasks"]["get"]["parameters"]
        if parameter["name"] == "sort"
    )

    assert said == f"'bogus' is not a sort order. Choose one of: {orders['description']}"
    assert all(f"`{order}`" in said for order in orders["schema"]["enum"] if order)
    assert "not with `search`" in said


@pytest.mark.parametrize(
    "query",
    [
        "status=waiting",
        "status=queued,waiting",
        "sort=random",
        "limit=0",
        "limit=1001",
        "cursor=x",
        f"cursor={95 * 10**17}",
        "sort=line",
        "search=%22",
        "search=x&sort=line",
        "search=x&sort=finished",
        "sort=finished&status=queued",
        "sort=finished&cursor=1",
    ],
)
def test_a_filter_that_cannot_be_is_invalid(call: Caller, query: str) -> None:
    call.get(f"/api/tasks?{query}").refused(400, "invalid_value")


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "reviewed=perhaps",
        "limit=x",
        "stauts=queued",
        "since=99999-01-01",
    ],
)
def test_a_parameter_that_cannot_be_read_is_malformed(call: Caller, query: str) -> None:
    call.get(f"/api/tasks?{query}").refused(422, "malformed")


def test_a_task_is_read_whole(call: Caller, line: str) -> None:
    number = call.failed(line, "one\nmore")
    task = call.get(f"/api/tasks/{number}")

    assert (task["prompt"], task["status"], task["error_message"]) == ("one\nmore", "failed", "no way")
    assert [attempt["outcome"] for attempt in task["history"]] == ["failed"]
    assert [event["kind"] for event in task["events"]] == ["enqueued", "claimed", "failed"]
    assert call.get(f"/api/tasks/%23{number}").facts == task.facts


def test_every_prompt_of_a_task_is_kept(call: Caller, line: str) -> None:
    number = call.post("/api/tasks", queue=line, prompt="first")["task"]["id"]
    call.patch(f"/api/tasks/{number}", prompt="second")

    answer = call.get(f"/api/tasks/{number}/prompts")

    assert [(prompt["revision"], prompt["text"]) for prompt in answer["prompts"]] == [(1, "first"), (2, "second")]
    assert answer["total"] == 2
    call.get("/api/tasks/999999/prompts").refused(404, "no_such_task")


@pytest.mark.parametrize("address", ["abc", "1.5", "-1", "1e3", "%23", "9" * 19, "%D9%A1"])
def test_what_is_no_id_is_malformed(call: Caller, address: str) -> None:
    call.get(f"/api/tasks/{address}").refused(422, "malformed")


@pytest.mark.parametrize("number", [0, 999_999, 10**18 - 1])
def test_an_unknown_task_is_not_found(call: Caller, number: int) -> None:
    call.get(f"/api/tasks/{number}").refused(404, "no_such_task")
    call.patch(f"/api/tasks/{number}", prompt="x").refused(404, "no_such_task")
    call.delete(f"/api/tasks/{number}").refused(404, "no_such_task")


def test_a_waiting_task_is_edited(call: Caller, line: str) -> None:
    number = call.add(line)
    changed = call.patch(f"/api/tasks/{number}", prompt="other", task_class="FAST_SCRIPT")["task"]

    assert (changed["title"], changed["task_class"], changed["timeout"]) == ("other", "FAST_SCRIPT", 30)
    call.patch(f"/api/tasks/{number}", prompt="").refused(400, "invalid_text")
    call.patch(f"/api/tasks/{number}", status="failed").refused(422, "malformed")


def test_a_running_task_is_neither_edited_nor_deleted(call: Caller, line: str) -> None:
    number = call.running(line)

    call.patch(f"/api/tasks/{number}", prompt="other").refused(409, "wrong_state")
    call.delete(f"/api/tasks/{number}").refused(409, "wrong_state")


def test_a_task_is_deleted(call: Caller, line: str) -> None:
    number = call.add(line)

    assert call.delete(f"/api/tasks/{number}")["deleted"] == number
    call.get(f"/api/tasks/{number}").refused(404, "no_such_task")


@holds("delete-as-shown")
def test_a_task_is_deleted_only_as_it_was_shown(call: Caller, line: str) -> None:
    number = call.done(line)

    for seen in ("attempt=0&status=queued", "attempt=0", "attempt=1&status=running"):
        call.delete(f"/api/tasks/{number}?{seen}").refused(409, "unseen")
    call.delete(f"/api/tasks/{number}?attempt=1&status=succeeded&late=&late_at=")
    call.get(f"/api/tasks/{number}").refused(404, "no_such_task")


@holds("delete-as-shown")
def test_a_late_text_is_deleted_only_when_it_was_shown(call: Caller, line: str) -> None:
    number = call.done(line)
    call.post(f"/api/tasks/{number}/complete", result_summary="other words", attempt=1)["status"]
    late = call.get(f"/api/tasks/{number}")["late"]["at"]

    call.delete(f"/api/tasks/{number}?attempt=1").refused(409, "unseen")
    call.delete(f"/api/tasks/{number}?attempt=1&late=true&late_at=2026-11-23T12:00:00Z").refused(409, "unseen")
    assert call.delete(f"/api/tasks/{number}?attempt=1&late=true&late_at={late}")["deleted"] == number


@pytest.mark.parametrize(
    "seen", ["attempt=-1", "attempt=x", "late=true", "status=queued", "late_at=x&attempt=1", "revision=1"]
)
def test_what_was_shown_must_be_readable(call: Caller, line: str, seen: str) -> None:
    number = call.add(line)
    call.delete(f"/api/tasks/{number}?{seen}").refused(422, "malformed")
    call.get(f"/api/tasks/{number}")


def test_a_script_of_the_index_becomes_a_task(call: Caller, line: str, behind: SparkQ) -> None:
    folder = behind.config.root / "scripts"
    folder.mkdir(exist_ok=True)
    (folder / "deploy.sh").write_text(
        "# name: deploy\n# description: Ship it\n# inputs: ENV (required)\n# timeout: 9\n"
    )

    made = call.post("/api/tasks", queue=line, script="deploy", inputs={"ENV": "test"})["task"]
    assert (made["tool_name"], made["timeout"], made["source"]) == ("run-bash", 9, "script")
    assert "ENV = test" in call.get(f"/api/tasks/{made['id']}")["prompt"]
    assert "ENV" in call.post("/api/tasks", queue=line, script="deploy").refused(400, "invalid_value")
    assert [script["name"] for script in call.get("/api/scripts?words=ship")["scripts"]] == ["deploy"]
    assert call.get("/api/scripts?words=nothing")["total"] == 0
