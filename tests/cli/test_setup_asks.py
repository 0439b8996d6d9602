"""`sparkq setup` on a terminal: shows every setting, asks once, and lets each be changed by its name."""

import json
from pathlib import Path

import pytest

from sparkq_core import project, queues
from sparkq_core.config import loading
from sparkq_core.installation import setup
from sparkq_core.project import SparkQ
from tests.cli.clients import entry, servers_in
from tests.cli.test_setup import OWN
from tests.harness.shell import Shell
from tests.harness.terminal import CTRL_C, CTRL_D, Terminal
from tests.promises import holds

TAKE = "Take these? [Y/n/edit, or the name of a setting]: "
CONNECT = "Connect Claude Code (writes .mcp.json)? [Y/n]: "
ALLOW = "without asking you each time? [Y/n]: "


def answer(terminal: Terminal, shell: Shell, answers: dict[str, str]) -> None:
    """Say `edit`, and answer every question of the settings: with Enter, or with what `answers` says."""
    terminal.until(TAKE)
    terminal.type("edit")
    terminal.until("Enter keeps")
    for key, default in setup.values(shell.folder, {}).items():
        terminal.until(f"{key} [")
        shown = terminal.until("]: ")[:-3]
        wanted = ", ".join(default) if isinstance(default, list) else str(default)
        assert shown == (wanted.lower() if isinstance(default, bool) else wanted)
        terminal.type(answers.get(key, ""))


def made(shell: Shell) -> list[str]:
    return sorted(str(file.relative_to(shell.folder)) for file in shell.folder.rglob("*"))


def test_each_setting_is_explained_whole_in_a_narrow_terminal(bare: Shell) -> None:
    with Terminal(bare, "setup", columns=60, NO_COLOR="1") as terminal:
        table = terminal.until(TAKE)
        terminal.type("n")

    said = " ".join(table.split())
    assert all(setup.explained(key) in said for key in setup.defaults(bare.folder))
    assert max(len(line.rstrip()) for line in table.partition("SETTING")[2].splitlines()) <= 60


@holds("command-setup")
def test_enter_takes_every_default_and_a_first_queue(bare: Shell) -> None:
    with Terminal(bare, "setup") as terminal:
        table = terminal.until(TAKE)
        assert [key for key in setup.defaults(bare.folder) if key not in table] == []
        assert made(bare) == []
        terminal.type("")
        terminal.until("first queue (- for none) [main]: ")
        terminal.type("")
        terminal.until(CONNECT)
        terminal.type("y")
        terminal.until(ALLOW)
        terminal.type("")
        assert terminal.end() == 0

    assert servers_in(bare, "claude-code") == {"sparkq": entry(bare, "claude-code")}
    allowed = json.loads((bare.folder / ".claude/settings.local.json").read_text())
    assert allowed == {"permissions": {"allow": ["mcp__sparkq"]}, "enabledMcpjsonServers": ["sparkq"]}
    assert loading.load(bare.folder, {}).settings.server.port == 5005
    (queue, _), *rest = queues.all_of(project.open(bare.folder, env={}))
    assert (queue.name, queue.session, rest) == ("main", None, [])
    last = [line.strip() for line in terminal.screen.splitlines()[-3:]]
    assert last == [
        '1. sparkq enqueue "What Claude should do" --queue main',
        "2. Say in Claude Code: Work the queue main until it is empty.",
        "3. sparkq review",
    ]


@holds("command-setup")
def test_one_setting_is_changed_by_its_name_or_the_last_part_of_it(bare: Shell) -> None:
    with Terminal(bare, "setup") as terminal:
        for name, asked, value in (
            ("server.port", "server.port [5005]: ", "5010"),
            ("LLM_LITE", "LLM_LITE [300]: ", "60"),
        ):
            terminal.until(TAKE)
            terminal.type(name)
            terminal.until(asked)
            terminal.type(value)
        for wrong, says in (("colour", "no setting 'colour'"), ("path", "database.path, logs.path")):
            terminal.until(TAKE)
            terminal.type(wrong)
            terminal.until(says)
        terminal.until(TAKE)
        terminal.type("y")
        terminal.until("first queue")
        terminal.type("-")
        terminal.until(CONNECT)
        terminal.type("n")
        assert terminal.end() == 0

    config = loading.load(bare.folder, {}).settings
    assert (config.server.port, config.task_classes["LLM_LITE"].timeout) == (5010, 60)
    assert "sparkq queue create main &&" in terminal.screen
    assert "sparkq connect claude-code, once" in terminal.screen


def test_every_question_says_what_it_is_about_and_what_can_be_answered(bare: Shell) -> None:
    with Terminal(bare, "setup") as terminal:
        terminal.until(TAKE)
        terminal.type("edit")
        for key, hint in (
            ("env", "(dev, test, prod)"),
            ("server.port", "(1 to 65535)"),
            ("database.synchronous", "(full, normal)"),
            ("script_dirs", "Folders whose scripts"),
            ("task_classes.FAST_SCRIPT", "Timeout of each class in seconds"),
        ):
            while hint not in terminal.until("]: "):
                terminal.type("")
            assert f"{key} [" in terminal.screen
            terminal.type("")
        assert terminal.break_off() != 0


