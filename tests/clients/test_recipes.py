"""The recipes of the guide for walking away, each run as it is written there."""

import re

import pytest

from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conversation import Answer, Conversation, Script
from tests.clients.model import ScriptedModel
from tests.clients.others import Others
from tests.clients.scripts import do_one_task, tool, work_the_queue
from tests.clients.test_others import connect
from tests.harness.projects import TOP
from tests.harness.shell import Shell
from tests.harness.task_steps import add, attempts, queued_ids
from tests.harness.waiting import until
from tests.promises import holds

PROMPTS = ["one", "two"]


def recipe(heading: str) -> list[str]:
    """The blocks below a heading of the guide that are to be typed."""
    guide = (TOP / "docs/guide.md").read_text(encoding="utf-8")
    section = guide.split(f"\n### {heading}\n")[1].partition("\n## ")[0].partition("\n### ")[0]
    return re.findall(r"```(?:sh|text)\n(.*?)```", section, re.DOTALL)


def outcomes(sq: SparkQ, ids: list[int]) -> list[list[str | None]]:
    """How the attempts of these tasks ended."""
    return [[attempt.outcome for attempt in attempts(sq, task_id)] for task_id in ids]


DONE = [["succeeded"]] * len(PROMPTS)


@holds("recipes", "plugin-permits")
def test_a_night_in_one_chat(plugged: ClaudeCode, model: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, *PROMPTS)
    model.scripts["/sparkq:work"] = work_the_queue
    (line,) = recipe("A night in one chat")

    with plugged.chat() as chat:
        chat.until("❯")
        chat.say(line.strip())
        chat.until("Nothing more to do")

    assert outcomes(store, ids) == DONE


@holds("recipes", "plugin-permits")
def test_a_chat_in_the_background(plugged: ClaudeCode, model: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, *PROMPTS)
    model.scripts["/sparkq:work"] = work_the_queue
    (line,) = recipe("A chat in the background")

    plugged.type(line)
    until(lambda: outcomes(store, ids) == DONE)
    until(lambda: [session["status"] for session in plugged.sessions()] == ["idle"])


@holds("recipes", "plugin-permits")
def test_a_process_for_each_task(plugged: ClaudeCode, model: ScriptedModel, store: SparkQ) -> None:
    ids = add(store, *PROMPTS)
    model.scripts["/sparkq:work"] = do_one_task
    loop, _ = recipe("A process for each task")

    done = plugged.type(loop)

    assert (done.code, done.out.split("\n")) == (0, [*(f"#{task_id} is done." for task_id in ids), ""])
    assert outcomes(store, ids) == DONE
    assert len({attempt.chat_id for task_id in ids for attempt in attempts(store, task_id)}) == len(ids)


def look_on(_: Conversation) -> Answer:
    """Take no task, as a model without SparkQ's tools."""
    return "I have no such tools."


def take_and_give_back(seen: Conversation) -> Answer:
    """Claim a task and release it."""
    if not seen.results:
        return tool("claim", queue="backend")
    if packet := seen.latest.get("task"):
        return tool("release", task_id=packet["id"], attempt=packet["attempt"], reason="I have no key.")
    return "I gave it back."


@holds("recipes")
@pytest.mark.parametrize("work", [look_on, take_and_give_back])
def test_a_loop_ends_when_nothing_is_done(
    plugged: ClaudeCode, model: ScriptedModel, store: SparkQ, work: Script
) -> None:
    ids = add(store, *PROMPTS)
    model.scripts["/sparkq:work"] = work
    loop, _ = recipe("A process for each task")

    plugged.type(loop)

    assert plugged.contexts() == ["startup"]
    assert queued_ids(store) == ids


@holds("recipes")
def test_a_loop_ends_when_the_client_fails(plugged: ClaudeCode, store: SparkQ) -> None:
    ids = add(store, *PROMPTS)
    loop, _ = recipe("A process for each task")

    done = plugged.type(loop, ANTHROPIC_API_KEY="")

    assert done.out.count("Not logged in") == 1
    assert queued_ids(store) == ids


@holds("recipes")
def test_a_process_of_codex_for_each_task(others: Others, model: ScriptedModel, store: SparkQ, shell: Shell) -> None:
    ids = add(store, *PROMPTS)
    model.scripts = {"Do one task of the SparkQ queue": do_one_task}
    connect("codex", shell)
    _, loop = recipe("A process for each task")

    done = others.type(loop)

    assert done.code == 0, done
    assert outcomes(store, ids) == DONE
    assert len({attempt.chat_id for task_id in ids for attempt in attempts(store, task_id)}) == len(ids)
