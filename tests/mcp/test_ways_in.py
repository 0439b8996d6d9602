"""The ways in that the repository offers: each is started as its file says, and must list the tools."""

import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client

from sparkq_core import __version__, errors
from sparkq_core.project import SparkQ
from sparkq_mcp.tools import all_tools
from tests.harness.distribution import Distribution
from tests.harness.downloads import BUILD, path_with
from tests.harness.projects import TOP
from tests.harness.shell import BIN
from tests.harness.task_steps import add
from tests.promises import holds

PLUGIN = TOP / "plugin"
SECONDS = 300


def read(file: str | Path) -> Any:
    return json.loads((TOP / file).read_text(encoding="utf-8"))


def front(file: Path) -> dict[str, str]:
    """The fields at the head of a Markdown file."""
    _, head, body = file.read_text(encoding="utf-8").split("---\n", 2)
    assert body.strip()
    return dict(re.findall(r"^([\w-]+): (.+)$", head, re.MULTILINE))


def claims_through(command: str, arguments: list[str], environment: dict[str, str], cwd: Path) -> tuple[int, str]:
    """Start a server as a client does: how many tools it lists, and the prompt that it hands out."""
    server = StdioServerParameters(command=command, args=arguments, env=environment, cwd=cwd)

    async def talk() -> tuple[int, str]:
        async with Client(stdio_client(server)) as client:
            tools = (await client.list_tools()).tools
            claimed = await client.call_tool("claim", {"queue": "backend"})
            assert claimed.structured_content is not None
            return len(tools), claimed.structured_content["task"]["prompt"]

    with anyio.from_thread.start_blocking_portal() as portal:
        return portal.call(talk)


def environment(home: Path, *folders: Path, **more: str) -> dict[str, str]:
    """What a client gives to a server: where programs are, a home, and what it adds."""
    kept = {name: value for name, value in os.environ.items() if name.endswith(("_PROXY", "_CERT", "_CERT_FILE"))}
    return {**kept, "PATH": path_with(BIN, *folders), "HOME": str(home), **more}


@holds("mcp-installation")
@pytest.mark.parametrize("file", [".mcp.json.example", "plugin/.mcp.json"])
def test_a_configuration_of_claude_code_starts_the_server(sq: SparkQ, queue: str, tmp_path: Path, file: str) -> None:
    add(sq, "one")
    server = read(file)["mcpServers"]["sparkq"]
    variables = environment(tmp_path, CLAUDE_PROJECT_DIR=str(sq.config.root))

    assert claims_through(server["command"], server["args"], variables, tmp_path) == (12, "one")


