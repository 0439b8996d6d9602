"""Help: every command explains itself, and a word that is none is answered with the nearest."""

import re
import shutil
from pathlib import Path

import pytest

from sparkq_cli.command_list import COMMANDS
from tests.cli.parsers import PARSERS
from tests.harness.projects import TOP
from tests.harness.shell import Done, Shell
from tests.promises import holds

REQUIRED = """setup teardown start stop restart run status session queue enqueue peek claim progress complete fail release
requeue edit cancel accept review tasks task purge reload config config-export scripts runner mcp connect watch wait
doctor backup export import demo version""".split()  # noqa: SIM905  # reads as the design's line does


@pytest.fixture(scope="module")
def helps(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
    """What `--help` prints, for every command and noun, in a folder without a project."""
    folder: Path = tmp_path_factory.mktemp("nowhere")
    shell = Shell(folder, folder / "home")
    return {command: shell.sparkq(*command.split(), "--help") for command in sorted({*PARSERS, *COMMANDS, ""})}


@holds("cli-help")
def test_every_help_succeeds_anywhere(helps: dict[str, Done]) -> None:
    assert {name: done for name, done in helps.items() if done.code or done.err} == {}
    assert all(done.out.startswith("Usage: sparkq") or "usage: sparkq" in done.out for done in helps.values())


@holds("cli-help")
def test_every_help_has_an_example(helps: dict[str, Done]) -> None:
    silent = [name for name in PARSERS if f"sparkq {name}" not in helps[name].out.partition("Example")[2]]

    assert silent == []


def test_examples_are_lines_of_their_own(helps: dict[str, Done]) -> None:
    for name, done in helps.items():
        for line in done.out.splitlines():
            if "sparkq" in line and line.strip().startswith("Example:"):
                assert line.strip().startswith("Example: sparkq "), (name, line)


@holds("cli-help")
def test_the_overview_lists_every_command_with_its_line(helps: dict[str, Done]) -> None:
    shown = " ".join(helps[""].out.split())

    for name, line in COMMANDS.items():
        assert f"{name} {line}" in shown


def test_the_lines_of_the_overview_are_the_commands_own() -> None:
    for name, line in COMMANDS.items():
        if name in PARSERS:
            assert " ".join((PARSERS[name].help or "").split()).startswith(line), name


@pytest.mark.parametrize("command", ["tasks", "review", "watch"])
def test_where_no_queue_means_all_of_them_the_help_says_so(helps: dict[str, Done], command: str) -> None:
    assert "Only this queue (default: all queues)." in " ".join(helps[command].out.split())


def test_the_reference_names_the_command_as_it_is_typed() -> None:
    assert "python -m" not in (TOP / "docs" / "cli.md").read_text()


@holds("cli-commands")
def test_every_command_of_the_design_is_there() -> None:
    assert sorted(set(REQUIRED) - set(COMMANDS)) == []


@holds("cli-suggests")
def test_a_word_that_is_no_command_is_answered_with_the_nearest(bare: Shell) -> None:
    message = bare.refused(2, "taskz")

    assert "Did you mean" in message
    assert "tasks" in message
    assert "sparkq --help" in message


def test_control_characters_in_a_command_are_not_echoed(bare: Shell) -> None:
    for words in (["\x1b[95mx"], ["tasks", "\x1b[95mx"], ["tasks", "--\x1b[95mx"], ["queue", "\x1b[95mx"]):
        assert "\x1b" not in bare.refused(2, *words)


def test_a_wrong_option_is_named_and_help_offered(bare: Shell) -> None:
    message = bare.refused(2, "tasks", "--statsu", "queued")

    assert "--statsu" in message
    assert "-h" in message


def test_a_noun_alone_shows_its_help(bare: Shell) -> None:
    done = bare.sparkq("queue")

    assert done.code == 2
    assert "instructions" in done.out + done.err


@holds("cli-manual")
def test_the_manual_page_has_every_command_and_option(bare: Shell) -> None:
    page = bare.ok("help", "--man").replace("\\-", "-")

    for name, parser in PARSERS.items():
        match = re.search(rf"^\.SS sparkq {name}( |$)", page, re.MULTILINE)
        assert match is not None, name
        begin = match.start()
        part = page[begin : page.find("\n.S", begin + 4)]
        options = [option for each in parser.params for option in each.opts if option.startswith("-")]
        assert [option for option in options if option not in part] == []


@holds("cli-manual")
@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_shows_the_manual_page_without_a_warning(bare: Shell) -> None:
    page = bare.folder / "sparkq.1"
    page.write_text(bare.ok("help", "--man"))

    done = bare.run("man", "--warnings", "-E", "UTF-8", "-l", page, MANWIDTH="80", LC_ALL="C.UTF-8")

    assert (done.code, done.err) == (0, "")
    assert "sparkq queue create" in re.sub(".\b", "", done.out)
