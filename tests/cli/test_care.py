"""Care: purge, backup, export and import, the doctor; and a review line that says what the work changed."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import changes, inbox, project, queues, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.maintenance.purge import BATCH
from sparkq_core.project import SparkQ
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import TOP
from tests.harness.shell import Shell
from tests.harness.task_steps import add, claimed_task, take
from tests.harness.terminal import Terminal
from tests.promises import holds

DAY = 24 * HOUR


@pytest.fixture
def aged(sq: SparkQ, shell: Shell) -> Iterator[SparkQ]:
    """#1 reviewed and #2 unreviewed, both five days old; #3 reviewed, an hour old; #4 waits for five days."""
    clock = SetClock(SystemClock().now())
    earlier = project.open(shell.folder, env={}, clock=clock)
    clock.move(-5 * DAY)
    add(earlier, "one", "two", "three", "four")
    for task_id in (1, 2, 3):
        clock.move(5 * DAY - HOUR if task_id == 3 else 0)
        take(earlier, task_id=task_id)
        tasks.complete(earlier, task_id, "done")
        if task_id != 2:
            inbox.review(earlier, task_id)
    yield sq
    earlier.close()


def left(sq: SparkQ) -> list[int]:
    """The ids of all tasks that are still there."""
    return sorted(task.id for task in tasks.list_page(sq).tasks)


@holds("command-purge")
def test_a_purge_deletes_what_is_old_and_reviewed(shell: Shell, aged: SparkQ) -> None:
    assert shell.ok("purge", "--yes") == "1 finished task deleted, 0 of them unreviewed.\n"

    assert left(aged) == [2, 3, 4]
    assert shell.ok("purge", "--yes") == "0 finished tasks deleted.\n"


@holds("command-purge")
def test_a_dry_run_only_lists(shell: Shell, aged: SparkQ) -> None:
    before = all_rows(aged)

    answer = shell.facts("purge", "--dry-run", "--older-than", "30m", "--unreviewed-older-than", "5d")

    listed = answer.pop("ids")
    assert answer == {"reviewed": 2, "unreviewed": 1, "total": 3, "archived": 0, "dry_run": True}
    assert len(listed) == 3
    lines = shell.ok("purge", "--dry-run", "--older-than", "30m", "--unreviewed-older-than", "5d").splitlines()
    assert [line.split()[0] for line in lines[1:-1]] == [f"#{number}" for number in listed]
    assert "3 finished tasks would be deleted" in shell.ok(
        "purge", "--dry-run", "--older-than", "1800s", "--unreviewed-older-than", "4"
    )
    assert all_rows(aged) == before


@pytest.mark.parametrize("age", ["", "x", "-1d", "1w", "1.5d", "9999999d", "3 d"])
def test_what_is_no_age_deletes_nothing(shell: Shell, aged: SparkQ, age: str) -> None:
    assert "not an age" in shell.refused(2, "purge", "--yes", f"--older-than={age}")
    assert left(aged) == [1, 2, 3, 4]


@holds("cli-asks")
def test_on_a_terminal_a_purge_asks(shell: Shell, aged: SparkQ) -> None:
    with Terminal(shell, "purge", "--unreviewed-older-than", "4d") as terminal:
        terminal.until("Delete 2 finished tasks (1 of them unreviewed)?")
        terminal.type("n")
        assert terminal.end() != 0
    assert left(aged) == [1, 2, 3, 4]

    with Terminal(shell, "purge", "--unreviewed-older-than", "4d") as terminal:
        terminal.until("Delete 2 finished tasks")
        terminal.type("y")
        terminal.until("2 finished tasks deleted")
        assert terminal.end() == 0
    assert left(aged) == [3, 4]


@holds("delete-as-shown")
def test_a_result_that_comes_while_a_purge_asks_stays(shell: Shell, aged: SparkQ) -> None:
    with Terminal(shell, "purge", "--older-than", "0m", "--unreviewed-older-than", "0m") as terminal:
        terminal.until("Delete 3 finished tasks (1 of them unreviewed)?")
        tasks.requeue(aged, 2, again=True)
        take(aged, task_id=2)
        tasks.complete(aged, 2, "nobody has read this")
        take(aged, task_id=4)
        tasks.complete(aged, 4, "nor this")
        terminal.type("y")
        terminal.until("2 finished tasks deleted")
        assert terminal.end() == 0
    assert left(aged) == [2, 4]


