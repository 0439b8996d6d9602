"""Completion in bash, zsh and fish: commands, options, names of queues, ids of tasks."""

import shutil

import pytest

from sparkq_cli import completing
from sparkq_cli.command_list import COMMANDS
from sparkq_core import queues, sessions, tasks
from sparkq_core.project import SparkQ
from tests.cli.parsers import PARSERS
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import AnyTerminal
from tests.promises import holds


def completed(shell: Shell, kind: str, words: str) -> str:
    """What the shell would offer after `words`."""
    if kind == "bash":
        env = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split(" ")) - 1)}
    else:
        env = {"_TYPER_COMPLETE_ARGS": words, "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    return shell.sparkq(_SPARKQ_COMPLETE=f"complete_{kind}", **env).out


@holds("cli-completion")
@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_it_knows_commands_queues_and_tasks(shell: Shell, sq: SparkQ, kind: str) -> None:
    queues.create(sq, "docs")
    add(sq, "one", "two")

    assert "enqueue" in completed(shell, kind, "sparkq enq")
    assert "backend" in completed(shell, kind, "sparkq peek --queue ba")
    assert "docs" not in completed(shell, kind, "sparkq peek --queue ba")
    assert "docs" in completed(shell, kind, "sparkq queue show d")
    assert completed(shell, kind, "sparkq task 2").count("2") >= 1
    assert completed(shell, kind, "sparkq task 7").strip() in ("", "_files")


@pytest.mark.parametrize("command", ["task", "claim", "wait", "edit", "cancel", "move"])
def test_ids_come_with_their_titles(shell: Shell, sq: SparkQ, command: str) -> None:
    add(sq, "Fix the parser")

    assert "Fix the parser" in completed(shell, "zsh", f"sparkq {command} 1")


def test_hostile_titles_complete_nothing_but_text(shell: Shell, sq: SparkQ) -> None:
    add(sq, f"{HOSTILE} \x1b[2J\u202e")

    for kind in ("bash", "zsh", "fish"):
        offered = completed(shell, kind, "sparkq task ")
        assert not set("$`\\") & set(offered), "zsh evaluates the words about a value"
        assert "\x1b" not in offered
        assert "\u202e" not in offered


def test_without_a_project_it_offers_nothing_and_says_nothing(bare: Shell) -> None:
    done = bare.sparkq(_SPARKQ_COMPLETE="complete_bash", COMP_WORDS="sparkq peek --queue b", COMP_CWORD="3")

    assert (done.out.strip(), done.err) == ("", "")


@holds("cli-completion")
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_itself_completes(shell: Shell, sq: SparkQ) -> None:
    script = """
        source <(_SPARKQ_COMPLETE=source_bash sparkq)
        COMP_WORDS=(sparkq peek --queue ba) COMP_CWORD=3
        _sparkq_completion sparkq
        echo "${COMPREPLY[@]}"
    """

    assert shell.run("bash", "-c", script).out.strip() == "backend"


@pytest.mark.parametrize("kind", ["bash", "zsh", "fish"])
def test_the_script_for_each_shell_is_printed(bare: Shell, kind: str) -> None:
    assert "_SPARKQ_COMPLETE" in bare.ok(_SPARKQ_COMPLETE=f"source_{kind}")


HOSTILE = r"x \$(touch owned) $(touch owned) `touch owned` '; touch owned; ' " + r'"; touch owned; " )) \ '


@holds("cli-completion")
@pytest.mark.parametrize(
    ("words", "offered", "left_out"),
    [
        ("cancel ", "1 2", "3 4 5"),
        ("cancel 1,", "1,2", "3"),
        ("cancel 1-", "1-2", "3"),
        ("complete ", "3", "1 2 4 5"),
        ("requeue ", "4 5", "1 3"),
        ("rm ", "1 2", "3 4"),
        ("review ", "4 5", "1 3"),
        ("move 1 ", "docs 2", "4"),
        ("complete 3 done --attempt ", "1", "2"),
        ("tasks --status ", "queued cancelled", "backend"),
        ("tasks --status queued,", "queued,running", "backend"),
        ("tasks --worker ", "ann", "bob"),
        ("enqueue x --queue ", "backend", "hidden"),
        ("enqueue x --class ", "FAST_SCRIPT LLM_HEAVY", "run-bash"),
        ("enqueue x --tool ", "run-bash llm-sonnet", "LLM_HEAVY"),
        ("enqueue --split ", "items headings auto", "backend"),
        ("enqueue --script ", "deploy", "backend"),
        ("enqueue --script deploy --arg ", "ENV=", "deploy"),
        ("queue unarchive ", "hidden", "backend docs"),
        ("queue pause ", "backend docs", "hidden"),
        ("queue create x --session ", "feature-x", "old"),
        ("session end ", "feature-x", "old"),
        ("connect ", "claude-code codex", "backend"),
        ("config set ", "server.port task_classes.LLM_LITE", "backend"),
        ("config set env ", "dev test prod", "true"),
        ("config set server.mcp ", "true false", "dev"),
        ("run --env ", "dev prod", "backend"),
        ("report --since ", "today yesterday", "backend"),
        ("help ", "enqueue queue", "backend"),
    ],
)
def test_a_known_set_is_offered_as_the_command_accepts_it(full: Shell, words: str, offered: str, left_out: str) -> None:
    shown = {line.split("\t")[0] for line in completed(full, "bash", f"sparkq {words}").splitlines()}

    assert set(offered.split()) - shown == set()
    assert shown & set(left_out.split()) == set()


@holds("cli-completion")
def test_every_parameter_has_its_values_or_is_free() -> None:
    free = {"file", "folder", "message", "name", "new", "note", "prompt", "reason", "summary", "text", "command", "key"}
    unknown = {
        (command, parameter.opts[0])
        for command, parser in PARSERS.items()
        for parameter in parser.params
        if not getattr(parameter, "is_flag", False)
        and not completing.FREE & set(parameter.opts)
        and parameter.opts[0] not in free
        and completing.source_of(command, parameter) is None
    }

    assert unknown == set()


@pytest.fixture
def full(shell: Shell, sq: SparkQ) -> Shell:
    """#1 and #2 queued, #3 running, #4 failed, #5 done; queues docs and hidden (archived), sessions feature-x and old (ended)."""
    for name in ("docs", "hidden"):
        queues.create(sq, name)
    queues.archive(sq, "hidden")
    for name in ("feature-x", "old"):
        sessions.create(sq, name)
    sessions.end(sq, "old")
    add(sq, "one", "two", "three", "four", "five")
    for task_id in (3, 4, 5):
        take(sq, task_id=task_id)
    tasks.fail(sq, 4, "broke")
    tasks.complete(sq, 5, "done")
    (shell.folder / "scripts").mkdir()
    (shell.folder / "scripts/deploy.sh").write_text("#!/bin/sh\n# name: deploy\n# inputs: ENV (required)\n")
    return shell


@holds("cli-completion")
@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_itself_completes(full: Shell, sq: SparkQ) -> None:
    tasks.edit(sq, 1, prompt=HOSTILE)
    script = "source (_SPARKQ_COMPLETE=source_fish sparkq | psub); complete -C 'sparkq cancel '; complete -C 'sparkq help re'"

    ids: list[str] = []
    helped: list[str] = []
    for line in full.run("fish", "-c", script).out.splitlines():
        (ids if line[0].isdecimal() else helped).append(line.partition("\t")[0])

    assert ids == ["1", "2"]
    assert sorted(helped) == sorted(name for name in COMMANDS if name.startswith("re"))
    assert not (full.folder / "owned").exists()


@holds("cli-completion")
@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_itself_completes_and_runs_nothing_of_a_title(full: Shell, sq: SparkQ) -> None:
    tasks.edit(sq, 1, prompt=HOSTILE)
    with AnyTerminal(["zsh", "-f"], full.folder, full.environment(PS1="ready> ")) as terminal:
        terminal.until("ready> ")
        terminal.type(
            "autoload -Uz compinit; compinit -D; source <(_SPARKQ_COMPLETE=source_zsh sparkq); print set\\ up"
        )
        terminal.until("set up\r\n")
        terminal.until("ready> ")
        terminal.press(b"sparkq peek --queue ba\t")
        terminal.until("backend")
        terminal.press(b"\x15sparkq cancel \t")
        terminal.until("two")
        terminal.press(b"\x15exit\r")
        terminal.end()

    assert "touch owned" in terminal.screen, "the title was shown"
    assert not (full.folder / "owned").exists()
