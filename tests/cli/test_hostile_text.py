"""Task text is data: whatever it holds, no character of it reaches a person's terminal but as a visible sign."""

import json
import re
import unicodedata
from collections.abc import Iterator

import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.shell import Done, Shell
from tests.harness.task_steps import add, take, timed_out_task
from tests.harness.terminal import Terminal, shown
from tests.promises import holds

OUR_STYLES = re.compile(r"\x1b\[(?:0|1|2|3[1-6])m")

CONTROLS = "".join(map(chr, (*range(1, 9), 11, 12, *range(14, 32), *range(127, 160))))
UNSEEN = "\xad\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\U000e0041"
FAMILY = "👨\u200d👩\u200d👧"
"""An emoji that needs what elsewhere hides text."""

HOSTILE = f"\x1b]0;owned\x07\x1b[95mpink\x9b5n[red]x[/red][/]\r{CONTROLS}{UNSEEN}\x1b[2J"

LOOKS = (
    [],
    ["tasks"],
    ["tasks", "--worker", HOSTILE],
    *(["task", str(number), "--timeline"] for number in range(1, 7)),
    ["peek", "--limit", "9"],
    ["review", "--list"],
    ["queue", "show", "backend"],
    ["queue", "instructions", "backend"],
    ["scripts"],
    ["config", "show"],
)

VERBS = (
    ["claim"],
    ["claim", "4"],
    ["progress", "1", HOSTILE],
    ["complete", "1", HOSTILE],
    ["cancel", "2", HOSTILE],
    ["requeue", "3", "--feedback", HOSTILE],
)

REFUSED = (
    ["task", HOSTILE],
    ["peek", "--queue", HOSTILE],
    ["enqueue", "x", "--tool", HOSTILE],
    ["enqueue", "x", "--class", HOSTILE],
    ["enqueue", "x", "--timeout", HOSTILE],
    ["enqueue", "--file", HOSTILE],
    ["tasks", "--status", HOSTILE],
    ["tasks", "--cursor", HOSTILE],
    ["tasks", "--session", HOSTILE],
    ["queue", "create", HOSTILE],
    ["session", "create", HOSTILE],
    ["complete", "1", "x", "--data", HOSTILE],
    ["claim", "1"],
    ["config", "show", HOSTILE],
    ["config", "set", HOSTILE, "1"],
    ["config", "set", "env", HOSTILE],
    ["-C", HOSTILE, "tasks"],
    [HOSTILE],
)


@pytest.fixture
def hostile(sq: SparkQ, bare: Shell) -> Iterator[SparkQ]:
    """#1 runs, #2 waits, #3 failed, #4 was requeued, #5 is done, #6 timed out with a late result: each hostile throughout."""
    scripts = bare.folder / "scripts"
    scripts.mkdir()
    (scripts / "bad.sh").write_text(
        f"#!/bin/sh\n# name: {HOSTILE!r}\n# description: a \x1b[95mb\u202e\n# tags: \x9bt\n"
    )
    queues.instruct(sq, "backend", HOSTILE)
    for _ in range(5):
        tasks.enqueue(sq, "backend", f"{HOSTILE}\n{HOSTILE}", key=None)
    for task_id in (1, 3, 4, 5):
        take(sq, f"w{HOSTILE[:30]}", task_id=task_id)
    tasks.progress(sq, 1, HOSTILE)
    for task_id in (3, 4):
        tasks.fail(sq, task_id, HOSTILE, error_type=f"t{HOSTILE[:20]}")
    tasks.requeue(sq, 4, feedback=HOSTILE)
    take(sq, "zoe", task_id=4)
    tasks.release(sq, 4, HOSTILE)
    tasks.complete(sq, 5, HOSTILE, data={HOSTILE: [HOSTILE]})
    clock = SetClock(SystemClock().now() - 3_600_000)
    earlier = project.open(bare.folder, env={}, clock=clock)
    timed_out_task(earlier, clock)
    with pytest.raises(Exception, match="no longer holds"):
        tasks.complete(earlier, 6, HOSTILE, attempt=1)
    yield sq
    earlier.close()


def raw(text: str, *, ours: bool = False) -> set[str]:
    """The characters that a terminal would act on or hide, besides line ends and tabs and, where colour is wanted, our styles."""
    rest = (OUR_STYLES.sub("", text) if ours else text).replace(FAMILY, "")
    return {task for task in rest if unicodedata.category(task) in ("Cc", "Cf", "Zl", "Zp", "Cs")} - {"\n", "\t"}