@holds("mcp-installation")
def test_the_example_for_claude_desktop_starts_the_server(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    add(sq, "one")
    server = read("claude_desktop_config.example.json")["mcpServers"]["sparkq"]
    assert server["command"].startswith("/")
    placed = [part.replace("/home/you/my-project", str(sq.config.root)) for part in server["args"]]

    assert claims_through(str(BIN / "sparkq"), placed, {"PATH": "/usr/bin:/bin", "HOME": "/"}, Path("/")) == (12, "one")


@holds("mcp-installation")
def test_the_registry_entry_starts_the_server(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    add(sq, "one")
    entry = read("server.json")
    (package,) = entry["packages"]
    arguments: list[str] = []
    for argument in package["packageArguments"]:
        arguments += (
            [argument["value"]] if argument["type"] == "positional" else [argument["name"], str(sq.config.root)]
        )

    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", entry["name"])
    assert f"<!-- mcp-name: {entry['name']} -->" in (TOP / "README.md").read_text(encoding="utf-8")
    assert len(entry["description"]) <= 100
    assert (entry["version"], package["version"], package["transport"]) == (__version__, __version__, {"type": "stdio"})
    # The package's name is its command's, which is what `uvx NAME` starts.
    assert claims_through(package["identifier"], arguments, environment(tmp_path), tmp_path) == (12, "one")


def test_the_registry_entry_starts_with_its_runtime(
    uv: Path, distribution: Distribution, sq: SparkQ, queue: str, tmp_path: Path
) -> None:
    add(sq, "one")
    (package,) = read("server.json")["packages"]
    assert package["runtimeHint"] == "uvx"
    variables = environment(tmp_path, uv / "bin", UV_CACHE_DIR=str(BUILD / "uv-cache"))
    # From a wheel of this checkout: the registry has the released one, and of the folder uv may have an earlier build.
    arguments = ["--from", str(distribution.wheel), package["identifier"], "mcp", "--project", str(sq.config.root)]

    assert claims_through(str(uv / "bin/uvx"), arguments, variables, tmp_path) == (12, "one")


def test_the_demo_runs_from_the_wheel_alone(uv: Path, distribution: Distribution, tmp_path: Path) -> None:
    variables = environment(tmp_path, uv / "bin", UV_CACHE_DIR=str(BUILD / "uv-cache"))
    uvx = [str(uv / "bin/uvx"), "--quiet", "--from", str(distribution.wheel), "sparkq", "demo"]
    (somewhere := tmp_path / "somewhere").mkdir()

    done = subprocess.run(
        uvx, env=variables, cwd=somewhere, capture_output=True, text=True, timeout=SECONDS, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "4 succeeded, 0 failed" in done.stdout
    assert " files in 4 packages" in done.stdout.split("3. You come back and review")[1]
    assert list(somewhere.iterdir()) == []


def test_the_plugin_is_whole() -> None:
    manifest = read("plugin/.claude-plugin/plugin.json")
    (listed,) = read(".claude-plugin/marketplace.json")["plugins"]
    skill = PLUGIN / "skills/work-a-queue/SKILL.md"

    assert (manifest["name"], manifest["version"], manifest["license"]) == ("sparkq", __version__, "MIT")
    assert (listed["name"], TOP / listed["source"]) == (manifest["name"], PLUGIN)
    assert {file.stem for file in PLUGIN.glob("commands/*.md")} == {"work", "stop", "review", "plan"}
    assert all("description" in front(file) for file in PLUGIN.glob("commands/*.md"))
    assert [front(file)["name"] for file in PLUGIN.glob("agents/*.md")] == ["task-worker"]
    assert front(skill)["name"] == skill.parent.name


def test_the_plugin_names_only_tools_that_there_are() -> None:
    known = {tool.name for tool in all_tools()} | {"task_id", "tool_name", "error_type", "claim_next"}
    codes = {
        refusal.code for refusal in vars(errors).values() if isinstance(refusal, type) and hasattr(refusal, "code")
    }
    words = {"no_project", "invalid_arguments", "open_claims", "gave_up", "run_in_background"}

    for file in PLUGIN.rglob("*.md"):
        named = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b", file.read_text(encoding="utf-8")))
        assert named <= known | codes | words


@holds("mcp-installation")
def test_claude_code_takes_the_plugin(claude_code: Path, tmp_path: Path) -> None:
    variables = environment(tmp_path, CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC="1", DISABLE_TELEMETRY="1")

    for folder in (PLUGIN, TOP):
        done = subprocess.run(
            [claude_code, "plugin", "validate", folder],
            env=variables, cwd=tmp_path, capture_output=True, text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr


@holds("mcp-installation")
def test_the_bundle_is_valid_and_starts_as_claude_desktop_starts_it(
    node: Path, uv: Path, sq: SparkQ, queue: str, tmp_path: Path
) -> None:
    add(sq, "one")
    variables = environment(tmp_path, uv / "bin", node / "node_modules/.bin", UV_CACHE_DIR=str(BUILD / "uv-cache"))
    made = subprocess.run(
        [sys.executable, TOP / "mcpb/build.py"],
        env=variables, cwd=TOP, capture_output=True, text=True, timeout=SECONDS, check=False,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr

    unpacked = tmp_path / "bundle"
    with zipfile.ZipFile(BUILD / "sparkq.mcpb") as bundle:
        bundle.extractall(unpacked)
    manifest = json.loads((unpacked / "manifest.json").read_text())
    values = {"${__dirname}": str(unpacked), "${user_config.project}": str(sq.config.root)}
    config = manifest["server"]["mcp_config"]
    arguments = [values.get(part, part) for part in config["args"]]

    assert (manifest["version"], len(manifest["tools"])) == (__version__, 12)
    assert (unpacked / manifest["server"]["entry_point"]).is_file()
    bare = {key: value for key, value in variables.items() if key != "PATH"} | {"PATH": f"{uv / 'bin'}:/usr/bin:/bin"}
    assert claims_through(str(uv / "bin" / config["command"]), arguments, bare, Path("/")) == (12, "one")
