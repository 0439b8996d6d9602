"""What an attempt cost is read from what its client prints, and kept with the attempt."""

import json
from typing import Any

import pytest

from sparkq_core import events, inbox, queues, tasks, wire
from sparkq_core.chats import Caller
from sparkq_core.errors import InvalidValue, NoSuchTask, WrongState
from sparkq_core.project import SparkQ
from sparkq_core.tasks import usage
from sparkq_core.tasks.usage import Usage
from tests.harness.task_steps import add, attempts
from tests.promises import holds

CLAUDE = {
    "type": "result", "is_error": False, "session_id": "a44e270d-b912", "total_cost_usd": 0.050884, "num_turns": 3,
    "usage": {"input_tokens": 3, "cache_creation_input_tokens": 5, "cache_read_input_tokens": 7, "output_tokens": 11},
    "modelUsage": {
        "claude-opus-5-5": {
            "inputTokens": 100, "outputTokens": 10, "cacheReadInputTokens": 1000, "cacheCreationInputTokens": 20,
            "costUSD": 0.04, "contextWindow": 1000000,
        },
        "claude-haiku-5": {"inputTokens": 30, "outputTokens": 2, "cacheReadInputTokens": 0, "cacheCreationInputTokens": 0},
    },
}  # fmt: skip
CODEX: list[dict[str, Any]] = [
    {"type": "thread.started", "thread_id": "01a2276f-5c7d"},
    {"type": "turn.started"},
    {"type": "item.completed", "item": {"id": "item_1", "type": "agent_message", "text": "Done."}},
    {"type": "turn.completed", "usage": {"input_tokens": 100, "cached_input_tokens": 60, "output_tokens": 10}},
    {
        "type": "turn.completed",
        "usage": {"input_tokens": 250, "cached_input_tokens": 90, "output_tokens": 25, "reasoning_output_tokens": 5},
    },
]
GEMINI = {
    "session_id": "961baf1b", "response": "Done.",
    "stats": {
        "models": {
            "gemini-3-pro": {
                "api": {"totalRequests": 2},
                "tokens": {"input": 150, "prompt": 200, "candidates": 20, "total": 227, "cached": 50, "thoughts": 7, "tool": 0},
            }
        },
        "tools": {"totalCalls": 0},
    },
}  # fmt: skip
GEMINI_STREAM: list[dict[str, Any]] = [
    {"type": "init", "session_id": "0a7011cb", "model": "auto"},
    {"type": "result", "status": "success", "stats": {
        "total_tokens": 220, "input_tokens": 200, "output_tokens": 20, "cached": 30, "models": {"flash": {"total_tokens": 220}},
    }},
]  # fmt: skip
OF_CLAUDE = Usage("claude-code", "claude-opus-5-5, claude-haiku-5", 1150, 1000, 12, 0.050884, "a44e270d-b912")
OF_CODEX = Usage("codex", None, 250, 90, 25, None, "01a2276f-5c7d")


@pytest.fixture(autouse=True)
def backend(sq: SparkQ) -> None:
    """The queue of all tasks here."""
    queues.create(sq, "backend")


def lines(values: list[dict[str, Any]]) -> str:
    """The values as a stream of lines."""
    return "".join(f"{json.dumps(value)}\n" for value in values)


@holds("command-usage")
@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        (json.dumps(CLAUDE), OF_CLAUDE),
        (json.dumps([{"type": "system", "session_id": "x"}, CLAUDE]), OF_CLAUDE),
        (lines([{"type": "system", "subtype": "init"}, {"type": "assistant", "message": {"usage": {"input_tokens": 9}}}, CLAUDE]), OF_CLAUDE),
        ("\ufeff" + json.dumps({**CLAUDE, "modelUsage": {}}), Usage("claude-code", None, 15, 7, 11, 0.050884, "a44e270d-b912")),
        (lines(CODEX), OF_CODEX),
        (f"Reading additional input from stdin...\n{{ not JSON\n{lines(CODEX)}", OF_CODEX),
        (json.dumps(GEMINI, indent=2), Usage("gemini", "gemini-3-pro", 200, 50, 27, None, "961baf1b")),
        (f"A warning\n{json.dumps(GEMINI, indent=2)}", Usage("gemini", "gemini-3-pro", 200, 50, 27, None, "961baf1b")),
        (lines(GEMINI_STREAM), Usage("gemini", "flash", 200, 30, 20, None, "0a7011cb")),
    ],
    ids=["claude", "claude-verbose", "claude-stream", "claude-no-models", "codex", "codex-noise", "gemini", "gemini-noise", "gemini-stream"],
)  # fmt: skip
def test_each_client_counts_in_its_own_way(printed: str, expected: Usage) -> None:
    assert usage.parse(printed) == expected


