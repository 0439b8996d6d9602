"""The doctor: each problem with its fix, and not a byte changed by looking."""

import os
import sqlite3
from pathlib import Path

import apsw
import pytest

from sparkq_core import hooks, queues
from sparkq_core.config import location
from sparkq_core.files import lock
from sparkq_core.hooks import HookRun
from sparkq_core.installation import configure, doctor
from sparkq_core.installation.findings import FAILURE, OK, WARNING
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from sparkq_core.storage.errors import RESTORE
from sparkq_core.storage.header import APPLICATION_ID
from tests.core.examination import examined, wrong
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of, open_new_project, second_handle
from tests.harness.task_steps import add
from tests.promises import holds

CHECKS = (
    *("configuration", "sqlite", "database", "writing", "integrity", "write-ahead log", "permissions"),
    *("file system", "disk space", "purge", "locks", "git", "changes", "reviews", "MCP clients", "hooks"),
)


@holds("command-doctor")
def test_everything_is_looked_at_and_in_order(healthy: SparkQ) -> None:
    findings = examined(healthy.config.root)

    assert tuple(findings) == CHECKS
    assert wrong(findings) == {}
    assert findings["database"].message.endswith(f"schema {schema.VERSION}")
    assert findings["MCP clients"].message == "Claude Code (.mcp.json)"


def test_a_project_in_use_is_in_order_too(healthy: SparkQ) -> None:
    """The doctor looks while another connection is in the middle of a change."""
    with healthy.db.write() as tx:
        tx.run("UPDATE project SET name = 'changing'")
        assert wrong(examined(healthy.config.root)) == {}


def test_settings_that_cannot_be_read_are_the_only_finding(healthy: SparkQ) -> None:
    (healthy.config.root / "sparkq.yml").write_text("server:\n  prot: 1\n")

    (finding,) = examined(healthy.config.root).values()

    assert (finding.check, finding.state) == ("configuration", FAILURE)
    assert "sparkq.yml:2" in finding.message
    assert "server.port" in finding.fix


def test_settings_from_a_file_are_named(healthy: SparkQ) -> None:
    file = healthy.config.root / "sparkq.yml"
    file.write_text("env: prod\n")

    assert examined(healthy.config.root)["configuration"].message == str(file)


@pytest.mark.parametrize(
    "key", ["database: {path: '~nobody-has-this-name/x.db'}", "queue_runner: {lock_dir: '~nobody-has-this-name/run'}"]
)
def test_a_path_that_leads_nowhere_is_a_finding(healthy: SparkQ, key: str) -> None:
    (healthy.config.root / "sparkq.yml").write_text(f"{key}\n")

    findings = examined(healthy.config.root)

    assert FAILURE in wrong(findings).values()
    assert any("~nobody-has-this-name" in finding.message for finding in findings.values())


def test_a_missing_database_is_a_failure_that_setup_fixes(root: Path) -> None:
    findings = examined(root)

    assert wrong(findings).items() >= {"database": FAILURE, "integrity": WARNING, "permissions": WARNING}.items()
    assert "sparkq setup" in findings["database"].fix
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"once upon a time " * 1000, b"SQLite format 3\0" + b"\xa5" * 5000])
def test_a_file_that_is_not_a_database_is_a_failure(root: Path, content: bytes) -> None:
    database_of(root).parent.mkdir(parents=True)
    database_of(root).write_bytes(content)

    findings = examined(root)

    assert findings["database"].state == FAILURE
    assert "database.path" in findings["database"].fix or RESTORE in findings["database"].fix
    assert "doctor" not in findings["database"].fix


def test_a_database_of_another_program_is_a_failure(root: Path) -> None:
    database_of(root).parent.mkdir(parents=True)
    foreign = sqlite3.connect(database_of(root))
    foreign.execute("CREATE TABLE tasks (id)")
    foreign.close()

    findings = examined(root)

    assert (findings["database"].state, findings["integrity"].state) == (FAILURE, WARNING)
    assert "another program" in findings["database"].message


