"""`sparkq undo` and `sparkq accept`, and what an agent's shell may not do."""

import json

import pytest

from sparkq_core import inbox, tasks
from sparkq_core.config import consent
from sparkq_core.project import SparkQ
from tests.core.inbox_steps import done, failed, waits
from tests.harness.all_rows import all_rows
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.promises import holds

DECISIONS = (
    ("review", "1"),
    ("review", "--all"),
    ("accept", "1"),
    ("undo",),
    ("requeue", "1", "--again"),
    ("purge", "--yes"),
    ("teardown", "--yes"),
    ("config", "set", "purge.unreviewed_days", "1"),
    ("answer", "1", "yes"),
    ("hooks", "allow", "--yes"),
)


@holds("undo", "command-undo")
def test_undo_brings_back_what_one_command_accepted(shell: Shell, sq: SparkQ) -> None:
    ids = [done(sq), failed(sq)]
    assert shell.ok("accept", "1", "2") == "2 accepted: #1, #2.\n"
    assert waits(sq) == []

    assert shell.ok("undo") == (
        "#1 succeeded, unreviewed again: review undone.\n#2 failed, unreviewed again: review undone.\n"
    )
    assert waits(sq) == ids
    assert "There is no verdict to undo." in shell.refused(4, "undo")


@holds("undo")
def test_a_requeue_is_undone_by_its_id_until_it_is_claimed(shell: Shell, sq: SparkQ) -> None:
    failed(sq)
    shell.ok("requeue", "1", "-m", "mistaken")
    assert shell.ok("undo", "#1") == "#1 failed, unreviewed again: requeue undone.\n"
    shell.ok("requeue", "1")
    take(sq, "bob")

    refused = shell.refused(4, "undo", "1")

    assert "The requeue of #1 cannot be undone: bob claimed it since." in refused
    assert "sparkq task 1 --timeline" in refused


def test_undo_as_json(shell: Shell, sq: SparkQ) -> None:
    done(sq)
    shell.ok("review", "1")

    facts = json.loads(shell.ok("undo", "--json"))

    assert (facts["total"], facts["tasks"][0]["id"]) == (1, 1)
    assert "reviewed_at" not in facts["tasks"][0]
    assert json.loads(shell.refused(3, "undo", "99", "--json"))["error"] == "no_such_task"


@holds("verdict-doors")
def test_the_timeline_names_the_terminal(shell: Shell, sq: SparkQ) -> None:
    done(sq)
    shell.ok("accept", "1")
    shell.ok("undo")

    timeline = shell.ok("task", "1", "--timeline")

    assert "reviewed (in a terminal)" in timeline
    assert "review undone (in a terminal)" in timeline


def test_accept_takes_any_finished_task(shell: Shell, sq: SparkQ) -> None:
    done(sq), failed(sq)

    assert shell.ok("accept", "1") == "#1 accepted: it has succeeded.\n"
    assert shell.ok("accept", "2", "1") == "2 accepted: #2, #1.\n"
    assert waits(sq) == []


def test_of_several_that_are_accepted_one_refused_keeps_all(shell: Shell, sq: SparkQ) -> None:
    done(sq), add(sq, "waits")
    before = all_rows(sq)

    assert "None of the 2 tasks is accepted, because of #2." in shell.refused(4, "accept", "1", "2")
    assert "--attempt is for one task." in shell.refused(2, "accept", "1", "2", "--attempt", "1")
    assert all_rows(sq) == before


@holds("only-by-the-user")
@pytest.mark.parametrize("words", DECISIONS, ids=" ".join)
def test_an_agent_decides_nothing(shell: Shell, sq: SparkQ, words: tuple[str, ...]) -> None:
    done(sq)
    before = all_rows(sq)

    refused = shell.refused(4, *words, CODEX_THREAD_ID="019a")

    assert "This is a shell of Codex." in refused
    assert "Ask the user to type it in their own terminal" in refused
    assert all_rows(sq) == before


@holds("only-by-the-user")
@pytest.mark.parametrize("variable", consent.AGENTS)
def test_every_agent_is_known_by_its_variables(shell: Shell, sq: SparkQ, variable: str) -> None:
    done(sq)

    shell.refused(4, "accept", "1", **{variable: "1"})
    assert waits(sq) == [1]


@holds("only-by-the-user")
def test_an_agent_reads_and_works(shell: Shell, sq: SparkQ) -> None:
    failed(sq)
    for words in (
        ("review",),
        ("review", "--list"),
        ("review", "--json"),
        ("task", "1"),
        ("purge", "--dry-run"),
        ("teardown", "--dry-run"),
        ("config", "show"),
        ("requeue", "1"),
        ("claim", "--worker", "ann"),
        ("complete", "1", "done"),
    ):
        shell.ok(*words, CLAUDECODE="1")
    assert tasks.get(sq, 1).status == "succeeded"


@holds("only-by-the-user")
def test_an_agent_requeues_as_a_worker(shell: Shell, sq: SparkQ) -> None:
    (task_id,) = add(sq, "one")
    tasks.cancel(sq, task_id)

    assert "only the person can requeue it" in shell.refused(4, "requeue", "1", GEMINI_CLI="1")
    failed(sq)
    shell.ok("requeue", "2", GEMINI_CLI="1")
    assert "There is no verdict to undo." in shell.refused(4, "undo")
    assert inbox.unreviewed(sq).total == 0


def test_a_requeue_of_an_attempt_that_was_done_again_is_refused(shell: Shell, sq: SparkQ) -> None:
    task_id = failed(sq)
    tasks.requeue(sq, task_id)
    take(sq)
    tasks.complete(sq, task_id, "better")
    before = all_rows(sq)

    refused = shell.refused(4, "requeue", "1", "--again", "--attempt", "1", "-m", "about the first")

    assert "#1 was done again meanwhile" in refused
    assert all_rows(sq) == before
    shell.ok("requeue", "1", "--again", "--attempt", "2")
