"""Usage: how many tokens an attempt took and what they cost, as its client printed it.

`claude -p --output-format json`, `codex exec --json` and `gemini -o json` print this at their end, alone, as the last of
many lines, or as a list. Only what a client prints is read, never its transcript. Each counts in its own way; here
`input_tokens` always includes those that came from the cache, and `output_tokens` those of its thoughts.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from sparkq_core import events
from sparkq_core.errors import InvalidValue, NoSuchTask, WrongState
from sparkq_core.lifecycle import verbs_from
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Transaction
from sparkq_core.tasks.refusals import find, no_such_attempt
from sparkq_core.text import safe

MAX_OUTPUT = 64 * 1024 * 1024
"""How much of a client's output is read, in characters: a stream has every answer of every tool."""

MAX_NUMBER = 10**15
MAX_MODEL = 200
WAYS = "claude -p … --output-format json, codex exec --json … or gemini -o json …"

WORKED = """
SELECT a.usage, a.worker, c.session, (
    SELECT count(*) FROM (SELECT o.task_id FROM attempts AS o WHERE o.chat_id = c.id GROUP BY o.task_id))
FROM attempts AS a LEFT JOIN chats AS c ON c.id = a.chat_id WHERE a.task_id = :task AND a.attempt = :attempt
"""
LAST_OF_SESSION = """
SELECT a.task_id, a.attempt FROM chats AS c JOIN attempts AS a ON a.chat_id = c.id
WHERE c.client = :client AND c.session = :session ORDER BY a.claimed_at DESC, a.task_id DESC LIMIT 1
"""
RECORD = "UPDATE attempts SET usage = :usage WHERE task_id = :task AND attempt = :attempt"

Object = Mapping[str, Any]


class Usage(NamedTuple):
    """What a client printed. `cached_tokens` are part of `input_tokens`; `cost_usd` is None if the client tells none.

    `session` is the client's own id of the chat. `tasks` is how many tasks that chat has worked: the numbers are of all of
    them.
    """

    client: str
    model: str | None
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: float | None
    session: str | None
    tasks: int = 1


class Recorded(NamedTuple):
    """The usage of an attempt. `other_session` is the session of the chat that worked it, if another one printed this."""

    task_id: int
    attempt: int
    usage: Usage
    other_session: str | None


def parse(printed: str) -> Usage:
    """Return the usage in what a client printed: the last one, if there are several. Other lines are passed over.

    Raises InvalidValue if there is none, or more than 64 MiB was printed.
    """
    if len(printed) > MAX_OUTPUT:
        raise InvalidValue(f"The output is longer than {MAX_OUTPUT:,} characters.", "Give only its last line.")
    usage = None
    session: str | None = None
    for value in _objects(printed):
        session = _word(value.get("thread_id") or value.get("session_id")) or session  # streams begin with it
        usage = _of_claude(value, session) or _of_codex(value, session) or _of_gemini(value, session) or usage
    if usage is None:
        raise InvalidValue("The output tells no usage.", f"Give what one of these prints: {WAYS}")
    return usage


def record(sq: SparkQ, task_id: int, usage: Usage, *, attempt: int | None = None) -> Recorded:
    """Keep the usage with an attempt (default: the last one), in the place of an earlier one.

    Raises NoSuchTask, WrongState if the task was never claimed, and InvalidValue for an attempt that it has not had.
    """
    with sq.db.write() as tx:
        task = find(tx, task_id)
        if not task.attempts:
            raise WrongState(
                f"#{task.id} has not been claimed yet.", "Only an attempt uses tokens.", verbs_from(task.status)
            )
        number = task.attempts if attempt is None else attempt
        row = tx.row(WORKED, {"task": task.id, "attempt": number}) if 0 < number <= task.attempts else None
        if row is None:
            raise no_such_attempt(task, number)
        before, worker, session, tasks = row
        usage = usage._replace(tasks=max(tasks or 1, 1))
        if stored(usage) != before:
            _keep(tx, task.id, number, usage)
            events.note(
                tx, sq.clock.now(), "usage",
                task=task.id, queue=task.queue_id, attempt=number, worker=worker, text=summary(stored(usage)),
            )  # fmt: skip
    other = session if session and usage.session and session != usage.session else None
    return Recorded(task.id, number, usage, other)


def last_of_chat(sq: SparkQ, usage: Usage) -> tuple[int, int]:
    """Return the task that the chat claimed last that printed this, and its attempt. Raises NoSuchTask."""
    row = sq.db.row(LAST_OF_SESSION, {"client": usage.client, "session": usage.session})
    if row is None:
        session = usage.session
        message = f"No task was claimed by the chat {session}." if session else "The output does not tell its chat."
        raise NoSuchTask(message, "Name the task: sparkq usage ID -")
    return int(row[0]), int(row[1])


def _keep(tx: Transaction, task_id: int, attempt: int, usage: Usage) -> None:
    tx.run(RECORD, {"task": task_id, "attempt": attempt, "usage": stored(usage)})


def stored(usage: Usage) -> str:
    """Return the usage as the JSON in which it is kept: without what the client does not tell."""
    facts = {name: value for name, value in usage._asdict().items() if value is not None}
    if usage.tasks == 1:
        del facts["tasks"]
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":"))


