"""Changing one setting where it lives, and no other character."""

import difflib
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sparkq_core import events, project
from sparkq_core.clock import SystemClock
from sparkq_core.config import reading
from sparkq_core.config.settings import SCALARS
from sparkq_core.errors import InvalidConfig, StorageError
from sparkq_core.installation import backup, configure, setup
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.projects import TOP, open_new_project, second_handle
from tests.harness.task_steps import refusal_of
from tests.promises import holds

OTHER = {
    "project.name": "Zoë: #1",
    "env": "prod",
    "server.host": "::1",
    "server.port": 6006,
    "server.mcp": False,
    "database.path": "my own.db",
    "database.synchronous": "normal",
    "logs.path": "~/sparkq.log",
    "purge.older_than_days": 0,
    "purge.unreviewed_days": 36500,
    "queue_runner.poll_interval_seconds": 1,
    "queue_runner.auto_fail_interval_seconds": 3600,
    "queue_runner.lock_dir": "/run/user/1000/sparkq",
    "git": False,
}
"""A value other than the default for every setting that has a single one."""


@pytest.fixture
def whole(root: Path) -> SparkQ:
    """A project as `sparkq setup --yes` makes it, with every setting written and commented."""
    setup.setup(root, setup.defaults(root), SystemClock(), {})
    return project.open(root, env={})


def changed(sq: SparkQ, text: str, key: str, value: Any) -> str:
    """The settings file that `text` becomes, which then says `value` and nothing else that it did not say before."""
    file = sq.config.root / "sparkq.yml"
    file.write_bytes(text.encode())
    before = reading.read_file(file)
    opened = second_handle(sq)
    if key == "database.path":
        backup.copy(sq, opened.config.path(value))

    configure.change(opened, key, value)
    opened.close()

    after = reading.read_file(file)
    assert after[key][0] == value
    assert {one: found for one, (found, _) in after.items() if one != key} == {
        one: found for one, (found, _) in before.items() if one != key
    }
    return file.read_bytes().decode()


def lines_that_differ(before: str, after: str) -> list[str]:
    """The lines that went (-) and came (+)."""
    return [one for one in difflib.ndiff(before.splitlines(True), after.splitlines(True)) if one[0] in "+-"]


def test_there_is_another_value_for_every_setting() -> None:
    assert {key: type(value) for key, value in OTHER.items()} == {key: one.kind for key, one in SCALARS.items()}
    assert [key for key, value in OTHER.items() if value == SCALARS[key].default] == []


@pytest.mark.parametrize("key", SCALARS)
def test_every_setting_is_changed_in_its_own_line_alone(whole: SparkQ, key: str) -> None:
    before = (whole.config.root / "sparkq.yml").read_text()

    after = changed(whole, before, key, OTHER[key])

    went, came = lines_that_differ(before, after)
    assert went[2:].partition(":")[0] == came[2:].partition(":")[0]


@pytest.mark.parametrize("key", SCALARS)
def test_every_setting_is_added_where_it_is_not(sq: SparkQ, key: str) -> None:
    text = "# the head\nhooks: {}  # none\n"

    assert changed(sq, text, key, OTHER[key]).startswith(text)


@pytest.mark.parametrize("text", ["env: dev\n", "tools:\n  a: {how: x}\n"])
def test_a_name_that_yaml_would_misread_is_added_in_quotes(sq: SparkQ, text: str) -> None:
    after = changed(sq, text, "tools.#x: y", {"how": "do", "task_class": "LLM_LITE"})

    assert '"#x: y": {' in after


def test_what_was_changed_is_in_force_for_the_next_process(whole: SparkQ) -> None:
    where = configure.change(whole, "purge.older_than_days", 9)

    assert where == str(whole.config.file)
    assert project.open(whole.config.root, env={}).config.settings.purge.older_than_days == 9


