"""`sparkq watch`: the project live on a terminal, a line for each thing that happens in a pipe."""

import json
import re
import signal
import time

import pytest

from sparkq_core import events, queues, tasks
from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.shell import SECONDS, Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import CTRL_C, Terminal
from tests.promises import holds

ESCAPE = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")


@holds("command-watch")
def test_it_shows_what_runs_what_is_next_and_what_is_finished(shell: Shell, sq: SparkQ) -> None:
    begun = time.monotonic()
    add(sq, "Fix the parser", "Write the guide", "Read the logs", timeout=86_400)
    take(sq)
    tasks.complete(sq, 1, "done")
    take(sq, "bob")

    with Terminal(shell, "watch", "--interval", "0.2") as terminal:
        picture = terminal.until("(Ctrl-C ends)") + terminal.until("(Ctrl-C ends)")
        passed = time.monotonic() - begun
        add(sq, "Something new")
        terminal.until("2 queued")
        terminal.press(CTRL_C)
        assert terminal.end() == 0
    assert terminal.screen.endswith("\r\n"), "the shell's prompt stands on a line of its own"

    shown = ESCAPE.sub("", picture)
    running = re.search(r"Running\s+#2 +\[\.{20}\] +(\d+) s of 1 d +Write the guide +bob", shown)
    finished = re.search(r"Finished, to review\s+#1  succeeded, (\d+) s ago, took 0.\d s  Fix the parser", shown)
    assert running is not None
    assert finished is not None
    assert max(int(running[1]), int(finished[1])) <= passed
    assert re.search(r"Next up\s+backend: #3 Read the logs \(1 queued\)", shown)


