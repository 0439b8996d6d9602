"""Columns of a table: what a terminal gives a character, and nothing loaded to measure plain text."""

import sys

import pytest

from sparkq_cli import show
from sparkq_core import tasks
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import shown

DECOMPOSED = "Cafe\u0301"
TITLES = {
    "accented": ("Äpfel für Zoë – “quoted”…", 25),
    "decomposed accent": (DECOMPOSED, 4),
    "flag": ("🇩🇪🇯🇵", 4),
    "skin tone": ("👍🏽", 2),
    "Chinese": ("表", 2),
    "Hangul syllables": ("한국", 4),
    "Hangul from its letters": ("\u1112\u1161\u11ab", 2),
    "Thai marks": ("ที่นี่", 2),
    "variation selector": ("❤\ufe0f", 2),
    "keycap": ("1\ufe0f\u20e3", 2),
    "Hebrew points": ("שָׁ", 1),
    "our own mark": ("a 🔴 mark", 9),
}


@pytest.mark.parametrize("name", TITLES)
def test_the_columns_behind_a_title_stay_in_line(shell: Shell, sq: SparkQ, name: str) -> None:
    title, columns = TITLES[name]
    add(sq, title, "x" * 30)

    plain, row = shell.ok("tasks").splitlines()[1:]

    assert len(row.partition(title)[2]) == len(plain.partition("x" * 30)[2]) + 30 - columns


def test_a_joined_emoji_stays_joined(shell: Shell, sq: SparkQ) -> None:
    add(sq, "👩\u200d💻")

    assert "👩\u200d💻" in shell.ok("tasks")
    assert show.width("👩\u200d💻") == 2


@pytest.mark.parametrize("columns", [40, 48, 60, 80])
@pytest.mark.parametrize("command", ["stats", "queue list", ""])
def test_no_head_of_a_column_is_cut(shell: Shell, sq: SparkQ, command: str, columns: int) -> None:
    add(sq, "one", "two", "three", "four")
    for task in (1, 2, 3):
        take(sq, task_id=task)
    tasks.complete(sq, 1, "done")
    tasks.fail(sq, 2, "broke")
    tasks.release(sq, 3, question="which one?")

    for line in shown(shell, *command.split(), columns=columns, NO_COLOR="1").splitlines():
        if line.startswith(("QUEUE ", "DAY ")):
            assert "…" not in line


@pytest.mark.parametrize("columns", range(40, 60))
def test_a_title_is_cut_between_characters(shell: Shell, sq: SparkQ, columns: int) -> None:
    add(sq, "e\u0301" * 30 + "🇩🇪" * 30)

    row = shown(shell, "tasks", columns=columns, NO_COLOR="1").splitlines()[1]

    assert show.width(row) <= columns
    before = row.partition("…")[0].rpartition("  ")[2]
    assert before.count("e") == before.count("\u0301")
    assert before.count("🇩") == before.count("🇪")


def test_ordinary_text_and_our_own_marks_load_nothing_to_be_measured(shell: Shell, sq: SparkQ) -> None:
    add(sq, "Äpfel – “quoted”, and so long that its end is cut off " * 4, "two")
    take(sq)
    tasks.fail(sq, 1, "no", attempt=1)
    add(sq, "語", queue="backend")

    def modules(*command: str) -> str:
        done = shell.run(sys.executable, "-X", "importtime", "-m", "sparkq_cli.main", *command)
        assert (done.code, "#" in done.out) == (0, True)
        return done.err

    assert "wcwidth" not in modules("tasks", "--status", "failed")
    assert "wcwidth" in modules("tasks")