def test_a_newer_schema_is_a_failure_that_an_upgrade_fixes(healthy: SparkQ) -> None:
    healthy.close()
    newer = apsw.Connection(str(healthy.config.database))
    newer.pragma("user_version", schema.VERSION + 1)
    newer.close()

    findings = examined(healthy.config.root)

    assert findings["database"].state == FAILURE
    assert str(schema.VERSION + 1) in findings["database"].message
    assert "Upgrade" in findings["database"].fix


def test_looking_at_an_older_schema_does_not_upgrade_it(root: Path) -> None:
    path = database_of(root)
    path.parent.mkdir(parents=True, mode=0o700)
    older = apsw.Connection(str(path))
    older.pragma("application_id", APPLICATION_ID)
    older.pragma("journal_mode", "wal")
    older.execute("CREATE TABLE kept AS SELECT 'from before' AS note")

    examined(root)

    assert older.pragma("user_version") == 0
    older.close()


def damaged(sq: SparkQ, page: int) -> None:
    """Overwrite one page of the database, counted from 0."""
    with sq.config.database.open("r+b") as stream:
        stream.seek(page * 4096)
        stream.write(b"\xa5" * 4096)


def test_a_damaged_page_is_a_failure_wherever_it_is(healthy: SparkQ) -> None:
    healthy.close()
    sound = healthy.config.database.read_bytes()
    pages = len(sound) // 4096
    unnoticed = {}

    for page in range(pages):
        healthy.config.database.write_bytes(sound)
        damaged(healthy, page)
        try:
            findings = examined(healthy.config.root)
        except Exception as error:  # any other exception is the defect that this test looks for
            unnoticed[page] = repr(error)[:60]
        else:
            if FAILURE not in (findings["database"].state, findings["integrity"].state):
                unnoticed[page] = "nothing found"

    assert unnoticed == {}, f"of {pages} pages"


def test_a_damaged_database_is_fixed_by_a_backup(healthy: SparkQ) -> None:
    healthy.close()
    damaged(healthy, healthy.config.database.stat().st_size // 4096 - 1)

    findings = examined(healthy.config.root)

    assert wrong(findings) == {"integrity": FAILURE}
    assert RESTORE in findings["integrity"].fix


def test_a_row_that_points_nowhere_is_a_failure(healthy: SparkQ) -> None:
    foreign = sqlite3.connect(healthy.config.database)
    foreign.execute("INSERT INTO prompts VALUES (99, 1, 'of no task', 1)")
    foreign.commit()
    foreign.close()

    finding = examined(healthy.config.root)["integrity"]

    assert (finding.state, "broken references" in finding.message) == (FAILURE, True)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o666])
def test_a_database_that_others_may_read_is_a_warning_and_its_fix_helps(healthy: SparkQ, mode: int) -> None:
    file = healthy.config.database
    file.chmod(mode)

    finding = examined(healthy.config.root)["permissions"]
    assert (finding.state, finding.fix) == (WARNING, f"chmod 600 {file}")
    assert f"{mode:04o}" in finding.message

    file.chmod(0o600)
    assert examined(healthy.config.root)["permissions"].state == OK


def test_a_log_that_was_never_shortened_is_a_warning(healthy: SparkQ) -> None:
    healthy.close()
    log = healthy.config.database.with_name("sparkq.db-wal")
    with log.open("wb") as stream:
        stream.truncate(doctor.LARGE_WAL + 1024 * 1024)

    finding = examined(healthy.config.root)["write-ahead log"]

    assert (finding.state, finding.message) == (WARNING, "65 MiB")
    assert finding.fix


