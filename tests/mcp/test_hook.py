"""The tool that only hooks call: what they tell about a chat is right, whatever the process believes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import tasks
from sparkq_core.changes.states import parsed
from sparkq_core.model import CHAT_COLUMNS, Chat
from sparkq_core.project import SparkQ
from tests.harness.change_steps import repository
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add, attempts
from tests.harness.waiting import until
from tests.mcp.chat import Message, Raw
from tests.promises import holds

BEFORE, AFTER = "61f077-aaaa", "7b02c1-bbbb"


class Hooked(Raw):
    """A server with hooks, spoken to as Claude Code does."""

    def hook(self, event: str, session: str = AFTER, **more: Any) -> Message:
        """Call the hook's tool as a client does; what the hook says."""
        arguments = {"event": event, "session": session, **more}
        result = self.ask("tools/call", {"name": "hook", "arguments": arguments})["result"]
        assert not result["isError"]
        (content,) = result["content"]
        return dict(json.loads(content["text"]))

    def use(self, call_id: str, name: str, **arguments: Any) -> Message:
        """Call a tool as part of a chat that has an id for the call."""
        return self.tool(name, arguments, meta={"claudecode/toolUseId": call_id})


@contextmanager
def process(sq: SparkQ) -> Iterator[Hooked]:
    """A server that Claude Code started for the chat BEFORE."""
    with Hooked(sq.config.root, client="claude-code", session=BEFORE) as raw:
        raw.initialize()
        yield raw


def chats(sq: SparkQ) -> dict[str | None, Chat]:
    """The chats in the store by their sessions."""
    rows = sq.db.rows(f"SELECT {CHAT_COLUMNS} FROM chats")
    return {chat.session: chat for chat in (Chat(*row) for row in rows)}


@holds("mcp-hook")
def test_no_list_of_tools_shows_it(store: SparkQ) -> None:
    with process(store) as raw:
        names = [tool["name"] for tool in raw.ask("tools/list")["result"]["tools"]]

    assert "hook" not in names
    assert len(names) == 12


@holds("mcp-hook")
@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"event": "Stop"},
        {"event": "Unheard", "session": AFTER, "later": {"field": [1]}},
        {"event": ["Stop"], "session": 7, "cwd": None, "call": {}},
        {"event": "PostToolUse", "session": AFTER, "call": "toolu_unknown", "cwd": "not/absolute"},
        {"event": "PostToolUse", "session": AFTER, "call": "${tool_use_id}"},
        {"event": "Stop", "session": "${session_id}", "background": "not JSON"},
        {"event": "PostToolUse", "session": "s" * 100_000, "tool_response": "{" * 10_000},
    ],
)
def test_whatever_it_is_told_it_disturbs_no_chat(store: SparkQ, arguments: Message) -> None:
    add(store, "one")
    with process(store) as raw:
        raw.tool("claim", {"queue": "backend"})
        result = raw.ask("tools/call", {"name": "hook", "arguments": arguments})["result"]

    assert (result["isError"], [part["text"] for part in result["content"]]) == (False, ["{}"])
    assert [attempt.outcome for attempt in attempts(store, 1)] == [None]


def test_without_a_project_it_says_nothing(tmp_path: Path) -> None:
    with Hooked(tmp_path, client="claude-code", session=BEFORE) as raw:
        raw.initialize()
        assert raw.hook("Stop") == {}
        code, said = raw.end()

    assert (code, said) == (0, "")


@holds("mcp-hook", "mcp-chats")
def test_after_clear_the_next_claim_is_the_new_chats(store: SparkQ) -> None:
    add(store, "one", "two")
    with process(store) as raw:
        raw.tool("claim", {"queue": "backend"})
        raw.hook("UserPromptExpansion", command="sparkq:plan")
        packet = raw.tool("claim", {"queue": "backend"})
        known = chats(store)

    assert [claim["id"] for claim in packet["open_claims"]] == [1], "it may be left where it was"
    assert [attempts(store, number)[0].chat_id for number in (1, 2)] == [known[BEFORE].id, known[AFTER].id]
    assert (known[BEFORE].gone_why, known[AFTER].gone_at) == ("another chat began in its client", None)


