"""From an empty repository to an empty queue of twelve tasks, by the commands of the guide, and no client asks anything."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sparkq_core import project
from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.model import ScriptedModel
from tests.clients.others import Others
from tests.harness import downloads, git_steps
from tests.harness.shell import Shell
from tests.harness.task_steps import attempts
from tests.promises import holds

TASKS = 12
SAID = "Work the queue backend until it is empty."


@pytest.fixture
def day(shell: Shell) -> Iterator[SparkQ]:
    """A repository that was set up by commands, with twelve tasks in a queue."""
    git_steps.start(shell.folder)
    git_steps.commit(shell.folder)
    (shell.folder / "tasks.md").write_text("".join(f"## Task {number}\n" for number in range(TASKS)))
    shell.ok("setup", "--yes")
    shell.ok("queue", "create", "backend", "--instructions", "Run make test.")
    shell.ok("enqueue", "--queue", "backend", "--file", "tasks.md", "--split")
    with closing(project.open(shell.folder, env={})) as sq:
        yield sq


@pytest.fixture
def unconnected(claude_code: Path, shell: Shell, model: ScriptedModel) -> Iterator[ClaudeCode]:
    """Claude Code in a folder that it trusts, of which it knows nothing else."""
    client = ClaudeCode(claude_code, shell, model.url, connected=False)
    yield client
    client.stop()


def all_done(sq: SparkQ) -> bool:
    """True if each of the twelve tasks was done, at its first attempt."""
    tried = [[attempt.outcome for attempt in attempts(sq, task_id)] for task_id in range(1, TASKS + 1)]
    return tried == [["succeeded"]] * TASKS


@holds("walk-away")
def test_a_headless_chat_empties_the_queue(unconnected: ClaudeCode, day: SparkQ, shell: Shell) -> None:
    assert SAID in shell.ok("connect", "claude-code", "--allow")

    printed = unconnected.ask(SAID)

    assert printed["permission_denials"] == []
    assert all_done(day)


@holds("walk-away")
def test_a_chat_on_a_terminal_empties_the_queue(unconnected: ClaudeCode, day: SparkQ, shell: Shell) -> None:
    shell.ok("connect", "claude-code", "--allow")

    with unconnected.chat() as chat:
        chat.until("❯")
        chat.say(SAID)
        chat.until("Nothing more to do")

    assert all_done(day)


@pytest.mark.parametrize("client", ["codex", "gemini"])
@holds("walk-away")
def test_another_client_empties_the_queue(shell: Shell, model: ScriptedModel, day: SparkQ, client: str) -> None:
    downloads.node()
    others = Others(downloads.other_clients(), shell, model.url)
    shell.ok("connect", client, *(["--allow"] if client == "gemini" else []))

    done = others.ask(client, SAID)

    assert "The queue backend is empty. Stop." in done.out, done
    assert all_done(day)
    assert "Run make test." in str(model.packets)
