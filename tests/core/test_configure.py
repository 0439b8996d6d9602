"""Changing one setting where it is: in sparkq.yml or in the config table, for every process."""

import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import events, project
from sparkq_core.config import reading
from sparkq_core.errors import InvalidConfig, StorageError
from sparkq_core.files import durable
from sparkq_core.installation import configure
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.projects import TOP, second_handle
from tests.harness.task_steps import refusal_of
from tests.promises import holds


def test_what_was_changed_is_in_force_for_the_next_process(configured: SparkQ) -> None:
    where = configure.change(configured, "purge.older_than_days", 9)

    assert where == str(configured.config.file)
    assert project.open(configured.config.root, env={}).config.settings.purge.older_than_days == 9


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("server.port", 70000),
        ("server.port", "high"),
        ("server.port", True),
        ("env", "production"),
        ("changes", 1),
        ("changes", True),
        ("project.name", "a\0b"),
        ("server", {"port": 1}),
        ("server.prot", 1),
        ("nothing", 1),
        ("", 1),
        ("task_classes.X", 0),
        ("task_classes.X", {"timeout": 5, "unknown": 1}),
        ("tools.x", "text"),
        ("hooks.on_fire", ["x"]),
        ("hooks.on_failed", "rm"),
        ("script_dirs", "scripts"),
        ("script_dirs", [""]),
        ("script_dirs", ["a\0b"]),
        ("hooks.on_failed", []),
        ("hooks.on_failed", ["a\0b"]),
    ],
)
@pytest.mark.parametrize("with_file", [True, False])
def test_what_no_setting_can_be_is_refused_before_anything_is_written(
    sq: SparkQ, key: str, value: Any, with_file: bool
) -> None:
    file = sq.config.root / "sparkq.yml"
    if with_file:
        file.write_text("env: dev\n")
    opened, before = second_handle(sq), all_rows(sq)

    with pytest.raises(InvalidConfig):
        configure.change(opened, key, value)

    assert all_rows(sq) == before
    assert not with_file or file.read_text() == "env: dev\n"
    opened.close()


"""The one project whose name all examples change."""


def test_beside_a_line_that_nobody_would_take_up_nothing_is_changed(configured: SparkQ) -> None:
    file = configured.config.root / "sparkq.yml"
    file.write_text(broken := "env: dev\npurge: {older_than_days: soon}\n")
    last = events.last(configured)

    with pytest.raises(InvalidConfig, match=r"sparkq\.yml:2: purge\.older_than_days"):
        configure.change(configured, "env", "prod")
    assert (file.read_text(), events.last(configured)) == (broken, last)

    configure.change(configured, "purge.older_than_days", 9)
    assert "older_than_days: 9" in file.read_text()


def test_without_a_file_the_config_table_takes_it(sq: SparkQ) -> None:
    assert configure.change(sq, "purge.older_than_days", 9) == "the config table"
    assert configure.change(sq, "purge.older_than_days", 10) == "the config table"
    configure.change(sq, "tools.run-make", {"how": "Größe", "task_class": "LLM_LITE"})

    settings_now = second_handle(sq).config.settings
    assert settings_now.purge.older_than_days == 10
    assert settings_now.tools["run-make"].how == "Größe"
    assert not (sq.config.root / "sparkq.yml").exists()


@pytest.mark.parametrize("with_file", [True, False])
def test_a_change_tells_running_servers(sq: SparkQ, with_file: bool) -> None:
    if with_file:
        (sq.config.root / "sparkq.yml").write_text("env: dev\n")
    opened, last = second_handle(sq), events.last(sq)

    configure.change(opened, "env", "prod")

    assert [event.kind for event in events.after(sq, last)] == ["reloaded"]
    assert events.reloaded(sq, last)
    assert not events.reloaded(sq, events.last(sq))
    opened.close()


@holds("command-reload")
def test_reload_tells_running_servers_and_changes_nothing_else(configured: SparkQ) -> None:
    before, text = all_rows(configured), (configured.config.root / "sparkq.yml").read_text()

    configure.reload(configured)

    after = all_rows(configured)
    assert [row[2] for row in after.pop("events")] == ["reloaded"]
    assert before.pop("events") == []
    assert {name: rows for name, rows in after.items() if name != "sqlite_sequence"} == {
        name: rows for name, rows in before.items() if name != "sqlite_sequence"
    }
    assert (configured.config.root / "sparkq.yml").read_text() == text


def test_the_file_keeps_its_permissions(configured: SparkQ) -> None:
    file = configured.config.root / "sparkq.yml"
    file.chmod(0o600)

    configure.change(configured, "env", "prod")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [file.name for file in configured.config.root.glob(".sparkq*")] == []


