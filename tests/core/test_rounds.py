"""Upkeep: what every long-lived process does each interval, and what of it happens once however many do it."""

import json
import logging
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import inbox, tasks
from sparkq_core.config.settings import Settings
from sparkq_core.errors import DiskFull, NoProject
from sparkq_core.installation import export
from sparkq_core.maintenance import hooks
from sparkq_core.maintenance.rounds import Rounds, interval_seconds, upkeep
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add, claimed_task, queued_count, take, timed_out_task
from tests.promises import holds

DEADLINE_SECONDS = 60
DAYS = 24 * HOUR


class Hooked:
    """A project whose hooks write what they are told into files of a folder."""

    def __init__(self, sq: SparkQ, *names: str) -> None:
        self.folder = sq.config.root / "told"
        self.folder.mkdir()
        program = sq.config.root / "hook.py"
        program.write_text(
            "import os, sys\n"
            f"building, told = (f'{self.folder}/{{sys.argv[1]}}.{{os.getpid()}}{{end}}' for end in ('.new', ''))\n"
            "open(building, 'wb').write(sys.stdin.buffer.read())\n"
            "os.replace(building, told)\n"
        )
        lines = [f"  {name}: {json.dumps([sys.executable, str(program), name])}" for name in names]
        (sq.config.root / "sparkq.yml").write_text("\n".join(["hooks:", *lines, ""]))
        self.sq = second_handle(sq)

    def told(self, count: int) -> list[dict[str, object]]:
        """Wait until so many hooks have run; what they were told."""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while len(self.names()) < count:
            assert time.monotonic() < deadline, f"{len(self.names())} of {count} hooks ran"
        return [json.loads((self.folder / name).read_text()) for name in sorted(self.names())]

    def names(self) -> list[str]:
        """The files of the hooks that have run."""
        return [name for name in os.listdir(self.folder) if not name.endswith(".new")]


@pytest.fixture(autouse=True)
def _ended() -> Iterator[None]:
    """No hook outlives its test."""
    yield
    for process in hooks._started:
        process.kill()
        process.wait(DEADLINE_SECONDS)


@holds("sweeps-of-processes")
def test_a_round_warns_fails_and_purges(sq: SparkQ, queue: str, clock: SetClock) -> None:
    old = claimed_task(sq, "old").id
    tasks.complete(sq, old, "done")
    inbox.review(sq, old)
    clock.move(4 * DAYS)
    silent = claimed_task(sq, "silent", timeout=60).id
    clock.move(60)

    first = upkeep(sq)
    clock.move(60)
    second = upkeep(sq)

    assert ([task.id for task in first.warned], [task.id for task in second.failed]) == ([silent], [silent])
    assert [task.id for task in tasks.list_page(sq).tasks] == [silent]


def test_of_several_processes_each_task_is_changed_by_one(sq: SparkQ, queue: str, clock: SetClock) -> None:
    claimed_task(sq, timeout=60)
    other = second_handle(sq)
    clock.move(60)

    assert [len(upkeep(handle).warned) for handle in (sq, other, sq)] == [1, 0, 0]
    other.close()


def test_a_round_with_nothing_to_do_writes_nothing(sq: SparkQ, queue: str) -> None:
    claimed_task(sq)
    other = second_handle(sq)
    upkeep(sq)
    before = other.version()

    upkeep(sq)

    assert other.version() == before
    other.close()


@holds("sweeps-of-processes")
def test_the_interval_is_a_setting(sq: SparkQ) -> None:
    assert interval_seconds(sq) == 30
    (sq.config.root / "sparkq.yml").write_text("queue_runner: {auto_fail_interval_seconds: 5}\n")

    assert interval_seconds(second_handle(sq)) == 5


