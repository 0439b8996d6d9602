"""A full disk, a read-only folder, a file that goes away: every door says so clearly, and nothing is made anew."""

import json
import os
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sparkq_core import project, queues, tasks
from tests.harness.all_rows import all_rows
from tests.harness.projects import database_of
from tests.harness.shell import SPARKQ, Done, Shell
from tests.harness.task_steps import add
from tests.harness.waiting import until
from tests.http.caller import Served
from tests.http.conftest import new_project
from tests.mcp.chat import Raw
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.finished_run import unsound

STORAGE = 74
BIG = "x" * 300_000
TRIES = 40


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Path]:
    """A file system of 6 MiB of the test's own."""
    folder = tmp_path / "small"
    folder.mkdir()
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "none", str(folder)], capture_output=True, check=False
    )
    if done.returncode:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def serve() -> Iterator[Callable[..., Served]]:
    """Starts servers, of which none is left behind."""
    started: list[Served] = []

    def start(root: Path, *arguments: str) -> Served:
        started.append(Served(root, *arguments))
        return started[-1]

    yield start
    for process in started:
        process.process.kill()
        process.process.wait()


def project_in(root: Path) -> Path:
    """A project with a queue and a task."""
    sq = project.open(new_project(root), env={})
    queues.create(sq, "backend")
    add(sq, "one")
    sq.close()
    return root


def sound(root: Path) -> bool:
    """Whether the project opens, is in order, and takes one more task."""
    sq = project.open(root, env={})
    try:
        return unsound(sq) == [] and len(add(sq, "afterwards")) == 1
    finally:
        sq.close()


def refused(done: Done) -> bool:
    """Whether a command was refused by the disk, in one or two lines and without a traceback."""
    assert len(done.err.splitlines()) <= 3, done.err
    return (done.code, done.out) == (STORAGE, "")


@holds("e2e")
def test_every_door_says_that_the_disk_is_full_and_goes_on_when_it_is_not(
    mounted: Path, tmp_path: Path, serve: Callable[..., Served], counts: Counts
) -> None:
    root = project_in(mounted)
    shell = Shell(root, tmp_path / "home")
    log = tmp_path / "server.log"
    server = serve(root, "--log", str(log))
    with Raw(root) as raw:
        raw.initialize()
        filler = root / "filler"
        with filler.open("wb", buffering=0) as out, suppress(OSError):
            while True:
                out.write(b"x" * 4096)
        acknowledged, refusals = [], 0
        for number in range(TRIES):
            reply = server.call.post("/api/tasks", queue="backend", prompt=f"{number} {BIG}")
            answer = raw.tool("enqueue", {"queue": "backend", "prompt": f"{number} {BIG}"}, 10 + number)
            done = shell.sparkq("enqueue", "-", "--queue", "backend", "--json", stdin=BIG) if number < 3 else None
            acknowledged += [reply.facts["task"]["id"]] if reply.status == 201 else []
            acknowledged += [answer["id"]] if "id" in answer else []
            assert reply.status in (201, 507), reply.body
            assert answer.get("kind", "storage") == "storage", answer
            assert done is None or done.code in (0, STORAGE), done
            refusals += (reply.status == 507) + ("error" in answer) + (done is not None and done.code == STORAGE)
        assert refusals > TRIES
        assert server.call.get("/api/queues").status == 200, "what is there can still be read"
        filler.unlink()

        assert server.call.post("/api/tasks", queue="backend", prompt="again").status == 201
        assert raw.tool("enqueue", {"queue": "backend", "prompt": "again"}, 99)["id"]
    server.stop()
    assert "Traceback" not in log.read_text()
    assert sound(root)
    sq = project.open(root, env={})
    assert all(tasks.detail(sq, task).prompt.endswith(BIG) for task in acknowledged)
    sq.close()
    counts(refusals_of_a_full_disk=refusals)