@pytest.mark.parametrize(
    ("before", "key", "value", "after"),
    [
        ("", "env", "prod", "env: prod\n"),
        ("", "server.port", 6, "server:\n  port: 6\n"),
        ("# only\n", "git", False, "# only\ngit: false\n"),
        ("env: dev", "git", False, "env: dev\ngit: false\n"),
        ("env: dev # x", "server.port", 6, "env: dev # x\nserver:\n  port: 6\n"),
        ("env:   dev   # now\n", "env", "prod", "env:   prod   # now\n"),
        ("env: 'dev'\n", "env", "prod", "env: prod\n"),
        ("server:\n  port: 1", "server.host", "::1", 'server:\n  port: 1\n  host: "::1"\n'),
        ("server:\n  port: 1 # x\n\n# env\nenv: dev\n", "server.mcp", False, None),
        ("server:\n    port: 1\nenv: dev\n", "server.mcp", False, "server:\n    port: 1\n    mcp: false\nenv: dev\n"),
        ("server: {port: 1, mcp: true} # x\n", "server.port", 6, "server: {port: 6, mcp: true} # x\n"),
        ('"server":\n  "port": 1\n', "server.port", 6, '"server":\n  "port": 6\n'),
        ("---\nserver:\n  port: 1\n...\n", "server.port", 6, "---\nserver:\n  port: 6\n...\n"),
        (
            "# é 🎉\nproject: {name: é🎉}\nenv: dev # 🎉\n",
            "env",
            "prod",
            "# é 🎉\nproject: {name: é🎉}\nenv: prod # 🎉\n",
        ),
        ("\ufeffserver:\n  port: 1\n", "server.port", 6, "\ufeffserver:\n  port: 6\n"),
        ("server:\r\n  port: 1 # x\r\nenv: dev\r\n", "server.port", 6, "server:\r\n  port: 6 # x\r\nenv: dev\r\n"),
        ("script_dirs: [a, b]\nenv: dev\n", "script_dirs", ["c"], 'script_dirs: ["c"]\nenv: dev\n'),
        ("script_dirs:\n  - a\n  - b\n# mine\n", "script_dirs", ["c"], 'script_dirs:\n  ["c"]\n# mine\n'),
        (
            "hooks:\n  on_failed:\n    - a\n    - b\n# mine\n#  c\n\nenv: dev\n",
            "hooks.on_failed",
            ["c"],
            'hooks:\n  on_failed:\n    ["c"]\n# mine\n#  c\n\nenv: dev\n',
        ),
        (
            "hooks:\n  on_failed:\n    - a\n# of env\nenv: dev\n",
            "hooks.on_stale",
            ["c"],
            'hooks:\n  on_failed:\n    - a\n  on_stale: ["c"]\n# of env\nenv: dev\n',
        ),
        ("project:\n  name: |\n    Zoë\nenv: dev\n", "project.name", "x", "project:\n  name: x\nenv: dev\n"),
    ],
)
def test_all_other_characters_stay(sq: SparkQ, before: str, key: str, value: Any, after: str | None) -> None:
    made_of_it = changed(sq, before, key, value)

    if after is not None:
        assert made_of_it == after
    assert [one for one in lines_that_differ(before, made_of_it) if one.startswith("- #")] == []


def test_a_new_entry_goes_behind_a_block_text(sq: SparkQ) -> None:
    text = "tools:\n  a:\n    how: |\n      one\n\n      two\n    task_class: LLM_LITE\n  b:\n    how: >-\n      three\n\n# after\nenv: dev\n"

    after = changed(sq, text, "tools.c", {"how": "do: it", "task_class": "LLM_LITE"})

    (came,) = lines_that_differ(text, after)
    assert came.startswith("+   c: {")


BY_HAND = {
    "empty section": ("server:\n", "server.port", 6),
    "flow section": ("server: {port: 1}\n", "server.host", "x"),
    "flow document": ("{env: dev}\n", "git", False),
    "ended document": ("---\nenv: dev\n...\n", "git", False),
    "indented document": ("  env: dev\n", "server.port", 6),
    "block list": ("script_dirs:\n  - a\n  - b # c\nenv: dev\n", "script_dirs", ["x", "y"]),
    "block list at the margin": ("script_dirs:\n- a\nenv: dev\n", "script_dirs", ["x"]),
    "block text": ("project:\n  name: >-\n    a\n    b\nenv: dev\n", "project.name", "z"),
    "block mapping": ("tools:\n  a:\n    how: |\n      x\nenv: dev\n", "tools.a", {"how": "z"}),
}
"""Ways of writing that are hard to change."""


@pytest.mark.parametrize("way", BY_HAND)
def test_what_is_hard_to_change_is_changed_rightly_or_left_for_an_editor(sq: SparkQ, way: str) -> None:
    text, key, value = BY_HAND[way]

    refusal = refusal_of(lambda: changed(sq, text, key, value))

    if refusal is not None:
        assert (sq.config.root / "sparkq.yml").read_text() == text
        assert "cannot be changed safely" in refusal.message
        assert "in an editor" in refusal.hint


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("server.port", 70000),
        ("server.port", "high"),
        ("server.port", True),
        ("env", "production"),
        ("git", 1),
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


SETTINGS: list[SparkQ] = []
"""The one project whose name all examples change."""