@pytest.mark.parametrize(
    "printed",
    ["", "hello", "{}", "[1, 2]", '{"type": "result"}', '{"type": "result", "usage": 3}', '{"stats": {"models": 1}}', "[" * 100_000],
    ids=["nothing", "words", "empty", "numbers", "no-usage", "no-object", "no-models", "deep"],
)  # fmt: skip
def test_output_without_usage_is_refused_with_the_ways_to_get_it(printed: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        usage.parse(printed)

    assert refused.value.message == "The output tells no usage."
    assert "claude -p … --output-format json" in refused.value.hint


def test_numbers_that_cannot_be_are_not_believed() -> None:
    counts = {"inputTokens": -5, "outputTokens": True, "cacheReadInputTokens": 10**30, "cacheCreationInputTokens": "7"}
    for money in (float("nan"), float("inf"), -1, "5", True):
        hostile = {"type": "result", "total_cost_usd": money, "modelUsage": {"m\x1b[2J": counts}, "session_id": 7}

        assert usage.parse(json.dumps(hostile)) == Usage("claude-code", "m\\x1b[2J", 0, 0, 0, None, None)


def test_what_an_attempt_cost_is_kept_with_it_and_shown_in_the_inbox(sq: SparkQ) -> None:
    (number,) = add(sq, "one")
    tasks.claim(sq, "backend", "ann")
    tasks.complete(sq, number, "Done.")

    recorded = usage.record(sq, number, OF_CLAUDE)
    again = usage.record(sq, number, OF_CLAUDE)

    assert recorded == again == usage.Recorded(number, 1, OF_CLAUDE, None)
    (finished,) = inbox.unreviewed(sq).tasks
    assert wire.finished(finished, sq.clock.now())["usage"] == {
        "client": "claude-code", "model": "claude-opus-5-5, claude-haiku-5", "input_tokens": 1150, "cached_tokens": 1000,
        "output_tokens": 12, "cost_usd": 0.050884, "session": "a44e270d-b912",
    }  # fmt: skip
    assert usage.in_short(finished.usage) == "$0.05"
    (event,) = [event for event in events.of_task(sq.db, number) if event.kind == "usage"]
    assert (event.attempt, event.text) == (1, "1,150 tokens in, 12 out, $0.05")


def test_it_goes_to_the_attempt_that_is_named(sq: SparkQ) -> None:
    (number,) = add(sq, "one")
    tasks.claim(sq, "backend", "ann")
    tasks.fail(sq, number, "No.")
    tasks.requeue(sq, number)
    tasks.claim(sq, "backend", "ben")

    usage.record(sq, number, OF_CODEX, attempt=1)
    usage.record(sq, number, OF_CLAUDE)

    assert [usage.in_short(attempt.usage) for attempt in attempts(sq, number)] == ["275 tokens", "$0.05"]


def test_a_task_without_that_attempt_is_refused(sq: SparkQ) -> None:
    (number,) = add(sq, "one")
    with pytest.raises(WrongState, match="has not been claimed yet"):
        usage.record(sq, number, OF_CODEX)
    with pytest.raises(NoSuchTask):
        usage.record(sq, number + 1, OF_CODEX)
    tasks.claim(sq, "backend", "ann")
    for attempt in (0, 2, -1):
        with pytest.raises(InvalidValue, match=f"has no attempt {attempt}"):
            usage.record(sq, number, OF_CODEX, attempt=attempt)


def test_the_numbers_of_a_chat_with_several_tasks_say_so(sq: SparkQ) -> None:
    first, second = add(sq, "one", "two")
    chat = Caller("claude-code", session="a44e270d-b912")
    for number in (first, second):
        tasks.claim(sq, "backend", "claude-code-b912", chat=chat)
        tasks.complete(sq, number, "Done.")

    assert usage.last_of_chat(sq, OF_CLAUDE) == (second, 1)
    recorded = usage.record(sq, second, OF_CLAUDE)

    assert (recorded.usage.tasks, recorded.other_session) == (2, None)
    kept = attempts(sq, second)[-1].usage
    assert kept is not None
    assert usage.summary(kept) == "1,150 tokens in, 12 out, $0.05, of a chat with 2 tasks"


def test_the_output_of_another_chat_is_kept_and_said(sq: SparkQ) -> None:
    (number,) = add(sq, "one")
    tasks.claim(sq, "backend", "claude-code-9999", chat=Caller("claude-code", session="9999"))

    assert usage.record(sq, number, OF_CLAUDE).other_session == "9999"
    with pytest.raises(NoSuchTask, match="No task was claimed by the chat a44e270d-b912"):
        usage.last_of_chat(sq, OF_CLAUDE)
    with pytest.raises(NoSuchTask, match="does not tell its chat"):
        usage.last_of_chat(sq, OF_CLAUDE._replace(session=None))


@pytest.mark.parametrize(
    "kept",
    [
        [], {}, {"client": "x"}, {**OF_CODEX._asdict(), "extra": 1}, {"client": 1, "input_tokens": 1, "cached_tokens": 1, "output_tokens": 1},
        {"client": "x", "input_tokens": -1, "cached_tokens": 1, "output_tokens": 1},
        {"client": "x", "input_tokens": 1, "cached_tokens": 1, "output_tokens": 1, "cost_usd": "1"},
        {"client": "x", "input_tokens": 1, "cached_tokens": 1, "output_tokens": 1, "model": "m" * 300},
        {"client": "x", "input_tokens": 1, "cached_tokens": 1, "output_tokens": 1, "tasks": 0.5},
    ],
)  # fmt: skip
def test_what_an_import_brings_is_checked(kept: Any) -> None:
    assert not usage.well_formed(kept)


def test_what_is_kept_is_well_formed() -> None:
    for known in (OF_CLAUDE, OF_CODEX, OF_CLAUDE._replace(tasks=3)):
        assert usage.well_formed(json.loads(usage.stored(known)))