def limited(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


@pytest.mark.parametrize("size", [0, 4096, 40_000, 150_000, 200_000])
def test_a_process_that_may_not_write_more_changes_nothing(tmp_path: Path, counts: Counts, size: int) -> None:
    (tmp_path / "project").mkdir()
    root = project_in(tmp_path / "project")
    before = everything(root)
    done = subprocess.run(
        [SPARKQ, "enqueue", "-", "--queue", "backend"],
        cwd=root,
        env=Shell(root, tmp_path / "home").environment(),
        input=BIG,
        capture_output=True,
        text=True,
        timeout=30,
        preexec_fn=lambda: limited(size),
        check=False,
    )

    assert "Traceback" not in done.stderr
    assert refused(Done(done.returncode, done.stdout, done.stderr)), done
    assert everything(root) == before
    assert sound(root)
    counts(refusals_beyond_a_limit=1)


def everything(root: Path) -> object:
    """Every row of a project."""
    sq = project.open(root, env={})
    try:
        return all_rows(sq)
    finally:
        sq.close()


def test_a_disk_that_became_read_only_refuses_every_change_at_every_door(mounted: Path, tmp_path: Path) -> None:
    root = project_in(mounted)
    shell = Shell(root, tmp_path / "home")
    subprocess.run(["mount", "-o", "remount,ro", str(mounted)], check=True)
    before = database_of(root).read_bytes()
    try:
        with Raw(root) as raw:
            raw.initialize()
            assert raw.tool("enqueue", {"queue": "backend", "prompt": "x"})["kind"] == "storage"
        for command in (["enqueue", "x", "--queue", "backend"], ["claim", "--queue", "backend"], ["purge", "--yes"]):
            assert refused(shell.sparkq(*command)), command
        assert database_of(root).read_bytes() == before
    finally:
        subprocess.run(["mount", "-o", "remount,rw", str(mounted)], check=True)
    assert sound(root)


@pytest.mark.parametrize("harm", ["unlink", "replace", "empty", "truncate", "garbage"])
def test_servers_whose_file_is_harmed_say_so_at_rest_and_make_nothing(
    tmp_path: Path, serve: Callable[..., Served], counts: Counts, harm: str
) -> None:
    """Nothing is made anew, the background does not run hot, and no answer is a defect."""
    root = tmp_path / "project"
    root.mkdir()
    project_in(root)
    path = database_of(root)
    server = serve(root)
    with Raw(root) as raw:
        raw.initialize()
        assert raw.tool("list_queues", {})["queues"]
        harmed(path, harm, tmp_path)
        used, since = cpu(server.process.pid), time.monotonic()
        answers = [server.call.get("/api/queues") for _ in range(3)]
        answers += [server.call.post("/api/tasks", queue="backend", prompt="x") for _ in range(3)]
        answer = [raw.tool(name, words, 5) for name, words in CHAT]
        until(lambda: time.monotonic() - since > 2)
        busy = cpu(server.process.pid) - used
    lines = server.said.count("\n")
    server.process.terminate()
    server.process.wait(10)

    if harm == "unlink":
        assert {reply.status for reply in answers} == {507}
        assert {refusal["kind"] for refusal in answer} == {"storage"}
    elif harm == "replace":  # the database that is there now is served
        assert {reply.status for reply in answers} == {200, 201}
        assert not [refusal for refusal in answer if "error" in refusal]
    else:  # what is in the cache or the log may still be answered
        assert {reply.status for reply in answers} <= {200, 201, 507}
        assert {refusal.get("kind", "storage") for refusal in answer} == {"storage"}
    assert "Traceback" not in server.said
    assert lines < 20, server.said
    assert busy < 1, "the background runs hot"
    if harm == "unlink":
        assert not path.exists()
    counts(files_harmed_while_open=1)


CHAT: tuple[tuple[str, dict[str, str]], ...] = (
    ("list_queues", {}),
    ("enqueue", {"queue": "backend", "prompt": "x"}),
    ("claim", {"queue": "backend"}),
)


def harmed(path: Path, harm: str, tmp_path: Path) -> None:
    """Do to the open database what people and programs do."""
    if harm == "unlink":
        path.unlink()
    elif harm == "replace":
        (tmp_path / "other").mkdir()
        project_in(tmp_path / "other")
        os.replace(database_of(tmp_path / "other"), path)
    elif harm == "empty":
        os.truncate(path, 0)
    elif harm == "truncate":
        os.truncate(path, path.stat().st_size // 2)
    else:
        path.write_bytes(b"\xa5" * path.stat().st_size)


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_a_file_that_is_put_back_is_served_again(tmp_path: Path, serve: Callable[..., Served]) -> None:
    root = tmp_path / "project"
    root.mkdir()
    project_in(root)
    path, away = database_of(root), tmp_path / "away.db"
    server = serve(root)
    shutil.move(path, away)
    server.call.get("/api/queues").refused(507, "replaced")
    shutil.move(away, path)

    assert server.call.get("/api/queues").status == 200
    assert json.loads(server.call.get("/api/queues").body)["queues"][0]["queued"] == 1
    server.stop()
