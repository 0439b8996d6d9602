"""`sparkq config show|set`, `config-export`: the settings in force, where they come from, and changing one."""

import difflib
import json
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import catalogue, events, project
from sparkq_core.config import reading
from sparkq_core.config.settings import BUILT_IN_CLASSES, SCALARS
from sparkq_core.installation import configure
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.shell import Shell
from tests.promises import holds


def shown(shell: Shell, *key: str) -> dict[str, tuple[Any, str]]:
    """Value and source of each setting that `config show` tells."""
    return {
        setting["key"]: (setting["value"], setting["source"])
        for setting in shell.facts("config", "show", *key)["settings"]
    }


@holds("command-config")
def test_every_setting_is_shown_with_its_value_and_where_it_comes_from(shell: Shell, sq: SparkQ) -> None:
    settings = shown(shell)

    assert {key: (setting.default, "default") for key, setting in SCALARS.items()}.items() <= settings.items()
    assert settings["script_dirs"] == (["scripts"], "default")
    assert {name: settings[f"task_classes.{name}"][0] for name in BUILT_IN_CLASSES} == {
        name: built_in.timeout for name, built_in in BUILT_IN_CLASSES.items()
    }
    assert {"tools.run-bash", "tools.run-python", "tools.llm-haiku", "tools.llm-sonnet", "tools.llm-codex"} <= set(
        settings
    )


def test_a_setting_of_the_file_is_shown_with_its_line(shell: Shell, written: Path) -> None:
    lines = written.read_text().splitlines()

    value, source = shown(shell, "purge.older_than_days")["purge.older_than_days"]

    assert value == 3
    assert lines[int(source.removeprefix("sparkq.yml:")) - 1].strip() == "older_than_days: 3"
    assert shell.facts("config", "show")["file"] == str(written)


def test_the_environment_goes_before_the_file_and_is_named(shell: Shell, written: Path) -> None:
    printed = shell.ok("config", "show", "server.port", SPARKQ_SERVER__PORT="6006")

    assert printed == "server.port is 6006 (the environment variable SPARKQ_SERVER__PORT).\n"


def test_an_unknown_setting_is_refused_with_the_nearest(shell: Shell) -> None:
    assert "server.port" in shell.refused(2, "config", "show", "server.prot")
    assert "server.port" in shell.refused(2, "config", "set", "server.prot", "1")


@holds("command-config")
@pytest.mark.parametrize(
    ("key", "typed", "value"),
    [
        ("purge.older_than_days", "9", 9),
        ("changes", "off", "off"),
        ("project.name", "Zoë's: #1", "Zoë's: #1"),
        ("project.name", "007", "007"),
        ("task_classes.LLM_HEAVY", "1800", 1800),
        ("task_classes.SLOW", '{"timeout": 7, "description": "Slow"}', {"timeout": 7, "description": "Slow"}),
        ("tools.run-make", '{"how": "Run it."}', {"how": "Run it."}),
        ("hooks.on_failed", '["notify-send", "x"]', ["notify-send", "x"]),
        ("script_dirs", "scripts, bin", ["scripts", "bin"]),
    ],
)
def test_a_setting_is_changed_in_the_file_and_its_comments_stay(
    shell: Shell, written: Path, key: str, typed: str, value: Any
) -> None:
    before = written.read_text()

    answer = shell.facts("config", "set", key, typed)

    assert answer == {"key": key, "value": value, "source": str(written)}
    assert reading.read_file(written)[key][0] == value
    after = written.read_text()
    went = [line for line in difflib.ndiff(before.splitlines(), after.splitlines()) if line.startswith("- ")]
    assert len(went) <= 1
    assert not any(line.strip("- ").startswith("#") for line in went)


def test_without_a_file_a_setting_is_changed_in_the_database(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("config", "set", "purge.older_than_days", "9") == (
        "purge.older_than_days is 9 in the config table.\n"
    )

    assert shown(shell, "purge.older_than_days") == {"purge.older_than_days": (9, "the config table")}
    assert not (shell.folder / "sparkq.yml").exists()
    assert [event.kind for event in events.after(sq, 0)][-1] == "reloaded"


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("database.path", "elsewhere.db", "sparkq backup elsewhere.db"),
        ("database.path", "", "is not a path"),
        ("logs.path", "~nobody-has-this-name/x.log", "is not a path"),
        ("queue_runner.lock_dir", " ", "is not a path"),
    ],
)
def test_a_path_with_which_no_command_would_work_is_refused(bare: Shell, key: str, value: str, said: str) -> None:
    bare.ok("setup", "--yes")

    assert said in bare.refused(2, "config", "set", key, value)

    bare.ok("tasks")


def test_the_database_moves_by_a_copy_and_a_setting(bare: Shell) -> None:
    bare.ok("setup", "--yes")
    bare.ok("queue", "create", "backend")
    bare.ok("backup", "elsewhere.db")
    bare.ok("config", "set", "database.path", "elsewhere.db")

    assert "backend" in bare.ok("queue", "list")


@pytest.mark.parametrize("setting", [("database.path", "elsewhere.db"), ("database.synchronous", "normal")])
def test_without_a_file_what_opens_the_database_is_not_put_into_it(
    shell: Shell, sq: SparkQ, setting: tuple[str, str]
) -> None:
    message = shell.refused(2, "config", "set", *setting)

    assert setting[0] in message
    assert f"sparkq config-export {shell.folder}/sparkq.yml" in message
    assert shown(shell, setting[0]) == {setting[0]: (SCALARS[setting[0]].default, "default")}
    shell.ok("config-export", "sparkq.yml")
    shell.ok("config", "set", "database.synchronous", "normal")
    assert shown(shell, "database.synchronous")["database.synchronous"][0] == "normal"