MANY = """
import sys
from sparkq_core import project
from sparkq_core.installation import configure
key = sys.argv[1]
opened = project.open()
print("ready", flush=True)
sys.stdin.readline()
for value in range(1, 16):
    configure.change(opened, key, value)
"""
"""A process that changes one setting many times."""


def test_changes_at_the_same_time_lose_nothing_and_leave_a_whole_file(configured: SparkQ) -> None:
    file = configured.config.root / "sparkq.yml"
    keys = [f"task_classes.CLASS_{number}" for number in range(3)] + ["purge.older_than_days"]
    before = file.read_text()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, key],
            cwd=configured.config.root,
            env={**os.environ, "PYTHONPATH": str(TOP)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for key in keys
    ]
    try:
        for process in writers:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in writers:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        ends = [process.communicate(timeout=60)[1] for process in writers]
    finally:
        for process in writers:
            process.kill()
            process.communicate()

    assert ends == [""] * len(keys)
    settings = reading.read_file(file)
    assert {key: settings[key][0] for key in keys} == dict.fromkeys(keys, 15)
    assert set(before.splitlines()) - set(file.read_text().splitlines()) == {"  older_than_days: 3"}
    assert [file.name for file in configured.config.root.glob(".sparkq*")] == []


def test_a_file_that_is_a_link_stays_one(sq: SparkQ, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.yml"
    real.write_text("env: dev\n")
    (sq.config.root / "sparkq.yml").symlink_to(real)

    configure.change(second_handle(sq), "env", "prod")

    assert (sq.config.root / "sparkq.yml").is_symlink()
    assert real.read_text() == "env: prod\n"


def test_a_file_that_cannot_be_written_is_a_clear_error(configured: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(durable, "token", lambda _: "01234567")
    (configured.config.root / f".sparkq-{os.getpid()}-01234567.new").mkdir()
    text = (configured.config.root / "sparkq.yml").read_text()

    with pytest.raises(StorageError, match="cannot be written"):
        configure.change(configured, "env", "prod")
    assert (configured.config.root / "sparkq.yml").read_text() == text


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("server.port", "6006", 6006),
        ("server.port", "high", "high"),
        ("server.mcp", "no", False),
        ("changes", "off", "off"),
        ("project.name", "123", "123"),
        ("project.name", "true", "true"),
        ("task_classes.X", "30", 30),
        ("tools.x", '{"how": "y"}', {"how": "y"}),
        ("script_dirs", "a, b", ["a", "b"]),
        ("script_dirs", '["a, b"]', ["a, b"]),
        ("hooks.on_failed", '["notify-send", "x"]', ["notify-send", "x"]),
    ],
)
def test_what_a_person_types_is_read_by_what_the_setting_is(key: str, raw: str, value: Any) -> None:
    assert configure.value_of(key, raw) == value


@pytest.mark.parametrize(
    ("key", "raw", "right"),
    [
        ("tools.x", "{how: Quick., task_class: FAST_SCRIPT}", """tools.x '{"how": "What its"""),
        ("tools.x", "[" * 100_000, "sparkq config set tools.x '{"),
        ("tools.quick.how", "Quick.", "sparkq config set tools.quick '{"),
        ("task_classes.X", "half an hour", "sparkq config set task_classes.X SECONDS"),
        ("hooks.on_stale", "notify-send", """sparkq config set hooks.on_stale '["program", "argument"]'"""),
    ],
)
def test_an_entry_of_a_table_that_is_no_json_is_answered_with_the_command_that_is(
    key: str, raw: str, right: str
) -> None:
    refusal = refusal_of(lambda: configure.value_of(key, raw))

    assert isinstance(refusal, InvalidConfig)
    assert right in refusal.hint


def test_a_part_of_an_entry_is_no_setting_of_its_own(sq: SparkQ) -> None:
    refusal = refusal_of(lambda: configure.change(sq, "task_classes.LLM_HEAVY.timeout", 1800))

    assert refusal is not None
    assert "sparkq config set task_classes.LLM_HEAVY SECONDS" in refusal.hint


@pytest.mark.parametrize("with_file", [True, False])
def test_a_tool_may_have_a_class_of_the_same_project_and_no_other(sq: SparkQ, with_file: bool) -> None:
    if with_file:
        (sq.config.root / "sparkq.yml").write_text("task_classes: {SLOW: 3600}\n")
    else:
        configure.change(sq, "task_classes.SLOW", 3600)
    opened = second_handle(sq)

    configure.change(opened, "tools.x", {"how": "a", "task_class": "SLOW"})

    with pytest.raises(InvalidConfig, match="unknown task class"):
        configure.change(opened, "tools.y", {"how": "a", "task_class": "SLWO"})
    assert "tools.y" not in second_handle(sq).config.origins
