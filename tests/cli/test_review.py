"""`sparkq review`: what finished while nobody looked, and what the person says to it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from sparkq_core import changes, inbox, project, queues, tasks
from sparkq_core.changes import Execution
from sparkq_core.clock import SystemClock
from sparkq_core.errors import ClaimLost
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.change_steps import record, repository
from tests.harness.clocks import SetClock
from tests.harness.git_steps import git
from tests.harness.shell import Shell
from tests.harness.task_steps import add, queued_ids, take, timed_out_task
from tests.harness.terminal import CTRL_C, CTRL_D, Terminal
from tests.promises import holds

KEYS = "[q]uit > "


@pytest.fixture
def finished(sq: SparkQ, bare: Shell) -> Iterator[SparkQ]:
    """#1 done, #2 failed, #3 timed out with a late result; all unreviewed. #4 still runs."""
    clock = SetClock(SystemClock().now() - 3_600_000)
    earlier = project.open(bare.folder, env={}, clock=clock)
    add(earlier, "Add tests", "Fix the parser")
    take(earlier)
    tasks.complete(earlier, 1, "Added 12 tests\nall pass")
    take(earlier)
    tasks.fail(earlier, 2, "The database is missing")
    timed_out_task(earlier, clock)
    with pytest.raises(Exception, match="no longer holds"):
        tasks.complete(earlier, 3, "finished after all", attempt=1)
    add(sq, "Still going")
    take(sq)
    yield sq
    earlier.close()


def unreviewed(sq: SparkQ) -> list[int]:
    return [finished.task.id for finished in inbox.unreviewed(sq).tasks]


@holds("command-review")
def test_the_list_shows_what_waits_and_marks_nothing(bare: Shell, finished: SparkQ) -> None:
    before = all_rows(finished)

    printed = bare.ok("review", "--list")

    for part in (
        "Since the beginning",
        "backend: 1 succeeded, 1 failed, 1 timed out, 1 came late",
        "#1  succeeded  Add tests",
        "      Added 12 tests\n      all pass",
        "#2  failed 🔴  Fix the parser",
        "#3  failed 💀",
        "    Its worker said later (succeeded, to accept it: sparkq accept 3 --attempt 1):\n      finished after all",
    ):
        assert part in printed
    assert "#4" not in printed
    assert all_rows(finished) == before


def test_without_a_terminal_review_only_lists(bare: Shell, finished: SparkQ) -> None:
    assert "#1  succeeded" in bare.ok("review")
    assert unreviewed(finished) == [1, 2, 3]


def test_the_list_in_json_has_what_a_reviewer_needs(bare: Shell, finished: SparkQ) -> None:
    answer = bare.facts("review", "--list")

    assert [task["id"] for task in answer["tasks"]] == [1, 2, 3]
    assert answer["total"] == 3
    assert answer["tasks"][0]["summary"] == "Added 12 tests\nall pass"
    late = answer["tasks"][2]["late"]
    assert (late["attempt"], late["outcome"], answer["tasks"][2]["late_text"]) == (1, "succeeded", "finished after all")
    counts = {"queue": "backend", "succeeded": 1, "failed": 1, "timed_out": 1, "late": 1}
    assert answer["since_last_look"]["queues"] == [counts]


@holds("review")
def test_ids_are_marked_without_a_question(bare: Shell, finished: SparkQ) -> None:
    assert bare.ok("review", "1", "#2") == "2 reviewed: #1, #2.\n"

    assert unreviewed(finished) == [3]
    assert bare.facts("review", "1")["tasks"][0]["reviewed_at"]
    assert tasks.get(finished, 2).status == "failed"


@holds("command-review")
@pytest.mark.parametrize("which", ["--all", "1"])
def test_a_list_marks_nothing_whatever_else_is_asked(bare: Shell, finished: SparkQ, which: str) -> None:
    assert "--list only lists" in bare.refused(2, "review", "--list", which)
    assert unreviewed(finished) == [1, 2, 3]


