"""sparkq.yml is read strictly: one plain way to write each thing, and errors that name file, line and key."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkq_core.config.loading import build
from sparkq_core.config.reading import MAX_FILE, parse, read_file
from sparkq_core.config.settings import Settings
from sparkq_core.errors import InvalidConfig
from tests.harness.projects import TOP
from tests.harness.task_steps import refusal_of
from tests.promises import holds


def read(text: str) -> Settings:
    """The settings of a sparkq.yml with this text."""
    return build(parse(text, "sparkq.yml"))


def refused(text: str) -> InvalidConfig:
    """Why this text cannot be a sparkq.yml."""
    with pytest.raises(InvalidConfig) as refusal:
        read(text)
    assert refusal.value.hint
    return refusal.value


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "server:\n", "server: {}\n", "server: ~\ntools:\n"])
def test_what_is_not_written_is_default(text: str) -> None:
    assert read(text) == Settings()


def test_every_kind_of_value_is_read() -> None:
    settings = read(
        "project: {name: Zoë}\n"
        "server:\n  port: 6006\n  mcp: off\n"
        "changes: off\n"
        "script_dirs: [tools, bin]\n"
        "task_classes:\n  SLOW: 3600\n  QUICK: {timeout: 5, description: Quick}\n"
        "tools:\n  run-make: {how: Run it., task_class: SLOW}\n"
        "hooks:\n  on_failed: [notify-send, A task failed]\n"
    )

    assert (settings.project.name, settings.server.port, settings.server.mcp) == ("Zoë", 6006, False)
    assert (settings.changes, settings.script_dirs) == ("off", ("tools", "bin"))
    assert {name: task_class.timeout for name, task_class in settings.task_classes.items()} == {
        "SLOW": 3600,
        "QUICK": 5,
    }
    assert settings.tools["run-make"].task_class == "SLOW"
    assert settings.hooks == {"on_failed": ("notify-send", "A task failed")}


def test_one_value_leaves_its_neighbours_alone() -> None:
    assert read("server:\n  port: 6006\n") == Settings(server=Settings().server._replace(port=6006))


@holds("strict")
@pytest.mark.parametrize(
    ("text", "line", "key"),
    [
        ("servr:\n  port: 1\n", 1, "servr"),
        ("server:\n  prt: 1\n", 2, "server.prt"),
        ("changes: full\n\ncolour: blue\n", 3, "colour"),
        ("server:\n  port: {a: 1}\n", 2, "server.port"),
        ("server:\n  port: '5005'\n", 2, "server.port"),
        ("server:\n  port: true\n", 2, "server.port"),
        ("server:\n  port: 5005.0\n", 2, "server.port"),
        ("server:\n  port: 0\n", 2, "server.port"),
        ("server:\n  port: 65536\n", 2, "server.port"),
        ("server:\n  port:\n", 2, "server.port"),
        ("server:\n  host: 127\n", 2, "server.host"),
        ("changes: 1\n", 1, "changes"),
        ("changes: [full]\n", 1, "changes"),
        ("env: production\n", 1, "env"),
        ("database:\n  synchronous: off\n", 2, "database.synchronous"),
        ("server: 5005\n", 1, "server"),
        ("server: [port]\n", 1, "server"),
        ("script_dirs: scripts\n", 1, "script_dirs"),
        ("script_dirs: [1]\n", 1, "script_dirs"),
        ("task_classes:\n  A: 0\n", 2, "task_classes.A"),
        ("task_classes:\n  A: true\n", 2, "task_classes.A"),
        ("task_classes:\n  A: {timeout: 604801}\n", 2, "task_classes.A"),
        ("task_classes:\n  A: {timeout: 1, colour: blue}\n", 2, "task_classes.A"),
        ("task_classes:\n  A: {}\n", 2, "task_classes.A"),
        ("tools:\n  t: run it\n", 2, "tools.t"),
        ("tools:\n  t: {how: 1}\n", 2, "tools.t"),
        ("tools:\n  t: {how: x, when: y}\n", 2, "tools.t"),
        ("changes: full\ntools:\n  t: {how: x, task_class: NOPE}\n", 3, "NOPE"),
        ("server:\n  host: '70000'\n", 2, "server.host"),
        ("server:\n  host: http://localhost\n", 2, "server.host"),
        ("server:\n  host: '256.0.0.1'\n", 2, "server.host"),
        ("server:\n  host: '[::1]'\n", 2, "server.host"),
        ("server:\n  host: ''\n", 2, "server.host"),
        ("hooks:\n  on_fail: [a]\n", 2, "on_fail"),
        ("hooks:\n  on_failed: rm -rf\n", 2, "hooks.on_failed"),
    ],
)
def test_a_wrong_key_or_value_is_named_with_its_line(text: str, line: int, key: str) -> None:
    message = refused(text).message

    assert message.startswith(f"sparkq.yml:{line}:")
    assert key in message


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "::1", "fe80::1%eth0", "localhost", "my_mac.local.", "box-2"])
def test_an_address_or_the_name_of_a_machine_can_be_listened_on(host: str) -> None:
    assert read(f"server:\n  host: '{host}'\n").server.host == host


@pytest.mark.parametrize("text", ["env: [dev\n", "server: 5005\n", "script_dirs: " + "[" * 30 + "]" * 30 + "\n"])
def test_a_text_that_is_no_settings_file_is_answered_with_a_command_that_shows_one(text: str) -> None:
    assert "sparkq config-export --defaults" in refused(text).hint


@holds("strict")
def test_an_unknown_key_is_refused_with_the_nearest_one() -> None:
    assert "server.port" in refused("server:\n  prot: 1\n").hint


@holds("strict")
@pytest.mark.parametrize(
    "text",
    [
        "changes: full\nchanges: sizes\n",
        "server:\n  port: 1\n  port: 2\n",
        "server:\n  port: 1\nserver:\n  mcp: true\n",
        "tools:\n  t: {how: a, how: b}\n",
        'changes: full\n"changes": sizes\n',
    ],
)
def test_a_key_that_is_given_twice_is_refused(text: str) -> None:
    refused(text)


def test_a_setting_that_is_given_twice_in_two_spellings_is_refused() -> None:
    refused("server.port: 1\nserver:\n  port: 2\n")


@holds("strict")
@pytest.mark.parametrize(
    "text",
    [
        "script_dirs: [&a scripts, *a]\n",
        "project:\n  name: &a foo\nlogs:\n  path: *a\n",
        "server: &a {port: 1}\npurge: *a\n",
        "hooks:\n  on_failed: &a [b]\n  on_stale: *a\n",
        "server: &a\n  port: *a\n",
        "script_dirs: &a [*a]\n",
        "tools:\n  a: &a {how: x}\n  b: *a\n",
    ],
)
def test_an_alias_is_refused(text: str) -> None:
    assert "alias" in refused(text).message


@pytest.mark.parametrize(
    "text",
    [
        "<<: {changes: full}\n",
        "server:\n  <<: {port: 1}\n",
        "tools:\n  a:\n    <<: {how: x}\n",
        "? [a, b]\n: 1\n",
        "? {a: b}\n: 1\n",
    ],
)
def test_merge_keys_and_composite_keys_are_refused(text: str) -> None:
    assert "plain word" in refused(text).message


@pytest.mark.parametrize(
    "text",
    [
        "server: {port: 1\n",
        "a: b: c\n",
        "\tchanges: full\n",
        "changes: full\n---\nchanges: sizes\n",
        "- changes\n",
        "changes\n",
        "changes: !!python/object/apply:os.system [id]\n",
        "project: {name: !secret x}\n",
        "project: {name: !!binary aGk=}\n",
        "server: {port: 0o77}\n",
        "server: {port: 012}\n",
        "server: {port: 1:30}\n",
        "server: {port: .inf}\n",
        "changes: \x01\n",
        "server:\n  port: 0x" + "f" * 5000 + "\n",
        "server:\n  port: " + "9" * 5000 + "\n",
        "task_classes:\n  A: 0x" + "f" * 5000 + "\n",
        "project:\n  name: 0x" + "f" * 5000 + "\n",
        "changes: " + "[" * 900 + "]" * 900 + "\n",
    ],
)
def test_what_is_not_plain_data_is_refused(text: str) -> None:
    refused(text)


DEEP = """
import sys
from sparkq_core.config.reading import MAX_FILE, parse
from sparkq_core.errors import InvalidConfig
try:
    parse("changes: " + sys.argv[1] * ((MAX_FILE - 5) // len(sys.argv[1])), "sparkq.yml")
except InvalidConfig:
    print("refused")
"""


@pytest.mark.parametrize("opening", ["[", "{a: ", "- ", "? "])
def test_a_file_that_is_nested_without_end_is_refused_and_crashes_nothing(opening: str) -> None:
    done = subprocess.run([sys.executable, "-c", DEEP, opening], cwd=TOP, capture_output=True, text=True)

    assert (done.returncode, done.stdout) == (0, "refused\n"), done.stderr[-500:]


@pytest.mark.parametrize("key", ["path", "synchronous"])
def test_a_value_with_a_nul_is_refused(key: str) -> None:
    assert "database" in refused(f'database:\n  {key}: "a\\0b"\n').message


def test_a_message_shows_foreign_text_harmlessly() -> None:
    message = refused('"\\e[31m": 1\nserver: {host: 1}\n').message

    assert "\x1b" not in message


@holds("strict")
@given(st.text(max_size=400))
def test_any_text_is_read_or_refused(text: str) -> None:
    refusal = refusal_of(lambda: read(text))

    assert refusal is None or refusal.message.startswith("sparkq.yml")


WORDS = st.lists(
    st.sampled_from(
        [
            *("server", "port", "changes", "tools", "hooks", "task_classes", "script_dirs", "a", "on_failed", "how"),
            *(
                ": ",
                ":\n  ",
                "\n",
                "\n  ",
                "- ",
                "[",
                "]",
                "{",
                "}",
                ", ",
                "? ",
                "<<",
                "&a ",
                "*a",
                "!!int ",
                "!!bool ",
            ),
            *("true", "~", "1", "-7", "0x1f", "1_0", "1.5", ".nan", "2020-01-01", "'", '"', "|\n  ", "#", "=", "---\n"),
        ]
    ),
    max_size=25,
)


@given(WORDS.map("".join))
def test_any_mixture_of_yaml_is_read_or_refused(text: str) -> None:
    refusal = refusal_of(lambda: read(text))

    assert refusal is None or refusal.message.startswith("sparkq.yml")


def test_a_file_that_is_too_large_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sparkq.yml"
    file.write_bytes(b"#" * (MAX_FILE + 1))

    with pytest.raises(InvalidConfig, match="262,144 bytes"):
        read_file(file)


def test_a_file_of_the_largest_size_is_read(tmp_path: Path) -> None:
    file = tmp_path / "sparkq.yml"
    file.write_bytes(b"#" * MAX_FILE)

    assert read_file(file) == {}


def test_a_file_that_is_not_utf_8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "sparkq.yml"
    file.write_bytes(b"project: {name: \xff}\n")

    with pytest.raises(InvalidConfig, match="not UTF-8"):
        read_file(file)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="cannot be read"):
        read_file(tmp_path)
