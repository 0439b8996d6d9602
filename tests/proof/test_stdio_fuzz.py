"""Real requests, mutated: whatever line comes over stdio, the server lives and answers the next one within a second."""

import json
import random
import time
from typing import Any

from sparkq_core.project import SparkQ
from tests.harness.task_steps import add
from tests.mcp.chat import Raw
from tests.mcp.test_stdio import HOSTILE
from tests.proof.counts import Counts
from tests.proof.extent import EXTENT, extent
from tests.proof.finished_run import unsound

MUTATIONS = extent(600, 6000, 60_000)
SEED = 3 if EXTENT != "soak" else time.time_ns()
SECONDS = 1.0
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 2**31, 2**63, 2**64, -(2**70), 1e308, 1.5, "", " ", "\x00", "x" * 70_000, "\u202e", "é🎉",
    "../../etc/passwd", "'; DROP TABLE tasks; --", [], {}, [[]], {"": ""}, [None], {"$ref": "#"}, "%s%n", "\ud800", "NaN",
)  # fmt: skip
REQUESTS: tuple[dict[str, Any], ...] = (
    {"method": "ping"},
    {"method": "tools/list", "params": {}},
    {"method": "resources/list", "params": {}},
    {"method": "resources/templates/list", "params": {}},
    {"method": "prompts/list", "params": {}},
    {"method": "resources/read", "params": {"uri": "sparkq://queues/backend"}},
    {"method": "resources/subscribe", "params": {"uri": "sparkq://tasks/1"}},
    {"method": "prompts/get", "params": {"name": "work_queue", "arguments": {}}},
    {"method": "completion/complete", "params": {"ref": {"type": "ref/prompt", "name": "work_queue"}, "argument": {"name": "queue", "value": "b"}}},
    {"method": "notifications/cancelled", "params": {"requestId": 1, "reason": "x"}},
    {"method": "initialize", "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}},
    *(
        {"method": "tools/call", "params": {"name": name, "arguments": arguments}}
        for name, arguments in {
            "list_queues": {"include_archived": True},
            "peek": {"queue": "backend", "limit": 2},
            "list_tasks": {"queue": "backend", "status": "queued", "search": "one", "limit": 5},
            "get_task": {"task_id": 1},
            "queue_instructions": {"queue": "backend"},
            "enqueue": {"queue": "backend", "prompt": "x", "timeout": 5, "key": "k"},
            "claim": {"queue": "backend", "wait": 0},
            "progress": {"task_id": 1, "note": "x", "attempt": 1},
            "complete": {"task_id": 1, "result": "x", "data": {"a": [1]}, "attempt": 1, "claim_next": True},
            "fail": {"task_id": 2, "error": "x", "error_type": "y"},
            "release": {"task_id": 3, "reason": "x"},
            "requeue": {"task_id": 1, "feedback": "x", "front": True},
        }.items()
    ),
)  # fmt: skip


def changed(chance: random.Random, value: Any) -> Any:
    """A JSON value with something in it put wrong: a strange value, a key too many, too few, or renamed."""
    if isinstance(value, dict) and value and chance.random() < 0.8:
        key = chance.choice(list(value))
        match chance.randrange(5):
            case 0:
                return {name: part for name, part in value.items() if name != key}
            case 1:
                return {**value, chance.choice(["extra", "", "__proto__", key.upper()]): chance.choice(STRANGE)}
            case _:
                return {**value, key: changed(chance, value[key])}
    return chance.choice(STRANGE)


def torn(chance: random.Random, line: bytes) -> bytes:
    """A line with bytes cut off, turned, doubled or put in."""
    at = chance.randrange(len(line))
    match chance.randrange(4):
        case 0:
            return line[:at]
        case 1:
            return line[:at] + bytes([line[at] ^ 1 << chance.randrange(8)]) + line[at + 1 :]
        case 2:
            return line[:at] + chance.randbytes(chance.randrange(1, 9)) + line[at:]
        case _:
            return line[:at] + line[: at + 1] + line[at:]


def mutated(chance: random.Random) -> bytes:
    """A request that is wrong in one or more places, as one line."""
    message: Any = {"jsonrpc": "2.0", "id": chance.choice(["a", 7, 8, 9]), **chance.choice(REQUESTS)}
    for _ in range(chance.randrange(1, 4)):
        message = changed(chance, message)
    line = json.dumps(message).encode("utf-8", "surrogatepass")
    if chance.random() < 0.4:
        line = torn(chance, line)
    return line.replace(b"\n", b" ").replace(b"\r", b" ")


def test_after_whatever_line_the_next_request_is_answered_within_a_second(
    sq: SparkQ, queue: str, counts: Counts
) -> None:
    chance = random.Random(SEED)
    fixed = [line.encode() if isinstance(line, str) else line for line in HOSTILE.values()]
    add(sq, *(f"one {number}" for number in range(5)))
    slowest = 0.0

    with Raw(sq.config.root) as raw:
        raw.initialize()
        for number in range(MUTATIONS):
            line = fixed[number] if number < len(fixed) else mutated(chance)
            for _ in range(3):  # the machine may be busy now and then, not each time
                raw.send(line)
                if (took := answered(raw, f"alive {number}", line)) < SECONDS:
                    break
            assert took < SECONDS, f"{took:.1f} s after {line[:500]!r} (seed {SEED})"
            slowest = max(slowest, took)
        code, said = raw.end()

    assert (code, "Traceback" in said) == (0, False), said[-3000:]
    assert unsound(sq) == []
    counts(lines=MUTATIONS, slowest_answer_in_ms=round(1000 * slowest))


def answered(raw: Raw, wanted: str, line: bytes) -> float:
    """Seconds until a request is answered that was sent behind a line; other answers are passed over."""
    begun = time.monotonic()
    raw.send({"jsonrpc": "2.0", "id": wanted, "method": "tools/call", "params": {"name": "list_queues", "arguments": {}}})  # fmt: skip
    try:
        while raw.receive().get("id") != wanted:
            pass
    except AssertionError as error:
        raise AssertionError(f"{error} after {line[:500]!r} (seed {SEED})") from error
    return time.monotonic() - begun
