"""`sparkq queue`: lines of tasks and what their workers are told."""

from pathlib import Path

import pytest

from sparkq_core import queues, sessions, tasks
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import Terminal, editor
from tests.promises import holds


def told_to(sq: SparkQ, name: str = "backend") -> str:
    return queues.instructions(sq, name)[1]


@holds("cli-spelling", "command-queue")
def test_a_queue_is_made_with_instructions_and_session(shell: Shell, sq: SparkQ) -> None:
    sessions.create(sq, "feature-x")

    answer = shell.facts("queue", "create", "docs", "--instructions", "Plain words.", "--session", "feature-x")

    assert (answer["name"], answer["session"], answer["status"]) == ("docs", "feature-x", "active")
    assert answer["instructions_revision"] == 1
    assert told_to(sq, "docs") == "Plain words."


def test_instructions_come_from_a_file_or_standard_input(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "rules.md").write_text("From a file.\n")

    shell.ok("queue", "create", "one", "--file", "rules.md")
    shell.ok("queue", "create", "two", "--instructions", "-", stdin="From a pipe.\n")

    assert (told_to(sq, "one"), told_to(sq, "two")) == ("From a file.\n", "From a pipe.\n")


@holds("command-queue")
def test_the_list_counts_what_stands_where(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    take(sq)
    take(sq)
    tasks.fail(sq, 1, "broke")

    (queue,) = shell.facts("queue", "list")["queues"]

    assert (queue["queued"], queue["running"], queue["failed"], queue["unreviewed"]) == (1, 1, 1, 1)
    heads, row = shell.ok("queue", "list").splitlines()
    assert heads.split()[:6] == ["QUEUE", "STATUS", "QUEUED", "RUNNING", "SUCCEEDED", "FAILED"]
    assert row.split()[:6] == ["backend", "active", "1", "1", "0", "1"]


def test_show_has_the_counts_and_the_instructions(shell: Shell, sq: SparkQ) -> None:
    queues.instruct(sq, "backend", "Work on dev.\nRun make test.")

    assert shell.facts("queue", "show", "backend")["instructions"] == "Work on dev.\nRun make test."
    assert "  Work on dev.\n  Run make test.\n" in shell.ok("queue", "show", "backend")


@holds("queue-instructions")
def test_instructions_are_shown_changed_and_cleared(shell: Shell, sq: SparkQ) -> None:
    assert "no instructions" in shell.ok("queue", "instructions", "backend")

    shell.ok("queue", "instructions", "backend", "Run make test.")
    assert shell.ok("queue", "instructions", "backend") == "Run make test.\n"
    shell.ok("queue", "instructions", "backend", "-", stdin="From a pipe.")
    assert told_to(sq) == "From a pipe."
    assert shell.facts("queue", "instructions", "backend", "--clear")["revision"] == 3
    assert told_to(sq) == ""


@pytest.mark.parametrize("more", [["--clear"], ["--edit"], ["--file", "rules.md"]])
def test_instructions_that_are_given_twice_are_refused(shell: Shell, sq: SparkQ, more: list[str]) -> None:
    queues.instruct(sq, "backend", "Run make test.")

    assert "given twice" in shell.refused(2, "queue", "instructions", "backend", "mine", *more)
    assert told_to(sq) == "Run make test."


def test_instructions_that_stay_as_they_are_get_no_revision(shell: Shell, sq: SparkQ) -> None:
    queues.instruct(sq, "backend", "Run make test.")

    assert shell.ok("queue", "instructions", "backend", "Run make test.") == "Nothing was changed.\n"
    shell.ok("queue", "instructions", "backend", "")
    assert told_to(sq) == ""


def test_instructions_open_in_the_editor_as_they_are(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    queues.instruct(sq, "backend", "Run make test.\n")
    with Terminal(
        shell, "queue", "instructions", "backend", "--edit", EDITOR=editor(tmp_path, 'echo "And lint." >> "$1"')
    ) as terminal:
        assert terminal.end() == 0

    assert told_to(sq) == "Run make test.\nAnd lint.\n"


def test_instructions_left_as_they_were_change_nothing(shell: Shell, sq: SparkQ, tmp_path: Path) -> None:
    queues.instruct(sq, "backend", "Run make test.\n")
    before = all_rows(sq)

    assert "The text of the instructions was not changed." in shell.refused(
        2, "queue", "instructions", "backend", "--edit", EDITOR=editor(tmp_path, "true")
    )
    assert all_rows(sq) == before


def test_where_every_queue_is_archived_it_says_how_to_see_them(shell: Shell) -> None:
    shell.ok("queue", "archive", "backend")

    for command in ([], ["queue", "list"]):
        assert "sparkq queue list --all" in shell.ok(*command)


def test_a_renamed_queue_keeps_its_tasks(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")

    shell.ok("queue", "rename", "backend", "server")

    assert tasks.get(sq, 1).queue == "server"
    assert "backend" in shell.refused(3, "queue", "show", "backend")


def test_an_ended_queue_takes_no_new_task_until_it_is_reopened(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    shell.ok("queue", "end", "backend")

    message = shell.refused(4, "enqueue", "two", "--queue", "backend")
    assert "has ended" in message
    assert "sparkq queue reopen backend" in message
    assert shell.facts("claim", "--queue", "backend")["task"]["id"] == 1
    shell.ok("queue", "reopen", "backend")
    assert shell.facts("enqueue", "two", "--queue", "backend")["id"] == 2


@holds("queue-states", "command-queue")
def test_an_archived_queue_is_hidden_and_comes_back_as_it_was(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    assert "unarchive" in shell.ok("queue", "archive", "backend")

    assert shell.facts("queue", "list")["queues"] == []
    assert shell.facts("queue", "list", "--all")["queues"][0]["status"] == "archived"
    assert "archived" in shell.refused(4, "claim", "--queue", "backend")
    assert "sparkq queue unarchive backend" in shell.refused(4, "enqueue", "two", "--queue", "backend")
    assert shell.facts("queue", "unarchive", "backend")["status"] == "active"
    assert shell.facts("claim", "--queue", "backend")["task"]["id"] == 1


@holds("text-is-data")
@pytest.mark.parametrize("name", ["../x", "", "/tmp/x", "\x1b]0;x\x07"])
def test_a_name_that_cannot_be_is_refused_and_no_file_is_made(shell: Shell, sq: SparkQ, name: str) -> None:
    before, files = all_rows(sq), sorted(shell.folder.parent.rglob("*"))

    message = shell.refused(2, "queue", "create", "--", name)

    assert "queue name" in message
    assert "\x1b" not in message
    assert all_rows(sq) == before
    assert sorted(shell.folder.parent.rglob("*")) == files


def test_a_queue_is_not_renamed_to_what_cannot_be(shell: Shell, sq: SparkQ) -> None:
    before = all_rows(sq)

    assert "Perhaps x?" in shell.refused(2, "queue", "rename", "backend", "../x")
    assert all_rows(sq) == before


@holds("queue-names")
def test_a_taken_name_is_a_conflict(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "docs")

    assert "already" in shell.refused(4, "queue", "create", "backend")
    assert "already" in shell.refused(4, "queue", "rename", "docs", "backend")


@holds("nearest-names")
def test_an_unknown_queue_names_the_nearest(shell: Shell) -> None:
    for verb in ("show", "instructions", "end", "archive"):
        assert "Did you mean backend?" in shell.refused(3, "queue", verb, "backed")


def test_without_queues_the_list_says_how_to_begin(bare: Shell, empty: SparkQ) -> None:
    assert "sparkq queue create NAME" in bare.ok("queue", "list")
    assert bare.facts("queue", "list") == {"queues": [], "total": 0, "assignments": []}


@holds("cli-quiet")
def test_quiet_prints_nothing(shell: Shell) -> None:
    for command in (["create", "docs"], ["end", "docs"], ["archive", "docs"], ["unarchive", "docs"]):
        assert shell.ok("queue", *command, "--quiet") == ""


@holds("command-queue")
def test_verbs_take_a_queue_by_its_id_too(shell: Shell, sq: SparkQ) -> None:
    docs = queues.create(sq, "docs")

    assert shell.facts("queue", "archive", str(docs.id))["name"] == "docs"
    assert shell.facts("queue", "unarchive", f"#{docs.id}")["status"] == "active"
    assert shell.facts("queue", "show", str(docs.id))["name"] == "docs"
    assert "no queue '99'" in shell.refused(3, "queue", "archive", "99")
    assert shell.ok("queue", "delete", str(docs.id)) == "docs is deleted.\n"


@pytest.mark.parametrize("verb", [["pause"], ["archive"], ["set", "--strict"]])
def test_the_command_that_undoes_it_can_be_copied(shell: Shell, sq: SparkQ, verb: list[str]) -> None:
    (name, *options) = verb
    said = shell.ok("queue", name, "backend", *options).rstrip()

    shell.ok(*said[said.index("sparkq ") :].split()[1:])


def test_a_queue_that_is_named_like_a_number_is_meant_before_an_id(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "1")

    assert shell.facts("queue", "archive", "1")["name"] == "1"


def test_a_name_that_an_archived_queue_has_is_refused_with_the_way_to_bring_it_back(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "docs")
    queues.archive(sq, "docs")

    for words in (["create", "docs"], ["rename", "backend", "docs"]):
        assert "sparkq queue unarchive docs" in shell.refused(4, "queue", *words)


@holds("queue-delete", "only-by-the-user")
def test_an_empty_queue_is_deleted_by_you(shell: Shell, sq: SparkQ) -> None:
    queues.create(sq, "docs")
    add(sq, "one")

    assert "by the user" in shell.refused(4, "queue", "delete", "docs", CLAUDECODE="1")
    assert "sparkq queue archive backend" in shell.refused(4, "queue", "delete", "backend")
    assert shell.ok("queue", "delete", "docs") == "docs is deleted.\n"
    assert queues.names(sq) == ("backend",)


def test_the_list_of_one_session_has_its_queues_only(shell: Shell, sq: SparkQ) -> None:
    session = sessions.create(sq, "feature-x")
    queues.create(sq, "docs", session="feature-x")

    for address in ("feature-x", str(session.id)):
        assert [queue["name"] for queue in shell.facts("queue", "list", "--session", address)["queues"]] == ["docs"]
    assert "feature-x" in shell.refused(3, "queue", "list", "--session", "feature-y")
