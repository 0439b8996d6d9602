"""`sparkq enqueue`: from an argument, a pipe, a file, a script or the editor, and never by accident."""

from pathlib import Path

import pytest

from sparkq_core import queues, sessions, tasks
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.shell import Shell
from tests.harness.task_steps import queued_ids
from tests.harness.terminal import CTRL_C, Terminal, editor
from tests.promises import holds


def prompt_of(sq: SparkQ, task_id: int = 1) -> str:
    return tasks.detail(sq, task_id).prompt


@holds("cli-prompts", "command-enqueue")
def test_the_argument_is_the_prompt(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("enqueue", "Fix the parser", "--queue", "backend") == "#1 in backend, 1st in line.\n"
    assert prompt_of(sq) == "Fix the parser"
    assert tasks.get(sq, 1).source == "cli"


def test_the_places_in_line_are_counted_as_people_do(shell: Shell, sq: SparkQ) -> None:
    printed = [shell.ok("enqueue", f"task {number}") for number in range(3)]

    assert [line.rstrip() for line in printed] == [
        "#1 in backend, 1st in line.",
        "#2 in backend, 2nd in line.",
        "#3 in backend, 3rd in line.",
    ]


@holds("cli-prompts")
def test_a_dash_reads_standard_input(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "-", "--queue", "backend", stdin="From a pipe:\n  kept  \n")

    assert prompt_of(sq) == "From a pipe:\n  kept  \n"


@holds("cli-prompts")
def test_a_file_is_the_prompt(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "task.md").write_text("# From a file\n\nAll of it.\n")

    shell.ok("enqueue", "--file", "task.md")
    shell.ok("enqueue", "--file", "-", stdin="dash as a file")

    assert (prompt_of(sq), prompt_of(sq, 2)) == ("# From a file\n\nAll of it.\n", "dash as a file")
    assert tasks.get(sq, 1).title == "From a file"


@holds("cli-prompts")
def test_without_a_prompt_the_editor_opens(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    with Terminal(shell, "enqueue", EDITOR=editor(tmp_path, 'echo "Written in an editor" > "$1"')) as terminal:
        terminal.until("#1 in backend")
        assert terminal.end() == 0

    assert prompt_of(sq) == "Written in an editor\n"


def test_visual_goes_before_editor_and_may_have_arguments(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    program = editor(tmp_path, 'echo visual $1 > "$2"')
    with Terminal(shell, "enqueue", EDITOR="false", VISUAL=f"{program} --wait") as terminal:
        assert terminal.end() == 0

    assert prompt_of(sq) == "visual --wait\n"


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("true", "No text was written for the prompt."),
        ("exit 3", "exit code 3; no text for the prompt was taken"),
        ('printf "  \\n" > "$1"', "No text was written for the prompt."),
    ],
    ids=["unchanged", "failed", "blank"],
)
def test_an_editor_that_was_left_without_a_text_enqueues_nothing(
    shell: Shell, sq: SparkQ, tmp_path: Path, script: str, says: str
) -> None:
    before = all_rows(sq)
    with Terminal(shell, "enqueue", EDITOR=editor(tmp_path, script), TMPDIR=str(tmp_path)) as terminal:
        terminal.until(says)
        assert terminal.end() == 2

    assert all_rows(sq) == before
    assert list(tmp_path.glob("sparkq-*")) == []


def test_the_editor_does_not_open_for_a_queue_that_takes_no_task(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    opens = editor(tmp_path, f'touch "{tmp_path}/opened"; echo Written > "$1"')
    queues.create(sq, "old")
    queues.end(sq, "old")

    for queue, says, code in (("backnd", "Did you mean backend?", 3), ("old", "has ended", 4)):
        with Terminal(shell, "enqueue", "--queue", queue, EDITOR=opens) as terminal:
            terminal.until(says)
            assert terminal.end() == code

    assert not (tmp_path / "opened").exists()


def test_a_text_from_the_editor_is_kept_when_it_is_refused(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    program = editor(tmp_path, 'echo "An hour of thought" > "$1"')
    with Terminal(shell, "enqueue", "--tool", "run-bsh", EDITOR=program, TMPDIR=str(tmp_path)) as terminal:
        terminal.until("Your text is kept in ")
        terminal.until("Did you mean run-bash")
        assert terminal.end() == 3

    (kept,) = tmp_path.glob("sparkq-*.md")
    assert kept.read_text() == "An hour of thought\n"
    assert str(kept) in terminal.screen
    shell.ok("enqueue", "--file", kept)
    assert prompt_of(sq) == "An hour of thought\n"


def test_a_text_is_kept_when_its_editor_then_fails(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    program = editor(tmp_path, 'echo "An hour of thought" > "$1"; exit 1')
    with Terminal(shell, "enqueue", EDITOR=program, TMPDIR=str(tmp_path)) as terminal:
        terminal.until("exit code 1")
        assert terminal.end() == 2

    (kept,) = tmp_path.glob("sparkq-*.md")
    assert kept.read_text() == "An hour of thought\n"
    assert str(kept) in terminal.screen
    assert queued_ids(sq) == []


def test_ctrl_c_is_the_editors_while_it_is_open(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    script = """trap 'echo "after Ctrl-C" > "$1"; exit 0' INT\necho ready\nwhile :; do sleep 0.05; done"""
    with Terminal(shell, "enqueue", EDITOR=editor(tmp_path, script)) as terminal:
        terminal.until("ready")
        terminal.press(CTRL_C)
        terminal.until("#1 in backend")
        assert terminal.end() == 0

    assert prompt_of(sq) == "after Ctrl-C\n"


def test_bytes_from_the_editor_that_are_no_text_are_kept(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    program = editor(tmp_path, "printf 'caf\\351' > \"$1\"")
    with Terminal(shell, "enqueue", EDITOR=program, TMPDIR=str(tmp_path)) as terminal:
        terminal.until("UTF-8")
        assert terminal.end() == 2

    (kept,) = tmp_path.glob("sparkq-*.md")
    assert kept.read_bytes() == b"caf\xe9"


def test_an_editor_that_is_not_there_is_named(shell: Shell, sq: SparkQ) -> None:
    for wanted in ("no-such-editor", "'an open quote"):
        with Terminal(shell, "enqueue", EDITOR=wanted) as terminal:
            terminal.until(wanted)
            assert terminal.end() == 2

    assert queued_ids(sq) == []


@holds("cli-prompts")
def test_without_prompt_and_terminal_it_says_how_to_give_one(shell: Shell, sq: SparkQ) -> None:
    message = shell.refused(2, "enqueue", "--queue", "backend")

    assert "--file" in message
    assert "`-`" in message
    assert queued_ids(sq) == []


def test_a_prompt_that_is_given_twice_is_refused(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "task.md").write_text("From a file")

    assert "twice" in shell.refused(2, "enqueue", "an argument", "--file", "task.md")
    assert queued_ids(sq) == []


@pytest.mark.parametrize("name", ["missing.md", ".", "\x1b[31m.md"])
def test_a_file_that_cannot_be_read_is_named(shell: Shell, name: str) -> None:
    message = shell.refused(2, "enqueue", "--file", name)

    assert "cannot be read" in message
    assert "\x1b" not in message


def test_bytes_that_are_no_text_are_refused(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "image.png").write_bytes(b"\x89PNG\r\n")

    assert "UTF-8" in shell.refused(2, "enqueue", "-", stdin=b"caf\xe9")
    assert "UTF-8" in shell.refused(2, "enqueue", "--file", "image.png")
    assert "surrogate" in shell.refused(2, "enqueue", "caf\udce9")
    assert queued_ids(sq) == []


def test_two_mebibytes_are_refused_from_a_pipe_and_from_a_file(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "long.txt").write_text("x" * 2**21)

    assert "1,048,576" in shell.refused(2, "enqueue", "-", stdin="x" * 2**21)
    assert "1,048,576" in shell.refused(2, "enqueue", "--file", "long.txt")
    assert queued_ids(sq) == []


def test_the_queue_may_be_left_out_when_there_is_only_one(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "docs")
    queues.archive(sq, "docs")
    assert shell.facts("enqueue", "one")["queue"] == "backend"

    queues.unarchive(sq, "docs")
    message = shell.refused(2, "enqueue", "two")
    assert "--queue backend or --queue docs" in message


def test_a_queue_that_takes_nothing_is_not_the_one_that_is_meant(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "docs")
    queues.end(sq, "docs")
    assert shell.facts("enqueue", "one")["queue"] == "backend"

    queues.archive(sq, "backend")
    assert "reopen" in shell.refused(4, "enqueue", "two")

    queues.archive(sq, "docs")
    assert "sparkq queue list --all" in shell.refused(3, "enqueue", "three")
    assert queued_ids(sq, "docs") == []


def test_without_any_queue_it_says_how_to_make_one(bare: Shell, empty: SparkQ) -> None:
    assert "sparkq queue create NAME" in bare.refused(3, "enqueue", "one")


@holds("cli-spelling")
def test_tool_class_and_timeout_are_the_tasks(shell: Shell, sq: SparkQ) -> None:
    answer = shell.facts("enqueue", "ls", "--tool", "run-bash", "--class", "FAST_SCRIPT")
    assert (answer["tool_name"], answer["task_class"], answer["timeout"]) == ("run-bash", "FAST_SCRIPT", 30)

    assert shell.facts("enqueue", "think", "--class", "LLM_HEAVY", "--timeout", "1800")["timeout"] == 1800
    assert "Did you mean run-bash" in shell.refused(3, "enqueue", "x", "--tool", "run-bsh")
    assert "timeout" in shell.refused(2, "enqueue", "x", "--timeout", "0")
    assert "604,800" in shell.refused(2, "enqueue", "x", "--timeout", "604801")
    assert "--timeout" in shell.refused(2, "enqueue", "x", "--timeout", "soon")


def test_the_same_key_says_that_it_was_used_before(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "one", "--key", "issue-7")

    assert "(its key was used before)." in shell.ok("enqueue", "one", "--key", "issue-7")
    assert shell.sparkq("enqueue", "two", "--key", "issue-7").code == 4
    assert (queued_ids(sq), prompt_of(sq)) == ([1], "one")


def test_a_prompt_that_looks_like_an_option_goes_after_two_dashes(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "--queue", "backend", "--", "--help is missing")

    assert prompt_of(sq) == "--help is missing"


@holds("cli-quiet")
def test_quiet_prints_nothing(shell: Shell, sq: SparkQ) -> None:
    assert shell.ok("enqueue", "one", "--quiet") == ""
    assert queued_ids(sq) == [1]


@holds("enqueue-front")
def test_a_task_or_a_plan_goes_to_the_front(shell: Shell, sq: SparkQ) -> None:
    shell.ok("enqueue", "waits")

    assert shell.ok("enqueue", "urgent", "--front") == "#2 in backend, 1st in line.\n"
    shell.ok("enqueue", "-", "--split", "--front", stdin="- one\n- two\n")

    assert queued_ids(sq) == [3, 4, 2, 1]


@holds("default-queue")
def test_a_default_queue_comes_from_the_environment_the_settings_or_the_session(
    shell: Shell, sq: SparkQ, written: Path
) -> None:
    sessions.create(sq, "feature")
    queues.create(sq, "docs", session="feature")
    queues.create(sq, "third")
    assert "in docs" in shell.ok("enqueue", "of the only session")
    sessions.create(sq, "another")
    assert "sparkq config set queue backend" in shell.refused(2, "enqueue", "which?")

    shell.ok("config", "set", "queue", "third")
    assert "in third" in shell.ok("enqueue", "of the settings")
    assert "in docs" in shell.ok("enqueue", "of the environment", SPARKQ_QUEUE="docs")
    assert "in backend" in shell.ok("enqueue", "-Q", "backend", "as said", SPARKQ_QUEUE="docs")
    assert "of the settings" in shell.ok("peek")
    said = shell.refused(3, "enqueue", "where?", SPARKQ_QUEUE="dosc")
    assert "SPARKQ_QUEUE" in said
    assert "Did you mean docs?" in said


@pytest.mark.parametrize("prompt", ["-v prints everything twice", "--json is not printed", "- first of a list"])
def test_a_prompt_that_begins_with_a_dash_gets_a_hint(shell: Shell, sq: SparkQ, prompt: str) -> None:
    said = shell.refused(2, "enqueue", prompt)

    assert "begins with a dash" in said
    assert "sparkq enqueue … -- " in said
    shell.ok("enqueue", "--", prompt)
    assert prompt_of(sq) == prompt


def test_the_editor_says_for_what_the_text_is_and_the_remarks_are_not_part_of_it(
    shell: Shell, sq: SparkQ, tmp_path: Path
) -> None:
    script = f"""cp "$1" "{tmp_path}/shown"; (printf '# Title\n\nBody\n'; cat "$1") > "$1.new"; mv "$1.new" "$1\""""
    with Terminal(shell, "enqueue", EDITOR=editor(tmp_path, script)) as terminal:
        terminal.until("#1 in backend")
        assert terminal.end() == 0

    assert "\n# Write the task for the queue backend above.\n" in (tmp_path / "shown").read_text()
    assert prompt_of(sq) == "# Title\n\nBody"


def test_what_is_kept_of_a_refused_text_has_no_remarks(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    program = editor(tmp_path, 'echo "An hour of thought" >> "$1"')
    with Terminal(shell, "enqueue", "--tool", "run-bsh", EDITOR=program, TMPDIR=str(tmp_path)) as terminal:
        terminal.until("Your text is kept in ")
        assert terminal.end() == 3

    (kept,) = tmp_path.glob("sparkq-*.md")
    assert kept.read_text().strip() == "An hour of thought"


def test_an_editor_that_returns_at_once_is_told_to_wait(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    program = tmp_path / "code"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    with Terminal(shell, "enqueue", EDITOR=str(program)) as terminal:
        terminal.until("EDITOR='code --wait'")
        assert terminal.end() == 2
    with Terminal(shell, "enqueue", EDITOR=f"{program} --wait") as terminal:
        terminal.until("Save a text in the editor.")
        assert terminal.end() == 2
