"""Show what is left of purged tasks."""

from collections.abc import Callable

from sparkq_cli import show
from sparkq_core import changes, wire
from sparkq_core.clock import day
from sparkq_core.purged import Line
from sparkq_core.text import safe


def as_line(line: Line, accent: Callable[[str], str], below: str) -> str:
    """Return a purged task among the matches of a search: how it ended, when it was purged, and the place that matches."""
    facts = ", ".join(part for part in (changes.summary(line.change), line.queue) if part)
    title = accent(safe(line.title))
    head = f"{show.paint(wire.friendly(line.id), 'bold')}  {_ended(line)}  {title}  {show.paint(facts, 'dim')}"
    return f"{head}\n{below}".rstrip()


def as_text(line: Line) -> str:
    """Return all that is left of a purged task."""
    facts = show.field_lines([
        ("status", _ended(line)),
        ("queue", line.queue),
        ("attempts", line.attempts),
        ("changed", changes.summary(line.change)),
        ("finished", day(line.finished_at) if line.finished_at is not None else None),
        ("reviewed", day(line.reviewed_at) if line.reviewed_at is not None else "no"),
    ])  # fmt: skip
    head = f"{show.paint(wire.friendly(line.id), 'bold')}  {safe(line.title)}\n{facts}"
    return f"{head}\n{show.block(line.excerpt)}" if line.excerpt else head


def _ended(line: Line) -> str:
    kind = f" ({safe(line.error_type)})" if line.error_type not in (None, "error", line.status) else ""
    return f"{show.paint(line.status, line.status)}{kind}, purged on {day(line.purged_at)}"
