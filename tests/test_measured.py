"""What was measured last: every subject, with its goal, and nothing hidden. Measuring itself is `make bench`."""

import json
import re
from typing import Any

import pytest

from tests.harness.projects import TOP
from tests.promises import holds

PAGE = (TOP / "docs/performance.md").read_text(encoding="utf-8")
PROMISED = {
    "claim at 1,000,000 tasks against 1,000",
    "peek at 1,000,000 tasks against 1,000",
    "fairness: least by most served",
    "tasks handed out twice to 8 processes",
    "sparkq tasks --limit 20 against import typer",
    "claims against thread-pool handlers (NORMAL)",
}


@pytest.fixture
def figures() -> list[dict[str, Any]]:
    (file,) = (TOP / "bench/results").glob("*.json")
    answer: list[dict[str, Any]] = json.loads(file.read_text(encoding="utf-8"))["figures"]
    return answer


def test_every_row_of_the_plan_was_measured(figures: list[dict[str, Any]]) -> None:
    assert {figure["row"] for figure in figures} >= {*range(1, 9), *range(10, 15)}
    assert [figure["what"] for figure in figures if figure["goal"] and figure["good"] is None] == []


@holds("fair-waiting", "direct-calls", "million", "cli-start-up")
def test_the_promised_figures_were_reached(figures: list[dict[str, Any]]) -> None:
    good = {figure["what"] for figure in figures if figure["good"]}

    assert PROMISED - good == set()


def test_the_page_shows_what_was_measured(figures: list[dict[str, Any]]) -> None:
    for figure in figures:
        assert figure["what"] in PAGE
        assert figure["figure"] in PAGE


def test_what_falls_short_is_explained(figures: list[dict[str, Any]]) -> None:
    short = {figure["row"] for figure in figures if figure["good"] is False}
    explained = {int(number) for number in re.findall(r"^- \*\*Row (\d+)", PAGE, re.MULTILINE)}

    assert short - explained == set()
