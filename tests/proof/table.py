"""A pytest plugin: the table of the proof at the end of a run. Every figure was counted by the tests themselves."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

import pytest

from tests.proof.checks import CHECKS, check_of
from tests.proof.counts import KEY
from tests.proof.extent import EXTENT

WIDTH = 76


@dataclass
class Line:
    """What the reports told of one check."""

    figures: Counter[str] = field(default_factory=Counter)
    passed: int = 0
    violations: int = 0
    skipped: list[str] = field(default_factory=list)


class Table:
    """Gathers the reports of the whole run, from whichever process."""

    def __init__(self) -> None:
        self.lines: defaultdict[str, Line] = defaultdict(Line)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        check = check_of(report.nodeid)
        if check is None:
            return
        line = self.lines[check.name]
        if report.skipped:
            line.skipped.append(str(report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr))
        line.violations += report.failed
        line.passed += report.when == "call" and report.passed
        if report.when == "teardown":
            for name, figures in report.user_properties:
                if name == KEY and isinstance(figures, dict):
                    line.figures.update(figures)

    @property
    def missing(self) -> list[str]:
        """The checks of which nothing was run."""
        return [
            check.name for check in CHECKS if self.lines[check.name].passed + self.lines[check.name].violations == 0
        ]

    def rows(self) -> list[str]:
        """The table."""
        broad = max(len(check.name) for check in CHECKS)
        rows = [f"{'check':{broad}}  violations  counted"]
        for check in CHECKS:
            if check.name in self.missing:
                continue
            line = self.lines[check.name]
            figures = {"tests": line.passed + line.violations, **line.figures}
            words = [f"{number:,} {name}" for name, number in figures.items()]
            words += [f"skipped: {reason}" for reason in sorted(set(line.skipped))]
            first, *rest = wrapped(words)
            rows.append(f"{check.name:{broad}}  {line.violations:10}  {first}")
            rows += [f"{'':{broad}}  {'':10}  {more}" for more in rest]
        total = sum(line.violations for line in self.lines.values())
        return [*rows, f"{'in all':{broad}}  {total:10}"]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        terminalreporter.section(f"The proof ({EXTENT})")
        for row in self.rows():
            terminalreporter.write_line(row)
        if self.missing:
            terminalreporter.write_line(f"nothing was run of: {', '.join(self.missing)}")


def wrapped(words: list[str]) -> list[str]:
    """Words in lines, with commas between them."""
    lines = [""]
    for word in words:
        if lines[-1] and len(lines[-1]) + len(word) > WIDTH:
            lines.append("")
        lines[-1] += f", {word}" if lines[-1] else word
    return lines


def pytest_configure(config: pytest.Config) -> None:
    if not hasattr(config, "workerinput"):  # the processes of pytest-xdist send their reports to the first one
        config.pluginmanager.register(Table(), "the table of the proof")