def well_formed(value: Any) -> bool:
    """True if this value from outside has the form of a kept usage."""
    return (
        isinstance(value, dict)
        and set(value) <= set(Usage._fields)
        and all(type(value.get(name)) is str for name in ("client",))
        and all(
            type(value.get(name, "")) is str and len(value.get(name, "")) <= MAX_MODEL for name in ("model", "session")
        )
        and all(_count(value.get(name)) is not None for name in ("input_tokens", "cached_tokens", "output_tokens"))
        and _count(value.get("tasks", 1)) is not None
        and ("cost_usd" not in value or _money(value["cost_usd"]) is not None)
    )


def summary(usage: str) -> str:
    """Format a kept usage: `12,671 tokens in, 10 out, $0.05`."""
    facts = json.loads(usage)
    cost = facts.get("cost_usd")
    tasks = facts.get("tasks", 1)
    return ", ".join([
        f"{facts['input_tokens']:,} tokens in",
        f"{facts['output_tokens']:,} out",
        *([] if cost is None else [f"${cost:,.2f}"]),
        *([] if tasks == 1 else [f"of a chat with {tasks} tasks"]),
    ])  # fmt: skip


def in_short(usage: str | None) -> str:
    """Format a kept usage as `$0.05`, or `12,681 tokens` if the client prints no money; empty if there is none."""
    if usage is None:
        return ""
    facts = json.loads(usage)
    cost = facts.get("cost_usd")
    return f"{facts['input_tokens'] + facts['output_tokens']:,} tokens" if cost is None else f"${cost:,.2f}"


def described(usage: str) -> str:
    """Format a kept usage with everything: `claude-code, a-model: 12,671 tokens in (9,000 of them cached), 10 out, $0.05`."""
    facts = json.loads(usage)
    cached = facts["cached_tokens"]
    who = ", ".join(facts[name] for name in ("client", "model") if name in facts)
    return f"{who}: {summary(usage)}".replace(
        " tokens in", f" tokens in ({cached:,} of them cached)" if cached else " tokens in", 1
    )


def _objects(printed: str) -> Iterator[Object]:
    """Yield the JSON objects in the output that begin a line, or are in a list that begins one."""
    decoder = json.JSONDecoder()
    at = 1 if printed.startswith("\ufeff") else 0
    while at < len(printed):
        if printed[at] in "{[":
            try:
                value, at = decoder.raw_decode(printed, at)
            except (ValueError, RecursionError):
                pass
            else:
                yield from (each for each in (value if isinstance(value, list) else [value]) if isinstance(each, dict))
        at = (printed.find("\n", at) + 1) or len(printed)


def _of_claude(value: Object, session: str | None) -> Usage | None:
    """Read Claude Code's result. Its `modelUsage` includes its subagents', its `usage` does not."""
    models = value.get("modelUsage")
    if value.get("type") != "result" or not (isinstance(models, dict) or isinstance(value.get("usage"), dict)):
        return None
    cost = _money(value.get("total_cost_usd"))
    if isinstance(models, dict) and models:
        each = [counts for counts in models.values() if isinstance(counts, dict)]
        cached = _sum(each, "cacheReadInputTokens")
        sent = _sum(each, "inputTokens") + _sum(each, "cacheCreationInputTokens") + cached
        return Usage("claude-code", _names(models), sent, cached, _sum(each, "outputTokens"), cost, session)
    counts = [value.get("usage") or {}]
    cached = _sum(counts, "cache_read_input_tokens")
    sent = _sum(counts, "input_tokens") + _sum(counts, "cache_creation_input_tokens") + cached
    return Usage("claude-code", None, sent, cached, _sum(counts, "output_tokens"), cost, session)


def _of_codex(value: Object, session: str | None) -> Usage | None:
    """Read Codex's end of a turn, which has the sums of its thread so far. It tells no model and no money."""
    counts = value.get("usage")
    if value.get("type") != "turn.completed" or not isinstance(counts, dict):
        return None
    cached = _sum([counts], "cached_input_tokens")
    return Usage("codex", None, _sum([counts], "input_tokens"), cached, _sum([counts], "output_tokens"), None, session)


def _of_gemini(value: Object, session: str | None) -> Usage | None:
    """Read Gemini's statistics, of its one answer or of the last line of its stream. They tell no money."""
    stats = value.get("stats")
    models = stats.get("models") if isinstance(stats, dict) else None
    if not isinstance(stats, dict) or not isinstance(models, dict):
        return None
    tokens = [
        model["tokens"]
        for model in models.values()
        if isinstance(model, dict) and isinstance(model.get("tokens"), dict)
    ]
    if tokens:
        out = _sum(tokens, "candidates") + _sum(tokens, "thoughts")
        return Usage("gemini", _names(models), _sum(tokens, "prompt"), _sum(tokens, "cached"), out, None, session)
    sent, out = _sum([stats], "input_tokens"), _sum([stats], "output_tokens")
    return Usage("gemini", _names(models), sent, _sum([stats], "cached"), out, None, session)


def _sum(objects: Iterable[Object], name: str) -> int:
    return min(sum(_count(counts.get(name)) or 0 for counts in objects), MAX_NUMBER)


def _count(value: Any) -> int | None:
    """Return a number of tokens that can be one."""
    return value if type(value) is int and 0 <= value <= MAX_NUMBER else None


def _money(value: Any) -> float | None:
    """Return an amount that can be one, in dollars."""
    if type(value) not in (int, float) or not math.isfinite(value) or not 0 <= value <= MAX_NUMBER:
        return None
    return round(float(value), 6)


def _names(models: Object) -> str | None:
    return _word(", ".join(str(name) for name in models))


def _word(value: Any) -> str | None:
    return safe(value)[:MAX_MODEL] if isinstance(value, str) and value else None
