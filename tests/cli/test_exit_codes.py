"""Exit codes: what a script can tell from them. Busy (75) takes its ten seconds in the every-door suite."""

import json
from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.shell import SPARKQ, Shell
from tests.harness.task_steps import add, take
from tests.promises import holds


@holds("exit-codes", "cli-errors")
@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("tasks", 0),
        ("claim --queue backend", 0),
        ("enqueue --queue backend", 2),
        ("tasks --limit 0", 2),
        ("tasks --limit many", 2),
        ("tasks --no-such-option", 2),
        ("complete", 2),
        ("no-such-command", 2),
        ("queue no-such-verb", 2),
        ("task 99", 3),
        ("peek --queue nowhere", 3),
        ("complete 2 done", 4),
        ("requeue 1", 4),
        ("queue create backend", 4),
        ("enqueue more --queue hidden", 4),
    ],
)
def test_the_code_says_what_kind_of_end_it_was(shell: Shell, sq: SparkQ, command: str, code: int) -> None:
    add(sq, "one", "two")
    take(sq)
    queues.create(sq, "hidden")
    queues.archive(sq, "hidden")

    done = shell.sparkq(*command.split())

    assert done.code == code
    assert (done.err == "") == (code == 0)
    assert (done.out != "") == (code == 0)


@holds("defects")
def test_a_defect_is_one_line_and_its_details_are_in_a_file(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    add(sq, "one")
    take(sq)
    tasks.complete(sq, 1, "done", data=[1])
    with sq.db.write() as tx:
        tx.run("UPDATE attempts SET data = 'not JSON at all'")

    done = shell.run(SPARKQ, "task", "1", "--json", TMPDIR=str(tmp_path))

    assert (done.code, done.out) == (70, "")
    (line,) = done.err.splitlines()
    (details,) = tmp_path.glob("sparkq-defect-*")
    assert "internal error: JSONDecodeError" in line
    assert str(details) in line
    assert "Traceback" in details.read_text()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only some systems have a full disk to try")
@pytest.mark.parametrize("command", ["tasks", "tasks --json", "task 1", "export", "config-export", "--help"])
def test_an_output_that_takes_no_more_is_no_defect(shell: Shell, sq: SparkQ, command: str) -> None:
    add(sq, *map(str, range(100)))

    done = shell.run("sh", "-c", f"exec {SPARKQ} {command} > /dev/full")

    assert done.code == 74
    assert "No space left on device" in done.err
    assert "Exception ignored" not in done.err
    assert "defect" not in done.err


@pytest.mark.parametrize("command", ["tasks", "claim --queue backend", "enqueue text --queue backend", "doctor"])
def test_a_command_whose_output_is_closed_does_nothing_and_says_so(shell: Shell, sq: SparkQ, command: str) -> None:
    add(sq, "one")
    before = all_rows(sq)

    done = shell.run("sh", "-c", f"sparkq {command} >&-")

    assert (done.code, all_rows(sq)) == (74, before)
    assert "Standard output is closed" in done.err


@pytest.mark.parametrize("closed", ["<&-", "2>&-"])
@pytest.mark.parametrize(
    ("command", "code"),
    [("tasks", 0), ("enqueue - --queue backend", 2), ("setup", 2), ("doctor", 0), ("tasks --no", 2)],
)
def test_a_closed_input_is_empty_and_closed_errors_are_lost(
    shell: Shell, sq: SparkQ, command: str, closed: str, code: int
) -> None:
    done = shell.run("sh", "-c", f"sparkq {command} {closed}")

    assert done.code == code, done
    assert "internal error" not in done.err


def test_a_folder_that_was_removed_under_the_person_is_no_defect(shell: Shell) -> None:
    for command in ("tasks", "setup --yes", "doctor", "status"):
        (shell.folder / "gone").mkdir(exist_ok=True)
        done = shell.run("sh", "-c", f"cd gone && rmdir ../gone && exec {SPARKQ} {command}")
        assert (done.code, "The working directory no longer exists." in done.err) == (3, True), (command, done)


@pytest.mark.parametrize("options", ["", "--project ."])
def test_a_chat_in_a_folder_that_was_removed_is_told_so(shell: Shell, options: str) -> None:
    (shell.folder / "gone").mkdir()
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "c", "version": "1"}}
    asks = [("initialize", hello), ("tools/call", {"name": "list_queues", "arguments": {}})]
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        for number, (method, params) in enumerate(asks)
    ]
    lines.insert(1, '{"jsonrpc": "2.0", "method": "notifications/initialized"}')
    command = f"cd gone && rmdir ../gone && cat | {SPARKQ} mcp {options} | cat"  # as clients do: between pipes

    done = shell.run("sh", "-c", command, stdin="\n".join(lines) + "\n")

    assert done.err == ""
    assert "The working directory no longer exists." in done.out


@pytest.mark.parametrize("folder", ["taken", "taken/run"])
def test_a_folder_for_locks_that_cannot_be_is_no_defect(shell: Shell, sq: SparkQ, folder: str) -> None:
    (shell.folder / "taken").write_text("a file")
    shell.ok("config", "set", "queue_runner.lock_dir", folder)

    message = shell.refused(74, "runner", "--queue", "backend", "--once")

    assert "cannot be locked" in message
    assert "queue_runner.lock_dir" in message
    assert shell.sparkq("doctor").code == 0
    assert shell.sparkq("status").code == 1
