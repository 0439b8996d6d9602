"""The text of sparkq.yml after a change: one value is another, and no other character."""

import difflib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sparkq_core.config import reading
from sparkq_core.config.settings import SCALARS
from sparkq_core.installation import backup, configure
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import refusal_of

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
    "backup.keep": 3,
    "purge.unreviewed_days": 36500,
    "purge.keep_lines": False,
    "queue_runner.poll_interval_seconds": 1,
    "queue_runner.auto_fail_interval_seconds": 3600,
    "queue_runner.lock_dir": "/run/user/1000/sparkq",
    "changes": "off",
    "reviews.path": "docs/reviews",
    "queue": "backend",
}
"""A value other than the default for every setting that has a single one."""


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
    assert {name: setting for name, (setting, _) in after.items() if name != key} == {
        name: setting for name, (setting, _) in before.items() if name != key
    }
    return file.read_bytes().decode()


def lines_that_differ(before: str, after: str) -> list[str]:
    """The lines that went (-) and came (+)."""
    return [line for line in difflib.ndiff(before.splitlines(True), after.splitlines(True)) if line[0] in "+-"]


def test_there_is_another_value_for_every_setting() -> None:
    assert {key: type(value) for key, value in OTHER.items()} == {key: setting.kind for key, setting in SCALARS.items()}
    assert [key for key, value in OTHER.items() if value == SCALARS[key].default] == []


@pytest.mark.parametrize("key", SCALARS)
def test_every_setting_is_changed_in_its_own_line_alone(configured: SparkQ, key: str) -> None:
    before = (configured.config.root / "sparkq.yml").read_text()

    after = changed(configured, before, key, OTHER[key])

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


@pytest.mark.parametrize(
    ("before", "key", "value", "after"),
    [
        ("", "env", "prod", "env: prod\n"),
        ("", "server.port", 6, "server:\n  port: 6\n"),
        ("# only\n", "changes", "sizes", "# only\nchanges: sizes\n"),
        ("env: dev", "changes", "off", 'env: dev\nchanges: "off"\n'),
        ("env: dev # x", "server.port", 6, "env: dev # x\nserver:\n  port: 6\n"),
        ("server:\t# x\n  port: 1\t# y\n", "server.port", 6, "server:\t# x\n  port: 6\t# y\n"),
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
    assert [line for line in lines_that_differ(before, made_of_it) if line.startswith("- #")] == []


def test_a_new_entry_goes_behind_a_block_text(sq: SparkQ) -> None:
    text = "tools:\n  a:\n    how: |\n      one\n\n      two\n    task_class: LLM_LITE\n  b:\n    how: >-\n      three\n\n# after\nenv: dev\n"

    after = changed(sq, text, "tools.c", {"how": "do: it", "task_class": "LLM_LITE"})

    (came,) = lines_that_differ(text, after)
    assert came.startswith("+   c: {")


BY_HAND = {
    "empty section": ("server:\n", "server.port", 6),
    "flow section": ("server: {port: 1}\n", "server.host", "x"),
    "flow document": ("{env: dev}\n", "changes", "off"),
    "ended document": ("---\nenv: dev\n...\n", "changes", "off"),
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


SETTINGS: list[SparkQ] = []


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
