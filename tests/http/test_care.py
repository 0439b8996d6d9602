"""Settings, catalogue, purge, reload, statistics, health over REST."""

from pathlib import Path

import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.installation import configure, setup
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.http.test_events import listening
from tests.promises import holds

LOCAL = (
    "hooks.on_failed",
    "server.host",
    "server.mcp",
    "database.path",
    "logs.path",
    "queue_runner.lock_dir",
    "script_dirs",
)


def value_of(call: Caller, key: str) -> tuple[object, str]:
    """A setting in force and its source."""
    setting = next(setting for setting in call.get("/api/config")["settings"] if setting["key"] == key)
    return setting["value"], setting["source"]


def test_every_setting_has_a_value_and_a_source(call: Caller) -> None:
    settings = {setting["key"]: setting for setting in call.get("/api/config")["settings"]}

    assert settings["purge.older_than_days"]["source"] == "default"
    assert settings["purge.older_than_days"]["maximum"] == 36500
    assert settings["env"]["choices"] == ["dev", "test", "prod"]
    assert "task_classes.LLM_HEAVY" in settings
    assert "tools.run-bash" in settings
    assert not any(settings[key]["changeable"] for key in LOCAL if key in settings)


def test_a_setting_is_changed_in_the_database_and_in_force_at_once(call: Caller) -> None:
    changed = call.patch("/api/config", key="purge.older_than_days", value=9)

    assert (changed["value"], changed["source"]) == (9, "the config table")
    assert value_of(call, "purge.older_than_days") == (9, "the config table")
    call.patch("/api/config", key="purge.older_than_days", value=3)


def test_a_setting_is_changed_in_the_file(tmp_path: Path) -> None:
    root = tmp_path / "with-file"
    root.mkdir()
    setup.setup(root, setup.defaults(root), SystemClock(), {})
    server = Served(root)
    try:
        source = server.call.patch(
            "/api/config", key="tools.run-make", value={"how": "make it", "task_class": "LLM_LITE"}
        )
        assert Path(source["source"]) == root / "sparkq.yml"
        assert "make it" in (root / "sparkq.yml").read_text()
        assert "run-make" in [tool["name"] for tool in server.call.get("/api/tools")["tools"]]
    finally:
        server.stop()


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("purge.older_than_days", -1),
        ("purge.older_than_days", "3"),
        ("nothing.here", 1),
        ("tools.x", {"how": "\ud800"}),
        ("env", "live"),
        ("task_classes.X", {"timeout": 0}),
        ("task_classes.X", 2**70),
        ("purge", 1),
    ],
)
def test_a_value_that_cannot_be_is_refused(call: Caller, key: str, value: object) -> None:
    reply = call.patch("/api/config", key=key, value=value)

    assert reply.status in (400, 422)
    assert set(reply.facts) == {"error", "message", "hint"}


@pytest.mark.parametrize("key", LOCAL)
def test_what_runs_programs_or_opens_doors_is_not_changed_from_a_page(call: Caller, key: str) -> None:
    call.patch("/api/config", key=key, value=["touch", "/tmp/owned"]).refused(403, "at_the_keyboard")


@pytest.mark.parametrize("body", [{}, {"key": "env"}, {"key": 1, "value": 1}, {"key": "env", "value": "dev", "x": 1}])
def test_a_change_is_one_key_and_one_value(call: Caller, body: dict[str, object]) -> None:
    call.patch("/api/config", **body).refused(422, "malformed")


def test_what_another_process_changed_is_taken_up(call: Caller, behind: SparkQ) -> None:
    configure.change(behind, "purge.unreviewed_days", 77)
    until(lambda: value_of(call, "purge.unreviewed_days")[0] == 77)
    configure.change(behind, "purge.unreviewed_days", 30)
    until(lambda: value_of(call, "purge.unreviewed_days")[0] == 30)


def test_reload_counts_the_scripts(call: Caller) -> None:
    reloaded = call.post("/api/reload")

    assert reloaded["config"] is None
    assert reloaded["scripts"] >= 0
    call.post("/api/reload", hard=True).refused(422, "malformed")


def test_a_reload_and_a_change_are_taken_up_once(own: Path) -> None:
    server = Served(own)
    try:
        with listening(server.port) as stream:
            server.call.post("/api/reload")["scripts"]
            assert stream.event()["kind"] == "reloaded"
            assert server.said.count("configuration read again") == 1
            server.call.patch("/api/config", key="purge.older_than_days", value=5)["source"]
            assert value_of(server.call, "purge.older_than_days")[0] == 5
            assert stream.event()["kind"] == "reloaded"
            assert server.said.count("configuration read again") == 2
    finally:
        server.stop()


def test_a_configuration_that_cannot_be_understood_changes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "broken"
    root.mkdir()
    setup.setup(root, setup.defaults(root), SystemClock(), {})
    server = Served(root)
    try:
        sq = project.open(root, env={})
        (root / "sparkq.yml").write_text("purge: {older_than_days: soon}\n")
        before = all_rows(sq)
        said = server.call.post("/api/reload").refused(400, "invalid_config")
        assert "sparkq.yml:1: purge.older_than_days must be a whole number" in said
        server.call.patch("/api/config", key="env", value="prod").refused(400, "invalid_config")
        assert all_rows(sq) == before

        configure.reload(sq)  # as a program of an earlier release would
        until(lambda: "stays as it was" in server.said)
        assert value_of(server.call, "purge.older_than_days")[0] == 3
        sq.close()
    finally:
        server.stop()


