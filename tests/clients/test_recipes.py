"""The recipes of the guide for walking away, each run as it is written there."""

import re
from pathlib import Path

import pytest

from sparkq_core.project import SparkQ
from tests.clients.claude_code import ClaudeCode
from tests.clients.conversation import Answer, Call, Conversation, Script, json_object
from tests.clients.model import ScriptedModel
from tests.clients.others import Others
from tests.clients.scripts import completion, do_one_task, packet_in, tool, work_the_queue
from tests.harness import git_steps
from tests.harness.projects import TOP
from tests.harness.shell import Shell
from tests.harness.task_steps import add, attempts, queued_ids
from tests.harness.waiting import until
from tests.promises import holds
from tests.proof.extent import in_prove

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


def write_a_file_for_each_task(seen: Conversation, folder: Path) -> Answer:
    """Enter a work tree, where the client lets a chat in the background edit; then do each task in it."""
    if not seen.results:
        return [Call("EnterWorktree", {"name": "night"})]
    if len(seen.results) == 1:
        return tool("claim", queue=seen.queue)
    if packet := packet_in(seen.latest):
        (name,) = packet["task"]["prompt"].split()
        return [Call("Write", {"file_path": f"{folder}/.claude/worktrees/night/{name}.txt", "content": name})]
    claimed = [answer for text in seen.results if packet_in(answer := json_object(text))]
    return completion(claimed[-1], claim_next=True) if "created successfully" in seen.results[-1] else "All is done."


@holds("recipes", "plugin-permits")
def test_a_chat_in_the_background(plugged: ClaudeCode, model: ScriptedModel, store: SparkQ, shell: Shell) -> None:
    git_steps.start(shell.folder)
    git_steps.commit(shell.folder)
    ids = add(store, *PROMPTS)
    model.scripts["/sparkq:work"] = lambda seen: write_a_file_for_each_task(seen, shell.folder)
    (line,) = recipe("A chat in the background")

    plugged.type(line.replace("--bg", "--permission-mode acceptEdits --bg"))
    until(lambda: outcomes(store, ids) == DONE)
    until(lambda: [session["status"] for session in plugged.sessions()] == ["idle"])
    until(lambda: all(attempt.git_after for task_id in ids for attempt in attempts(store, task_id)))

    assert [re.findall(r"\w+\.txt", shell.ok("diff", str(task_id), "--stat")) for task_id in ids] == [
        [f"{prompt}.txt"] for prompt in PROMPTS
    ]


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


@in_prove
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


@in_prove
@holds("recipes")
def test_a_loop_ends_when_the_client_fails(plugged: ClaudeCode, store: SparkQ) -> None:
    ids = add(store, *PROMPTS)
    loop, _ = recipe("A process for each task")

    done = plugged.type(loop, ANTHROPIC_API_KEY="")

    assert done.out.count("Not logged in") == 1
    assert queued_ids(store) == ids


@in_prove
@holds("recipes")
def test_a_process_of_codex_for_each_task(others: Others, model: ScriptedModel, store: SparkQ, shell: Shell) -> None:
    ids = add(store, *PROMPTS)
    model.scripts = {"Do one task of the SparkQ queue": do_one_task}
    shell.ok("connect", "codex")
    _, loop = recipe("A process for each task")

    done = others.type(loop)

    assert done.code == 0, done
    assert outcomes(store, ids) == DONE
    assert len({attempt.chat_id for task_id in ids for attempt in attempts(store, task_id)}) == len(ids)
