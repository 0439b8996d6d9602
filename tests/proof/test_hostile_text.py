"""Thirty payloads in every field: the terminal shows signs, JSON is unchanged, a chat reads escapes, names are refused."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import inbox, project, queues, sessions, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.errors import ClaimLost, InvalidName
from sparkq_core.project import SparkQ
from sparkq_core.text import safe
from tests.cli.test_hostile_text import raw
from tests.harness.clocks import SetClock
from tests.harness.shell import Shell
from tests.harness.terminal import shown
from tests.http.caller import Served
from tests.http.conftest import new_project
from tests.mcp.chat import Raw
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.extent import EXTENT
from tests.proof.payloads import PAYLOADS, short

NUMBERS = {name: number for number, name in enumerate(PAYLOADS, 1)}
EARLIER_MS = 3_600_000
SHOWN = 40
"""Characters that a chat is shown of any prompt, however it is cut."""
LOOKS = (
    [],
    ["tasks", "--limit", "100"],
    ["peek", "--queue", "queue-16"],
    ["review", "--list"],
    ["queue", "list"],
    ["session", "list"],
    *(["queue", "instructions", f"queue-{number}"] for number in (1, 16, 21, 23)),
)


def live(sq: SparkQ, clock: SetClock, number: int, payload: str) -> None:
    """A task with the payload in each field that a worker or a person fills; the `number`th of the project."""
    worker, word = short(payload, 200), short(payload, 100)
    queue = queues.create(sq, f"queue-{number}", instructions=payload).name
    draft = tasks.Draft(payload, timeout=60, key=f"{number} {short(payload, 150)}")
    (made,) = tasks.enqueue_all(sq, queue, [draft])
    task = made.task.id
    assert task == number
    tasks.claim(sq, queue, worker)
    tasks.progress(sq, task, payload)
    tasks.release(sq, task, payload)
    tasks.claim(sq, queue, worker)
    tasks.fail(sq, task, payload, error_type=word)
    tasks.requeue(sq, task, feedback=payload)
    tasks.claim(sq, queue, worker)
    for _ in range(2):
        clock.move(60)
        tasks.get(sq, task)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task, payload, attempt=3)
    tasks.requeue(sq, task, feedback=payload, prompt=payload)
    tasks.claim(sq, queue, worker)
    data = {payload[:1000]: [payload]} if len(payload) < 100_000 else [payload[:1000]]
    tasks.complete(sq, task, payload, data=data)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that holds every payload in every field."""
    root = new_project(tmp_path_factory.mktemp("hostile"))
    clock = SetClock(SystemClock().now() - EARLIER_MS)
    sq = project.open(root, env={}, clock=clock)
    for name, number in NUMBERS.items():
        live(sq, clock, number, PAYLOADS[name])
    sq.close()
    return root


@pytest.fixture
def held(lived: Path) -> Iterator[SparkQ]:
    sq = project.open(lived, env={})
    yield sq
    sq.close()


