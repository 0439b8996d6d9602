"""What a chat changes is recorded beside its answers, also when it ends without a result."""

import json
from typing import Any

import pytest

from sparkq_core.changes import view
from sparkq_core.project import SparkQ
from tests.harness.git_steps import commit, start
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, attempts
from tests.harness.waiting import until
from tests.mcp.chat import Raw


@pytest.fixture
def repository(store: SparkQ, monkeypatch: pytest.MonkeyPatch) -> SparkQ:
    """A project in a repository, in which the client has started the server."""
    root = store.config.root
    start(root)
    (root / "app.py").write_text("one\n")
    commit(root)
    monkeypatch.setenv("CLAUDE_PROJECT_DIR", str(root))
    return second_handle(store)


def state(sq: SparkQ, task_id: int, when: str) -> Any:
    """What was recorded at the claim or the outcome of the last attempt."""
    return json.loads(getattr(attempts(sq, task_id)[-1], f"git_{when}") or "{}")


def changed(sq: SparkQ, task_id: int) -> list[str]:
    """The files that a task changed."""
    return [file.path for file in view.files(sq, view.of(sq, task_id))]


def test_a_chat_that_works_leaves_each_tasks_own_change(repository: SparkQ) -> None:
    root = repository.config.root
    add(repository, "one", "two")
    with Raw(root, client="claude-code", session="s-1") as raw:
        raw.initialize()
        raw.tool("claim", {"queue": "backend"})
        until(lambda: "tree" in state(repository, 1, "before"))
        (root / "one.txt").write_text("x\n")
        raw.tool("complete", {"task_id": 1, "attempt": 1, "result": "Done.", "claim_next": True})
        until(lambda: "tree" in state(repository, 2, "before"))
        (root / "two.txt").write_text("x\n")
        raw.tool("complete", {"task_id": 2, "attempt": 1, "result": "Done."})
        code, said = raw.end()

    assert (code, said) == (0, "")
    assert (changed(repository, 1), changed(repository, 2)) == (["one.txt"], ["two.txt"])
    assert state(repository, 1, "after")["tree"] == state(repository, 2, "before")["tree"]


def test_a_chat_that_ends_without_a_result_leaves_what_it_did(repository: SparkQ) -> None:
    root = repository.config.root
    add(repository, "one")
    with Raw(root, client="claude-code", session="s-1") as raw:
        raw.initialize()
        raw.tool("claim", {"queue": "backend"})
        until(lambda: "tree" in state(repository, 1, "before"))
        (root / "half.txt").write_text("x\n")
        raw.end()

    assert state(repository, 1, "after")["files"] == 1
    assert changed(repository, 1) == ["half.txt"]
