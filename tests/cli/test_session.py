"""`sparkq session`: named stretches of work, from their beginning to their end."""

import pytest

from sparkq_core import queues, sessions
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.shell import Shell
from tests.promises import holds


@holds("sessions", "command-session")
def test_a_session_begins_and_is_listed(shell: Shell) -> None:
    assert shell.ok("session", "create", "feature-x").startswith("Session feature-x created.")
    assert shell.facts("session", "create", "bugfix-2026-12-01")["status"] == "active"

    listed = shell.facts("session", "list")

    assert [session["name"] for session in listed["sessions"]] == ["feature-x", "bugfix-2026-12-01"]
    assert listed["total"] == 2
    table = shell.ok("session", "list").splitlines()
    assert table[0].split() == ["NAME", "STATUS", "AGE", "ENDED"]
    assert table[1].split()[:2] == ["feature-x", "active"]


@holds("sessions")
def test_the_end_of_a_session_ends_its_queues(shell: Shell, sq: SparkQ) -> None:
    sessions.create(sq, "feature-x")
    queues.create(sq, "inside", session="feature-x")

    answer = shell.facts("session", "end", "feature-x")

    assert (answer["status"], answer["ended_queues"]) == ("ended", ["inside"])
    assert {queue.name: queue.status for queue, _ in queues.all_of(sq)} == {"backend": "active", "inside": "ended"}


@holds("command-session")
def test_ending_it_again_is_harmless(shell: Shell, sq: SparkQ) -> None:
    sessions.create(sq, "feature-x")
    shell.ok("session", "end", "feature-x")
    before = all_rows(sq)

    shell.ok("session", "end", "feature-x")

    assert all_rows(sq) == before


def test_without_sessions_the_list_says_how_to_begin(shell: Shell) -> None:
    assert "sparkq session create NAME" in shell.ok("session", "list")
    assert shell.facts("session", "list") == {"sessions": [], "total": 0}


@pytest.mark.parametrize("name", ["../x", "", "-x", "x" * 65, "\x1b[31m"])
def test_a_name_that_cannot_be_is_refused(shell: Shell, sq: SparkQ, name: str) -> None:
    before = all_rows(sq)

    message = shell.refused(2, "session", "create", "--", name)

    assert "session name" in message
    assert "\x1b" not in message
    assert all_rows(sq) == before


def test_a_taken_name_is_a_conflict(shell: Shell, sq: SparkQ) -> None:
    sessions.create(sq, "feature-x")

    assert "already" in shell.refused(4, "session", "create", "feature-x")


@holds("nearest-names")
def test_an_unknown_session_names_the_nearest(shell: Shell, sq: SparkQ) -> None:
    sessions.create(sq, "feature-x")

    assert "Did you mean feature-x?" in shell.refused(3, "session", "end", "feature")
    assert "feature-x" in shell.refused(3, "tasks", "--session", "featur-x")


def test_quiet_prints_nothing(shell: Shell) -> None:
    assert shell.ok("session", "create", "feature-x", "--quiet") == ""
    assert shell.ok("session", "end", "feature-x", "-q") == ""


@holds("command-session")
def test_a_session_is_ended_by_its_id_too(shell: Shell, sq: SparkQ) -> None:
    shell.ok("session", "create", "feature-x")

    assert shell.facts("session", "show", "1")["name"] == "feature-x"
    assert shell.facts("session", "end", "1")["status"] == "ended"
    assert "no session '7'" in shell.refused(3, "session", "end", "7")
