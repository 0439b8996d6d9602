"""Where a command may be typed: in the project, below it, beside it, or where nothing was set up; and how it is broken off."""

import subprocess
from pathlib import Path

import pytest

from sparkq_core import queues, tasks
from sparkq_core.project import SparkQ
from tests.harness.projects import open_new_project
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.terminal import CTRL_D, Terminal
from tests.promises import holds


@holds("cli-alone")
def test_alone_it_shows_the_state_of_the_project(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one", "two", "three")
    take(sq)
    tasks.complete(sq, 1, "done")
    take(sq)

    printed = shell.ok()

    assert printed.splitlines()[0] == f"project  {shell.folder}"
    assert "backend  active  1       1        1          0       0          1" in printed
    assert "1 to review: sparkq review" in printed
    answer = shell.facts()
    assert (answer["project"], answer["root"]) == ("project", str(shell.folder))
    assert [queue["name"] for queue in answer["queues"]] == ["backend"]
    assert "sparkq tasks --json" in shell.refused(2, "--json", "tasks")


@pytest.mark.parametrize("others", [0, 1])
def test_alone_it_counts_what_waits_in_archived_queues_as_the_review_does(
    shell: Shell, sq: SparkQ, others: int
) -> None:
    add(sq, "one")
    take(sq)
    tasks.complete(sq, 1, "done")
    queues.archive(sq, "backend")
    for _ in range(others):
        queues.create(sq, "docs")

    assert "1 to review: sparkq review\n" in shell.ok()
    assert "#1" in shell.ok("review", "--list")


@holds("cli-alone")
def test_alone_in_a_new_project_it_says_what_to_do(bare: Shell, empty: SparkQ) -> None:
    assert "sparkq queue create NAME" in bare.ok()


@holds("only-setup-creates")
@pytest.mark.parametrize(
    "command", [[], ["tasks"], ["enqueue", "x"], ["claim"], ["complete", "1", "x"], ["review"], ["queue", "list"]]
)
def test_where_nothing_was_set_up_it_says_so_and_makes_nothing(repository: Shell, command: list[str]) -> None:
    message = repository.refused(3, *command)

    assert "sparkq setup" in message
    assert [file.name for file in repository.folder.iterdir()] == [".git"]


@holds("config-location")
def test_a_subfolder_finds_the_project_above(repository: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    below = repository.folder / "src" / "deep"
    below.mkdir(parents=True)

    assert repository._replace(folder=below).facts("tasks")["total"] == 1


@holds("work-trees")
def test_a_linked_work_tree_shares_the_store(repository: Shell, sq: SparkQ) -> None:
    (repository.folder / ".gitignore").write_text("sparkq/\n")
    git = ["git", "-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    for command in (["add", "."], ["commit", "--quiet", "-m", "start"], ["worktree", "add", "--quiet", "../linked"]):
        subprocess.run([*git, *command], cwd=repository.folder, check=True, capture_output=True)
    linked = repository._replace(folder=repository.folder.parent / "linked")

    linked.ok("enqueue", "from the other tree")

    assert tasks.get(sq, 1).title == "from the other tree"
    assert not (linked.folder / "sparkq").exists()


def test_another_folder_is_named_with_c(shell: Shell, sq: SparkQ) -> None:
    elsewhere = shell._replace(folder=shell.folder.parent)
    add(sq, "one")

    assert elsewhere.facts("-C", str(shell.folder), "tasks")["total"] == 1
    assert elsewhere.ok("--project", "project").startswith("project  ")
    assert "no-such" in elsewhere.refused(2, "-C", "no-such", "tasks")
    assert "sparkq -C project" in elsewhere.refused(3, "tasks")


@holds("config-location")
def test_the_environment_names_a_configuration(shell: Shell, sq: SparkQ, written: Path) -> None:
    elsewhere = shell._replace(folder=shell.folder.parent)
    add(sq, "one")

    printed = elsewhere.ok("tasks", SPARKQ_CONFIG=str(written))

    assert "one" in printed
    assert "SPARKQ_CONFIG" in elsewhere.refused(3, "tasks", SPARKQ_CONFIG="missing.yml")


@holds("home-is-no-project")
def test_the_home_folder_is_never_a_project(bare: Shell) -> None:
    home = bare._replace(folder=bare.home, home=bare.home)
    below = bare.home / "work"
    below.mkdir(parents=True)
    open_new_project(bare.home).close()  # which setup refuses

    home._replace(folder=below).refused(3, "tasks")


@holds("clear-file-errors")
def test_a_database_in_the_wrong_state_is_a_storage_error(shell: Shell, sq: SparkQ) -> None:
    database = sq.config.database
    sq.close()
    for beside in database.parent.glob("*.db-*"):
        beside.unlink()
    sound = database.read_bytes()
    for content, says in (
        (b"", "empty"),
        (b"no database at all" * 300, "not a database"),
        (sound[:60] + (99).to_bytes(4, "big") + sound[64:], "Upgrade SparkQ"),
        (sound[:68] + b"\0\0\0\0" + sound[72:], "another program"),
    ):
        database.write_bytes(content)
        assert says in shell.refused(74, "tasks")
        assert database.read_bytes() == content


@holds("cli-interrupted")
def test_ctrl_c_ends_a_command_that_reads_and_nothing_is_queued(shell: Shell, sq: SparkQ) -> None:
    with Terminal(shell, "enqueue", "-", "--queue", "backend") as terminal:
        terminal.type("half a prompt")
        terminal.until("half a prompt")
        terminal.taken()
        assert terminal.break_off(then=CTRL_D) != 0

    assert shell.facts("tasks")["total"] == 0


def test_the_end_of_input_ends_a_typed_prompt(shell: Shell, sq: SparkQ) -> None:
    with Terminal(shell, "enqueue", "-", "--queue", "backend") as terminal:
        terminal.type("typed by hand")
        terminal.until("typed by hand")
        terminal.press(CTRL_D)
        terminal.until("#1 in backend")
        assert terminal.end() == 0

    assert tasks.detail(sq, 1).prompt == "typed by hand\n"


@holds("command-version")
def test_the_version_is_the_packages(bare: Shell) -> None:
    assert bare.ok("version") == f"sparkq {bare.facts('version')['version']}\n"
