"""What a clock that jumps may never do, checked after each step against the time for which the machine really ran."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sparkq_core.clock import from_iso
from sparkq_core.project import SparkQ
from sparkq_core.purged import NOTICE
from tests.harness.moved_clock import MachineClocks

TASKS = "SELECT id, status, reviewed_at FROM tasks"
MARKS = "SELECT task_id, due_since, observed_ms FROM purge_marks"
ENDS = """
SELECT events.id, events.kind, events.task_id, events.attempt, tasks.timeout FROM events
JOIN tasks ON tasks.id = events.task_id WHERE events.id > :after AND events.kind IN ('stale', 'timed out') ORDER BY events.id
"""
LINES = "SELECT id FROM purged"

SECOND_LOOK = 1_800_000
"""Milliseconds of running time between two looks at a reviewed task that is purged."""

INEXACT = 2_000
"""Milliseconds that pass while the doors answer."""

NEGATIVE = re.compile(r"(?<![\w.,/-])-\d")


class Ledger:
    """Remembers when the machine had run for how long, and notes every promise that is broken."""

    def __init__(self, sq: SparkQ, clocks: MachineClocks) -> None:
        self.violations: list[str] = []
        self.figures: Counter[str] = Counter()
        self._sq = sq
        self._clocks = clocks
        self._before = clocks.ticks()
        self._event = 0
        self._warned: dict[tuple[int, int], int] = {}
        self._marked: dict[tuple[int, ...], int] = {}
        self._tasks: dict[int, tuple[str, int | None]] = {}

    def check(self) -> None:
        """Look at the file itself, without a sweep. What is new may be as old as the last check, and no older."""
        ticks = self._clocks.ticks()
        with self._sq.db.read() as tx:
            marks, ends = tx.rows(MARKS), tx.rows(ENDS, {"after": self._event})
            present = {task: (status, reviewed) for task, status, reviewed in tx.rows(TASKS)}
            lines = {task for (task,) in tx.rows(LINES)}
        self._check_ends(ends, ticks)
        for task in self._tasks.keys() - present.keys():
            self._check_purged(task, ticks, has_line=task in lines)
        for mark in marks:
            self._marked.setdefault(mark, self._before)
        self._tasks = present
        self._before = ticks

    def _check_ends(self, ends: list[Any], ticks: int) -> None:
        for event, kind, task, attempt, timeout in ends:
            self._event = event
            if kind == "stale":
                self._warned[task, attempt] = self._before
                self.figures["warnings"] += 1
                continue
            self.figures["tasks timed out"] += 1
            warned = self._warned.get((task, attempt))
            if warned is None or ticks - warned < timeout * 1000:
                ran = "no warning" if warned is None else f"{(ticks - warned) / 1000} s after its warning"
                self.violations.append(f"#{task} failed with {ran}; its timeout is {timeout} s")

    def _check_purged(self, task: int, ticks: int, *, has_line: bool) -> None:
        status, reviewed = self._tasks[task]
        if status in ("queued", "running"):
            self.violations.append(f"#{task} was purged while it was {status}")
        longest = max((ticks - since for mark, since in self._marked.items() if mark[0] == task), default=0)
        if longest < (NOTICE if reviewed is None else SECOND_LOOK):
            self.violations.append(f"#{task} was purged {longest / 1000} s after its mark, reviewed at {reviewed}")
        if not has_line:
            self.violations.append(f"#{task} has left no line")
        self.figures["purged unread" if reviewed is None else "purged after the review"] += 1

    def check_text(self, shown: str) -> None:
        """No duration that a person reads is negative."""
        self.figures["answers read"] += 1
        if match := NEGATIVE.search(shown):
            self.violations.append(f"negative: {shown[max(0, match.start() - 60) : match.end() + 20]!r}")

    def check_facts(self, facts: Any) -> None:
        """No number is negative, and no deadline is further away than two timeouts."""
        self.figures["answers read"] += 1
        now = self._clocks.now()
        for part in _parts(facts):
            for name, value in part.items():
                if isinstance(value, int | float) and value < 0:
                    self.violations.append(f"{name} is {value}")
            deadline = part.get("deadline")
            if deadline is not None and "timeout" in part:
                ahead = from_iso(deadline) - now
                if ahead > 2 * part["timeout"] * 1000 + INEXACT:
                    self.violations.append(
                        f"#{part.get('id')} has {ahead / 1000} s, its timeout is {part['timeout']} s"
                    )


def _parts(facts: Any) -> Iterator[dict[str, Any]]:
    """Every object in the JSON of an answer."""
    if isinstance(facts, dict):
        yield facts
    for value in facts.values() if isinstance(facts, dict) else facts if isinstance(facts, list) else ():
        yield from _parts(value)
