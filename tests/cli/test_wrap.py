"""Long lines of foreign text on a terminal: broken between words, at any width."""

import re

import pytest

from sparkq_cli.show import width
from sparkq_cli.wrap import sentences, wrapped, wrapped_lines
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add
from tests.harness.terminal import shown
from tests.promises import holds

ITEM = "  - Write an Atom feed for each tag, with the newest twenty posts whole, and 日本語のタイトルも入れる, please"


@holds("cli-wrap")
@pytest.mark.parametrize("room", [20, 33, 60, 79, 200])
def test_no_line_is_wider_than_there_is_room_and_no_word_is_lost(room: int) -> None:
    lines = list(wrapped(ITEM, room, width))

    assert [line for line in lines if width(line) > room and " " in line.strip()] == []
    assert " ".join(" ".join(lines).split()) == " ".join(ITEM.split())
    assert all(line.startswith("    ") for line in lines[1:])


def test_a_word_that_is_longer_than_a_line_stays_whole() -> None:
    address = f"https://example.org/{'x' * 60}"

    assert list(wrapped(f"See {address} there", 30, width)) == ["See", address, "there"]


@holds("cli-wrap")
def test_a_prompt_is_broken_between_words_on_a_terminal_and_never_in_a_pipe(shell: Shell, sq: SparkQ) -> None:
    add(sq, f"Feeds\n{ITEM}")

    assert f"  {ITEM}\n" in shell.ok("task", "1")
    screen = shown(shell, "task", "1", columns=50, PAGER="cat").replace("\r\n", "\n")
    assert "with the newest\n" in screen or "newest twenty\n" in screen or "with the\n" in screen
    assert f"  {ITEM}\n" not in screen


LONG = "a long line with many words that is broken where it is prose, and only there"


@holds("cli-wrap")
@pytest.mark.parametrize(
    "kept",
    [
        f"```sh\n{LONG}\n```",
        f"~~~~\n{LONG}\n~~~\n{LONG}\n~~~~",
        f"```\n{LONG}",
        f"\n    {LONG}\n\n    {LONG}",
        f"| {LONG} | 1 |\n|---|---|",
        f"│ {LONG} │",
    ],
)
def test_code_and_tables_keep_their_lines(kept: str) -> None:
    assert "\n".join(wrapped_lines(kept.split("\n"), 30, width)) == kept


@pytest.mark.parametrize(
    "text",
    [
        f"```\ncode\n```\n{LONG}",
        f"- item\n    - {LONG}",
        f"\n    1. {LONG}",
        f"wrapped by hand\n    {LONG}",
        f"a | {LONG}",
    ],
)
def test_prose_beside_code_is_still_broken(text: str) -> None:
    lines = list(wrapped_lines(text.split("\n"), 30, width))

    assert all(width(line) <= 30 for line in lines)
    assert " ".join(" ".join(lines).split()) == " ".join(text.split())


@holds("cli-wrap")
def test_words_of_ours_are_broken_between_their_sentences() -> None:
    text = "3 tasks in backend. Left out: 1 that is done. To undo them all at once, type this: sparkq cancel 1-3"

    assert list(sentences(text, 200, width)) == [text]
    assert list(sentences(text, 40, width)) == [
        "3 tasks in backend.",
        "Left out: 1 that is done.",
        "To undo them all at once, type this: sparkq cancel 1-3",
    ]
    assert list(sentences("A long sentence without a command in it.", 25, width)) == [
        "A long sentence without a",
        "command in it.",
    ]


@holds("cli-wrap")
def test_no_line_of_a_day_is_wider_than_the_terminal(shell: Shell, sq: SparkQ) -> None:
    title = "Resume the timer where it was left, also after the machine slept, and show"
    plan = f"# To do\n- [ ] {title}\n- [ ] two\n\n# Notes\n- three\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    (shell.folder / "PLAN.md").write_text(plan)
    enqueue = ("enqueue", "--file", "PLAN.md", "--split")

    screens = [
        shown(shell, *command, columns=60, PAGER="cat") for command in ((*enqueue, "--dry-run"), enqueue, ("task", "1"))
    ]
    shell.ok("claim")
    screens += [
        shown(shell, *command, columns=60, PAGER="cat")
        for command in (("complete", "1", "done"), ("complete", "1", "otherwise"), ("review", "--list"))
    ]

    lines = [re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", line).rstrip() for screen in screens for line in screen.splitlines()]
    assert [line for line in lines if width(line) > 60] == []
    assert len([line for line in lines if "… " not in line and title[:40] in line]) >= 4


def test_on_a_narrow_terminal_setup_says_below_each_setting_what_it_is_for(bare: Shell) -> None:
    narrow = shown(bare, "setup", "--yes", columns=70)
    wide = shown(bare, "setup", "--yes", columns=200)

    assert re.search(r"server.port +5005\r?\n\W*(?:\[2m)?  TCP port", narrow)
    assert narrow.count("Timeout of each class") == 1
    assert re.search(r"server.port +5005 +TCP port", wide)