def test_what_an_earlier_version_put_there_is_not_shown_as_in_force(shell: Shell, sq: SparkQ) -> None:
    with sq.db.write() as tx:
        tx.run(configure.STORE, {"key": "database.synchronous", "value": '"normal"'})

    assert shown(shell, "database.synchronous") == {"database.synchronous": ("full", "default")}


def test_a_default_queue_that_is_not_there_is_set_and_said(shell: Shell, sq: SparkQ) -> None:
    assert "Note:" not in shell.ok("config", "set", "queue", "backend")

    printed = shell.ok("config", "set", "queue", "bakend")

    assert "queue is bakend in" in printed
    assert "Note: There is no queue 'bakend'. Did you mean backend?" in printed
    assert shown(shell, "queue")["queue"][0] == "bakend"


def test_an_empty_value_is_seen(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("config", "set", "queue", "").startswith('queue is "" in ')
    assert shell.ok("config", "show", "queue").startswith('queue is "" (')


def test_a_change_that_the_environment_hides_says_so(shell: Shell, written: Path) -> None:
    printed = shell.ok("config", "set", "server.port", "5006", SPARKQ_SERVER__PORT="6006")

    assert "server.port is 5006" in printed
    assert "SPARKQ_SERVER__PORT overrides it" in printed


@pytest.mark.parametrize(
    ("key", "typed"),
    [
        ("server.port", "70000"),
        ("server.port", "high"),
        ("changes", "maybe"),
        ("env", "production"),
        ("task_classes.X", "0"),
        ("task_classes.X", "soon"),
        ("tools.x", "{}"),
        ("hooks.on_fire", '["x"]'),
        ("script_dirs", ""),
        ("server", "{}"),
        ("server.host", b"caf\xe9".decode(errors="surrogateescape")),
    ],
)
@pytest.mark.parametrize("with_file", [True, False])
def test_what_no_setting_can_be_changes_nothing(
    shell: Shell, sq: SparkQ, key: str, typed: str, with_file: bool
) -> None:
    file = shell.folder / "sparkq.yml"
    if with_file:
        file.write_text("env: dev # mine\n")
    before = all_rows(sq)

    shell.refused(2, "config", "set", key, typed)

    assert all_rows(sq) == before
    assert not with_file or file.read_text() == "env: dev # mine\n"


@holds("command-config-export")
def test_an_export_of_the_settings_is_a_file_that_says_the_same(shell: Shell, sq: SparkQ) -> None:
    shell.ok("config", "set", "purge.older_than_days", "9")
    shell.ok("config", "set", "tools.run-make", '{"how": "Größe: {x} # y", "task_class": "LLM_LITE"}')
    shell.ok("config", "set", "hooks.on_failed", '["notify-send", "A: b"]')
    before = {key: value for key, (value, _) in shown(shell).items()}

    assert shell.ok("config-export", "sparkq.yml") == "Written to sparkq.yml.\n"

    assert {key: value for key, (value, _) in shown(shell).items()} == before
    text = (shell.folder / "sparkq.yml").read_text()
    assert shell.ok("config-export") == text
    assert all(f"{key.rpartition('.')[2]}:" in text for key in SCALARS)
    assert text.count("#") > len(SCALARS)


@pytest.mark.parametrize("with_file", [True, False])
def test_an_export_of_the_settings_keeps_what_a_class_is_for(shell: Shell, sq: SparkQ, with_file: bool) -> None:
    if with_file:
        (shell.folder / "sparkq.yml").write_text("env: dev\n")
    shell.ok("config", "set", "task_classes.NIGHT", '{"timeout": 9000, "description": "Runs overnight"}')
    shell.ok("config", "set", "task_classes.LLM_LITE", "400")
    before = catalogue.classes(project.open(shell.folder, env={}))

    exported = shell.ok("config-export")

    (shell.folder / "sparkq.yml").write_text(exported)
    after = catalogue.classes(project.open(shell.folder, env={}))
    assert after == before
    assert after["NIGHT"] == (9000, "Runs overnight")
    assert after["LLM_LITE"] == (400, "Quick work of a language model")


def test_beside_a_file_that_cannot_be_read_one_that_can_be_is_shown(shell: Shell, written: Path) -> None:
    sound = written.read_text()
    written.write_text("env: [dev\n")
    assert "sparkq config-export --defaults" in shell.refused(2, "config", "show")

    assert shell.ok("config-export", "--defaults") == sound


def test_an_export_of_the_settings_overwrites_nothing(shell: Shell, written: Path) -> None:
    before = written.read_text()

    assert "exists already" in shell.refused(4, "config-export", "sparkq.yml")
    assert written.read_text() == before


def test_a_place_for_the_export_that_cannot_be_written_is_no_defect(shell: Shell) -> None:
    assert "nowhere/sparkq.yml" in shell.refused(74, "config-export", "nowhere/sparkq.yml")


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_the_settings_are_utf8_whatever_the_terminal_speaks(shell: Shell, encoding: str) -> None:
    shell.ok("config", "set", "project.name", "Größe 🎉")

    done = shell.sparkq("config-export", PYTHONIOENCODING=encoding)

    assert (done.code, done.err) == (0, "")
    assert f"name: {json.dumps('Größe 🎉', ensure_ascii=False)}" in done.out
