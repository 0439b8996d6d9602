"""Fixtures of the tests with real clients: Claude Code from npm, a model that follows scripts, a project between them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.model import ScriptedModel
from tests.clients.others import Others
from tests.clients.scripts import SCRIPTS
from tests.harness import downloads
from tests.harness.shell import Shell

INSTRUCTIONS = "Run make test."
"""Those of the queue "backend" of `store`."""


@pytest.fixture
def shell(root: Path, tmp_path: Path) -> Shell:
    """Where the person types."""
    return Shell(root, tmp_path / "home")


@pytest.fixture
def model() -> Iterator[ScriptedModel]:
    """The model behind every client of a test. None of its scripts may fail."""
    served = ScriptedModel(SCRIPTS)
    yield served
    served.close()
    assert served.failures == []


@pytest.fixture
def claude(claude_code: Path, shell: Shell, model: ScriptedModel, store: SparkQ) -> Iterator[ClaudeCode]:
    """Claude Code in the project of `store`."""
    client = ClaudeCode(claude_code, shell, model.url)
    yield client
    client.stop()


@pytest.fixture
def others(shell: Shell, model: ScriptedModel, store: SparkQ) -> Others:
    """Codex, Gemini CLI and opencode in the project of `store`, none of them connected."""
    downloads.node()
    return Others(downloads.other_clients(), shell, model.url)


@pytest.fixture
def plugged(claude_code: Path, shell: Shell, model: ScriptedModel, store: SparkQ) -> Iterator[ClaudeCode]:
    """Claude Code with SparkQ's plugin, in the project of `store`, where nothing else connects or permits it."""
    model.server = "plugin_sparkq_sparkq"
    client = ClaudeCode(claude_code, shell, model.url, plugin=True)
    yield client
    client.stop()