@holds("command-watch")
def test_a_task_that_is_silent_is_marked_and_then_failed_while_one_watches(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", timeout=1)
    take(sq)

    with Terminal(shell, "watch", "--interval", "0.2") as terminal:
        terminal.until("⚠️")
        terminal.until("💀")
        terminal.press(CTRL_C)
        assert terminal.end() == 0

    assert tasks.get(sq, 1).error_type == "timeout"


def test_only_the_queue_that_was_named_is_shown(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "docs")
    add(sq, "in backend")
    add(sq, "in docs", queue="docs")

    with Terminal(shell, "watch", "--queue", "docs") as terminal:
        shown = terminal.until("in docs")
        terminal.press(CTRL_C)
        assert terminal.end() == 0

    assert "in backend" not in shown


def test_a_queue_that_is_renamed_is_still_shown(shell: Shell, sq: SparkQ) -> None:
    with Terminal(shell, "watch", "--queue", "backend", "--interval", "0.2") as terminal:
        terminal.until("nothing")
        queues.rename(sq, "backend", "api")
        add(sq, "in api", queue="api")
        terminal.until("in api")
        terminal.press(CTRL_C)
        assert terminal.end() == 0


def test_no_line_is_wider_than_the_terminal_and_nothing_is_raw(shell: Shell, sq: SparkQ) -> None:
    add(sq, "a long title " * 20 + "\x1b[2J", "語" * 100)
    take(sq)

    with Terminal(shell, "watch", columns=40) as terminal:
        terminal.until("Finished")
        picture = terminal.until("nothing")
        shown = ESCAPE.sub("", terminal.screen.removesuffix(picture))
        terminal.press(CTRL_C)
        assert terminal.end() == 0

    assert "\x1b[2J" not in terminal.screen
    assert all(len(line) + line.count("語") <= 40 for line in shown.splitlines()), shown


@holds("command-watch")
def test_in_a_pipe_it_prints_a_line_for_each_thing_that_happens(shell: Shell, sq: SparkQ) -> None:
    with Stream(shell, "watch") as watch:
        watch.until("watching project\n")
        add(sq, "one")
        take(sq)
        watch.until("#1 enqueued (one)\n")
        watch.until("#1 claimed (one)")
        tasks.progress(sq, 1, "half\ndone\x1b[2J")
        assert "\x1b" not in watch.until("#1 progress (one): half")
        tasks.complete(sq, 1, "done")
        watch.until("#1 succeeded (one)")
        watch.kill(signal.SIGINT)
        assert watch.end() == 0


@pytest.mark.parametrize("command", ["watch", "watch 1", "wait 1", "wait 1 --json", "runner --drain", "runner --watch"])
def test_what_waits_ends_when_its_reader_is_gone(shell: Shell, sq: SparkQ, command: str) -> None:
    add(sq, "one")
    take(sq)
    program = Stream(shell, *command.split(), *(["--poll", "60"] if "runner" in command else []))
    with program as waiting:
        if "--json" not in command:
            waiting.until("\n")
        waiting.stop_reading()
        code = waiting.process.wait(SECONDS)

    assert code == {"runner --drain": 128 + signal.SIGPIPE, "runner --watch": 0}.get(command, -signal.SIGPIPE)


def test_a_quiet_wait_needs_no_reader(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    with Stream(shell, "wait", "1", "--quiet") as waiting:
        waiting.stop_reading()
        tasks.complete(sq, 1, "done")
        assert waiting.process.wait(SECONDS) == 0


def test_in_a_pipe_it_tells_what_it_sweeps_itself(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", timeout=1)
    take(sq)

    with Stream(shell, "watch") as watch:
        watch.until("#1 stale")
        watch.until("#1 timed out")


def test_in_a_pipe_only_the_queue_that_was_named_is_told_of(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "docs")
    with Stream(shell, "watch", "--queue", "docs") as watch:
        watch.until("watching")
        add(sq, "one")
        add(sq, "two", queue="docs")
        assert "#1" not in watch.until("#2 enqueued")


def test_in_a_pipe_a_bulk_of_many_pages_is_told_whole(shell: Shell, sq: SparkQ) -> None:
    with Stream(shell, "watch") as watch:
        watch.until("watching")
        tasks.enqueue_all(sq, "backend", [tasks.Draft("x")] * (events.PAGE + 1))
        watch.until(f"#{events.PAGE + 1} enqueued")


def test_an_unknown_queue_is_an_error_at_once(shell: Shell) -> None:
    assert "Did you mean backend?" in shell.refused(3, "watch", "--queue", "backnd")


@holds("command-watch")
def test_the_screen_is_as_it_was_when_the_watch_ends(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)

    with Terminal(shell, "watch") as terminal:
        terminal.until("\x1b[?1049h\x1b[?25l")
        terminal.until("Next up")
        terminal.press(CTRL_C)
        terminal.until("\x1b[?25h\x1b[?1049l")
        assert terminal.end() == 0
    assert terminal.screen.endswith("1 running, 1 queued\r\n")


def test_more_lines_than_the_screen_has_are_counted(shell: Shell, sq: SparkQ) -> None:
    for number in range(40):
        queues.create(sq, f"q{number}")
        add(sq, f"task {number}", queue=f"q{number}")

    with Terminal(shell, "watch") as terminal:
        picture = terminal.until("more lines")
        terminal.press(CTRL_C)
        assert terminal.end() == 0

    assert picture.partition("\x1b[H")[2].count("\r\n") == 38, "and one of 40 for the count, one below"


@holds("command-watch")
def test_tasks_are_followed_until_they_end(shell: Shell, sq: SparkQ) -> None:
    add(sq, "Fix the parser", "Read the logs")
    with Stream(shell, "watch", "1") as watch:
        watch.until("#1 queued (Fix the parser)\n")
        take(sq, task_id=2)
        take(sq, "ann", task_id=1)
        tasks.progress(sq, 1, "step 1 of 2")
        watch.until("#1 progress (Fix the parser): step 1 of 2\n")
        tasks.complete(sq, 1, "It was the comma.\nAll green.")
        watch.until("#1 succeeded after ")
        watch.until("(Fix the parser)\n  It was the comma.\n  All green.\n")
        assert watch.end() == 0
    assert "#2" not in watch.printed


def test_a_followed_task_that_fails_or_asks_ends_the_watch_with_1(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq, task_id=1)
    tasks.fail(sq, 1, "broke")
    take(sq, task_id=2)
    tasks.release(sq, 2, question="Which one?")

    failed, held = shell.sparkq("watch", "1"), shell.sparkq("watch", "2")

    assert (failed.code, failed.out.count("#1 failed"), failed.out.endswith("(one)\n  broke\n")) == (1, 1, True)
    assert (held.code, held.out.endswith('sparkq answer 2 "…"\n')) == (1, True)
    assert "#9" in shell.refused(3, "watch", "9")
    assert "--queue" in shell.refused(2, "watch", "1", "--queue", "backend")


@holds("command-watch")
def test_programs_get_an_object_for_each_event(shell: Shell, sq: SparkQ) -> None:
    with Stream(shell, "watch", "--json") as watch:
        assert json.loads(watch.until("\n"))["kind"] == "watching"
        add(sq, "one")
        line = watch.until("\n")
    event = json.loads(line)

    assert (event["kind"], event["task_id"], event["title"], "at" in event) == ("enqueued", 1, "one", True)
