"""Hooks of sparkq.yml: commands that run on events, once you have allowed them."""

import json
from pathlib import Path
from typing import Any

import pytest

from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.shell import Shell
from tests.harness.waiting import until
from tests.promises import holds


@pytest.fixture
def heard(shell: Shell, written: Path) -> Path:
    """A folder in which a hook for every event leaves what it was given, a file each. Nobody has allowed them yet."""
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


@holds("hooks-after-yes", "command-hooks")
def test_hooks_wait_for_a_yes_and_then_a_result_starts_them(shell: Shell, heard: Path) -> None:
    for number, text in ((1, "before"), (2, "$(touch owned); `touch owned`")):
        shell.ok("enqueue", text)
        shell.ok("claim")
        if number == 2:
            assert "4 hooks of sparkq.yml wait for your yes: sparkq hooks allow" in shell.ok()
            assert shell.facts("hooks")["allowed"] is False
            listed = shell.sparkq("hooks", "allow", stdin="n\n")
            assert (listed.code, "on_failed: ./hook.sh on_failed" in listed.out) == (1, True)
            assert "user" in shell.refused(4, "hooks", "allow", "--yes", CLAUDECODE="1")
            assert shell.facts("hooks")["allowed"] is False
            assert shell.facts("hooks", "allow", "--yes")["allowed"] is True
        shell.ok("complete", str(number), "Did it; $(touch owned)", "--data", '{"files": 3}')

    (document,) = said(heard, "on_succeeded")
    (empty,) = said(heard, "on_queue_empty")

    task = document["task"]
    assert (document["event"], task["id"], task["status"]) == ("on_succeeded", 2, "succeeded")
    assert (task["prompt"], task["result_data"]) == ("$(touch owned); `touch owned`", {"files": 3})
    assert (empty["queue"]["name"], empty["queue"]["queued"]) == ("backend", 0)
    assert not (shell.folder / "owned").exists()
    assert "wait for your yes" not in shell.ok()


def test_silence_starts_the_hooks_of_stale_and_failed(shell: Shell, heard: Path) -> None:
    shell.ok("hooks", "allow", "--yes")
    shell.ok("enqueue", "one", "--timeout", "1")
    shell.ok("claim")
    with Stream(shell, "watch"):
        (stale,) = said(heard, "on_stale")
        (failed,) = said(heard, "on_failed")

    assert (stale["task"]["id"], failed["task"]["error_type"]) == (1, "timeout")


def test_a_hook_that_fails_disturbs_nothing_and_is_shown(shell: Shell, sq: SparkQ, written: Path) -> None:
    assert shell.ok("hooks").startswith("This project has no hooks. Set one: sparkq config set")
    shell.ok("config", "set", "hooks.on_failed", '["sh", "-c", "echo no disk >&2; exit 7"]')
    shell.ok("enqueue", "one")
    shell.ok("claim")

    assert shell.ok("fail", "1", "-", stdin="x" * 300_000).startswith("#1 failed")

    until(lambda: shell.facts("hooks")["hooks"][0]["last_run"] is not None)
    run = shell.facts("hooks")["hooks"][0]["last_run"]
    assert (run["exit_code"], run["task_id"], run["stderr"]) == (7, 1, "no disk\n")
    printed = shell.ok("hooks")
    assert "ago by `sparkq config set`. A change of a command needs your yes again." in printed
    assert "exit code 7 after" in printed
    assert "on_failed printed before it failed:\n  no disk" in printed
    assert "on_failed failed (exit code 7): no disk" in shell.sparkq("doctor").out

    assert shell.ok("hooks", "deny") == "No hook of this project runs now.\n"
    assert "1 hook of sparkq.yml waits for your yes" in shell.ok("hooks")


def test_a_result_that_is_safe_is_told_although_its_hooks_cannot_be_started(
    shell: Shell, sq: SparkQ, heard: Path
) -> None:
    shell.ok("enqueue", "one")
    shell.ok("claim")
    shell.ok("hooks", "allow", "--yes")
    (shell.folder / "sparkq/run").mkdir(exist_ok=True)
    (shell.folder / "sparkq/run/hooks.lock").mkdir()

    assert shell.ok("fail", "1", "cannot be done").startswith("#1 ")

    (shell.folder / "sparkq/run/hooks.lock").rmdir()
    shell.ok("enqueue", "two")
    shell.ok("claim")
    shell.ok("complete", "2", "done")
    assert [payload["task"]["id"] for payload in said(heard, "on_failed")] == [1]


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