def test_old_finished_tasks_are_purged_and_counted_before(own: Path) -> None:
    sq = project.open(own, env={}, clock=SetClock())  # years ago
    queues.create(sq, "backend")
    for prompt in ("one", "two"):
        tasks.enqueue(sq, "backend", prompt)
        claim = tasks.claim(sq, "backend", "ann")
        assert claim is not None
        tasks.complete(sq, claim.task.id, "done")
    assert purge.purge(sq, dry_run=True).total == 0
    server = Served(own)
    try:
        counted = server.call.post("/api/purge", dry_run=True)
        assert (counted["unreviewed"], counted["total"], counted["dry_run"]) == (2, 2, True)
        assert server.call.post("/api/purge", unreviewed_days=36500)["total"] == 0
        assert server.call.post("/api/purge")["total"] == 2
        assert server.call.get("/api/tasks")["total"] == 0
    finally:
        server.stop()


@pytest.mark.parametrize("body", [{"older_than_days": -1}, {"unreviewed_days": 2**70}, {"dry_run": "yes"}, {"days": 3}])
def test_a_purge_takes_ages_in_days(call: Caller, body: dict[str, object]) -> None:
    call.post("/api/purge", **body).refused(422, "malformed")


def test_tools_and_classes_are_listed(call: Caller) -> None:
    tools = {tool["name"]: tool for tool in call.get("/api/tools")["tools"]}
    classes = {
        task_class["name"]: task_class["timeout"] for task_class in call.get("/api/task-classes")["task_classes"]
    }

    assert tools["run-bash"]["task_class"] == "MEDIUM_SCRIPT"
    assert classes == {"FAST_SCRIPT": 30, "MEDIUM_SCRIPT": 300, "LLM_LITE": 300, "LLM_HEAVY": 900}


def test_statistics_are_of_seven_days(call: Caller, line: str) -> None:
    call.done(line)
    week = call.get("/api/statistics")

    assert len(week["days"]) == 7
    assert week["days"][-1]["succeeded"] >= 1
    assert line in [queue["queue"] for queue in week["queues"]]
    of_line = call.get(f"/api/statistics?queue={line}&since={week['days'][-1]['date']}T00:00:00Z")
    assert (of_line["succeeded"], [queue["queue"] for queue in of_line["queues"]]) == (1, [line])
    assert 0 <= of_line["median_s"] <= of_line["p90_s"]
    call.get("/api/statistics?since=2026-11-29T00:00:00Z&until=2026-11-28T00:00:00Z").refused(400, "invalid_value")


@holds("rest-health")
def test_the_server_says_how_it_is(call: Caller) -> None:
    assert call.get("/health").facts == call.get("/api/health").facts
    assert call.get("/api/health")["status"] == "ok"
    assert call.get("/api/version")["version"] == call.get("/api/health")["version"]


def test_unknown_addresses_and_methods_have_the_same_shape(call: Caller) -> None:
    call.get("/api/nowhere").refused(404, "no_such_route")
    call.get("/api/queues/").refused(404, "no_such_route")
    wrong = call.send("PUT", "/api/queues", b"{}", {"Content-Type": "application/json"})
    wrong.refused(405, "method")
    assert wrong.headers["allow"] == "GET, HEAD, POST"
    assert "GET, HEAD, POST" in wrong.facts["hint"]
    patched = call.send("PUT", "/api/tasks/1", b"{}", {"Content-Type": "application/json"})
    assert patched.headers["allow"] == "DELETE, GET, HEAD, PATCH"


@pytest.mark.parametrize("address", ["/ui", "/docs"])
def test_a_page_is_found_with_a_slash_too(call: Caller, address: str) -> None:
    assert call.get(f"{address}/").body == call.get(address).body
    assert call.get(f"{address}/").status == 200


def test_mcp_is_found_with_a_slash_too(call: Caller) -> None:
    with_slash, without = (call.send("DELETE", path) for path in ("/mcp/", "/mcp"))

    assert (with_slash.status, with_slash.body) == (without.status, without.body)
    assert with_slash.status != 404


@holds("known-parameters")
@pytest.mark.parametrize(
    "address",
    ["/api/queues?session_id=1", "/api/sessions?status=active", "/api/scripts?tag=x", "/api/tools?x=", "/api/statistics?days=3",
     "/api/tasks/1?full=1", "/api/queues/backend?x=1", "/api/chats?session=x", "/api/board?limits=1", "/api/health?verbose=1"],
)  # fmt: skip
def test_an_unknown_parameter_is_refused_everywhere(call: Caller, address: str) -> None:
    assert address.partition("?")[2].partition("=")[0] in call.get(address).refused(422, "malformed")


def test_queues_of_a_session_are_listed(call: Caller, line: str) -> None:
    call.post("/api/sessions", name=f"of-{line}")["session"]
    call.post("/api/queues", name=f"in-{line}", session=f"of-{line}")["queue"]

    listed = call.get(f"/api/queues?session=of-{line}")["queues"]
    assert [queue["name"] for queue in listed] == [f"in-{line}"]
    call.get("/api/queues?session=no-such").refused(404, "no_such_session")


@holds("http-status")
def test_a_database_that_is_gone_is_a_storage_error(own: Path) -> None:
    server = Served(own)
    try:
        database = next(own.rglob("*.db"))
        database.rename(own / "elsewhere.db")
        server.call.get("/health").refused(507, "replaced")
        server.call.post("/api/queues", name="x").refused(507, "replaced")
    finally:
        server.stop()