def test_a_database_without_a_write_ahead_log_is_a_warning_until_a_command_works_with_it(healthy: SparkQ) -> None:
    healthy.close()
    foreign = apsw.Connection(str(healthy.config.database))
    assert foreign.pragma("journal_mode", "delete") == "delete"
    foreign.close()

    finding = examined(healthy.config.root)["write-ahead log"]
    assert (finding.state, "journal mode delete" in finding.message) == (WARNING, True)

    second_handle(healthy).close()
    assert examined(healthy.config.root)["write-ahead log"].state == OK


@pytest.mark.parametrize("name", ["Dropbox", "OneDrive - Contoso", "Nextcloud", "Mobile Documents"])
def test_a_synchronised_folder_is_a_warning(tmp_path: Path, clock: SetClock, name: str) -> None:
    root = tmp_path / name / "project"
    root.mkdir(parents=True)
    open_new_project(root, clock).close()

    finding = examined(root)["file system"]

    assert finding.state == WARNING
    assert "database.path" in finding.fix


def test_a_network_file_system_is_a_failure(healthy: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which the test has not: it calls the kind that it is on one."""
    kind = location.file_system(healthy.config.database.parent)
    if not kind:
        pytest.skip("this system does not tell its file systems")
    monkeypatch.setattr(doctor, "NETWORK_FILE_SYSTEMS", {kind})

    finding = examined(healthy.config.root)["file system"]

    assert (finding.state, finding.fix) == (FAILURE, "Set database.path to a local disk.")
    assert kind in finding.message


@pytest.mark.skipif(not Path("/proc/self/mounts").exists(), reason="only Linux tells its mounts there")
def test_the_file_system_of_a_folder_is_that_of_the_nearest_mount() -> None:
    assert location.file_system(Path("/proc/self")) == "proc"
    assert location.file_system(Path("/process")) == location.file_system(Path("/"))


def test_a_lock_that_is_held_is_shown_and_one_that_was_left_is_not(healthy: SparkQ) -> None:
    folder = healthy.config.run_dir
    folder.mkdir()
    (folder / "runner-left.lock").touch()

    with lock.holding(folder / "runner-backend.lock"):
        assert examined(healthy.config.root)["locks"].message == f"{folder}: runner-backend.lock"
        assert lock.is_held(folder / "runner-backend.lock"), "looking does not take it away"

    assert examined(healthy.config.root)["locks"].message == f"{folder}: none held"


def test_a_hook_whose_program_is_not_there_is_a_warning(healthy: SparkQ) -> None:
    (healthy.config.root / "sparkq.yml").write_text("hooks:\n  on_failed: [nosuchprogram, x]\n  on_stale: [sh, x]\n")
    finding = examined(healthy.config.root)["hooks"]
    assert (finding.state, finding.message) == (WARNING, "no such program: on_failed: nosuchprogram")

    program = healthy.config.root / "tell.sh"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (healthy.config.root / "sparkq.yml").write_text("hooks:\n  on_failed: [./tell.sh]\n")
    finding = examined(healthy.config.root)["hooks"]
    assert (finding.state, finding.message) == (WARNING, "1 hook of sparkq.yml waits for your yes")

    hooks.allow(second_handle(healthy), "a test", os.environ)
    home = Path(os.environ["HOME"])
    assert examined(healthy.config.root, home)["hooks"].state == OK

    hooks.record(healthy, HookRun(0, "on_failed", 1, 1, 2, 7, "exit code 7", "one\nno disk\n"))
    assert examined(healthy.config.root, home)["hooks"].message == "on_failed failed (exit code 7): no disk"


def test_settings_of_the_config_table_are_in_force_for_the_doctor_too(healthy: SparkQ) -> None:
    configure.change(healthy, "queue_runner.lock_dir", "other")

    with lock.holding(healthy.config.root / "other" / "server.lock"):
        assert examined(healthy.config.root)["locks"].message == f"{healthy.config.root / 'other'}: server.lock"


def test_looking_leaves_the_project_usable(healthy: SparkQ) -> None:
    examined(healthy.config.root)

    add(second_handle(healthy), "one more")
    assert queues.all_of(healthy)[0][1].queued == 21
