"""How an outcome was checked, as a person reads it: in the review and in a task."""

from sparkq_cli import show
from sparkq_core import times
from sparkq_core.model import Check
from sparkq_core.queues import checks


def of_outcome(check: str | None) -> list[str]:
    """Return the check of an outcome in a line, and what to look at twice in another; nothing if there is nothing to say."""
    said, warning = checks.described(check), checks.warning(check)
    style = "succeeded" if said.startswith("✓") else "failed" if said.startswith("✗") else "dim"
    return [
        *([show.paint(said, style)] if said else []),
        *([show.paint(f"! {warning}", "warning")] if warning else []),
    ]


def of_run(run: Check, now: int) -> list[str]:
    """Return a run of a check, and the end of what it printed if it did not pass."""
    code = f", exit {run.exit_code}" if run.exit_code is not None else ""
    head = f"  {times.second(run.started_at, now)}  {checks.short(run.command)}: {run.outcome}{code}, {times.took(run.duration_ms, tenths=False)}"
    tail = run.tail.strip()
    return [head, *([show.block(tail, "    ")] if tail and run.outcome != "passed" else [])]
