"""`sparkq watch`: the project live on a terminal, a line for each thing that happens in a pipe."""

import re
import signal
import time

from sparkq_core import events, queues, tasks
from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import CTRL_C, Terminal
from tests.promises import holds

ESCAPE = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


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
    running = re.search(r"Running\s+#2 +\[\.{20}\] +(\d+)s/86400s +Write the guide +bob", shown)
    finished = re.search(r"Finished, to review\s+#1  succeeded, (\d+)s ago  Fix the parser", shown)
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

    assert "\x1b[2J" not in terminal.screen.replace("\x1b[H\x1b[2J", "")
    assert all(len(line) + line.count("語") <= 40 for line in shown.splitlines()), shown


@holds("command-watch")
def test_in_a_pipe_it_prints_a_line_for_each_thing_that_happens(shell: Shell, sq: SparkQ) -> None:
    with Stream(shell, "watch") as watch:
        watch.until("watching project\n")
        add(sq, "one")
        take(sq)
        watch.until("#1 enqueued\n")
        watch.until("#1 claimed")
        tasks.progress(sq, 1, "half\ndone\x1b[2J")
        assert "\x1b" not in watch.until("#1 progress: half")
        tasks.complete(sq, 1, "done")
        watch.until("#1 succeeded")
        watch.kill(signal.SIGINT)
        assert watch.end() == 0


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