@holds("command-review")
def test_all_of_a_queue_or_of_the_project_is_marked(bare: Shell, finished: SparkQ) -> None:
    queues.create(finished, "docs")
    assert bare.ok("review", "--all", "--queue", "docs") == "Nothing to review.\n"

    assert bare.ok("review", "--all") == "3 reviewed: #1, #2, #3.\n"
    assert unreviewed(finished) == []
    assert bare.ok("review") == "Nothing to review.\n"


def test_of_a_result_the_beginning_is_shown_and_of_an_error_the_end(bare: Shell, sq: SparkQ) -> None:
    lines = "\n".join(f"line {number} of a long text" for number in range(1, 60))
    add(sq, "one", "two")
    take(sq)
    tasks.complete(sq, 1, f"{lines}\nthe end of it")
    take(sq)
    tasks.fail(sq, 2, f"{lines}\nAssertionError: 3 != 4")

    result, error = bare.ok("review", "--list").split("#2 ")

    assert "line 1 of" in result
    assert "the end of it" not in result
    assert error.count("\n") == 8
    assert "      …\n" in error
    assert "AssertionError: 3 != 4" in error


def test_a_task_that_the_person_cancelled_is_no_failure_to_review(bare: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    tasks.cancel(sq, 1, "done by hand")

    assert bare.ok("review", "--list") == "Nothing to review.\n"
    for printed in (bare.ok("tasks"), bare.ok("task", "1")):
        assert "cancelled" in printed
        assert "failed" not in printed
        assert "🔴" not in printed


def test_what_has_not_finished_cannot_be_reviewed(bare: Shell, finished: SparkQ) -> None:
    assert "running" in bare.refused(4, "review", "4")
    assert "#9" in bare.refused(3, "review", "9")


@holds("nothing-changed")
def test_of_several_ids_one_wrong_marks_none(bare: Shell, finished: SparkQ) -> None:
    bare.refused(3, "review", "1", "9")

    assert unreviewed(finished) == [1, 2, 3]


@holds("review", "command-review")
def test_a_walk_accepts_sends_back_and_takes_late_results(bare: Shell, finished: SparkQ) -> None:
    with Terminal(bare, "review") as terminal:
        assert "Add tests" in terminal.until(KEYS)
        terminal.type("a")
        assert "#1 accepted." in terminal.until("Fix the parser")
        terminal.until(KEYS)
        terminal.type("r")
        terminal.until("Feedback for the next worker")
        terminal.type("Start the database first")
        terminal.until("#2 in backend again, 1st in line.")
        assert "Its worker said later (succeeded" in terminal.until(KEYS)
        terminal.type("a")
        terminal.until("No more tasks to review.")
        assert terminal.end() == 0

    assert tasks.get(finished, 1).reviewed_at is not None
    assert tasks.get(finished, 3).status == "succeeded"
    assert queued_ids(finished) == [2]
    assert take(finished).feedback == "Start the database first"
    assert unreviewed(finished) == []


@holds("review", "undo")
def test_a_walk_undoes_the_last_verdict_and_shows_its_task_again(bare: Shell, finished: SparkQ) -> None:
    with Terminal(bare, "review") as terminal:
        terminal.until(KEYS)
        terminal.type("u")
        terminal.until("There is no verdict to undo.")
        terminal.type("a")
        terminal.until("Fix the parser")
        terminal.until(KEYS)
        terminal.type("u")
        terminal.until("#1 succeeded, unreviewed again: review undone.")
        assert "Add tests" in terminal.until(KEYS)
        terminal.type("s")
        assert "Fix the parser" in terminal.until(KEYS)
        terminal.type("q")
        assert terminal.end() == 0

    assert unreviewed(finished) == [1, 2, 3]


def test_what_is_skipped_or_not_reached_stays(bare: Shell, finished: SparkQ) -> None:
    with Terminal(bare, "review") as terminal:
        terminal.until(KEYS)
        terminal.type("s")
        terminal.until("Fix the parser")
        terminal.until(KEYS)
        terminal.type("q")
        assert terminal.end() == 0

    assert unreviewed(finished) == [1, 2, 3]


def test_a_walk_shows_the_beginning_of_what_was_asked(bare: Shell, sq: SparkQ) -> None:
    lines = "\n".join(f"- point {number}" for number in range(1, 30))
    add(sq, f"# Fix the parser\n\n\x1b[31mfor dates\n{lines}", "All is in the title")
    for task_id in (1, 2):
        take(sq)
        tasks.complete(sq, task_id, "done")

    with Terminal(bare, "review") as terminal:
        asked = terminal.until(KEYS)
        terminal.type("s")
        plain = terminal.until(KEYS)
        terminal.type("q")
        assert terminal.end() == 0

    assert "    > # Fix the parser\r\n    >\r\n    > \\x1b[31mfor dates\r\n    > - point 1\r\n" in asked
    assert "    > …" in asked
    assert "point 4" not in asked
    assert "    >" not in plain


def test_another_key_asks_again(bare: Shell, finished: SparkQ) -> None:
    with Terminal(bare, "review") as terminal:
        terminal.until(KEYS)
        terminal.type("x")
        terminal.until("type a, r, e, d, c, v, s, b, u or q")
        terminal.until(KEYS)
        terminal.type("quit")
        assert terminal.end() == 0

    assert unreviewed(finished) == [1, 2, 3]


def test_view_shows_the_task_in_the_pager_and_asks_again(bare: Shell, finished: SparkQ) -> None:
    with Terminal(bare, "review", PAGER="cat") as terminal:
        terminal.until(KEYS)
        terminal.type("v")
        shown = terminal.until(KEYS)
        for part in ("Prompt", "Attempt 1", "Added 12 tests", "Timeline", "enqueued"):
            assert part in shown
        terminal.type("q")
        assert terminal.end() == 0


def test_a_pager_need_not_read_all_of_a_task(bare: Shell, finished: SparkQ) -> None:
    tasks.enqueue(finished, "backend", "a long line\n" * 80_000)
    take(finished)
    tasks.complete(finished, 4, "done")
    with Terminal(bare, "review", PAGER="true") as terminal:
        for _ in range(3):
            terminal.until(KEYS)
            terminal.type("s")
        terminal.until(KEYS)
        terminal.type("v")
        terminal.until(KEYS)
        terminal.type("q")
        assert terminal.end() == 0


@holds("cli-interrupted")
@pytest.mark.parametrize("key", [CTRL_C, CTRL_D])
def test_a_walk_that_is_broken_off_changes_nothing_more(bare: Shell, finished: SparkQ, key: bytes) -> None:
    with Terminal(bare, "review") as terminal:
        terminal.until(KEYS)
        terminal.type("a")
        terminal.until("#1 accepted.")
        terminal.until(KEYS)
        assert terminal.break_off(key) != 0

    assert unreviewed(finished) == [2, 3]


def test_a_walk_is_the_look_from_which_the_next_counts(bare: Shell, finished: SparkQ) -> None:
    with Terminal(bare, "review") as terminal:
        terminal.until(KEYS)
        terminal.type("q")
        assert terminal.end() == 0
    tasks.complete(finished, 4, "done")

    assert "Since your last look" in bare.ok("review", "--list")
    (counts,) = bare.facts("review", "--list")["since_last_look"]["queues"]
    assert (counts["succeeded"], counts["failed"]) == (1, 0)


def test_a_task_that_moved_on_during_the_walk_is_no_defect(bare: Shell, finished: SparkQ) -> None:
    with Terminal(bare, "review") as terminal:
        terminal.until(KEYS)
        tasks.requeue(finished, 1, again=True)
        terminal.type("a")
        terminal.until("it is queued")
        terminal.until(KEYS)
        terminal.type("q")
        assert terminal.end() == 0

    assert queued_ids(finished) == [1]


def test_what_was_done_anew_while_the_walk_asked_is_shown_before_it_is_accepted(bare: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    take(sq)
    tasks.fail(sq, 1, "no way")
    with Terminal(bare, "review") as terminal:
        assert "no way" in terminal.until(KEYS)
        tasks.requeue(sq, 1)
        take(sq)
        tasks.complete(sq, 1, "found a way")
        terminal.type("a")
        terminal.until("#1 was done again meanwhile")
        assert "found a way" in terminal.until(KEYS)
        assert unreviewed(sq) == [1]
        terminal.type("a")
        terminal.until("No more tasks to review.")
        assert terminal.end() == 0

    assert unreviewed(sq) == []


def test_a_result_that_came_late_while_the_walk_asked_is_shown_before_it_is_accepted(bare: Shell, sq: SparkQ) -> None:
    clock = SetClock(SystemClock().now() - 3_600_000)
    earlier = project.open(bare.folder, env={}, clock=clock)
    timed_out_task(earlier, clock)
    with Terminal(bare, "review") as terminal:
        assert "said later" not in terminal.until(KEYS)
        with pytest.raises(ClaimLost):
            tasks.complete(earlier, 1, "finished after all", attempt=1)
        terminal.type("a")
        terminal.until("#1 has a late result")
        assert "finished after all" in terminal.until(KEYS)
        assert tasks.get(sq, 1).status == "failed"
        terminal.type("a")
        terminal.until("#1 accepted.")
        assert terminal.end() == 0
    earlier.close()

    assert tasks.get(sq, 1).status == "succeeded"


def test_a_requeue_into_an_archived_queue_is_explained_and_asked_again(bare: Shell, finished: SparkQ) -> None:
    queues.archive(finished, "backend")
    with Terminal(bare, "review") as terminal:
        terminal.until(KEYS)
        terminal.type("r")
        terminal.until("Feedback")
        terminal.type("")
        assert "archived" in terminal.until(KEYS)
        terminal.type("q")
        assert terminal.end() == 0


@holds("review", "command-review")
def test_the_change_is_shown_at_a_key_before_anything_is_decided(bare: Shell, sq: SparkQ) -> None:
    with worked(bare) as past, Terminal(bare, "review", PAGER="cat") as terminal:
        assert "2 files, +2 −0, shared with #2" in terminal.until(KEYS)
        terminal.type("d")
        screen = terminal.until(KEYS)
        terminal.type("s")
        assert "nothing changed, shared" not in terminal.until(KEYS)
        terminal.type("s")
        assert "nothing changed" in terminal.until(KEYS)
        terminal.type("s")
        assert "about 2 files, +2 −0" in terminal.until(KEYS)
        terminal.type("d")
        unknown = terminal.until(KEYS)
        terminal.type("q")
        assert terminal.end() == 0
        assert unreviewed(past) == [1, 2, 3, 4]

    assert "#1 Change a file" in screen
    assert "#2 ran at the same time in the same folder, as far as is known: some of this may be theirs." in screen
    assert "\x1b[32m+\ttwo \\x1b[31m\x1b[0m" in screen
    assert "Binary files /dev/null and b/picture.bin differ" in screen
    assert "GIT binary patch" not in screen
    assert "What attempt 1 of #4 changed is not known exactly." in unknown
    assert "about 2 files" in unknown


def test_a_task_says_what_it_changed_where_and_how_to_see_it(bare: Shell, sq: SparkQ) -> None:
    with worked(bare):
        changed, nothing, about = (bare.ok("task", number) for number in ("1", "3", "4"))
        add(sq, "not yet")

    assert (
        "changed   2 files, +2 −0, on main\n"
        "          #2 ran at the same time in the same folder, as far as is known: some of this may be theirs.\n"
        "          to see it: sparkq diff 1\n"
    ) in changed
    assert "changed   nothing, on main\n" in nothing
    assert "changed   about 2 files, +2 −0 with changes from before, on main\n" in about
    assert "sparkq diff" not in nothing + about
    assert "changed" not in bare.ok("task", "5")


@contextmanager
def worked(bare: Shell) -> Iterator[SparkQ]:
    """#1 changed two files while #2 ran, which changed nothing; #3 changed nothing; of #4 only sizes are known."""
    repository(bare.folder, app_py="one\n")
    clock = SetClock(SystemClock().now() - 3_600_000)
    with closing(project.open(bare.folder, env={}, clock=clock)) as sq:
        add(sq, "Change a file", "Look", "Look again", "Work over HTTP")
        for number in (1, 2):
            begin(sq, number, clock)
        (bare.folder / "app.py").write_text("one\n\ttwo \x1b[31m\nthree\n")
        (bare.folder / "picture.bin").write_bytes(bytes(range(256)))
        finish(sq, 1, clock)
        tasks.release(sq, 2)
        for number in (2, 3):
            begin(sq, number, clock)
            finish(sq, number, clock)
        git(bare.folder, "add", "--all")
        tasks.claim(sq, "backend", "ann")
        changes.record(sq, None, begun=Execution(4, 1))
        tasks.complete(sq, 4, "did it")
        changes.record(sq, None, ended=[Execution(4, 1)])
        yield sq


def begin(sq: SparkQ, number: int, clock: SetClock) -> None:
    """Claim a task where the project is."""
    claimed = take(sq, task_id=number)
    record(sq, begun=Execution(number, claimed.task.attempts))
    clock.move(1)


def finish(sq: SparkQ, number: int, clock: SetClock) -> None:
    """Complete a task where the project is."""
    done = tasks.complete(sq, number, "did it")
    record(sq, ended=Execution(number, done.attempt))
    clock.move(1)


def test_only_a_letter_or_a_whole_word_is_a_verdict(bare: Shell, finished: SparkQ) -> None:
    """`abort` begins as `accept` does."""
    with Terminal(bare, "review") as terminal:
        terminal.until(KEYS)
        for typed in ("abort", "ac", "acceptance", "reject", "yes"):
            terminal.type(typed)
            terminal.until(f"Unknown key '{typed}'")
            terminal.until(KEYS)
        assert unreviewed(finished) == [1, 2, 3]
        terminal.type("?")
        terminal.until("a  accept the outcome")
        terminal.until(KEYS)
        terminal.type("Accept")
        terminal.until("#1 accepted.")
        terminal.until(KEYS)
        terminal.type("QUIT")
        assert terminal.end() == 0


def test_a_walk_counts_and_goes_back_to_what_was_skipped(bare: Shell, finished: SparkQ) -> None:
    with Terminal(bare, "review") as terminal:
        assert "(1 of 3)" in terminal.until(KEYS)
        terminal.type("b")
        terminal.until("No skipped task is before this one.")
        terminal.until(KEYS)
        terminal.type("s")
        assert "(2 of 3)" in terminal.until(KEYS)
        terminal.type("a")
        assert "(3 of 3)" in terminal.until(KEYS)
        terminal.type("back")
        again = terminal.until(KEYS)
        assert "(2 of 3)" in again
        assert "Add tests" in again
        terminal.type("a")
        assert "(3 of 3)" in terminal.until(KEYS)
        terminal.type("s")
        terminal.until("No more tasks to review. 2 accepted, 1 skipped.")
        assert terminal.end() == 0

    assert unreviewed(finished) == [3]


def test_failed_tasks_come_first_if_that_is_wanted(bare: Shell, finished: SparkQ) -> None:
    with Terminal(bare, "review", "--failed-first") as terminal:
        for title in ("Fix the parser", "#3", "Add tests"):
            assert title in terminal.until(KEYS)
            terminal.type("s")
        terminal.until("No more tasks to review. 3 skipped.")
        assert terminal.end() == 0


def test_feedback_of_several_lines_is_written_in_the_editor(bare: Shell, finished: SparkQ) -> None:
    editor = bare.folder / "editor.sh"
    editor.write_text('#!/bin/sh\n{ printf "Start the database.\\n\\n- then retry\\n"; cat "$1"; } > t && mv t "$1"\n')
    editor.chmod(0o755)
    with Terminal(bare, "review", EDITOR=str(editor)) as terminal:
        terminal.until(KEYS)
        terminal.type("s")
        terminal.until(KEYS)
        terminal.type("e")
        terminal.until("#2 in backend again, 1st in line.")
        terminal.until(KEYS)
        terminal.type("q")
        assert terminal.end() == 0

    assert take(finished).feedback == "Start the database.\n\n- then retry"