@holds("cli-asks")
@pytest.mark.parametrize("flag", [[], ["--json"]])
def test_a_purge_where_nobody_can_answer_needs_yes(shell: Shell, aged: SparkQ, flag: list[str]) -> None:
    before = all_rows(aged)

    assert "--yes" in shell.refused(2, "purge", *flag)
    assert all_rows(aged) == before
    shell.ok("purge", "--yes", *flag)
    assert all_rows(aged) != before


def test_on_a_terminal_a_purge_in_json_needs_yes_too(shell: Shell, aged: SparkQ) -> None:
    with Terminal(shell, "purge", "--json") as terminal:
        terminal.until("Add --yes")
        assert terminal.end() == 2


def test_a_long_purge_draws_how_far_it_is(shell: Shell, sq: SparkQ) -> None:
    add(sq, *("x" for _ in range(2001)))
    with sq.db.write() as tx:
        tx.run("UPDATE tasks SET status = 'succeeded', finished_at = 1, reviewed_at = 1")

    with Terminal(shell, "purge", "--yes") as terminal:
        terminal.until(f"] {BATCH} of 2,001")
        terminal.until(f"[{'#' * 40}] 2,001 of 2,001")
        assert terminal.end() == 0


@holds("command-backup")
def test_a_backup_is_a_file_that_can_take_the_databases_place(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    said = shell.ok("backup", "copy.db")
    copy = shell.folder / "copy.db"
    assert said == f"{copy.stat().st_size:,} bytes in copy.db\n"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    add(sq, "two")
    sq.close()

    copy.replace(sq.config.database)

    assert shell.facts("tasks")["total"] == 1


def test_a_restore_as_the_texts_say_is_whole_although_a_process_was_killed(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    shell.ok("backup", "copy.db")
    sq.close()
    imports = "import os\nfrom sparkq_core import project\nfrom tests.harness.task_steps import add\n"
    killed = f"{imports}sq = project.open()\nadd(sq, *map(str, range(50)))\nos._exit(9)"
    assert shell.run(sys.executable, "-c", killed).code == 9
    database = sq.config.database
    left = [database, *(database.with_name(f"{database.name}{side}") for side in ("-wal", "-shm"))]
    assert all(file.is_file() for file in left)

    shell.ok("restore", "copy.db", "--yes")

    assert shell.facts("tasks")["total"] == 1
    assert "every page and every reference is sound" in shell.sparkq("doctor").out


def test_the_list_marks_the_copy_that_is_restored_if_none_is_named(shell: Shell, sq: SparkQ) -> None:
    add(sq, "one")
    made = shell.facts("backup")["path"]
    sq.close()
    shell.ok("restore", "--yes")
    listed = shell.facts("restore", "--list")["copies"]

    assert [copy["path"] for copy in listed if copy["default"]] == [made]
    lines = [line.strip() for line in shell.ok("restore", "--list").splitlines()]
    assert f"{Path(made).name}  (default)" in lines
    assert any(line.endswith("-before-restore.db  (set aside by a restore)") for line in lines)
    assert shell.facts("restore", "--yes")["restored"] == made


@pytest.mark.parametrize("copy", [True, False])
def test_a_damaged_database_that_cannot_be_restored_leads_to_a_new_one(shell: Shell, sq: SparkQ, copy: bool) -> None:
    database = sq.config.database
    sq.close()
    database.write_bytes(b"not a database " * 1000)
    if copy:
        (database.parent / "bad.backup.db").write_bytes(b"damaged")

    assert "sparkq restore" in shell.refused(74)
    said = shell.refused(3, "restore", "--yes")
    assert "sparkq restore" in shell.refused(74, "setup", "--yes")
    command = " ".join(said.split()).rpartition("keep the damaged file: ")[2]
    done = shell.run("sh", "-c", f"{command} --yes")

    assert (done.code, shell.facts("tasks")["total"]) == (0, 0)
    assert database.with_name("sparkq.db.damaged").read_bytes() == b"not a database " * 1000


def test_without_a_copy_a_sound_database_is_left_alone(shell: Shell, sq: SparkQ) -> None:
    said = shell.refused(3, "restore", "--yes")

    assert "sparkq backup" in said
    assert "mv " not in said


@pytest.mark.parametrize("text", ["README.md", "docs/guide.md", "docs/upgrading.md", "sparkq backup --help"])
def test_every_text_names_the_command_that_restores(shell: Shell, text: str) -> None:
    words = (TOP / text).read_text() if text.endswith(".md") else shell.ok(*text.split()[1:])

    assert "sparkq restore" in " ".join(words.split())


def test_without_a_name_a_backup_stands_in_the_folder_of_the_backups(shell: Shell, sq: SparkQ) -> None:
    answer = shell.facts("backup")

    file = Path(answer["path"])
    assert (file.parent, file.stat().st_size) == (shell.folder / "sparkq/backups", answer["bytes"])
    assert file.name.startswith("sparkq-20")
    assert file.name.endswith("Z.backup.db")


def test_a_backup_overwrites_nothing(shell: Shell, sq: SparkQ) -> None:
    (shell.folder / "mine.txt").write_text("mine")

    assert "never overwrites" in shell.refused(4, "backup", "mine.txt")
    assert "cannot be written" in shell.refused(74, "backup", "nowhere/copy.db")
    assert (shell.folder / "mine.txt").read_text() == "mine"


@pytest.fixture
def lived(sq: SparkQ) -> SparkQ:
    """A project with something in every table that a person fills."""
    queues.create(sq, "docs", instructions="Plain words.")
    tasks.complete(sq, claimed_task(sq, "Größe 🎉\u2028\r\n\x1b[31m").id, "done", data={"é": [1, None]})
    tasks.fail(sq, claimed_task(sq, "two").id, "boom")
    add(sq, "three", queue="docs")
    return sq


@pytest.fixture
def other(tmp_path: Path) -> Shell:
    """A shell in another project that nobody has used."""
    folder = tmp_path / "other"
    folder.mkdir()
    shell = Shell(folder, tmp_path / "home")
    shell.ok("setup", "--yes")
    return shell


def everything(shell: Shell) -> list[Any]:
    """What a project's export says, but for when it was made."""
    head, *rows = (json.loads(line) for line in shell.ok("export").split("\n") if line)
    return [head["project"], *rows]


@holds("command-export", "command-import")
@pytest.mark.parametrize("way", ["file", "pipe"])
def test_an_export_is_imported_exactly(shell: Shell, lived: SparkQ, other: Shell, way: str) -> None:
    if way == "file":
        said = shell.ok("export", other.folder / "all.jsonl")
        assert said == f"{(other.folder / 'all.jsonl').stat().st_size:,} bytes in {other.folder / 'all.jsonl'}\n"
        imported = other.facts("import", "all.jsonl")
    else:
        imported = other.facts("import", "-", stdin=shell.ok("export"))

    assert imported["rows"] == len(everything(shell)) - 2, "all but the project and the end"
    assert everything(other) == everything(shell)
    assert other.facts("task", "1") == shell.facts("task", "1")


def test_an_export_is_the_owners_alone(shell: Shell, lived: SparkQ) -> None:
    """It holds every prompt and result."""
    shell.run("sh", "-c", "umask 0 && sparkq export all.jsonl")

    assert stat.S_IMODE((shell.folder / "all.jsonl").stat().st_mode) == 0o600


def test_an_export_overwrites_nothing(shell: Shell, lived: SparkQ) -> None:
    (shell.folder / "mine.txt").write_text("mine")

    assert "never overwrites" in shell.refused(4, "export", "mine.txt")
    assert (shell.folder / "mine.txt").read_text() == "mine"


@pytest.mark.parametrize("encoding", ["latin-1", "ascii"])
def test_an_export_is_utf8_whatever_the_terminal_speaks(
    shell: Shell, lived: SparkQ, other: Shell, encoding: str
) -> None:
    done = shell.sparkq("export", PYTHONIOENCODING=encoding)

    assert (done.code, done.err) == (0, "")
    other.ok("import", "-", stdin=done.out, PYTHONIOENCODING=encoding)
    assert everything(other) == everything(shell)


def test_an_import_into_a_project_that_is_used_is_refused(shell: Shell, lived: SparkQ) -> None:
    before = all_rows(lived)

    assert "already" in shell.refused(4, "import", "-", stdin=shell.ok("export"))
    assert all_rows(lived) == before


@pytest.mark.parametrize(
    ("damage", "says"), [("", "Line 1"), ("{}\n", "not an export"), ('{"format":"sparkq-export"}\n', "schema")]
)
def test_what_is_no_export_is_refused_and_changes_nothing(other: Shell, damage: str, says: str) -> None:
    before = everything(other)

    assert says in other.refused(2, "import", "-", stdin=damage)
    assert everything(other) == before


@pytest.mark.parametrize("way", ["file", "pipe"])
def test_a_line_that_is_no_text_is_refused_and_changes_nothing(
    shell: Shell, lived: SparkQ, other: Shell, way: str
) -> None:
    damaged = shell.ok("export").encode().replace("Größe".encode(), "Größe".encode("latin-1"))
    (other.folder / "bad.jsonl").write_bytes(damaged)
    before = everything(other)

    refusal = other.refused(2, "import", "-" if way == "pipe" else "bad.jsonl", stdin=damaged)

    assert "UTF-8" in refusal or "Line " in refusal
    assert everything(other) == before


@holds("command-doctor")
def test_the_doctor_finds_a_healthy_project_in_order(shell: Shell, lived: SparkQ) -> None:
    (shell.folder / ".mcp.json").write_text('{"mcpServers": {"sparkq": {}}}')
    (shell.home / ".claude").mkdir(parents=True)
    (shell.home / ".claude/settings.json").write_text('{"enabledMcpjsonServers": ["sparkq"]}')

    answer = shell.facts("doctor")

    assert answer["ok"] is True
    assert {finding["state"] for finding in answer["findings"]} == {"ok"}
    lines = shell.ok("doctor").splitlines()
    assert len(lines) == len(answer["findings"])
    assert all(line.startswith("ok ") for line in lines)


def test_a_warning_is_shown_with_its_fix_and_is_not_a_failure(shell: Shell, sq: SparkQ) -> None:
    sq.config.database.chmod(0o644)

    printed = shell.ok("doctor")

    assert "warning  permissions" in printed
    assert f"chmod 600 {sq.config.database}" in printed
    assert shell.facts("doctor")["ok"] is True


@holds("command-doctor")
@pytest.mark.parametrize("harm", ["missing", "empty", "damaged", "settings"])
def test_a_failure_is_shown_with_its_fix_and_exit_code_1(shell: Shell, lived: SparkQ, harm: str) -> None:
    lived.close()
    database = lived.config.database
    if harm == "missing":
        database.unlink()
    elif harm == "empty":
        database.write_bytes(b"")
    elif harm == "damaged":
        whole = database.read_bytes()
        database.write_bytes(whole[:-4096] + b"\xa5" * 4096)
    else:
        (shell.folder / "sparkq.yml").write_text("servr: {}\n")

    done = shell.sparkq("doctor")
    as_json = shell.sparkq("doctor", "--json")

    assert (done.code, done.err, as_json.code, as_json.err) == (1, "", 1, "")
    assert "FAILURE" in done.out
    findings = json.loads(as_json.out)
    assert findings["ok"] is False
    assert all(finding["fix"] for finding in findings["findings"] if finding["state"] == "failure")


def test_a_review_line_says_what_changed_and_how_long_it_took(shell: Shell, sq: SparkQ) -> None:
    for command in ("init -q", "config user.name Ann", "config user.email a@example.org", "commit -qm x --allow-empty"):
        subprocess.run(["git", *command.split()], cwd=shell.folder, check=True)
    (shell.folder / "one.txt").write_text("1\n2\n3\n")
    subprocess.run(["git", "add", "one.txt"], cwd=shell.folder, check=True)
    subprocess.run(["git", "commit", "-qm", "one"], cwd=shell.folder, check=True)
    clock = SetClock(SystemClock().now() - 3_600_000)
    worker = project.open(shell.folder, env={}, clock=clock)
    claimed_task(worker)
    changes.record(worker, shell.folder, begun=changes.Execution(1, 1))
    (shell.folder / "one.txt").write_text("1\n2\nthree\nfour\n")
    clock.move(7 * 60)
    tasks.complete(worker, 1, "Counted on")
    changes.record(worker, shell.folder, ended=[changes.Execution(1, 1)])
    worker.close()

    assert "#1  succeeded  one  1 file, +2 −1, 7 min, backend\n" in shell.ok("review", "--list")
    assert shell.facts("review", "--list")["tasks"][0]["changed"]["insertions"] == 2