def test_the_first_round_comes_soon_and_each_that_fails_doubles_the_pause(
    sq: SparkQ, queue: str, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    outcomes: list[SparkQ | Exception] = [sq]

    def project() -> SparkQ:
        if isinstance(outcomes[0], Exception):
            raise outcomes[0]
        return outcomes[0]

    caplog.set_level(logging.INFO)
    rounds = Rounds(project, logging.getLogger("sparkq.tests"))
    pauses = [rounds.pause]
    outcomes[:] = [
        DiskFull("The disk is full."),
        NoProject("Nowhere."),
        ValueError("a defect"),
        *[NoProject("x")] * 9,
        sq,
    ]
    while outcomes:
        rounds.next()
        pauses.append(rounds.pause)
        outcomes.pop(0)

    assert pauses == [5, 10, 20, 40, 80, 160, 320, *[600] * 6, 30]
    assert [record.levelname for record in caplog.records[:3]] == ["WARNING", "INFO", "ERROR"]
    assert caplog.records[0].getMessage() == "upkeep failed; next try in 10 s: The disk is full."


def test_a_short_interval_holds_for_the_first_round_too(sq: SparkQ) -> None:
    (sq.config.root / "sparkq.yml").write_text("queue_runner:\n  auto_fail_interval_seconds: 2\n")

    assert Rounds(lambda: second_handle(sq), logging.getLogger("sparkq.tests")).pause == 2


def test_a_hook_gets_the_task_of_its_event(sq: SparkQ, queue: str, clock: SetClock) -> None:
    hooked = Hooked(sq, "on_succeeded", "on_failed", "on_stale")
    upkeep(hooked.sq)
    done, failed = claimed_task(sq, "é 🎉"), claimed_task(sq, "two")
    tasks.complete(sq, done.id, "all green", data={"files": 3})
    tasks.fail(sq, failed.id, "boom")
    timed_out_task(sq, clock)

    upkeep(hooked.sq)

    lines = hooked.told(4)
    seen = sorted((event["event"], event["task"]["id"]) for event in lines if isinstance(event["task"], dict))
    assert seen == [("on_failed", 2), ("on_failed", 3), ("on_stale", 3), ("on_succeeded", 1)]
    (succeeded,) = (event["task"] for event in lines if event["event"] == "on_succeeded")
    assert isinstance(succeeded, dict)
    assert (succeeded["prompt"], succeeded["result_summary"]) == ("é 🎉", "all green")


def test_each_event_runs_its_hook_once_in_whichever_process_sees_it(sq: SparkQ, queue: str) -> None:
    hooked = Hooked(sq, "on_succeeded")
    other = second_handle(hooked.sq)
    upkeep(hooked.sq)
    for _ in range(3):
        tasks.complete(sq, claimed_task(sq).id, "done")

    started = [hooks.run_due(handle) for handle in (other, hooked.sq, other)]

    assert started == [3, 0, 0]
    assert len(hooked.told(3)) == 3
    other.close()


def with_hook(sq: SparkQ, name: str, *command: str) -> SparkQ:
    """The project with this hook, which begins now."""
    (sq.config.root / "sparkq.yml").write_text(f"hooks: {{{name}: {json.dumps(command)}}}\n")
    hooked = second_handle(sq)
    upkeep(hooked)
    return hooked


@pytest.mark.parametrize(("name", "count"), [("on_succeeded", hooks.BATCH), ("on_queue_empty", 1)])
def test_events_since_the_last_run_start_hooks_once_however_many_there_are(
    sq: SparkQ, queue: str, name: str, count: int
) -> None:
    hooked = with_hook(sq, name, "true")
    add(sq, *("x" for _ in range(hooks.BATCH)))
    for _ in range(hooks.BATCH):
        tasks.complete(sq, take(sq).task.id, "done")

    assert [hooks.run_due(hooked) for _ in range(2)] == [count, 0]
    hooked.close()


def test_the_last_open_task_of_a_queue_is_its_end(sq: SparkQ, queue: str) -> None:
    hooked = Hooked(sq, "on_queue_empty")
    upkeep(hooked.sq)
    add(sq, "one", "two")
    tasks.complete(sq, take(sq).task.id, "done")
    upkeep(hooked.sq)
    assert queued_count(sq) == 1

    tasks.fail(sq, take(sq).task.id, "boom")
    upkeep(hooked.sq)

    (event,) = hooked.told(1)
    assert event["event"] == "on_queue_empty"
    assert isinstance(event["queue"], dict)
    assert (event["queue"]["name"], event["queue"]["succeeded"], event["queue"]["failed"]) == (queue, 1, 1)


def test_what_happened_before_there_were_hooks_starts_nothing(sq: SparkQ, queue: str) -> None:
    tasks.complete(sq, claimed_task(sq).id, "done")

    hooked = Hooked(sq, "on_succeeded")

    assert [hooks.run_due(hooked.sq) for _ in range(3)] == [0, 0, 0]


def test_what_happened_in_an_imported_project_starts_nothing(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    tasks.complete(sq, claimed_task(sq).id, "done")
    (tmp_path / "new").mkdir()
    hooked = Hooked(open_new_project(tmp_path / "new", SetClock()), "on_succeeded")
    upkeep(hooked.sq)

    export.load(hooked.sq, list(export.export(sq)))

    assert [hooks.run_due(hooked.sq) for _ in range(3)] == [0, 0, 0]


@pytest.mark.parametrize("command", ["/nowhere/program", "false", "sleep"])
def test_a_hook_that_cannot_start_fails_or_hangs_disturbs_nobody(sq: SparkQ, queue: str, command: str) -> None:
    hooked = with_hook(sq, "on_succeeded", command, "5")
    tasks.complete(sq, claimed_task(sq).id, "done")

    assert hooks.run_due(hooked) == (0 if command == "/nowhere/program" else 1)
    assert upkeep(hooked).failed == ()
    hooked.close()


def test_a_hook_with_a_long_document_is_not_waited_for(sq: SparkQ, queue: str) -> None:
    hooked = with_hook(sq, "on_succeeded", "sleep", "5")
    tasks.complete(sq, claimed_task(sq, "x" * 1024 * 1024).id, "done")

    assert hooks.run_due(hooked) == 1
    hooked.close()


def test_hooks_are_run_without_a_shell_in_the_projects_folder(sq: SparkQ, queue: str) -> None:
    hooked = with_hook(sq, "on_succeeded", "touch", "$(echo x); `y` > z")
    tasks.complete(sq, claimed_task(sq).id, "done")
    upkeep(hooked)

    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (sq.config.root / "$(echo x); `y` > z").exists():
        assert time.monotonic() < deadline
    hooked.close()


def test_a_task_that_is_gone_when_its_hook_is_due_starts_nothing(sq: SparkQ, queue: str) -> None:
    hooked = Hooked(sq, "on_succeeded")
    upkeep(hooked.sq)
    task = claimed_task(sq)
    tasks.complete(sq, task.id, "done")
    tasks.delete(sq, task.id)

    assert hooks.run_due(hooked.sq) == 0


def test_a_process_that_does_not_know_of_new_hooks_forgets_nothing_for_them(sq: SparkQ, queue: str) -> None:
    hooked = Hooked(sq, "on_succeeded")
    tasks.complete(sq, claimed_task(sq).id, "done")
    upkeep(hooked.sq)
    unaware = hooked.sq._replace(config=hooked.sq.config._replace(settings=Settings()))
    seen = sq.db.rows(hooks.WATERMARK)
    assert seen != [(None,)]

    upkeep(unaware)
    assert sq.db.rows(hooks.WATERMARK) == seen

    (sq.config.root / "sparkq.yml").write_text("env: dev\n")
    upkeep(unaware)
    assert sq.db.rows(hooks.WATERMARK) == [(None,)]


def test_a_command_that_cannot_be_a_program_is_passed_over(sq: SparkQ, queue: str) -> None:
    nul = sq.config.settings._replace(hooks={"on_succeeded": ("a\0b",)})
    hooked = sq._replace(config=sq.config._replace(settings=nul))
    hooks.run_due(hooked)
    tasks.complete(sq, claimed_task(sq).id, "done")

    assert hooks.run_due(hooked) == 0


def test_a_server_says_in_its_log_which_hook_does_not_start(
    sq: SparkQ, queue: str, caplog: pytest.LogCaptureFixture
) -> None:
    (sq.config.root / "sparkq.yml").write_text("hooks:\n  on_succeeded: [nosuchprogram, x]\n")
    hooked = second_handle(sq)
    upkeep(hooked)
    tasks.complete(hooked, claimed_task(hooked).id, "done")

    Rounds(lambda: hooked, logging.getLogger("sparkq.tests")).next()

    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith("the hook on_succeeded cannot be started: nosuchprogram:")
