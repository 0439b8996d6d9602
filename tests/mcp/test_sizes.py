"""What an answer costs: nothing over 2,000 tokens unless asked for, and every cut says how to read on."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mcp import Client

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from sparkq_core.text import safe
from sparkq_mcp.answers.truncation import ANSWER_SIZE, CUT_MARK, READ_ON_SIZE, size, window
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, claimed_task, take
from tests.mcp.chat import Message, call, chat
from tests.promises import holds

pytestmark = pytest.mark.anyio

MEBIBYTE = 1024 * 1024
CALL = re.compile(r"(?P<tool>\w+)\((?:(?P<key>\w+)=(?P<value>'[^']*'|\d+), )?more='(?P<more>[^']+)'\)")

TEXTS = {
    "letters": "word " * (MEBIBYTE // 5),
    "two bytes a letter": "é" * (MEBIBYTE // 2),
    "lines": "a line\r\n" * (MEBIBYTE // 8),
    "quotes": '"\\' * (MEBIBYTE // 2),
    "invisible": "\U000e0041" * (MEBIBYTE // 4 - 1) + "x",
}


async def read_on(client: Client, begun: str, more: Message, name: str) -> str:
    """A cut text whole, by the calls that the answers name."""
    assert begun.endswith(CUT_MARK)
    parts = [begun.removesuffix(CUT_MARK)]
    while name in more:
        match = CALL.fullmatch(more[name])
        assert match is not None
        about: dict[str, Any] = {match["key"]: json.loads(match["value"].replace("'", '"'))} if match["key"] else {}
        page = await call(client, match["tool"], more=match["more"], **about)
        assert size(page) <= READ_ON_SIZE + 400
        assert page["part"] == name
        parts.append(page["text"])
        more = page.get("more", {})
    return "".join(parts)


@holds("mcp-cut")
@pytest.mark.parametrize("kind", TEXTS)
async def test_a_long_prompt_begins_in_the_claim_and_is_read_on(sq: SparkQ, queue: str, kind: str) -> None:
    add(sq, TEXTS[kind])

    async with chat(sq) as client:
        packet = await call(client, "claim", queue="backend")
        assert size(packet) <= ANSWER_SIZE
        assert "Read on" in packet["next"]
        prompt = await read_on(client, packet["task"]["prompt"], packet["more"], "prompt")

    assert prompt == safe(TEXTS[kind], lines=True)


async def test_a_claim_with_everything_long_still_says_what_to_do(sq: SparkQ, queue: str) -> None:
    long = {name: f"{name} " * 20_000 for name in ("prompt", "earlier", "feedback", "instructions")}
    queues.instruct(sq, queue, long["instructions"])
    add(sq, long["prompt"])
    take(sq)
    tasks.fail(sq, 1, long["earlier"])
    tasks.requeue(sq, 1, feedback=long["feedback"])

    async with chat(sq) as client:
        packet = await call(client, "claim", queue="backend")
        task, more = packet["task"], packet["more"]
        whole = [
            await read_on(client, task["prompt"], more, "prompt"),
            await read_on(client, task["feedback"], more, "feedback"),
            await read_on(client, packet["instructions"], more, "instructions"),
            await read_on(client, task["previous"]["text"], more, "attempt-1"),
        ]

    assert size(packet) <= ANSWER_SIZE
    assert (task["id"], task["attempt"], bool(task["how"]), bool(task["deadline"])) == (1, 2, True, True)
    assert whole == [long["prompt"], long["feedback"], long["instructions"], long["earlier"]]


async def test_the_next_task_of_a_completion_is_cut_as_a_claim_is(sq: SparkQ, queue: str) -> None:
    add(sq, "short", "x" * MEBIBYTE)

    async with chat(sq) as client:
        await call(client, "claim", queue="backend")
        settled = await call(client, "complete", task_id=1, result="Done.", claim_next=True)
        claimed = settled["claimed"]
        prompt = await read_on(client, claimed["task"]["prompt"], claimed["more"], "prompt")

    assert size(settled) <= ANSWER_SIZE
    assert "Read on" in settled["next"]
    assert prompt == "x" * MEBIBYTE


@holds("mcp-cut")
async def test_a_task_with_long_texts_is_told_within_the_limit_and_read_on(sq: SparkQ, queue: str) -> None:
    add(sq, "p" * 50_000)
    for number in range(8):
        take(sq)
        tasks.progress(sq, 1, "note " * 5_000, attempt=number + 1)
        tasks.fail(sq, 1, f"error {number} " * 5_000)
        tasks.requeue(sq, 1, feedback="feedback " * 5_000)
    take(sq)
    result, data = "result " * 50_000, [{"name": "value"}] * 20_000
    tasks.complete(sq, 1, result, data=data)

    async with chat(sq) as client:
        task = await call(client, "get_task", task_id=1)
        more = task["more"]
        read = await read_on(client, task["result_summary"], more, "result")
        read_data = await read_on(client, task["result_data"], more, "data")
        error = await read_on(client, task["history"][-2]["error_message"], more, "error-8")

    assert size(task) <= ANSWER_SIZE
    assert (read, json.loads(read_data), error) == (result, data, "error 7 " * 5_000)
    assert (len(task["history"]), task["earlier_attempts"]) == (5, 4)


async def test_names_that_cannot_be_seen_fit_an_answer_too(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    for _ in range(8):
        take(sq, "w" + "\U000e0041" * 49)
        tasks.fail(sq, 1, "broke", error_type="e" + "\U000e0041" * 24)
        tasks.requeue(sq, 1)
    take(sq, "a-worker-with-a-name-of-the-usual-length")

    async with chat(sq) as client:
        task = await call(client, "get_task", task_id=1)

    assert size(task) <= ANSWER_SIZE
    assert task["worker_id"] == "a-worker-with-a-name-of-the-usual-length"


async def test_long_instructions_are_read_on(sq: SparkQ, queue: str) -> None:
    text = "Do this, then that. " * 10_000
    queues.instruct(sq, queue, text)

    async with chat(sq) as client:
        answer = await call(client, "queue_instructions", queue="backend")
        assert await read_on(client, answer["instructions"], answer["more"], "instructions") == text

    assert size(answer) <= ANSWER_SIZE


@holds("playbook")
async def test_the_playbook_is_read_to_its_end(sq: SparkQ) -> None:
    async with chat(sq) as client:
        answer = await call(client, "queue_instructions")
        whole = await read_on(client, answer["playbook"], answer["more"], "playbook")
        resource = (await client.read_resource("sparkq://playbook")).contents[0]

    assert size(answer) <= ANSWER_SIZE
    assert whole == getattr(resource, "text", "")


async def test_of_many_scripts_the_first_are_named_and_the_rest_is_counted_and_read_on(sq: SparkQ) -> None:
    folder = sq.config.root / "scripts"
    folder.mkdir()
    names = [f"Rebuild the search index of part {number:03}" for number in range(400)]
    for number, name in enumerate(names):
        (folder / f"{number:03}.sh").write_text(f"# name: {name}\n# description: x\n")

    async with chat(sq) as client:
        answer = await call(client, "queue_instructions")
        match = CALL.fullmatch(answer["more"]["scripts"])
        assert match is not None
        rest = await call(client, "queue_instructions", more=match["more"])
        playbook = await read_on(client, answer["playbook"], answer["more"], "playbook")

    assert size(answer) <= ANSWER_SIZE
    assert (len(answer["playbook"]) > 4000, playbook.startswith("# Worker playbook")) == (True, True)
    assert answer["scripts"] == names[: 400 - answer["scripts_left"]]
    assert answer["scripts"] + rest["text"].split("\n") == names


async def test_few_scripts_are_all_named(sq: SparkQ) -> None:
    (sq.config.root / "scripts").mkdir()
    (sq.config.root / "scripts" / "tidy.sh").write_text("# name: Tidy\n# description: x\n")

    async with chat(sq) as client:
        answer = await call(client, "queue_instructions")

    assert (answer["scripts"], "scripts_left" in answer, list(answer["more"])) == (["Tidy"], False, ["playbook"])


async def test_a_place_that_is_none_is_refused_with_those_that_are(sq: SparkQ, queue: str) -> None:
    add(sq, "one")

    async with chat(sq) as client:
        for wrong in ("prompt", "result:0", "prompt:-1", "prompt:x", ":0", "prompt:٣"):
            refused = await call(client, "get_task", task_id=1, more=wrong)
            assert (refused["error"], refused["next"]) == ("invalid_value", "Known: prompt:0.")
        assert (await call(client, "get_task", task_id=1, more="prompt:99"))["text"] == ""


@given(st.text(max_size=200), st.integers(1, 60))
def test_windows_of_a_text_put_together_are_the_text(text: str, room: int) -> None:
    pieces, start = [], 0
    while start < len(text):
        pieces.append(window(text, room, start))
        start += len(pieces[-1])

    assert "".join(pieces) == text
    assert all(size(piece) <= room or len(piece.replace("\r\n", "\n")) == 1 for piece in pieces)


@holds("mcp-list-size")
async def test_twenty_tasks_take_a_kilobyte_and_a_half(sq: SparkQ, queue: str, clock: SetClock) -> None:
    queues.create(sq, "documentation")
    for number in range(40):
        name = "documentation" if number % 5 == 0 else "backend"
        add(sq, f"Mend the parser of the module number {number:3}", queue=name)
        clock.move(600)
    for number in (3, 8, 13, 21, 22, 23, 31):
        take(sq, task_id=number, queue=tasks.get(sq, number).queue)
        tasks.fail(sq, number, "broke")

    async with chat(sq) as client:
        mixed = await call(client, "list_tasks")
        alike = await call(client, "list_tasks", queue="backend", status="queued")

    for listed in (mixed, alike):
        assert (len(listed["tasks"]), listed["shown"], "next_cursor" in listed) == (20, 20, True)
        assert size(listed) <= 1536
        assert min(len(task["title"]) for task in listed["tasks"]) > 33
    assert {(task["id"], task.get("queue", mixed["queue"]), task.get("status", mixed["status"])) for task in mixed["tasks"]} == {
        (number, tasks.get(sq, number).queue, tasks.get(sq, number).status) for number in range(21, 41)
    }  # fmt: skip


@holds("mcp-list-size")
@pytest.mark.parametrize(
    ("number", "length", "with_outcomes"), [(5, 60, True), (15, 30, True), (15, 500, True), (20, 30, False)]
)
async def test_an_inbox_shows_outcomes_where_they_fit(
    sq: SparkQ, queue: str, number: int, length: int, with_outcomes: bool
) -> None:
    for _ in range(number):
        task = claimed_task(sq, f"Fix the parser of dates {'x' * length}")
        tasks.complete(sq, task.id, f"Dates are refused {'y' * length}")

    async with chat(sq) as client:
        listed = await call(client, "list_tasks", status="unreviewed", limit=50)

    assert (len(listed["tasks"]), size(listed) <= max(1536, 77 * number)) == (number, True)
    assert all(("summary" in task) == with_outcomes for task in listed["tasks"])


@holds("mcp-list-size")
async def test_long_titles_are_shortened_where_a_list_is_long(sq: SparkQ, queue: str) -> None:
    add(
        sq,
        *("A title of eighty characters, which is the longest that a task can ever have: " + str(n) for n in range(20)),
    )

    async with chat(sq) as client:
        listed = await call(client, "list_tasks")
        few = await call(client, "list_tasks", limit=3)

    assert size(listed) <= 1536
    assert all(task["title"].endswith("…") for task in listed["tasks"])
    assert all(len(task["title"]) > 75 for task in few["tasks"])


async def test_titles_that_cannot_be_seen_fit_an_answer_too(sq: SparkQ) -> None:
    names = [f"queue-{number:02}-{'x' * 55}" for number in range(50)]
    for name in names:
        queues.create(sq, name)
    for name in names[:1] * 19 + names:
        add(sq, "t" + "\U000e0041" * 89, queue=name)

    async with chat(sq) as client:
        peeked = await call(client, "peek", queue=names[0], limit=20)
        listed = await call(client, "list_tasks", limit=50)

    assert (len(peeked["tasks"]), len(listed["tasks"])) == (20, 50)
    assert size(peeked) <= ANSWER_SIZE
    assert size(listed) <= ANSWER_SIZE
    assert len(peeked["tasks"][0]["title"]) > 100


@holds("mcp-cut")
async def test_a_list_of_many_queues_comes_in_pages(sq: SparkQ) -> None:
    names = [f"queue-with-a-rather-long-name-{number}" for number in range(150)]
    for name in names:
        queues.create(sq, name)
    seen: list[str] = []
    cursor: str | None = ""

    async with chat(sq) as client:
        while cursor is not None:
            listed = await call(client, "list_queues", cursor=cursor)
            assert size(listed) <= ANSWER_SIZE
            seen += [queue["name"] for queue in listed["queues"]]
            cursor = listed.get("next_cursor")
        refused = await call(client, "list_queues", cursor="nope")

    assert (seen, refused["error"]) == (names, "invalid_value")


@holds("mcp-loop-size")
async def test_the_whole_loop_costs_at_most_four_calls_and_four_kilobytes(sq: SparkQ, queue: str) -> None:
    """Both directions: what the chat sends, and what it reads."""
    prompt = "Mend the parser of dates: it takes 2026-02-30.\nCheck with make test."
    queues.instruct(sq, queue, "Work on branch dev. Run make test before you complete. One commit a task.")
    queues.create(sq, "documentation")
    queues.create(sq, "review")
    add(sq, prompt, prompt)
    result = "Dates beyond a month's end are refused. Checked: make test, 214 passed. Open: leap seconds."
    calls: list[tuple[str, dict[str, Any]]] = [
        ("list_queues", {}),
        ("claim", {"queue": "backend"}),
        ("complete", {"task_id": 1, "result": result, "claim_next": True}),
        ("complete", {"task_id": 2, "result": result, "claim_next": True}),
    ]

    async with chat(sq) as client:
        answers = [await call(client, tool, **arguments) for tool, arguments in calls]

    sent = sum(size({"name": tool, "arguments": arguments}) for tool, arguments in calls)
    assert sent + sum(size(answer) for answer in answers) - 2 * size(prompt) <= 4096
    assert answers[-1]["claimed"]["task"] is None


@holds("mcp-cut")
async def test_a_refusal_does_not_echo_what_was_sent(sq: SparkQ, queue: str) -> None:
    long = "x" * MEBIBYTE

    async with chat(sq) as client:
        for tool, arguments in (
            ("peek", {"queue": long}),
            ("peek", {"queue": "backend", long: 1}),
            ("list_tasks", {"status": long}),
            ("list_tasks", {"cursor": long}),
            ("get_task", {"task_id": 1, "more": long}),
            ("enqueue", {"queue": "backend", "prompt": "x", "tool_name": long}),
            ("claim", {"queue": "backend", "wait": long}),
        ):
            refused = await call(client, tool, **arguments)
            assert refused["is_error"]
            assert size(refused) <= ANSWER_SIZE / 4
