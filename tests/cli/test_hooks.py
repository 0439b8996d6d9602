"""Hooks of sparkq.yml: commands that run on events, without a shell, with the task as JSON on standard input."""

import json
from pathlib import Path
from typing import Any

import pytest

from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.shell import Shell
from tests.harness.waiting import until


@pytest.fixture
def heard(shell: Shell, written: Path) -> Path:
    """A folder in which a hook for every event leaves what it was given, a file each."""
    folder = shell.folder / "heard"
    folder.mkdir()
    program = shell.folder / "hook.sh"
    program.write_text('#!/bin/sh\nname="heard/$1-$$"\ncat > "$name.part" && mv "$name.part" "$name.json"\n')
    program.chmod(0o755)
    names = ("on_succeeded", "on_failed", "on_stale", "on_queue_empty")
    configure(written, {name: ["./hook.sh", name] for name in names})
    return folder


def configure(file: Path, hooks: dict[str, list[str]]) -> None:
    file.write_text(
        file.read_text() + "\nhooks:\n" + "".join(f"  {hook}: {json.dumps(hooks[hook])}\n" for hook in hooks)
    )


def said(heard: Path, name: str, count: int = 1) -> list[dict[str, Any]]:
    """What the hook was given, once it has run so often."""
    until(lambda: len(list(heard.glob(f"{name}-*.json"))) >= count)
    return [json.loads(file.read_text()) for file in sorted(heard.glob(f"{name}-*.json"))]


def test_a_result_starts_its_hook_with_the_whole_task(shell: Shell, heard: Path) -> None:
    shell.ok("enqueue", "Fix the parser")
    shell.ok("claim")
    shell.ok("complete", "1", "Did it", "--data", '{"files": 3}')

    (document,) = said(heard, "on_succeeded")

    assert document["event"] == "on_succeeded"
    task = document["task"]
    assert (task["id"], task["status"], task["prompt"]) == (1, "succeeded", "Fix the parser")
    assert (task["result_summary"], task["result_data"]) == ("Did it", {"files": 3})
    (empty,) = said(heard, "on_queue_empty")
    assert (empty["queue"]["name"], empty["queue"]["queued"]) == ("backend", 0)


def test_a_failure_starts_its_hook(shell: Shell, heard: Path) -> None:
    shell.ok("enqueue", "one")
    shell.ok("enqueue", "two")
    shell.ok("claim")
    shell.ok("fail", "1", "cannot be done")

    (document,) = said(heard, "on_failed")

    assert document["task"]["error_message"] == "cannot be done"
    assert list(heard.glob("on_queue_empty*")) == []


def test_silence_starts_the_hooks_of_stale_and_failed(shell: Shell, heard: Path) -> None:
    shell.ok("enqueue", "one", "--timeout", "1")
    shell.ok("claim")
    with Stream(shell, "watch"):
        (stale,) = said(heard, "on_stale")
        (failed,) = said(heard, "on_failed")

    assert (stale["task"]["id"], failed["task"]["error_type"]) == (1, "timeout")


def test_a_failure_behind_a_bulk_of_other_events_starts_its_hook_at_once(shell: Shell, heard: Path) -> None:
    shell.ok("enqueue", "-", "--split", stdin="\n".join(map(str, range(300))))
    shell.ok("claim")
    shell.ok("fail", "1", "cannot be done")

    (document,) = said(heard, "on_failed")

    assert document["task"]["id"] == 1


def test_each_runs_once_however_many_look(shell: Shell, heard: Path) -> None:
    with Stream(shell, "watch") as first, Stream(shell, "watch") as second:
        for number in (1, 2, 3):
            shell.ok("enqueue", "one")
            shell.ok("claim")
            shell.ok("complete", str(number), "done")
        first.until("#3 succeeded")
        second.until("#3 succeeded")
        documents = said(heard, "on_succeeded", 3)

    assert sorted(document["task"]["id"] for document in documents) == [1, 2, 3]


def test_task_text_reaches_no_shell_and_no_argument(shell: Shell, heard: Path) -> None:
    shell.ok("enqueue", "$(touch owned); `touch owned`; ' touch owned")
    shell.ok("claim")
    shell.ok("complete", "1", "$(touch owned)")

    (document,) = said(heard, "on_succeeded")

    assert document["task"]["prompt"].startswith("$(touch owned)")
    assert not (shell.folder / "owned").exists()


@pytest.mark.parametrize(
    "command", [["./no-such-program"], ["false"], ["sleep", "60"], ["sh", "-c", "exec 0<&-; kill -9 $$"]]
)
def test_a_hook_that_fails_or_hangs_disturbs_nothing(
    shell: Shell, sq: SparkQ, written: Path, command: list[str]
) -> None:
    configure(written, {"on_succeeded": command})
    shell.ok("enqueue", "one")
    shell.ok("claim")

    assert shell.ok("complete", "1", "-", stdin="x" * 300_000).startswith("#1 succeeded")
    assert shell.facts("task", "1")["status"] == "succeeded"


def test_hooks_that_come_back_start_nothing_for_what_happened_without_them(
    shell: Shell, sq: SparkQ, written: Path, heard: Path
) -> None:
    with_hooks = written.read_text()
    for number, text in ((1, with_hooks), (2, with_hooks.partition("\nhooks:\n")[0]), (3, with_hooks)):
        written.write_text(text)
        shell.ok("enqueue", f"task {number}")
        shell.ok("claim")
        shell.ok("complete", str(number), "done")
        if number != 2:
            assert number in [payload["task"]["id"] for payload in said(heard, "on_succeeded", 1 + (number > 1))]

    assert sorted(payload["task"]["id"] for payload in said(heard, "on_succeeded", 2)) == [1, 3]


@pytest.mark.parametrize("settling", [["complete", "1", "done"], ["fail", "1", "cannot be done"]])
def test_a_result_that_is_safe_is_told_although_its_hooks_cannot_be_started(
    shell: Shell, sq: SparkQ, heard: Path, settling: list[str]
) -> None:
    shell.ok("enqueue", "one")
    shell.ok("claim")
    sq.db.connection().execute(
        "CREATE TRIGGER no_hooks BEFORE UPDATE OF hooked_event ON project BEGIN SELECT RAISE(ABORT, 'no'); END"
    )

    assert shell.ok(*settling).startswith("#1 ")

    sq.db.connection().execute("DROP TRIGGER no_hooks")
    shell.ok("enqueue", "two")
    shell.ok("claim")
    shell.ok("complete", "2", "done")
    name = "on_succeeded" if settling[0] == "complete" else "on_failed"
    assert 1 in [payload["task"]["id"] for payload in said(heard, name, 2 if name == "on_succeeded" else 1)]


@pytest.mark.parametrize(
    ("command", "says"), [("[]", "does not name a program"), ('["a\\0b"]', "NUL"), ('[""]', "texts")]
)
def test_a_hook_that_no_program_can_be_is_refused_with_its_line(
    shell: Shell, written: Path, command: str, says: str
) -> None:
    shell.ok("enqueue", "one")
    shell.ok("claim")
    text = written.read_text()
    written.write_text(f"{text}hooks:\n  on_succeeded: {command}\n")

    message = shell.refused(2, "complete", "1", "done")

    assert f"sparkq.yml:{len(text.splitlines()) + 2}" in message
    assert says in message
    assert shell.facts("version")
    written.write_text(text)
    assert shell.facts("task", "1")["status"] == "running"
