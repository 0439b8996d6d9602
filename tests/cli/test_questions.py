"""A question of a worker at the command line: `sparkq release --question`, `sparkq answer`, and where you see it."""

from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.cli.stream import Stream
from tests.harness.all_rows import all_rows
from tests.harness.shell import Shell
from tests.harness.task_steps import add, attempts, queued_ids, take
from tests.harness.terminal import Terminal, editor, shown
from tests.promises import holds

QUESTION = "Which date format?\n\nA) ISO 8601\nB) that of the old log"


@pytest.fixture
def asked(sq: SparkQ) -> SparkQ:
    """#1 held by a question, #2 queued."""
    add(sq, "Unify the dates", "Something else")
    take(sq, "claude-code-8d2a")
    tasks.release(sq, 1, question=QUESTION)
    return sq


@holds("command-release", "question")
def test_a_worker_asks_by_an_option_or_on_standard_input(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two")
    take(sq)
    take(sq)

    assert shell.ok("release", "1", "--question", "A or B?") == (
        "#1 is held until its question is answered: sparkq answer 1\n"
    )
    shell.ok("release", "2", "--question", "-", stdin=QUESTION)

    assert [each.question for each in tasks.open_questions(sq).questions] == ["A or B?", QUESTION]
    assert "question is empty" in shell.refused(2, "release", "1", "--question", "")


@holds("command-answer")
def test_alone_it_lists_the_questions_and_says_how_to_answer(shell: Shell, asked: SparkQ) -> None:
    printed = shell.ok("answer")

    assert "#1  Unify the dates  backend, asked " in printed
    assert "by claude-code-8d2a\n    Which date format?\n\n    A) ISO 8601\n    B) that of the old log\n" in printed
    assert 'To answer: sparkq answer 1 "…"' in printed
    facts = shell.facts("answer")
    assert facts["questions_total"] == 1
    assert (
        facts["questions"][0] | {"id": 1, "attempt": 1, "worker_id": "claude-code-8d2a", "question": QUESTION}
        == (facts["questions"][0])
    )
    tasks.answer(asked, 1, "A")
    assert shell.ok("answer") == "No question waits for your answer.\n"


@holds("command-answer")
@pytest.mark.parametrize("way", ["argument", "standard input", "file"])
def test_an_answer_comes_as_every_text_does(shell: Shell, asked: SparkQ, tmp_path: Path, way: str) -> None:
    (tmp_path / "answer.md").write_text("A, in UTC\n")
    arguments = {"argument": ["A, in UTC\n"], "standard input": ["-"], "file": ["--file", str(tmp_path / "answer.md")]}

    printed = shell.ok("answer", "1", *arguments[way], stdin="A, in UTC\n")

    assert printed == "#1 is the next task in backend.\n"
    assert queued_ids(asked) == [1, 2]
    assert attempts(asked, 1)[0].answer == "A, in UTC\n"


@holds("command-answer")
def test_the_editor_shows_the_question_and_keeps_it_out_of_the_answer(
    shell: Shell, asked: SparkQ, tmp_path: Path
) -> None:
    command = editor(tmp_path, 'cp "$1" seen; { echo "A, please"; cat seen; } > "$1"')

    with Terminal(shell, "answer", "1", EDITOR=command) as terminal:
        terminal.until("#1 is the next task in backend.")
        assert terminal.end() == 0

    assert attempts(asked, 1)[0].answer == "A, please"
    assert QUESTION in (shell.folder / "seen").read_text()


def test_an_answer_that_was_not_written_changes_nothing(shell: Shell, asked: SparkQ, tmp_path: Path) -> None:
    before = all_rows(asked)

    with Terminal(shell, "answer", "1", EDITOR=editor(tmp_path, "true")) as terminal:
        terminal.until("The text of the answer was not changed.")
        assert terminal.end() == 2

    assert "No answer was given" in shell.refused(2, "answer", "1")
    assert "is for no task" in shell.refused(2, "answer", "--attempt", "1")
    assert "A task and a queue were given" in shell.refused(2, "answer", "1", "A", "--queue", "backend")
    assert "#9" in shell.refused(3, "answer", "9", "A")
    assert "cannot be answered: it is queued" in shell.refused(4, "answer", "2", "A")
    assert "another question now" in shell.refused(4, "answer", "1", "A", "--attempt", "7")
    assert all_rows(asked) == before


@holds("question")
def test_a_worker_in_an_agents_shell_does_not_answer_itself(shell: Shell, asked: SparkQ) -> None:
    before = all_rows(asked)

    done = shell.sparkq("answer", "1", "B", CLAUDECODE="1")

    assert done.code != 0
    assert "answered by the user" in done.err
    assert all_rows(asked) == before
    assert "Which date format?" in shell.sparkq("answer", CLAUDECODE="1").out


@holds("question")
def test_a_question_is_the_first_thing_that_you_see(shell: Shell, asked: SparkQ) -> None:
    overview = shell.ok()

    assert overview.index("Needs you  1 task waits for your answer: sparkq answer") < overview.index("QUEUE")
    assert "  #1  Unify the dates  backend, asked " in overview
    assert "\n    Which date format?\n" in overview
    assert "HELD" in overview
    assert "1 task waits for your answer: sparkq answer." in shell.sparkq("status").out
    assert "Which date format?" in shell.ok("review", "--list")
    assert shell.facts("review", "--list")["questions"][0]["question"] == QUESTION
    assert "held" in shell.ok("tasks", "--status", "held")
    task = shell.ok("task", "1")
    assert "Its worker asked:\n    Which date format?\n\n    A) ISO 8601\n" in task
    assert 'It waits for your answer: sparkq answer 1 "…"' in task
    tasks.answer(asked, 1, "A")
    assert "Needs you" not in shell.ok()
    assert "HELD" not in shell.ok()
    assert "  Your answer:\n    A\n" in shell.ok("task", "1")


@holds("question", "command-review")
def test_the_review_asks_you_the_questions_before_it_shows_results(shell: Shell, asked: SparkQ) -> None:
    take(asked)
    tasks.complete(asked, 2, "Done that")

    with Terminal(shell, "review") as terminal:
        assert "Done that" not in terminal.until("[q]uit > ")
        terminal.type("a")
        terminal.until("Your answer: ")
        terminal.type("")
        terminal.until("The answer is empty.")
        terminal.type("a")
        terminal.until("Your answer: ")
        terminal.type("A, in UTC")
        terminal.until("#1 is the next task in backend.")
        terminal.until("Done that")
        terminal.until("[q]uit > ")
        terminal.type("q")
        assert terminal.end() == 0

    assert attempts(asked, 1)[0].answer == "A, in UTC"


def test_a_skipped_question_stays_open_and_q_ends_the_review(shell: Shell, asked: SparkQ) -> None:
    take(asked)
    tasks.complete(asked, 2, "Done that")
    for key, follows in (("s", "Done that"), ("q", "")):
        with Terminal(shell, "review") as terminal:
            terminal.until("[q]uit > ")
            terminal.type(key)
            if follows:
                terminal.until(follows)
                terminal.type("q")
            assert terminal.end() == 0
            assert ("Done that" in terminal.screen) == bool(follows)

    assert tasks.open_questions(asked).total == 1


@holds("command-claim", "question")
def test_an_empty_queue_says_that_a_task_waits_for_you(shell: Shell, asked: SparkQ) -> None:
    shell.ok("claim")
    assert shell.ok("complete", "2", "done").endswith(
        "0 queued in backend. 1 task waits for your answer: sparkq answer.\n"
    )

    said = "Nothing is queued in backend (1 task waits for your answer: sparkq answer)"
    assert shell.ok("claim") == f"{said}.\n"
    assert shell.facts("claim") == {"task": None, "remaining": 0, "held": 1}
    assert shell.ok("runner", "--queue", "backend", "--drain").endswith(f"{said}.\n")


@holds("command-claim", "question")
def test_a_claim_by_hand_shows_question_and_answer(shell: Shell, asked: SparkQ) -> None:
    tasks.answer(asked, 1, "A\nin UTC")

    printed = shell.ok("claim")

    assert "Attempt 1 asked:\n  Which date format?\n\n  A) ISO 8601\n  B) that of the old log\n" in printed
    assert "The answer:\n  A\n  in UTC\n" in printed
    assert "(no words)" not in printed
    assert "sparkq release 1 --attempt 2 --question - <<'" in printed


@holds("command-wait", "question")
def test_a_wait_does_not_wait_for_you(shell: Shell, asked: SparkQ) -> None:
    waited = shell.sparkq("wait", "1")
    assert (waited.code, waited.out) == (1, "#1 held (Unify the dates): it waits for your answer: sparkq answer 1\n")
    with Stream(shell, "wait", "--queue", "backend") as wait:
        take(asked)
        tasks.complete(asked, 2, "done")
        wait.until("): it waits for your answer: sparkq answer 1\n")
        assert wait.end() == 1


@holds("command-runner", "question")
def test_a_runner_goes_on_when_its_task_is_held_and_gets_it_back_with_the_answer(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    with Stream(shell, "runner", "--queue", "backend", "--poll", "0.1") as runner:
        runner.until("Task #1 (attempt 1)")
        tasks.release(sq, 1, question="A or B?")
        runner.until("#1 held: it waits for your answer: sparkq answer 1.")
        runner.until("waiting for tasks.")
        tasks.answer(sq, 1, "B")
        runner.until("Task #1 (attempt 2)")
        runner.until("The answer:\n  B\n")


def test_a_hostile_question_does_nothing_to_a_terminal(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    tasks.release(sq, 1, question="\x1b]0;owned\x07\x1b[2J\u202e[bold]?[/bold]")

    for command in ([], ["answer"], ["review", "--list"], ["task", "1"]):
        printed = shown(shell, *command)
        assert "owned" in printed
        assert "[bold]" in printed
        assert not any(part in printed for part in ("\x1b]", "\x07", "\x1b[2J", "\u202e"))


def test_questions_of_an_archived_queue_are_not_asked(shell: Shell, asked: SparkQ) -> None:
    queues.archive(asked, "backend")

    assert shell.ok("answer") == "No question waits for your answer.\n"
    assert "archived" in shell.refused(4, "answer", "1", "A")
    queues.unarchive(asked, "backend")
    assert shell.ok("answer", "1", "A") == "#1 is the next task in backend.\n"