@holds("cli-colour", "cli-safe")
@pytest.mark.parametrize(
    "command", [["tasks"], ["task", "3"], *VERBS], ids=lambda command: " ".join(command[:2]).replace(HOSTILE, "…")
)
def test_nothing_of_it_reaches_a_pipe(bare: Shell, hostile: SparkQ, command: list[str]) -> None:
    piped = bare.sparkq(*command)

    assert (piped.code, piped.err) == (0, "")
    assert raw(piped.out) == set()


@holds("cli-safe", "text-is-data")
def test_on_a_terminal_there_are_only_our_own_colours(bare: Shell, hostile: SparkQ) -> None:
    screens = {" ".join(look): shown(bare, *look, columns=400).replace("\r\n", "\n") for look in LOOKS}

    assert {command for command, screen in screens.items() if raw(screen, ours=True)} == set()


@holds("cli-colour")
def test_without_colour_there_is_no_escape_at_all(bare: Shell, hostile: SparkQ) -> None:
    coloured = shown(bare, "tasks")
    assert OUR_STYLES.search(coloured)

    for screen in (shown(bare, "tasks", NO_COLOR="1"), shown(bare, "tasks", TERM="dumb")):
        assert raw(screen.replace("\r\n", "\n")) == set()


@holds("cli-safe")
def test_markup_is_shown_as_it_was_typed(shell: Shell, sq: SparkQ) -> None:
    add(sq, "[bold]a[/bold] [/red] :smile: [link=https://x.example]y[/link]")

    for command in (["tasks"], ["task", "1"], ["peek"]):
        assert "[bold]a[/bold] [/red] :smile: [link=https://x.example]y[/link]" in shell.ok(*command)


def test_what_cannot_be_seen_is_shown_as_a_sign(shell: Shell, sq: SparkQ) -> None:
    add(sq, "a\x1b[31mb\u202ec\x9bd")

    assert "a\\x1b[31mb\\u202ec\\x9bd" in shell.ok("tasks")


@holds("cli-safe")
@pytest.mark.parametrize(
    "command", REFUSED, ids=lambda command: " ".join(command).replace(HOSTILE, "…") if isinstance(command, list) else ""
)
def test_a_refusal_shows_nothing_of_it_raw(bare: Shell, hostile: SparkQ, command: list[str]) -> None:
    done = bare.sparkq(*command)

    assert done.code in (2, 3, 4)
    assert done.out == ""
    assert raw(done.err) == set()


def test_a_lost_claim_names_its_holder_visibly(bare: Shell, hostile: SparkQ) -> None:
    tasks.requeue(hostile, 3)
    take(hostile, f"w{HOSTILE[:30]}", task_id=3)

    message = bare.refused(4, "complete", "3", "x", "--attempt", "1")

    assert "attempt 2 of w\\x1b" in message
    assert raw(message) == set()


@holds("cli-safe")
def test_json_on_a_terminal_has_nothing_raw_and_is_the_same_json(bare: Shell, hostile: SparkQ) -> None:
    screen = shown(bare, "task", "5", "--json")

    assert raw(screen.replace("\r\n", "\n")) == set()
    assert json.loads(screen)["result_summary"] == HOSTILE


@holds("cli-safe")
def test_a_review_in_a_terminal_has_nothing_raw(bare: Shell, hostile: SparkQ) -> None:
    with Terminal(bare, "review", columns=400, PAGER="cat") as terminal:
        for key in ("v", "r", HOSTILE[:0], "s", "q"):
            terminal.until(" > " if key else "for none): ")
            terminal.type(key)
        assert terminal.end() == 0

    assert raw(terminal.screen.replace("\r\n", "\n"), ours=True) == set()


@holds("cli-safe")
def test_settings_of_a_repository_that_was_cloned_show_nothing_raw(bare: Shell, sq: SparkQ) -> None:
    """sparkq.yml may be somebody else's: it came with the repository."""
    file = bare.folder / "sparkq.yml"
    quoted = json.dumps("a\x1b]0;x\x07\x1b[95mb\x9b\u202e")
    file.write_text(
        f"project:\n  name: {quoted}\nlogs:\n  path: {quoted}\nscript_dirs: [{quoted}]\n"
        f"tools:\n  {quoted}:\n    how: {quoted}\n"
    )

    ends: dict[str, Done] = {}
    for command in ([], ["scripts"], ["config", "show"], ["status"], ["doctor"], ["reload"], ["setup", "--yes"]):
        ends[" ".join(command)] = bare.sparkq(*command)

    assert {name for name, done in ends.items() if raw(done.out + done.err)} == set()
