"""What the tools promise to a model, in both protocol eras."""

from typing import Any

import pytest

from sparkq_core import inbox, queues, tasks
from sparkq_core.errors import ClaimLost
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, take, timed_out_task
from tests.mcp.chat import ERAS, call, chat
from tests.promises import holds

pytestmark = pytest.mark.anyio


@pytest.fixture(params=ERAS)
def era(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@holds("mcp-loop-calls")
async def test_the_whole_loop_takes_three_calls_and_names_each_next_step(sq: SparkQ, queue: str, era: str) -> None:
    queues.instruct(sq, queue, "Run make test.")
    add(sq, "# One\nmore", "Two", timeout=300)

    async with chat(sq, era) as client:
        assert (await call(client, "list_queues"))["queues"] == [
            {
                "name": "backend",
                "status": "active",
                "queued": 2,
                "held": 0,
                "running": 0,
                "stale": 0,
                "succeeded": 0,
                "failed": 0,
                "cancelled": 0,
                "unreviewed": 0,
            }
        ]
        packet = await call(client, "claim", queue="backend")
        settled = await call(client, "complete", task_id=1, result="Done.", data={"files": 1}, claim_next=True)

    assert packet["task"] == {
        "id": 1,
        "prompt": "# One\nmore",
        "tool_name": "llm-sonnet",
        "how": packet["task"]["how"],
        "task_class": "LLM_HEAVY",
        "timeout": 300,
        "deadline": packet["task"]["deadline"],
        "attempt": 1,
        "source": "library",
    }
    assert (packet["instructions"], packet["remaining"]) == ("Run make test.", 1)
    assert packet["next"] == (
        "Do it, then complete(task_id=1, attempt=1, result=…) or fail(task_id=1, attempt=1, error=…); "
        "progress(task_id=1, attempt=1) before the deadline keeps it."
    )
    assert (settled["id"], settled["status"], settled["claimed"]["task"]["id"]) == (1, "succeeded", 2)
    assert settled["claimed"]["instructions"] == "Run make test."
    assert tasks.detail(sq, 1).attempts[0].data == '{"files":1}'


async def test_a_closed_queue_is_refused_with_what_a_chat_can_do(sq: SparkQ, queue: str, era: str) -> None:
    queues.end(sq, queue)
    async with chat(sq, era) as client:
        refused = await call(client, "enqueue", queue=queue, prompt="one")

    assert (refused["error"], "has ended" in refused["message"]) == ("queue_closed", True)
    assert "list_queues" in refused["next"]
    assert "sparkq " not in refused["next"]


async def test_an_empty_queue_says_what_is_next(sq: SparkQ, queue: str, era: str) -> None:
    async with chat(sq, era) as client:
        nothing = await call(client, "claim", queue="backend")

    assert nothing["next"] == (
        'The queue backend is empty. Stop. (Only if you were asked to watch it: claim(queue="backend", wait=3600).)'
    )


@pytest.mark.parametrize("claim_next", [False, True])
async def test_an_empty_queue_names_the_queues_that_have_tasks(sq: SparkQ, queue: str, claim_next: bool) -> None:
    queues.create(sq, "docs")
    add(sq, "one")
    add(sq, "two", "three", queue="docs")
    async with chat(sq) as client:
        await call(client, "claim", queue="backend")
        settled = await call(client, "complete", task_id=1, result="Done.", claim_next=claim_next)
        nothing = await call(client, "claim", queue="backend")

    elsewhere = (
        "The queue backend is empty. Other queues have tasks: docs (2). "
        "Claim from them only if you were asked to; else stop."
    )
    assert (settled["next"], nothing["next"]) == (elsewhere, elsewhere)


async def test_nobody_is_sent_to_wait_for_tasks_of_an_ended_queue(sq: SparkQ, queue: str) -> None:
    queues.end(sq, queue)
    async with chat(sq) as client:
        nothing = await call(client, "claim", queue="backend")

    assert nothing["next"] == "The queue backend is empty and has ended. Stop."


async def test_a_wait_that_brought_nothing_leads_to_another_only_in_a_chat_that_watches(sq: SparkQ, queue: str) -> None:
    async with chat(sq) as client:
        nothing = await call(client, "claim", queue="backend", wait=1)

    assert nothing["next"] == (
        "No task came within 1 s: the queue backend is empty. Stop. "
        '(Only if you were asked to watch it: claim(queue="backend", wait=3600) again.)'
    )


async def test_the_timeline_says_who_claimed(sq: SparkQ, queue: str) -> None:
    add(sq, "one")

    async with chat(sq) as client:
        await call(client, "claim", queue="backend")
        events = (await call(client, "get_task", task_id=1))["events"]

    assert [(event["kind"], event.get("worker_id")) for event in events] == [
        ("enqueued", None),
        ("claimed", tasks.get(sq, 1).worker),
    ]


async def test_a_task_from_a_chat_names_mcp_as_its_source(sq: SparkQ, queue: str) -> None:
    async with chat(sq) as client:
        added = await call(client, "enqueue", queue="backend", prompt="Do it.", tool_name="run-bash", timeout=60)

    assert added == {"id": 1, "queue": "backend", "position": 1}
    assert tasks.get(sq, 1).source == "mcp"


async def test_lists_carry_titles_and_say_once_what_all_share(sq: SparkQ, queue: str) -> None:
    add(sq, *(f"Task number {number} with a title of the usual length" for number in range(20)))

    async with chat(sq) as client:
        listed = await call(client, "list_tasks")

    assert (listed["queue"], listed["status"], listed["total"]) == ("backend", "queued", 20)
    assert set(listed["tasks"][0]) == {"id", "title", "age_s"}


SILENT = "ann was silent for 120 s; the timeout is 60 s."


@holds("tool-list_tasks")
async def test_the_inbox_of_the_person_is_listed_with_a_line_of_each_outcome(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    queues.create(sq, "docs")
    late = timed_out_task(sq, clock)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, late.id, "Finished after all.\nDetails.", attempt=1)
    for number, name in ((2, queue), (3, queue), (4, "docs"), (5, queue)):
        add(sq, f"task {number}", queue=name)
        take(sq, queue=name)
    tasks.complete(sq, 2, "Seen before.")
    inbox.review(sq, 2)
    tasks.fail(sq, 3, "Tried pip.\nThere is no network.")
    tasks.complete(sq, 4, "Wrote the guide.\nChecked: make docs.")
    tasks.cancel(sq, add(sq, "not wanted")[0])

    async with chat(sq) as client:
        listed = await call(client, "list_tasks", status="unreviewed", limit=2)
        rest = await call(client, "list_tasks", status="unreviewed", cursor=listed["next_cursor"])
        elsewhere = await call(client, "list_tasks", status="unreviewed", queue="docs")
        found = await call(client, "list_tasks", status="unreviewed", search="task")

    assert [(task["id"], task["summary"], task.get("late_text")) for task in listed["tasks"] + rest["tasks"]] == [
        (1, SILENT, "Finished after all."),
        (3, "There is no network.", None),
        (4, "Wrote the guide.", None),
    ]
    assert (listed["total"], [task["id"] for task in elsewhere["tasks"]]) == (3, [4])
    assert [task["id"] for task in found["tasks"]] == [4, 3]


async def test_a_search_finds_words_of_prompt_and_result(sq: SparkQ, queue: str) -> None:
    add(sq, "Mend the parser", "Write docs")

    async with chat(sq) as client:
        assert [task["id"] for task in (await call(client, "list_tasks", search="parser"))["tasks"]] == [1]


BAD: dict[str, tuple[str, dict[str, Any], str]] = {
    "unknown queue": ("claim", {"queue": "bakend"}, "no_such_queue"),
    "path as queue": ("claim", {"queue": "../x"}, "no_such_queue"),
    "unknown id": ("get_task", {"task_id": 99}, "no_such_task"),
    "id beyond all": ("get_task", {"task_id": 2**70}, "no_such_task"),
    "complete a queued task": ("complete", {"task_id": 1, "result": "x"}, "wrong_state"),
    "too long": ("enqueue", {"queue": "backend", "prompt": "x" * (2 << 20)}, "invalid_text"),
    "NUL": ("enqueue", {"queue": "backend", "prompt": "a\0b"}, "invalid_text"),
    "unknown tool": ("enqueue", {"queue": "backend", "prompt": "x", "tool_name": "run-bsh"}, "no_such_tool"),
    "bad timeout": ("enqueue", {"queue": "backend", "prompt": "x", "timeout": 10**9}, "invalid_value"),
    "requeue of a success": ("requeue", {"task_id": 2}, "wrong_state"),
    "unknown class": ("enqueue", {"queue": "backend", "prompt": "x", "task_class": "HEAVY"}, "no_such_class"),
    "bad status": ("list_tasks", {"status": "done"}, "invalid_value"),
    "neither queue nor task": ("claim", {}, "invalid_value"),
    "misspelt argument": ("peek", {"queue": "backend", "lmit": 1}, "invalid_arguments"),
    "missing argument": ("complete", {"task_id": 1}, "invalid_arguments"),
    "wrong type": ("peek", {"queue": "backend", "limit": "many"}, "invalid_arguments"),
    "out of range": ("peek", {"queue": "backend", "limit": 21}, "invalid_arguments"),
    "null for what is needed": ("complete", {"task_id": 1, "result": None}, "invalid_arguments"),
    "null for what is unknown": ("peek", {"queue": "backend", "lmit": None}, "invalid_arguments"),
    "boolean as an id": ("get_task", {"task_id": True}, "invalid_arguments"),
    "half an id": ("get_task", {"task_id": 1.5}, "invalid_arguments"),
    "words as an id": ("get_task", {"task_id": "#one"}, "invalid_arguments"),
    "object as a text": ("complete", {"task_id": 1, "result": {"done": True}}, "invalid_arguments"),
    "list as a text": ("claim", {"queue": ["backend"]}, "invalid_arguments"),
    "number of more digits than are read": ("claim", {"queue": 10**5000}, "invalid_arguments"),
}


@holds("mcp-errors", "mcp-strict", "mcp-nothing-destructive")
@pytest.mark.parametrize("bad", BAD)
async def test_a_refusal_says_what_is_next_and_changes_nothing(sq: SparkQ, queue: str, era: str, bad: str) -> None:
    add(sq, "one", "two")
    tasks.complete(sq, take(sq, task_id=2).task.id, "Done.")
    before = all_rows(sq)
    tool, arguments, code = BAD[bad]

    async with chat(sq, era) as client:
        refused = await call(client, tool, **arguments)

    assert (refused["error"], refused["is_error"]) == (code, True)
    assert refused["message"]
    assert refused["next"]
    assert all_rows(sq) == before
    assert not any(
        word in f"{refused['message']} {refused['next']}".lower()
        for word in ("teardown", "purge", "delete", "rm -", "drop", "--", "llm_heavy or llm_heavy")
    )


@holds("idempotency-key", "tool-enqueue")
async def test_an_enqueue_says_that_its_task_was_there_before(sq: SparkQ, queue: str, era: str) -> None:
    async with chat(sq, era) as client:
        first, again = [await call(client, "enqueue", queue="backend", prompt="one", key="k") for _ in range(2)]

    assert first == {"id": 1, "queue": "backend", "position": 1}
    assert again == first | {"again": True}


@pytest.mark.parametrize("task_id", [1, "1", "#1", " 1 ", " #1\n", 1.0])
async def test_an_id_is_understood_as_models_write_it(sq: SparkQ, queue: str, era: str, task_id: Any) -> None:
    add(sq, "one")

    async with chat(sq, era) as client:
        assert (await call(client, "claim", task_id=task_id))["task"]["id"] == 1
        assert (await call(client, "complete", task_id=task_id, attempt="1", result="Done."))["status"] == "succeeded"


async def test_null_for_what_may_be_left_out_is_as_if_it_were(sq: SparkQ, queue: str, era: str) -> None:
    add(sq, "one", "two")

    async with chat(sq, era) as client:
        listed = await call(client, "list_tasks", queue=None, status=None, search=None, limit=None, cursor=None)
        first = await call(client, "claim", queue="backend", task_id=None, wait=None)
        failed = await call(
            client, "fail", task_id=1, error="No.", error_type=None, attempt=first["task"]["attempt"], claim_next=None
        )
        await call(client, "claim", queue="backend")
        settled = await call(client, "complete", task_id=2, result="Done.", data=None, attempt=1)

    assert (listed["total"], failed["status"], settled["status"]) == (2, "failed", "succeeded")
    assert "claimed" not in failed
    assert tasks.detail(sq, 2).attempts[-1].data is None


@pytest.mark.parametrize(("value", "text"), [(42, "42"), (-0.5, "-0.5"), (True, "true"), (False, "false"), (0, "0")])
async def test_a_number_or_a_boolean_for_a_text_is_its_json(
    sq: SparkQ, queue: str, era: str, value: Any, text: str
) -> None:
    add(sq, "one")

    async with chat(sq, era) as client:
        await call(client, "claim", queue="backend")
        await call(client, "complete", task_id=1, attempt=1, result=value, data=value)

    (attempt,) = tasks.detail(sq, 1).attempts
    assert (attempt.result, attempt.data) == (text, text)


async def test_a_queue_whose_name_is_a_number_is_found_by_the_number(sq: SparkQ, queue: str, era: str) -> None:
    queues.create(sq, "2026")
    add(sq, "one", queue="2026")

    async with chat(sq, era) as client:
        assert (await call(client, "claim", queue=2026))["task"]["id"] == 1


@holds("mcp-visible-escapes")
async def test_foreign_text_reaches_the_model_with_visible_escapes_and_is_stored_as_it_was(
    sq: SparkQ, queue: str
) -> None:
    prompt = "[/red] \x1b[31mred\x1b[0m \u202eevil \U000e0041 tab\tend"
    add(sq, prompt)

    async with chat(sq) as client:
        shown = (await call(client, "claim", queue="backend"))["task"]["prompt"]

    assert shown == "[/red] \\x1b[31mred\\x1b[0m \\u202eevil \\U000e0041 tab\tend"
    assert tasks.detail(sq, 1).prompt == prompt


@holds("tool-queue_instructions", "mcp-hints")
async def test_reading_tools_change_nothing(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    before = all_rows(sq)

    async with chat(sq) as client:
        for tool, arguments in (
            ("list_queues", {}),
            ("peek", {"queue": "backend"}),
            ("list_tasks", {}),
            ("get_task", {"task_id": 1}),
            ("queue_instructions", {"queue": "backend"}),
            ("queue_instructions", {}),
        ):
            assert "is_error" not in await call(client, tool, **arguments)

    assert all_rows(sq) == before


async def test_an_unknown_tool_is_refused_with_a_code_and_the_nearest_ones(sq: SparkQ, queue: str, era: str) -> None:
    async with chat(sq, era) as client:
        refused = await call(client, "clame", queue="backend")

    assert (refused["error"], refused["kind"]) == ("no_such_mcp_tool", "not_found")
    assert "claim" in refused["next"]
