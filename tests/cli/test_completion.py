"""Completion in bash, zsh and fish: commands, options, names of queues, ids of tasks."""

import shutil

import pytest

from sparkq_core import queues
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add
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


@pytest.mark.parametrize(
    "command", ["task", "claim", "wait", "review", "complete", "requeue", "edit", "cancel", "move"]
)
def test_ids_come_with_their_titles(shell: Shell, sq: SparkQ, command: str) -> None:
    add(sq, "Fix the parser")

    assert "Fix the parser" in completed(shell, "zsh", f"sparkq {command} 1")


def test_hostile_titles_complete_nothing_but_text(shell: Shell, sq: SparkQ) -> None:
    add(sq, "$(touch owned) `touch owned` \x1b[2J\u202e")

    for kind in ("bash", "zsh", "fish"):
        offered = completed(shell, kind, "sparkq task ")
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
