"""What a command costs before it does anything: it imports what it needs, and nothing of other commands and doors."""

import json
import sys
from typing import Any

import pytest

from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.promises import holds

FRAMEWORKS = {"mcp", "mcp_types", "fastapi", "uvicorn", "pydantic", "starlette", "anyio", "httpx", "sqlite3"}
SLOW = {
    "random",
    "secrets",
    "logging",
    "unicodedata",
    "wcwidth",
    "yaml",
    "sparkq_core.words",
    "sparkq_core.search",
    "sparkq_core.scripts.header",
}
"""Milliseconds each, at import or by the patterns that they compile."""

RECORDING = {"sparkq_core.changes.recording", "sparkq_core.changes.git", "sparkq_core.changes.snapshot"}
SETTLING = {"sparkq_core.tasks.settle", "sparkq_core.tasks.claim", "sparkq_core.queues.checks", "sparkq_core.verdicts"}
WRITING = SETTLING | {"sparkq_core.tasks.enqueue", "sparkq_core.tasks.requeue", "sparkq_core.tasks.edit"}

PROBE = """
import atexit, gc, json, sys

def report():
    facts = {
        "modules": list(sys.modules), "searched": gc.get_stats()[2]["collections"], "frozen": gc.get_freeze_count(),
        "collects": gc.isenabled(),
    }
    print(json.dumps(facts), file=sys.stderr)

atexit.register(report)
from sparkq_cli.main import main
main()
"""


def at_the_end(shell: Shell, *command: str) -> dict[str, Any]:
    """Run a command in a process of its own; its modules and its garbage collector, as they are at its end."""
    done = shell.run(sys.executable, "-c", PROBE, *command)
    assert done.code == 0, done
    facts: dict[str, Any] = json.loads(done.err.splitlines()[-1])
    return facts


@holds("cli-light")
@pytest.mark.parametrize(
    ("command", "foreign"),
    [
        (["--help"], SLOW | RECORDING | WRITING | {"sparkq_core.project", "apsw"}),
        (["tasks"], SLOW | RECORDING | WRITING),
        (["peek"], SLOW | RECORDING | WRITING),
        (["enqueue", "two"], SLOW | RECORDING | SETTLING),
        (
            ["claim"],
            {"wcwidth", "yaml", "sparkq_core.search", "sparkq_core.scripts.header", "sparkq_core.tasks.enqueue"},
        ),
        (["complete", "1", "done"], {"wcwidth", "yaml", "sparkq_core.search", "sparkq_core.tasks.enqueue"}),
        (["review"], {"wcwidth", "yaml", "sparkq_core.search", "sparkq_core.scripts.header"}),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_a_command_imports_nothing_that_others_need(
    shell: Shell, sq: SparkQ, command: list[str], foreign: set[str]
) -> None:
    add(sq, "one", "two")
    take(sq)

    modules = set(at_the_end(shell, *command)["modules"])

    assert "typer" in modules
    assert {module.partition(".")[0] for module in modules} & FRAMEWORKS == set()
    assert modules & foreign == set()


def test_a_short_command_never_searches_its_modules_for_garbage(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")

    ended = at_the_end(shell, "tasks")

    assert ended["searched"] == 0
    assert ended["frozen"] > 10_000
    assert ended["collects"], "a command that runs for long would keep its garbage"