def strings(value: Any) -> Iterator[str]:
    """Every text in a JSON value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, part in value.items():
            yield key
            yield from strings(part)
    elif isinstance(value, list):
        for part in value:
            yield from strings(part)


def test_every_field_holds_its_payload_unchanged(held: SparkQ, counts: Counts) -> None:
    for name, number in NUMBERS.items():
        payload, detail = PAYLOADS[name], tasks.detail(held, number)
        released, failed, late, done = detail.attempts
        assert (detail.prompt, queues.instructions(held, f"queue-{number}")[1]) == (payload, payload)
        assert (released.error, failed.error, late.late_text, done.result) == (payload,) * 4
        assert {attempt.worker for attempt in detail.attempts} == {short(payload, 200)}
        texts = [event.text for event in detail.events if event.kind in ("progress", "released", "requeued")]
        assert texts == [payload, payload, payload, payload][: len(texts)]
    assert inbox.unreviewed(held, limit=100).total == len(PAYLOADS)
    counts(payloads=len(PAYLOADS))


@holds("text-is-data")
@pytest.mark.parametrize("name", [name for name in PAYLOADS if EXTENT != "test" or len(PAYLOADS[name]) < 100_000])
def test_a_terminal_gets_nothing_that_acts(lived: Path, tmp_path: Path, counts: Counts, name: str) -> None:
    shell = Shell(lived, tmp_path / "home")
    screen = shown(shell, "task", str(NUMBERS[name]), "--timeline", columns=400, PAGER="cat").replace("\r\n", "\n")

    assert raw(screen, ours=True) == set()
    assert safe(PAYLOADS[name], lines=True)[:20] in screen
    counts(screens=1)


@pytest.mark.parametrize("look", LOOKS, ids=" ".join)
def test_lists_on_a_terminal_show_nothing_that_acts(
    lived: Path, tmp_path: Path, counts: Counts, look: list[str]
) -> None:
    screen = shown(Shell(lived, tmp_path / "home"), *look, columns=400).replace("\r\n", "\n")

    assert raw(screen, ours=True) == set()
    counts(screens=1)


def test_an_export_on_a_terminal_is_the_same_json_and_nothing_that_acts(
    sq: SparkQ, clock: SetClock, tmp_path: Path
) -> None:
    payload = PAYLOADS["C1 controls"] + PAYLOADS["bidi"] + PAYLOADS["invisible"]
    live(sq, clock, 1, payload)
    screen = shown(Shell(sq.config.root, tmp_path / "home"), "export").replace("\r\n", "\n")

    assert raw(screen) == set()
    assert payload in {text for line in screen.splitlines() for text in strings(json.loads(line))}


def test_json_is_unchanged_at_the_shell_and_over_http(lived: Path, tmp_path: Path, counts: Counts) -> None:
    lines = Shell(lived, tmp_path / "home").ok("export").split("\n")
    rows = [json.loads(line) for line in lines[1:] if line]
    exported = {row["row"]["task_id"]: row["row"]["text"] for row in rows if row.get("table") == "prompts"}
    served = Served(lived)
    try:
        answers = {name: served.call.get(f"/api/tasks/{number}").facts for name, number in NUMBERS.items()}
    finally:
        served.stop()

    for name, number in NUMBERS.items():
        payload, answer = PAYLOADS[name], answers[name]
        assert exported[number] == payload
        assert (answer["prompt"], answer["result_summary"], answer["worker_id"]) == (
            payload,
            payload,
            short(payload, 200),
        )
        counts(answers_over_http=1)


@holds("text-is-data")
def test_a_chat_reads_escapes(lived: Path, counts: Counts) -> None:
    with Raw(lived) as chat:
        chat.initialize()
        for name, number in NUMBERS.items():
            answer = chat.tool("get_task", {"task_id": number}, number)
            assert {character for text in strings(answer) for character in raw(text)} == set(), name
            assert answer["prompt"][:SHOWN] == safe(PAYLOADS[name], lines=True)[:SHOWN]
            instructions = chat.tool("queue_instructions", {"queue": f"queue-{number}"}, 1000 + number)
            assert raw(instructions["instructions"]) == set(), name
            counts(answers_to_a_chat=2)
        for resource in ("sparkq://queues", "sparkq://queues/queue-16", "sparkq://tasks/16", "sparkq://tasks/23"):
            read = chat.ask("resources/read", {"uri": resource}, resource)["result"]["contents"][0]["text"]
            assert {character for text in strings(json.loads(read)) for character in raw(text)} == set(), resource


@pytest.mark.parametrize("name", PAYLOADS)
def test_no_payload_is_a_name(sq: SparkQ, counts: Counts, name: str) -> None:
    for make in (queues.create, sessions.create):
        with pytest.raises(InvalidName) as refusal:
            make(sq, PAYLOADS[name])
        assert raw(refusal.value.message + refusal.value.hint) <= {"\n"}
    assert (queues.all_of(sq), sessions.all_of(sq)) == ((), ())
    counts(names_refused=2)
