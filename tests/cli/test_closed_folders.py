"""A file or a folder that you may not use: every command says which, and the doctor goes on."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparkq_core.project import SparkQ
from tests.harness.disks import without_privileges
from tests.harness.shell import SPARKQ, Done, Shell
from tests.promises import holds

COMMANDS = (
    "doctor",
    "connect claude-code --no-allow",
    "teardown --yes",
    "teardown --dry-run",
    "setup --yes",
    "tasks",
    "status",
)


def run(shell: Shell, command: str) -> Done:
    """A command of a user who is not above the modes of files. It never shows a traceback."""
    done = shell.run(*without_privileges(), SPARKQ, *command.split())
    assert "Traceback" not in done.out + done.err
    assert "internal error" not in done.err, done.err
    return done


@contextmanager
def closed(path: Path, mode: int = 0) -> Iterator[None]:
    before = path.stat().st_mode
    path.chmod(mode)
    yield
    path.chmod(before)


def findings(shell: Shell) -> dict[str, tuple[str, str, str]]:
    """State, message and fix of each check."""
    listed = json.loads(run(shell, "doctor --json").out)["findings"]
    return {each["check"]: (each["state"], each["message"], each["fix"]) for each in listed}


@holds("doctor-disk")
@pytest.mark.parametrize("folder", ["sparkq/data", "sparkq", "sparkq/run", "sparkq/logs", ".git", "."])
def test_no_command_fails_in_a_folder_that_may_not_be_entered(shell: Shell, sq: SparkQ, folder: str) -> None:
    for name in ("sparkq/run", "sparkq/logs", ".git"):
        (shell.folder / name).mkdir(exist_ok=True)
    database = sq.db.path.read_bytes()

    with closed(shell.folder / folder):
        for command in COMMANDS:
            done = run(shell, command)
            assert done.code in (0, 1, 74), (command, done)

    assert sq.db.path.read_bytes() == database


@holds("doctor-disk")
def test_a_command_in_a_closed_folder_does_not_go_to_the_project_above(shell: Shell, sq: SparkQ) -> None:
    inside = shell.folder / "inside"
    inside.mkdir()
    with closed(inside):
        done = run(shell._replace(folder=inside), "teardown --yes")

    assert done.code == 74
    assert done.err == (
        f"sparkq: You may not look into {inside}, where the project may be.\n"
        f"        Let yourself enter the folder: chmod u+rwx {inside}\n"
    )
    assert sq.db.path.is_file()


@pytest.mark.parametrize("command", ["setup --yes", "config set purge.unreviewed_days 9"])
def test_a_folder_that_cannot_be_written_is_named_before_anything_is_printed(
    shell: Shell, sq: SparkQ, command: str
) -> None:
    (shell.folder / "sparkq.yml").write_text("purge:\n  unreviewed_days: 8\n")
    (shell.folder / "sparkq/run/settings.lock").unlink(missing_ok=True)
    folder = shell.folder / "sparkq/run"
    folder.mkdir(exist_ok=True)
    with closed(folder, 0o500):
        done = run(shell, command)

    assert (done.code, done.out) == (74, "")
    assert f"{folder} cannot be written: Permission denied." in done.err
    assert "chmod u+rw" in done.err
    assert "lock_dir" not in done.err


def test_a_project_is_not_begun_in_a_folder_that_cannot_be_written(bare: Shell) -> None:
    with closed(bare.folder, 0o500):
        done = run(bare, "setup --yes")

    assert (done.code, done.out) == (74, "")
    assert f"{bare.folder} cannot be written: Permission denied." in done.err


@holds("doctor-disk")
def test_the_doctor_goes_on_where_the_data_may_not_be_entered(shell: Shell, sq: SparkQ) -> None:
    folder = sq.db.path.parent
    with closed(folder):
        said = findings(shell)
        refused = run(shell, "connect claude-code --no-allow")

    way = f"chmod u+rwx {folder}"
    assert said["database"] == (
        "failure",
        f"{sq.db.path} cannot be reached: Permission denied.",
        f"Let yourself enter the folder: {way}",
    )
    assert said["writing"][::2] == ("failure", f"Let yourself enter the folder: {way}")
    assert said["permissions"][0] == "warning"
    assert said["hooks"][0] == "ok"
    assert (refused.code, way in refused.err) == (74, True)


@holds("doctor-disk")
@pytest.mark.parametrize(("path", "mode"), [("sparkq.db", 0o400), (".", 0o500)])
def test_a_database_that_cannot_be_written_is_a_failure_and_its_fix_helps(
    shell: Shell, sq: SparkQ, path: str, mode: int
) -> None:
    place = sq.db.path.parent / path
    place.chmod(mode)
    state, message, fix = findings(shell)["writing"]
    assert state == "failure"
    assert str(sq.db.path.parent) in message

    assert shell.run("sh", "-c", fix.rpartition(": ")[2]).code == 0
    assert findings(shell)["writing"][0] == "ok"
