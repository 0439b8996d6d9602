"""A chat as you read it: who it was, when, whether it is still there, and the way back into it."""

from sparkq_cli import show
from sparkq_core import times, wire
from sparkq_core.chat_work import Line, Work
from sparkq_core.chats import ways_back
from sparkq_core.lifecycle import Status
from sparkq_core.model import Chat
from sparkq_core.text import safe


def when(chat: Chat, now: int) -> str:
    """Return when a chat worked: `21:04–23:40`, with the days if it was not today."""
    first, last = (times.moment(moment, now) for moment in (chat.first_at, chat.last_at))
    day = first[:-5]
    return first if first == last else f"{first}–{last.removeprefix(day)}"


def summary(chat: Chat, now: int) -> str:
    """Return a chat in a few words: `claude-code, 21:04–23:40, closed at 23:52`."""
    return ", ".join(part for part in (safe(chat.client), when(chat, now), closed(chat, now)) if part)


def closed(chat: Chat, now: int) -> str:
    """Return when the chat was closed, or nothing."""
    return f"closed at {times.moment(chat.gone_at, now)}" if chat.gone_at is not None else ""


def as_text(line: Line, attempts: tuple[Work, ...], now: int) -> str:
    """Return everything about a chat; nothing in it is raw."""
    chat = line.chat
    client = " ".join(safe(part) for part in (chat.client, chat.version) if part)
    facts = show.field_lines([
        ("chat", show.paint(client, "bold")),
        ("time", when(chat, now)),
        ("state", _state(chat, now)),
        ("model", safe(chat.model or "")),
        ("folder", safe(chat.cwd or "")),
        ("session", safe(chat.session or "")),
        ("worked on", _worked_on(line)),
    ])  # fmt: skip
    lines = [facts, ""]
    lines += [_attempt(attempt, now) for attempt in attempts]
    if line.total > len(attempts):
        lines.append(f"  {show.counted(line.total - len(attempts), 'earlier attempt')}")
    return "\n".join([*lines, "", *way_back(chat)])


def way_back(chat: Chat) -> list[str]:
    """Return how to open the chat again, or why SparkQ cannot say it."""
    way = ways_back.to(chat)
    if way.command is None:
        return [safe(way.problem or "")]
    where = "To open it again:" if chat.gone_at is not None else "If its window is closed, open it again:"
    return [where, f"  {safe(way.command)}"]


def listed(lines: tuple[Line, ...], now: int) -> None:
    """Print a table of chats."""
    rows = [
        (
            line.chat.client,
            when(line.chat, now),
            closed(line.chat, now) or "open",
            show.counted(line.total, "attempt") + (f", {line.running} running" if line.running else ""),
            wire.friendly(line.last_task) if line.last_task else "",
            line.chat.cwd or "",
        )
        for line in lines
    ]
    show.table(("CLIENT", "TIME", "STATE", "WORKED ON", "LAST TASK", "FOLDER"), rows, flexible=5, droppable=(5,))


def _state(chat: Chat, now: int) -> str:
    why = f": {safe(chat.gone_why)}" if chat.gone_why else ""
    return f"{closed(chat, now)}{why}" if chat.gone_at is not None else "open"


def _worked_on(line: Line) -> str:
    running = f", {line.running} of them running" if line.running and line.total > 1 else ""
    return f"{show.counted(line.total, 'attempt')}{running}"


def _attempt(attempt: Work, now: int) -> str:
    outcome = attempt.outcome or Status.RUNNING
    kind = f" ({safe(attempt.error_type)})" if attempt.error_type not in (None, "error") else ""
    number = f", attempt {attempt.attempt}" if attempt.attempt > 1 else ""
    style = outcome if outcome in show.STYLES else "dim"
    facts = f"{safe(attempt.queue)}{number}, {times.moment(attempt.finished_at or attempt.claimed_at, now)}"
    name = f"{show.paint(wire.friendly(attempt.task_id), 'bold')}  {show.paint(outcome, style)}{kind}"
    return show.fit(f"  {name}  {safe(attempt.title)}  {show.paint(facts, 'dim')}", max(show.columns(), 60))
