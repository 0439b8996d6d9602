"""Nothing that a model reads offers it a verdict, or a command that opens a gate: deciding is the person's."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.core.inbox_steps import done, failed, late
from tests.harness.clocks import SetClock
from tests.harness.projects import TOP
from tests.harness.task_steps import add, claimed_task
from tests.mcp.chat import call, chat
from tests.promises import holds

pytestmark = pytest.mark.anyio

OFFER = re.compile(
    r"sparkq (review|accept|undo|answer|purge|teardown|config set|hooks allow|queue (set|pause|resume|check))\b"
    r"|\b(accept|approve|review|undo|unreview)\(|--again|--relaxed"
)
LEFT_TO_THE_PERSON = ("do not run `sparkq answer`", "I answer myself", "I accept results myself", "in `sparkq review`.")
"""Sentences that name such a command to say that it is not the model's."""

FOR_THE_PERSON = {"demo.py"}
"""Modules of the door that print to a terminal."""

DOCUMENTS = [TOP / "WORKER_PLAYBOOK.md", TOP / "tests/golden/mcp_tools.json", *(TOP / "plugin").rglob("*.md")]
MODULES = [
    file
    for folder in ("sparkq_mcp", "sparkq_core/chat_hooks")
    for file in (TOP / folder).rglob("*.py")
    if file.name not in FOR_THE_PERSON
]


def offers(text: str) -> list[str]:
    """The lines that offer a verdict."""
    return [
        line
        for line in text.splitlines()
        if OFFER.search(line) and not any(words in line for words in LEFT_TO_THE_PERSON)
    ]


def texts_in(module: Path) -> Iterator[str]:
    """The texts that a module may say: all its literals but the docstrings."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said:
            yield node.value


@holds("no-verdict-for-a-model")
@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_no_document_for_a_model_offers_a_verdict(document: Path) -> None:
    assert offers(document.read_text(encoding="utf-8")) == []


@holds("no-verdict-for-a-model")
def test_no_sentence_of_the_tools_the_hooks_and_the_prompts_offers_a_verdict() -> None:
    assert len(MODULES) > 30
    assert {module.name: found for module in MODULES for text in texts_in(module) if (found := offers(text))} == {}


@holds("no-verdict-for-a-model", "mcp-nothing-destructive")
@pytest.mark.parametrize("gate", ["open", "paused", "strict", "ended", "archived"])
async def test_no_answer_and_no_refusal_offers_a_verdict(sq: SparkQ, queue: str, clock: SetClock, gate: str) -> None:
    running = claimed_task(sq).id
    tasks.release(sq, claimed_task(sq).id, question="A or B?")
    ids = [running, done(sq), failed(sq), late(sq, clock), add(sq, "waits")[0], 2, 99]
    cancelled = add(sq, "never")[0]
    tasks.cancel(sq, cancelled)
    if gate == "strict":
        queues.limit_reviews(sq, "backend", 1)
    elif gate != "open":
        getattr(queues, {"paused": "pause", "ended": "end", "archived": "archive"}[gate])(sq, "backend")
    said: list[str] = []

    async with chat(sq) as client:

        async def hear(tool: str, **arguments: object) -> None:
            answer = await call(client, tool, **arguments)
            claimed = answer.get("claimed") or {}
            said.extend(str(each.get(key, "")) for each in (answer, claimed) for key in ("message", "next"))

        await hear("claim", queue="backend")
        await hear("claim", queue="nowhere")
        await hear("enqueue", queue="backend", prompt="more")
        for task_id in [*ids, cancelled]:
            await hear("complete", task_id=task_id, attempt=1, result="I say that it is done", claim_next=True)
            await hear("fail", task_id=task_id, attempt=2, error="no")
            await hear("progress", task_id=task_id, note="on")
            await hear("requeue", task_id=task_id, feedback="again")
            await hear("claim", task_id=task_id)
            await hear("release", task_id=task_id, reason="no")

    assert [line for line in said if line] != []
    assert [line for text in said for line in offers(text)] == []
