"""A chat that is gone is known: its server says so, or the system releases the lock of a server that was killed."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sparkq_core import chats, tasks
from sparkq_core.chats import Caller, presence
from sparkq_core.chats.presence import CLOSED, KILLED, OPENED, Sign
from sparkq_core.files import lock
from sparkq_core.model import Chat
from sparkq_core.project import SparkQ
from tests.core.test_fence import CLAUDE, claimed_in
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, attempts, timeline
from tests.promises import holds

SERVER = """
import signal, sys
from pathlib import Path
from sparkq_core.files import lock
assert lock.acquire(Path(sys.argv[1]), wait=True) is not None
print("ready", flush=True)
signal.pause()
"""


@contextmanager
def server(sq: SparkQ, name: str = "chat-7-1.lock") -> Iterator[subprocess.Popen[str]]:
    """A process that holds the sign of a server."""
    program = [sys.executable, "-c", SERVER, str(sq.config.run_dir / name)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def chat_of(sq: SparkQ, task_id: int) -> Chat:
    """The chat of a task."""
    chat = chats.of_task(sq.db, task_id)
    assert chat is not None
    return chat


def listed(sq: SparkQ) -> list[int | None]:
    """When the chats of the running tasks went away, as a list of them shows it."""
    return [task.chat_gone_at for task in tasks.list_page(sq, tasks.Wanted(status="running"), sort="oldest").tasks]


@holds("chat-gone")
def test_a_killed_server_is_noticed_by_the_next_look(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one", "two")
    with server(sq) as process:
        for _ in range(2):
            claimed_in(sq, CLAUDE._replace(server="chat-7-1.lock"))
        assert listed(sq) == [None, None]
        process.send_signal(signal.SIGKILL)
        process.wait()
        clock.move(5)

        assert listed(sq) == [clock.now()] * 2
    assert chat_of(sq, 1).gone_why == KILLED
    assert (tasks.get(sq, 1).status, timeline(sq, 1)[-1], timeline(sq, 2)[-1]) == ("running", CLOSED, CLOSED)
    assert not list(sq.config.run_dir.glob("chat-*"))


@holds("chat-gone")
def test_an_outcome_or_the_way_back_ends_the_mark(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one", "two")
    first = claimed_in(sq)
    presence.close(sq, first.chat_id or 0, "its client closed the connection")
    assert listed(sq) == [clock.now()]

    claimed_in(sq)
    assert (listed(sq), timeline(sq, 1)[-1]) == ([None, None], OPENED)
    presence.close(sq, first.chat_id or 0, "again")
    tasks.complete(sq, 1, "Done.", attempt=1)
    assert tasks.get(sq, 1).chat_gone_at is None


def test_the_end_is_said_once(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one")
    claim = claimed_in(sq)
    for _ in range(2):
        presence.close(sq, claim.chat_id or 0, "its client closed the connection")
        clock.move(5)

    assert timeline(sq, 1).count(CLOSED) == 1
    assert chat_of(sq, 1).gone_at == clock.now() - 10_000


@holds("chat-gone")
def test_a_former_process_does_not_end_a_chat_that_was_resumed_in_another(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two")
    claim = claimed_in(sq, CLAUDE._replace(server="chat-1-1.lock"))
    chats.come_back(sq, CLAUDE._replace(id=claim.chat_id, server="chat-2-2.lock"))
    presence.close(sq, claim.chat_id or 0, "its client closed the connection", "chat-1-1.lock")

    assert listed(sq) == [None]
    presence.close(sq, claim.chat_id or 0, "its client closed the connection", "chat-2-2.lock")
    assert listed(sq) != [None]


def test_a_chat_that_calls_again_is_there_again(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    claim = claimed_in(sq)
    presence.close(sq, claim.chat_id or 0, "its client closed the connection")
    chats.come_back(sq, CLAUDE._replace(id=claim.chat_id))
    chats.come_back(sq, CLAUDE._replace(id=claim.chat_id))

    assert (listed(sq), timeline(sq, 1).count(OPENED)) == ([None], 1)


def test_a_living_server_is_left_alone(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    sign = Sign.give(sq)
    assert sign is not None
    claimed_in(sq, CLAUDE._replace(server=sign.name))
    presence.notice(sq)

    assert listed(sq) == [None]
    assert lock.is_held(sq.config.run_dir / sign.name)
    sign.take_back()
    assert not list(sq.config.run_dir.glob("chat-*"))


def test_a_sign_that_is_missing_says_nothing(sq: SparkQ, queue: str) -> None:
    """Somebody emptied the folder, or `queue_runner.lock_dir` was changed."""
    add(sq, "one")
    claimed_in(sq, CLAUDE._replace(server="chat-1-1.lock"))

    assert listed(sq) == [None]


@pytest.mark.parametrize("kind", ["link", "folder", "foreign"])
def test_what_is_not_a_sign_is_left_alone(sq: SparkQ, tmp_path: Path, kind: str) -> None:
    folder, precious = sq.config.run_dir, tmp_path / "precious"
    folder.mkdir(parents=True, exist_ok=True)
    precious.write_text("mine")
    if kind == "link":
        (folder / "chat-1-1.lock").symlink_to(precious)
    elif kind == "folder":
        (folder / "chat-1-1.lock").mkdir()
    else:
        (folder / "runner-1.lock").write_text("mine")
    presence.notice(sq)

    assert len(os.listdir(folder)) >= 1
    assert precious.read_text() == "mine"


def test_without_a_folder_for_locks_a_chat_works_on_unseen(sq: SparkQ, queue: str) -> None:
    sq.config.run_dir.parent.mkdir(parents=True, exist_ok=True)
    if sq.config.run_dir.exists():
        sq.config.run_dir.rmdir()
    sq.config.run_dir.write_text("a file")

    assert Sign.give(sq) is None
    presence.notice(sq)


def test_an_attempt_keeps_what_it_was_done_with(sq: SparkQ, queue: str) -> None:
    """The chat goes on with another model and a newer client."""
    add(sq, "one", "two", "three")
    codex = Caller("codex", "0.171", "0199ab-7f31", model="gpt-5")
    claimed_in(sq, codex)
    claimed_in(sq, codex._replace(version="0.172", model="gpt-6"))
    tasks.claim(sq, queue, "ann")

    assert [
        (attempt.client, attempt.client_version, attempt.model)
        for number in (1, 2, 3)
        for attempt in attempts(sq, number)
    ] == [("codex", "0.171", "gpt-5"), ("codex", "0.172", "gpt-6"), (None, None, None)]


def test_a_process_that_serves_two_chats_has_a_sign_for_each(sq: SparkQ) -> None:
    first, second = Sign.give(sq), Sign.give(sq)

    assert first is not None
    assert second is not None
    assert first.name != second.name
    for sign in (first, second):
        sign.take_back()
    assert list(sq.config.run_dir.glob("chat-*")) == []
