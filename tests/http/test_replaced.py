"""The database is replaced while the server runs: page, REST, MCP and the change feed go on with the new one."""

import httpx2 as httpx

from sparkq_core.project import SparkQ
from tests.harness.task_steps import add
from tests.harness.waiting import until
from tests.http.caller import Served
from tests.http.test_events import listening
from tests.mcp.chat import Message, envelope
from tests.mcp.test_replaced import remove, set_up_again
from tests.mcp.test_waiting import modern_headers


def over_mcp(server: Served, tool: str, **arguments: str) -> Message:
    """The answer of a tool over MCP."""
    params = {"name": tool, "arguments": arguments, "_meta": envelope()}
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}
    headers = modern_headers("tools/call", **{"mcp-name": tool})
    answer = httpx.post(f"http://127.0.0.1:{server.port}/mcp", json=call, headers=headers, timeout=40)
    return dict(answer.json()["result"]["structuredContent"])


def test_every_door_of_the_server_goes_on_with_the_database_that_is_there_now(store: SparkQ) -> None:
    add(store, "old")
    server = Served(store.config.root)
    assert over_mcp(server, "claim", queue="backend")["task"]["prompt"] == "old"
    with listening(server.port) as stream:
        remove(store)
        assert "was removed" in server.call.get("/api/queues").refused(507, "replaced")
        assert over_mcp(server, "claim", queue="backend")["error"] == "replaced"
        fresh = set_up_again(store)
        assert [queue["name"] for queue in server.call.get("/api/queues")["queues"]] == ["backend"]
        while stream.frame():  # it ends, so that the page comes back
            pass

    late = server.call.post("/api/tasks/1/complete", result_summary="Done.", attempt=1)
    with listening(server.port, last=99) as stream:
        add(fresh, "new")
        assert stream.event()["kind"] == "enqueued"
    late.refused(404, "no_such_task")
    assert server.call.get("/").status == 200
    assert over_mcp(server, "claim", queue="backend")["task"]["prompt"] == "new"
    until(lambda: server.call.get("/api/tasks/1")["status"] == "running")
    fresh.close()
    server.stop()
