"""Clients and judges of others, against the installed command and the HTTP door; docs/mcp.md has the same commands."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.client.streamable_http import streamable_http_client

from sparkq_core.project import SparkQ
from tests.harness.downloads import path_with
from tests.harness.shell import SPARKQ
from tests.harness.task_steps import add
from tests.http.caller import Served
from tests.promises import holds

SECONDS = 300
ERAS = ("legacy", "auto", "modern")
APPLIES = {
    "2025-11-25": {
        "server-initialize", "server-session-lifecycle", "ping", "completion-complete", "tools-list", "resources-list",
        "resources-subscribe", "resources-unsubscribe", "prompts-list", "server-sse-multiple-streams",
        "dns-rebinding-protection",
    },
    "2026-07-28": {
        "completion-complete", "tools-list", "resources-list", "prompts-list", "server-sse-multiple-streams",
        "sep-2164-resource-not-found", "dns-rebinding-protection", "caching", "http-header-validation",
    },
}  # fmt: skip
"""The scenarios that ask nothing of a server but to be one; the others want tools and prompts called `test_…`."""


@pytest.fixture
def served(store: SparkQ) -> Iterator[Served]:
    """Its server."""
    server = Served(store.config.root)
    yield server
    server.stop()


def run(node: Path, home: Path, *command: object) -> "subprocess.CompletedProcess[str]":
    """Run a Node.js program to its end."""
    return subprocess.run(
        [str(part) for part in command],
        env={"PATH": path_with(node / "node_modules/.bin"), "HOME": str(home)},
        cwd=home,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("era", ERAS)
def test_the_inspector_claims_a_task_from_the_command(node: Path, home: Path, store: SparkQ, era: str) -> None:
    add(store, "one")
    command = [SPARKQ, "mcp", "--project", store.config.root, "--protocol-era", era]

    claimed = inspected(
        node, home, *command, "--method", "tools/call", "--tool-name", "claim", "--tool-arg", "queue=backend"
    )

    assert claimed["structuredContent"]["task"]["prompt"] == "one"


@holds("mcp-clients")
def test_the_inspector_finds_nothing_wrong(node: Path, home: Path, served: Served, store: SparkQ) -> None:
    add(store, "one")
    door = [f"http://127.0.0.1:{served.port}/mcp", "--transport", "http", "--method"]

    tools = inspected(node, home, *door, "tools/list", "--strict")["tools"]
    templates = inspected(node, home, *door, "resources/templates/list")["resourceTemplates"]
    prompts = inspected(node, home, *door, "prompts/list")["prompts"]
    read = inspected(node, home, *door, "resources/read", "--uri", "sparkq://tasks/1")

    assert (len(tools), len(templates), len(prompts)) == (12, 4, 3)
    assert json.loads(read["contents"][0]["text"])["status"] == "queued"


def inspected(node: Path, home: Path, *words: object) -> Any:
    """What the inspector's command line found: it has nothing to complain about."""
    patient = ("--connect-timeout", "120000", "--format", "json", "--quiet")
    done = run(node, home, "mcp-inspector", "--cli", *words, *patient)
    assert (done.returncode, "Error" in done.stderr) == (0, False), done.stderr
    return json.loads(done.stdout)["result"]


@holds("mcp-clients")
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_the_typescript_sdk_works_a_task(node: Path, home: Path, served: Served, store: SparkQ, transport: str) -> None:
    script = Path(__file__).with_name("typescript_client.cjs")
    over: dict[str, list[object]] = {
        "stdio": ["stdio", SPARKQ, "mcp", "--project", store.config.root],
        "http": ["http", f"http://127.0.0.1:{served.port}/mcp"],
    }

    done = run(node, home, "node", script, node / "node_modules", *over[transport])

    assert done.returncode == 0, done.stderr
    saw = json.loads(done.stdout)
    assert (saw["server"], len(saw["tools"]), saw["withOutput"]) == ("sparkq", 12, 12)
    assert (saw["added"]["id"], saw["queued"], saw["names"]) == (1, 1, ["backend"])
    assert (saw["prompted"], saw["settled"]["status"]) == ("From TypeScript", "succeeded")
    assert saw["settled"]["claimed"]["task"] is None
    assert saw["refused"] == {"isError": True, "code": "no_such_task"}
    assert saw["updated"] == "sparkq://queues"
    assert "queue backend" in saw["prompt"]


@holds("mcp-clients")
@pytest.mark.parametrize("era", ["auto", "legacy"])
@pytest.mark.parametrize("transport", ["stdio", "http"])
def test_the_python_sdk_works_a_task(served: Served, store: SparkQ, transport: str, era: str) -> None:
    add(store, "one")
    command = StdioServerParameters(command=str(SPARKQ), args=["mcp", "--project", str(store.config.root)])

    async def work() -> list[Any]:
        over = (
            stdio_client(command)
            if transport == "stdio"
            else streamable_http_client(f"http://127.0.0.1:{served.port}/mcp")
        )
        async with Client(over, mode=era) as client:
            tools = (await client.list_tools()).tools
            claimed = await client.call_tool("claim", {"queue": "backend"})
            settled = await client.call_tool("complete", {"task_id": 1, "result": "Done.", "attempt": 1})
        return [len(tools), claimed.structured_content, settled.structured_content]

    count, claimed, settled = anyio.run(work)
    assert (count, claimed["task"]["prompt"], settled["status"]) == (12, "one", "succeeded")


@holds("mcp-clients")
@pytest.mark.parametrize("revision", APPLIES)
def test_the_conformance_scenarios_that_apply_pass(node: Path, home: Path, served: Served, revision: str) -> None:
    url = f"http://127.0.0.1:{served.port}/mcp"

    done = run(node, home, "conformance", "server", "--url", url, "--requirements", revision, "--timeout", "30000")

    summary = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).partition("=== SUMMARY ===")[2]
    passed = set(re.findall(r"^✓ ([\w-]+):", summary, re.MULTILINE))
    assert APPLIES[revision] - passed == set(), summary


def test_an_mcp_client_ends_its_session_over_http(served: Served) -> None:
    """What the conformance tool only warns of: the DELETE of a client carries no content type."""
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    code = f"""
import json, urllib.request
def send(method, body=None, **headers):
    request = urllib.request.Request("http://127.0.0.1:{served.port}/mcp", body, headers, method=method)
    try:
        return urllib.request.urlopen(request)
    except urllib.error.HTTPError as refused:
        return refused
types = {{"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}}
body = json.dumps({{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {hello!r}}}).encode()
session = send("POST", body, **types).headers["mcp-session-id"]
ended = send("DELETE", None, **{{"mcp-session-id": session}})
after = send("POST", body.replace(b"initialize", b"ping"), **types, **{{"mcp-session-id": session}})
print(ended.status, after.status)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=SECONDS, check=True)

    assert done.stdout.split() == ["200", "404"]
