"""What a command costs before it does anything: the frameworks of the other doors are never imported."""

import sys

import pytest

from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.promises import holds

FOREIGN = {"mcp", "mcp_types", "fastapi", "uvicorn", "pydantic", "starlette", "anyio", "httpx", "sqlite3"}


@holds("cli-light")
@pytest.mark.parametrize(
    "command", [["--help"], ["tasks"], ["enqueue", "two"], ["peek"], ["claim"], ["complete", "1", "done"], ["review"]]
)
def test_a_command_imports_no_framework_of_another_door(shell: Shell, sq: SparkQ, command: list[str]) -> None:
    add(sq, "one", "two")
    take(sq)

    done = shell.run(sys.executable, "-X", "importtime", "-m", "sparkq_cli.main", *command)

    assert done.code == 0
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.err.splitlines()}
    assert "typer" in imported
    assert imported & FOREIGN == set()