@holds("command-setup")
def test_answers_are_what_the_file_says(bare: Shell) -> None:
    answers = {
        "project.name": "my shop",
        "server.port": "5100",
        "server.mcp": "no",
        "script_dirs": "scripts, tools/bin",
        "task_classes.LLM_HEAVY": "1800",
        "purge.older_than_days": "7",
    }
    with Terminal(bare, "setup") as terminal:
        answer(terminal, bare, answers)
        summary = terminal.until(TAKE)
        for value in ("my shop", "5100", "false", "scripts, tools/bin", "1800", "7"):
            assert value in summary
        terminal.type("y")
        terminal.until("first queue")
        terminal.type("-")
        terminal.until(CONNECT)
        terminal.type("n")
        assert terminal.end() == 0

    config = loading.load(bare.folder, {}).settings
    assert (config.project.name, config.server.port, config.server.mcp) == ("my shop", 5100, False)
    assert (config.script_dirs, config.purge.older_than_days) == (("scripts", "tools/bin"), 7)
    assert config.task_classes["LLM_HEAVY"].timeout == 1800
    assert queues.all_of(project.open(bare.folder, env={})) == ()


@holds("command-setup")
@pytest.mark.parametrize(
    ("key", "wrong", "says", "right"),
    [
        ("server.port", "99999", "65535", "5050"),
        ("server.port", "many", "whole number", "5050"),
        ("server.port", "--5", "whole number", "5050"),
        ("server.mcp", "perhaps", "true or false", "yes"),
        ("env", "staging", "dev, test, prod", "test"),
        ("server.host", "70000", "neither an IP address", "localhost"),
        ("task_classes.FAST_SCRIPT", "0", "1 to", "10"),
        ("purge.older_than_days", "-1", "0 to", "0"),
    ],
)
def test_a_wrong_answer_is_explained_and_asked_again(bare: Shell, key: str, wrong: str, says: str, right: str) -> None:
    with Terminal(bare, "setup") as terminal:
        terminal.until(TAKE)
        terminal.type("edit")
        for asked in setup.defaults(bare.folder):
            terminal.until(f"{asked} [")
            terminal.until("]: ")
            if asked == key:
                terminal.type(wrong)
                assert says in terminal.until(f"{key} [")
                terminal.until("]: ")
                terminal.type(right)
                break
            terminal.type("")
        assert terminal.break_off() != 0


@pytest.mark.parametrize("wrong", ["../x", "two words", "-"])
def test_a_first_queue_that_cannot_be_is_asked_again_or_left_out(bare: Shell, wrong: str) -> None:
    with Terminal(bare, "setup") as terminal:
        terminal.until(TAKE)
        terminal.type("")
        terminal.until("first queue (- for none) [main]: ")
        terminal.type(wrong)
        if wrong != "-":
            assert "cannot be a queue name" in terminal.until("first queue (- for none) [main]: ")
            terminal.type("main")
        terminal.until(CONNECT)
        terminal.type("n")
        assert terminal.end() == 0

    assert len(queues.names(project.open(bare.folder, env={}))) == (wrong != "-")


@holds("command-setup")
def test_a_declined_setup_writes_nothing(bare: Shell) -> None:
    with Terminal(bare, "setup") as terminal:
        terminal.until(TAKE)
        terminal.type("n")
        assert terminal.end() != 0

    assert made(bare) == []


@holds("cli-interrupted")
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_a_setup_that_is_broken_off_writes_nothing(bare: Shell, key: bytes) -> None:
    with Terminal(bare, "setup") as terminal:
        terminal.until(TAKE)
        assert terminal.break_off(key) != 0

    assert made(bare) == []


@holds("setup-again")
def test_again_shows_what_is_there_and_changes_only_what_is_asked(shell: Shell, sq: SparkQ, written: Path) -> None:
    with Terminal(shell, "setup") as terminal:
        terminal.until("is set up in")
        answer(terminal, shell, {"server.port": "5007"})
        terminal.until(TAKE)
        terminal.type("")
        ended = terminal.end()

    assert ended == 0
    assert "first queue" not in terminal.screen
    assert loading.load(shell.folder, {}).settings.server.port == 5007
    assert loading.load(shell.folder, {}).settings.purge.older_than_days == 3
    assert queues.names(sq) == ("backend",)


def test_enter_keeps_whatever_the_setting_is_and_an_answer_changes_its_own_line_alone(shell: Shell, sq: SparkQ) -> None:
    file = shell.folder / "sparkq.yml"
    file.write_text(OWN)
    answers = {"server.port": "5007", "hooks.on_failed": '["echo", "c, d"]', "server.mcp": "n"}
    with Terminal(shell, "setup") as terminal:
        terminal.until(TAKE)
        terminal.type("edit")
        for key in setup.values(shell.folder, {}):
            terminal.until(f"{key} [")
            terminal.until("]: ")
            terminal.type(answers.get(key, ""))
        terminal.until(TAKE)
        terminal.type("")
        assert terminal.end() == 0

    assert file.read_text() == (
        OWN.replace("5006", "5007")
        .replace('[echo, "a, b"]', '["echo", "c, d"]')
        .replace("# 5005 is taken\n", "# 5005 is taken\n  mcp: false\n")
    )


def test_without_a_terminal_setup_says_how_to_go_on(bare: Shell) -> None:
    done = bare.sparkq("setup")

    assert done.code == 2
    assert "--yes" in done.err
    assert made(bare) == []