@holds("mcp-hook", "mcp-chats")
def test_an_attempt_that_was_handed_to_a_stale_session_moves_with_what_the_chat_holds(store: SparkQ) -> None:
    add(store, "one", "two")
    with process(store) as raw:
        raw.use("toolu_1", "claim", queue="backend")
        raw.hook("PostToolUse", call="toolu_1", tool="mcp__plugin_sparkq_sparkq__claim")
        second = raw.tool("claim", {"queue": "backend"})
        raw.tool("release", {"task_id": 2, "attempt": 1})
        done = raw.tool("complete", {"task_id": 1, "result": "Done."})

    assert [claim["id"] for claim in second["open_claims"]] == [1]
    assert done["status"] == "succeeded"
    assert attempts(store, 1)[0].chat_id == chats(store)[AFTER].id
    assert attempts(store, 1)[0].worker == tasks.get(store, 1).worker == "claude-code-bbbb"


@holds("mcp-hook", "mcp-chats")
def test_after_clear_a_chat_goes_on_with_what_the_one_before_it_held(store: SparkQ) -> None:
    add(store, "one", "two", "three")
    with process(store) as raw:
        raw.use("toolu_1", "claim", queue="backend")
        raw.hook("PostToolUse", session=BEFORE, call="toolu_1")
        raw.use("toolu_2", "claim", queue="backend")
        raw.hook("PostToolUse", call="toolu_2")
        listed = raw.use("toolu_3", "claim", queue="backend")
        again = raw.use("toolu_4", "claim", task_id=1)
        raw.tool("complete", {"task_id": 1, "attempt": 1, "result": "Done."})
        back = raw.use("toolu_5", "claim", queue="backend")
        known = chats(store)

    assert "If nobody works on it, claim(task_id=1) shows it again" in listed["next"]
    assert [claim["id"] for claim in listed["open_claims"]] == [1, 2]
    assert (again["task"]["id"], again["task"]["attempt"]) == (1, 1)
    assert [attempts(store, number)[0].chat_id for number in (1, 2, 3)] == [known[AFTER].id] * 3
    assert [claim["id"] for claim in back["open_claims"]] == [2, 3]


def test_a_hook_of_one_call_moves_no_other_attempt(store: SparkQ) -> None:
    add(store, "one", "two")
    with process(store) as raw:
        raw.use("toolu_1", "claim", queue="backend")
        raw.use("toolu_2", "claim", queue="backend")
        raw.hook("PostToolUse", call="toolu_2")
        known = chats(store)

    assert [attempts(store, number)[0].chat_id for number in (1, 2)] == [known[BEFORE].id, known[AFTER].id]


@holds("mcp-hook")
def test_a_change_is_recorded_where_the_hook_says_that_the_chat_works(store: SparkQ, tmp_path: Path) -> None:
    """An agent may work in a worktree of its own, which neither the server nor its environment knows."""
    repository(store.config.root, one_txt="1\n")
    elsewhere = repository(tmp_path / "worktree", one_txt="1\n")
    watching = second_handle(store)
    add(watching, "one")

    def state(name: str) -> dict[str, Any]:
        ((text,),) = watching.db.rows(f"SELECT {name} FROM attempts")
        return dict(parsed(text))

    with process(watching) as raw:
        raw.use("toolu_1", "claim", queue="backend")
        raw.hook("PostToolUse", session=BEFORE, call="toolu_1", agent="agent-7", cwd=str(elsewhere))
        until(lambda: state("git_before").get("work_tree") == str(elsewhere))
        (elsewhere / "one.txt").write_text("1\n2\n")
        raw.use("toolu_2", "complete", task_id=1, attempt=1, result="Done.")
        until(lambda: "tree" in state("git_after"))

    assert {key: state("git_after")[key] for key in ("work_tree", "files", "insertions", "exact")} == {
        "work_tree": str(elsewhere), "files": 1, "insertions": 1, "exact": True,
    }  # fmt: skip


@holds("mcp-without-project")
def test_a_plugin_costs_one_sentence_until_a_project_appears(tmp_path: Path) -> None:
    with Hooked(tmp_path, "--needs-project", client="claude-code") as raw:
        about = raw.initialize()["result"]["instructions"]
        before = raw.ask("tools/list")["result"]["tools"]
        open_new_project(tmp_path).close()
        while raw.receive().get("method") != "notifications/tools/list_changed":
            pass
        after = raw.ask("tools/list")["result"]["tools"]

    assert about == "SparkQ, a task queue for this machine, is not set up in this repository: `sparkq setup` does that."
    assert before == []
    assert len(after) == 12
