"""Other words for the commands, and what the answer to a word that is not a command."""

import re

import pytest

from sparkq_cli import words
from sparkq_cli.command_list import COMMANDS
from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.promises import holds

TIMES = re.compile(r"\d+")
"""Ages and clock times differ between two runs."""


@holds("cli-words")
@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("ls", "tasks"),
        ("list --status queued", "tasks --status queued"),
        ("task list", "tasks"),
        ("tasks ls --json", "tasks --json"),
        ("tasks 1", "task 1"),
        ("task show 1", "task 1"),
        ("show 1 --json", "task 1 --json"),
        ("log 1", "task 1"),
        ("log", "report"),
        ("next", "peek"),
        ("inbox", "review --list"),
        ("find two", "tasks --search two"),
        ("queues", "queue list"),
        ("queues --all", "queue list --all"),
        ("queues show backend", "queue show backend"),
        ("queue ls", "queue list"),
        ("queue info backend", "queue show backend"),
        ("sessions", "session list"),
        ("session ls --json", "session list --json"),
        ("scripts list", "scripts"),
        ("script ls", "scripts"),
        ("config get env", "config show env"),
        ("help ls", "tasks --help"),
        ("help queue create", "queue create --help"),
        ("help", "--help"),
        ("--version", "version"),
    ],
)
def test_another_word_does_the_same(shell: Shell, sq: SparkQ, typed: str, same: str) -> None:
    add(sq, "one", "two")

    one, other = (TIMES.sub("", shell.ok(*words.split())) for words in (typed, same))

    assert one == other


@holds("cli-words")
def test_work_goes_its_way_in_other_programs_words(shell: Shell, sq: SparkQ) -> None:
    shell.ok("queue", "add", "docs")
    shell.ok("add", "Fix the parser", "--queue", "docs")
    take(sq, queue="docs")
    shell.ok("task", "fail", "1", "broke")
    shell.ok("retry", "1")
    take(sq, queue="docs")
    shell.ok("done", "1", "Fixed")
    shell.ok("task", "add", "Unwanted", "--queue", "docs")
    shell.ok("rm", "2")

    assert [task.status for task in tasks.list_page(sq, sort="oldest").tasks] == ["succeeded", "cancelled"]
    assert queues.names(sq) == ("backend", "docs")


@holds("cli-words")
def test_switch_lets_two_tasks_change_places(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")

    shell.ok("switch", "1", "3")

    assert [task.title for task in tasks.peek(sq, "backend", 3).tasks] == ["three", "two", "one"]


@holds("cli-words")
def test_every_other_word_means_a_command_and_none_that_deletes_work() -> None:
    meant = {words.meant([word])[0] for word in words.ALIASES} | {text.split()[0] for text in words.MEANINGS.values()}

    assert meant - set(COMMANDS) == set()
    assert meant & words.NEVER_SUGGESTED == set()
    assert set(words.ALIASES) & set(COMMANDS) == set()
    assert {words.verb_meant(verb, ["delete"]) for verb in words.VERBS} >= {"delete"}


@holds("cli-suggests")
@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("taskz", "Did you mean task or tasks?"),
        ("enq", "Did you mean enqueue?"),
        ("conect", "Did you mean connect?"),
        ("don", "Did you mean done?"),
        ("Tasks", "sparkq tasks."),
        ("init", "sparkq setup."),
        ("delete", "sparkq cancel."),
        ("pause", "sparkq queue pause."),
        ("42", "sparkq task 42."),
        ("fix the parser", 'sparkq enqueue "fix the parser".'),
        ("queue crate", "Did you mean create?"),
        ("queue backend", "Known: create, list"),
    ],
)
def test_a_word_that_is_no_command_is_answered_with_what_does_it(bare: Shell, typed: str, says: str) -> None:
    assert says in bare.refused(2, *typed.split())


@holds("cli-suggests")
@pytest.mark.parametrize(
    "typed", ["teardwn", "tear", "purg", "pur", "restor", "rest", "imp", "uninstall", "wipe", "don"]
)
def test_nothing_that_deletes_work_is_ever_suggested(bare: Shell, typed: str) -> None:
    message = bare.refused(2, typed)

    assert not any(command in message.partition(".")[2] for command in words.NEVER_SUGGESTED), message


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("enqueue Fix the parser", 'Write: sparkq enqueue "Fix the parser"'),
        ("enqueue Fix the parser --queue backend", 'sparkq enqueue "Fix the parser"'),
        ("complete 3 All is done", 'sparkq complete 3 "All is done"'),
        ("progress 3 half way", 'sparkq progress 3 "half way"'),
        ("queue instructions backend Run make test", 'sparkq queue instructions backend "Run make test"'),
    ],
)
def test_a_sentence_without_quotes_gets_them_in_the_hint(shell: Shell, sq: SparkQ, typed: str, says: str) -> None:
    assert says in shell.refused(2, *typed.split())
    assert '"error":' in shell.refused(2, *typed.split(), "--json")
    assert tasks.list_page(sq).total == 0


@holds("command-help")
def test_help_of_a_command_is_its_own(bare: Shell) -> None:
    for name in ("enqueue", "queue create", "mcp"):
        assert bare.ok("help", *name.split()) == bare.ok(*name.split(), "--help")
    assert "Unknown command 'zz'" in bare.refused(2, "help", "zz")
