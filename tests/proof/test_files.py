"""What SparkQ puts on the disk: for its owner only, through no link, by locks of the system, on no network disk."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import project
from sparkq_core.clock import SystemClock
from sparkq_core.config import loading, location
from sparkq_core.errors import InvalidConfig, RemoteDisk
from sparkq_core.files import lock
from sparkq_core.installation import teardown
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from tests.harness.projects import database_of
from tests.harness.shell import Shell
from tests.http.caller import Served
from tests.http.conftest import new_project
from tests.promises import holds
from tests.proof.counts import Counts

LOCKS = ("server.lock", "runner-1.lock", "runner-hosts.lock")


@pytest.fixture
def open_to_all() -> Iterator[None]:
    """Whoever starts SparkQ may have told the system to let everybody read."""
    before = os.umask(0)
    yield
    os.umask(before)


@pytest.fixture
def shell(root: Path, tmp_path: Path) -> Shell:
    made = Shell(root, tmp_path / "home")
    made.ok("setup", "--yes")
    made.ok("queue", "create", "backend")
    return made


@holds("no-web-page-gets-in")
def test_all_that_is_written_is_the_owners_alone(
    open_to_all: None, shell: Shell, tmp_path: Path, counts: Counts
) -> None:
    shell.ok("enqueue", "one", "--queue", "backend")
    served = Served(shell.folder, "--log", str(shell.folder / "sparkq/logs/sparkq.log"))
    shell.ok("runner", "--queue", "backend", "--once")
    shell.ok("backup", str(tmp_path / "monday.db"))
    shell.ok("export", str(tmp_path / "monday.jsonl"))
    wrote = [file for file in (shell.folder / "sparkq").rglob("*") if file.name != "sparkq"]
    wrote += [tmp_path / "monday.db", tmp_path / "monday.jsonl"]
    served.stop()

    loose = {str(path): oct(path.stat().st_mode) for path in wrote if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077}  # fmt: skip
    assert loose == {}
    assert {"data", "run", "logs", "sparkq.db", "server.lock"} <= {path.name for path in wrote}
    counts(paths_of_the_owner=len(wrote))


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_that_is_a_link_is_not_followed(shell: Shell, tmp_path: Path, counts: Counts, name: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    run = shell.folder / "sparkq/run"
    run.mkdir(mode=0o700, exist_ok=True)
    (run / name).unlink(missing_ok=True)
    (run / name).symlink_to(victim)
    command = ["run", "--port", "0"] if name == "server.lock" else ["runner", "--queue", "backend", "--once"]

    done = shell.sparkq(*command)

    assert done.code not in (0, 70), done
    assert victim.read_text() == "precious"
    counts(links_not_followed=1)


def test_a_lock_file_that_nobody_holds_means_nothing(shell: Shell) -> None:
    """Its number may be anybody's: it is neither believed nor killed."""
    bystander = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    run = shell.folder / "sparkq/run"
    run.mkdir(mode=0o700, exist_ok=True)
    (run / "server.lock").write_text(f'{{"pid": {bystander.pid}, "host": "127.0.0.1", "port": 1, "started_at": ""}}')
    try:
        assert shell.sparkq("status").code == 1
        assert "No server was running" in shell.ok("stop")
        assert bystander.poll() is None
    finally:
        bystander.communicate()


def test_a_server_that_begins_takes_away_what_a_killed_one_left(root: Path, tmp_path: Path) -> None:
    """Else `sparkq stop` would end whoever has the dead server's number now."""
    run = new_project(root) / "sparkq/run"
    run.mkdir(mode=0o700)
    (run / "server.lock").write_text('{"pid": 1, "host": "127.0.0.1", "port": 1, "started_at": ""}')
    taken = Served(new_project(_folder(tmp_path / "other")))
    done = Shell(root, tmp_path / "home").sparkq("run", "--port", str(taken.port))
    taken.stop()

    assert (done.code, (run / "server.lock").read_text()) == (4, "")


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def test_a_killed_holder_leaves_no_lock_behind(tmp_path: Path) -> None:
    file = tmp_path / "x.lock"
    code = f"import pathlib, sys; from sparkq_core.files import lock; lock.acquire(pathlib.Path({str(file)!r}), wait=True); print(1, flush=True); sys.stdin.read()"  # fmt: skip
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"1\n"
        assert lock.is_held(file)
        holder.kill()

    assert not lock.is_held(file)


@pytest.mark.parametrize("kind", sorted(location.NETWORK_FILE_SYSTEMS))
def test_a_network_disk_is_refused_before_anything_is_made(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counts: Counts, kind: str
) -> None:
    """A machine that says of the folder what Linux says of a mounted network disk."""
    _mounts(tmp_path, monkeypatch, f"server:/share {root} {kind} rw 0 0")

    with pytest.raises(RemoteDisk, match=kind) as refusal:
        schema.create(database_of(root), "test", SystemClock())

    assert "local disk" in refusal.value.hint
    assert list(root.iterdir()) == []
    counts(network_disks_refused=1)


@pytest.mark.parametrize(("name", "written"), [("a b\t\\", rb"a\040b\011\134"), ("\udce9t\udce9", b"\xe9t\xe9")])
def test_a_network_disk_of_any_name_is_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, written: bytes
) -> None:
    file = tmp_path / "mounts"
    file.write_bytes(b"/dev/root / ext4 rw 0 0\nserver:/share /mnt/" + written + b" nfs4 rw 0 0\n")
    monkeypatch.setattr(location, "MOUNTS", file)

    assert location.file_system(Path("/mnt") / name / "project") == "nfs4"


def test_a_project_that_was_moved_to_a_network_disk_is_not_opened(
    sq: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sq.close()
    _mounts(tmp_path, monkeypatch, f"server:/share {sq.config.root} nfs4 rw 0 0")

    with pytest.raises(RemoteDisk):
        project.open(sq.config.root, env={})


def _mounts(folder: Path, monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    file = folder / "mounts"
    file.write_text(f"/dev/root / ext4 rw 0 0\n{line}\n")
    monkeypatch.setattr(location, "MOUNTS", file)


def test_teardown_leaves_links_strangers_and_everything_outside(shell: Shell, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "logs.log").write_text("mine")
    logs = shell.folder / "sparkq/logs"
    logs.mkdir(exist_ok=True)
    (logs / "sparkq.log").unlink(missing_ok=True)
    (logs / "sparkq.log").symlink_to(outside / "logs.log")
    (shell.folder / "sparkq/data/notes.txt").write_text("mine")
    (shell.folder / "sparkq/data/monday.db").write_text("mine")

    shell.ok("teardown", "--force")

    assert (outside / "logs.log").read_text() == "mine"
    left = {str(file.relative_to(shell.folder)) for file in shell.folder.rglob("*") if not file.is_dir()}
    assert left == {"sparkq/.gitignore", "sparkq/logs/sparkq.log", "sparkq/data/notes.txt", "sparkq/data/monday.db"}


def test_teardown_never_works_on_a_home_folder_or_the_root(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(sq.config.root))
    for root in (sq.config.root, Path("/")):
        with pytest.raises(InvalidConfig, match="folder is"):
            teardown.manifest(loading.load(sq.config.root, {})._replace(root=root))


def test_teardown_leaves_a_database_of_another_program(shell: Shell) -> None:
    path = database_of(shell.folder)
    path.write_bytes(b"SQLite format 3\0" + b"x" * 5000)

    shell.sparkq("teardown", "--force")

    assert path.exists()
