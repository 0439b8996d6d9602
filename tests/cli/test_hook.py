"""`sparkq hook`: what a client whose hooks are commands gets."""

import json
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import tasks
from sparkq_core.chats import Caller
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, attempts
from tests.promises import holds


def hook(shell: Shell, event: str, *options: str, **more: Any) -> dict[str, Any]:
    """What Codex's hook is answered."""
    facts = {"hook_event_name": event, "session_id": "0199ab-7f31", "cwd": str(shell.folder), **more}
    return dict(json.loads(shell.ok("hook", "--client", "codex", *options, stdin=json.dumps(facts))))


@holds("assignment")
def test_codex_is_kept_at_a_queue(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    given = hook(shell, "UserPromptSubmit", prompt="sparkq:work backend")
    reminded = hook(shell, "Stop", stop_hook_active=False)
    again = hook(shell, "Stop", stop_hook_active=True)

    said = "SparkQ: codex works backend until it is empty, 2 left. To end it: sparkq:stop"
    assert given["systemMessage"] == said
    assert reminded["decision"] == "block"
    assert reminded["reason"].startswith("SparkQ: 2 tasks are left. The person asked this chat to work backend")
    assert again == {}


@holds("mcp-hook")
def test_the_answer_of_a_tool_tells_which_attempt_is_the_chats(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    other = Caller("codex", session="0199ab-0000")
    claimed = tasks.claim(sq, "backend", "codex-0000", chat=other)
    assert claimed is not None
    packet = {"task": {"id": 1, "attempt": 1}}
    response = {"content": [{"type": "text", "text": json.dumps(packet)}]}

    assert hook(shell, "PostToolUse", tool_name="mcp__sparkq__claim", tool_response=response) == {}

    assert attempts(sq, 1)[0].worker == "codex-7f31"


@holds("mcp-hook", "command-hook")
@pytest.mark.parametrize("stdin", ["", "no JSON", "[1]", "{}", '{"session_id": "x"}', "\x00", "[" * 100_000])
def test_it_never_disturbs_a_chat(shell: Shell, sq: SparkQ, stdin: str) -> None:
    assert shell.ok("hook", stdin=stdin) == "{}\n"


@holds("mcp-hook")
def test_without_a_project_only_a_command_to_sparkq_is_answered(tmp_path: Path) -> None:
    elsewhere = Shell(tmp_path, tmp_path / "home")

    assert hook(elsewhere, "Stop") == {}
    refused = hook(elsewhere, "UserPromptSubmit", prompt="sparkq:work backend")
    assert refused["decision"] == "block"
    assert "sparkq setup" in refused["reason"]