@settings(max_examples=150)
@given(
    name=st.text(st.characters() | st.sampled_from("\"'\\#:{}[]&*!|>%@`~.-_ \t\n\r\x85\u2028\ud800\x7f"), max_size=30)
)
@example(name="")
@example(name=".inf")
@example(name=".5")
@example(name="null")
@example(name="---")
@example(name="...")
@example(name="\ud800")
@example(name="a\x7f")
def test_any_text_is_set_exactly_or_refused(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    if not SETTINGS:
        SETTINGS.append(open_new_project(tmp_path_factory.mktemp("settings"), SetClock()))
    sq = SETTINGS[0]
    text = "# head\nproject:\n  name: before # the name\nenv: dev\n"

    if refusal_of(lambda: changed(sq, text, "project.name", name)) is not None:
        assert (sq.config.root / "sparkq.yml").read_text() == text
        assert not name.isprintable(), "there is no reason to refuse this"


def test_beside_a_line_that_nobody_would_take_up_nothing_is_changed(whole: SparkQ) -> None:
    file = whole.config.root / "sparkq.yml"
    file.write_text(broken := "env: dev\npurge: {older_than_days: soon}\n")
    last = events.last(whole)

    with pytest.raises(InvalidConfig, match=r"sparkq\.yml:2: purge\.older_than_days"):
        configure.change(whole, "env", "prod")
    assert (file.read_text(), events.last(whole)) == (broken, last)

    configure.change(whole, "purge.older_than_days", 9)
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

    assert [one.kind for one in events.after(sq, last)] == ["reloaded"]
    assert events.reloaded(sq, last)
    assert not events.reloaded(sq, events.last(sq))
    opened.close()


@holds("command-reload")
def test_reload_tells_running_servers_and_changes_nothing_else(whole: SparkQ) -> None:
    before, text = all_rows(whole), (whole.config.root / "sparkq.yml").read_text()

    configure.reload(whole)

    after = all_rows(whole)
    assert [row[2] for row in after.pop("events")] == ["reloaded"]
    assert before.pop("events") == []
    assert {name: rows for name, rows in after.items() if name != "sqlite_sequence"} == {
        name: rows for name, rows in before.items() if name != "sqlite_sequence"
    }
    assert (whole.config.root / "sparkq.yml").read_text() == text


def test_the_file_keeps_its_permissions(whole: SparkQ) -> None:
    file = whole.config.root / "sparkq.yml"
    file.chmod(0o600)

    configure.change(whole, "env", "prod")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [one.name for one in whole.config.root.glob(".sparkq*")] == []


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


def test_changes_at_the_same_time_lose_nothing_and_leave_a_whole_file(whole: SparkQ) -> None:
    file = whole.config.root / "sparkq.yml"
    keys = [f"task_classes.CLASS_{number}" for number in range(3)] + ["purge.older_than_days"]
    before = file.read_text()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, key],
            cwd=whole.config.root,
            env={**os.environ, "PYTHONPATH": str(TOP)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for key in keys
    ]
    try:
        for one in writers:
            assert one.stdout is not None
            assert one.stdout.readline() == "ready\n"
        for one in writers:
            assert one.stdin is not None
            one.stdin.write("go\n")
            one.stdin.flush()
        ends = [one.communicate(timeout=60)[1] for one in writers]
    finally:
        for one in writers:
            one.kill()
            one.communicate()

    assert ends == [""] * len(keys)
    found = reading.read_file(file)
    assert {key: found[key][0] for key in keys} == dict.fromkeys(keys, 15)
    assert [one for one in lines_that_differ(before, file.read_text()) if one.startswith("- ")] == [
        "-   older_than_days: 3\n"
    ]
    assert [one.name for one in whole.config.root.glob(".sparkq*")] == []


def test_a_file_that_is_a_link_stays_one(sq: SparkQ, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.yml"
    real.write_text("env: dev\n")
    (sq.config.root / "sparkq.yml").symlink_to(real)

    configure.change(second_handle(sq), "env", "prod")

    assert (sq.config.root / "sparkq.yml").is_symlink()
    assert real.read_text() == "env: prod\n"


def test_a_file_that_cannot_be_written_is_a_clear_error(whole: SparkQ) -> None:
    (whole.config.root / f".sparkq.yml.{os.getpid()}.new").mkdir()
    text = (whole.config.root / "sparkq.yml").read_text()

    with pytest.raises(StorageError, match="cannot be written"):
        configure.change(whole, "env", "prod")
    assert (whole.config.root / "sparkq.yml").read_text() == text


@pytest.mark.parametrize(
    ("key", "raw", "value"),
    [
        ("server.port", "6006", 6006),
        ("server.port", "high", "high"),
        ("git", "no", False),
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
