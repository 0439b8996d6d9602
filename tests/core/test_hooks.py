"""Hooks: they run after your yes to exactly this content, for events after it, a few at a time and not for ever."""

import errno
import json
import logging
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from sparkq_core import events, hooks, queues, tasks
from sparkq_core.changes import Execution
from sparkq_core.clock import SystemClock
from sparkq_core.config import consent
from sparkq_core.config.settings import Settings
from sparkq_core.errors import AtTheKeyboard, InvalidValue, StorageError
from sparkq_core.files import lock
from sparkq_core.hooks import HookRun
from sparkq_core.installation import configure, export, importer, setup
from sparkq_core.maintenance import hook_process, hook_starter
from sparkq_core.maintenance.hook_starter import start_due
from sparkq_core.maintenance.rounds import Rounds, upkeep
from sparkq_core.project import SparkQ
from tests.harness.change_steps import record, repository
from tests.harness.clocks import SetClock
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add, claimed_task, queued_count, take, timed_out_task
from tests.harness.waiting import until
from tests.promises import holds

REPORT = (
    "import os, sys\n"
    "building, told = (f'{sys.argv[1]}/{sys.argv[2]}.{os.getpid()}{end}' for end in ('.new', ''))\n"
    "open(building, 'wb').write(sys.stdin.buffer.read())\n"
    "os.replace(building, told)\n"
)


@pytest.fixture(autouse=True)
def wanted(monkeypatch: pytest.MonkeyPatch) -> list[SparkQ]:
    """Instead of a process that runs the hooks, remember that one was to start."""
    wanted: list[SparkQ] = []

    def start(sq: SparkQ) -> bool:
        wanted.append(sq)
        return True

    monkeypatch.setattr(hook_starter, "_start", start)
    return wanted


def written(sq: SparkQ, **commands: list[str]) -> SparkQ:
    """Return the project with these hooks in its sparkq.yml, which somebody wrote by hand."""
    lines = [f"  {name}: {json.dumps(command)}" for name, command in commands.items()]
    (sq.config.root / "sparkq.yml").write_text("\n".join(["hooks:", *lines, ""]))
    return second_handle(sq)


def allowed(sq: SparkQ, **commands: list[str]) -> SparkQ:
    """Return the project with these hooks, which are allowed now."""
    hooked = written(sq, **commands)
    hooks.allow(hooked, "a test", os.environ)
    return hooked


def reporting(sq: SparkQ, *names: str) -> dict[str, list[str]]:
    """Return hooks of these names that write their input into files of the folder `told`."""
    (sq.config.root / "told").mkdir()
    (sq.config.root / "hook.py").write_text(REPORT)
    return {name: [sys.executable, "-I", "-S", "hook.py", "told", name] for name in names}


def told(sq: SparkQ) -> list[dict[str, Any]]:
    """Return the input of the hooks that have run."""
    return [json.loads(file.read_text()) for file in sorted((sq.config.root / "told").iterdir())]


def work(sq: SparkQ, limit: float = 60, grace: float = 5) -> int:
    """Run what is due, as the process of the hooks does, and return how many were run."""
    return hook_process.work(lambda: second_handle(sq), limit, grace)


def done(sq: SparkQ, prompt: str = "x") -> int:
    """Complete a new task and return its id."""
    task = claimed_task(sq, prompt)
    tasks.complete(sq, task.id, "done")
    return task.id


def the_run(sq: SparkQ) -> HookRun:
    (run,) = hooks.runs(sq.db)
    return run


@holds("hooks-after-yes")
def test_hooks_of_a_file_that_was_not_written_here_run_only_after_a_yes(
    sq: SparkQ, queue: str, wanted: list[SparkQ]
) -> None:
    hooked = written(sq, on_succeeded=["touch", "ran"], on_queue_empty=["touch", "ran"])
    done(hooked)

    assert (start_due(hooked), work(hooked), wanted) == (False, 0, [])
    assert hooks.waiting(hooked.config, os.environ) == "2 hooks of sparkq.yml wait for your yes"

    hooks.allow(hooked, "sparkq hooks allow", os.environ)
    assert work(hooked) == 0
    second = done(hooked)

    assert start_due(hooked)
    assert work(hooked) == 2
    assert [(run.hook, run.task_id, run.problem) for run in hooks.runs(sq.db)] == [
        ("on_succeeded", second, None),
        ("on_queue_empty", None, None),
    ]
    assert (hooked.config.root / "ran").exists()
    assert hooks.waiting(hooked.config, os.environ) is None


@holds("hooks-after-yes")
def test_a_yes_is_to_one_content_in_one_place(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    first = allowed(sq, on_succeeded=["true"])
    for changed in ({"on_succeeded": ["true", "x"]}, {"on_failed": ["true"]}, {"on_succeeded": ["true\n"]}):
        hooked = written(sq, **changed)
        done(hooked)
        assert not start_due(hooked)
        assert work(hooked) == 0
    elsewhere = first.config._replace(root=tmp_path)
    assert hooks.allowed(elsewhere, os.environ) is None
    again = written(sq, on_succeeded=["true"])
    assert hooks.allowed(again.config, os.environ) == hooks.allowed(first.config, os.environ)
    assert work(again) == 0, "what happened under other hooks is passed over"

    assert hooks.deny(again, os.environ)
    done(again)

    assert (work(again), hooks.deny(again, os.environ)) == (0, False)


@holds("hooks-after-yes")
def test_a_record_that_is_not_yours_is_not_a_yes(sq: SparkQ) -> None:
    hooked = allowed(sq, on_succeeded=["true"])
    (record,) = (Path(os.environ["HOME"]) / ".local/state/sparkq/hooks").glob("*.json")
    text = record.read_text()
    assert (record.stat().st_mode & 0o777, record.parent.stat().st_mode & 0o777) == (0o600, 0o700)

    for broken in ("", "[]", '{"allowed": 7}', '{"allowed": {"x": 1}}', text.replace('["', '["x')):
        record.write_text(broken)
        assert hooks.allowed(hooked.config, os.environ) is None or broken.startswith('{"root"')
    record.write_text(text)
    record.chmod(0o666)
    assert hooks.allowed(hooked.config, os.environ) is None
    record.chmod(0o600)
    assert hooks.allowed(hooked.config, os.environ) is not None
    if os.geteuid() == 0:
        os.chown(record, 65534, 65534)
        assert hooks.allowed(hooked.config, os.environ) is None


def test_a_yes_that_cannot_be_kept_is_refused(sq: SparkQ, tmp_path: Path) -> None:
    hooked = written(sq, on_succeeded=["true"])
    (tmp_path / "file").write_text("")

    with pytest.raises(StorageError, match="cannot be written"):
        hooks.allow(hooked, "a test", {"XDG_STATE_HOME": str(tmp_path / "file")})
    with pytest.raises(InvalidValue, match="no hooks"):
        hooks.allow(sq, "a test", os.environ)


@holds("hooks-after-yes")
@pytest.mark.parametrize("variable", consent.AGENTS)
def test_an_agent_allows_no_hooks_and_sets_none(sq: SparkQ, variable: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hooked = written(sq, on_succeeded=["true"])
    monkeypatch.setenv(variable, "1")

    for attempt in (
        lambda: hooks.allow(hooked, "sparkq hooks allow", os.environ),
        lambda: configure.change(hooked, "hooks.on_failed", ["true"]),
    ):
        with pytest.raises(AtTheKeyboard, match="shell of"):
            attempt()
    assert hooks.allowed(hooked.config, os.environ) is None


@holds("hooks-after-yes")
def test_what_config_set_writes_is_allowed_but_not_what_was_there(sq: SparkQ, queue: str) -> None:
    for number, file in enumerate((None, "env: dev\n")):
        if file is not None:
            (sq.config.root / "sparkq.yml").write_text(file)
        for name in ("on_failed", "on_succeeded"):
            configure.change(second_handle(sq), f"hooks.{name}", ["true", str(number)])
            written_here = second_handle(sq)
            assert hooks.allowed(written_here.config, os.environ) is not None
        done(written_here)
        assert work(written_here) == 1

    foreign = written(sq, on_stale=["evil"])
    configure.change(foreign, "hooks.on_failed", ["true"])
    assert hooks.waiting(second_handle(sq).config, os.environ) == "2 hooks of sparkq.yml wait for your yes"


@holds("hooks-after-yes")
def test_setup_allows_the_hooks_that_it_writes_and_no_others(root: Path) -> None:
    values = setup.defaults(root) | {"hooks.on_failed": ["true"]}
    config, _ = setup.setup(root, values, SystemClock(), os.environ)
    assert hooks.allowed(config, os.environ) is not None

    (root / "sparkq.yml").write_text("hooks:\n  on_stale: [evil]\n")
    for values in (setup.values(root, os.environ), setup.values(root, os.environ) | {"hooks.on_failed": ["true"]}):
        config, _ = setup.setup(root, values, SystemClock(), os.environ)
        assert hooks.allowed(config, os.environ) is None
    assert set(config.settings.hooks) == {"on_stale", "on_failed"}


def test_a_hook_gets_the_task_of_its_event(sq: SparkQ, queue: str, clock: SetClock) -> None:
    hooked = allowed(sq, **reporting(sq, "on_succeeded", "on_failed", "on_stale"))
    task, failed = claimed_task(sq, "é 🎉"), claimed_task(sq, "two")
    tasks.complete(sq, task.id, "all green", data={"files": 3})
    tasks.fail(sq, failed.id, "boom")
    timed_out_task(sq, clock)

    assert work(hooked) == 4

    seen = sorted((event["event"], event["task"]["id"]) for event in told(sq))
    assert seen == [("on_failed", 2), ("on_failed", 3), ("on_stale", 3), ("on_succeeded", 1)]
    (succeeded,) = (event["task"] for event in told(sq) if event["event"] == "on_succeeded")
    assert (succeeded["prompt"], succeeded["result_summary"]) == ("é 🎉", "all green")


@holds("hooks-know-the-change")
def test_a_hook_knows_what_its_task_changed(sq: SparkQ, queue: str) -> None:
    """It is recorded after the worker's answer, so a hook that is started before waits for it."""
    repository(sq.config.root, one_txt="1\n")
    hooked = allowed(sq, **reporting(sq, "on_succeeded", "on_failed"))
    (first, second) = (claimed_task(hooked, prompt) for prompt in ("one", "two"))
    record(hooked, begun=Execution(first.id, 1))
    (sq.config.root / "one.txt").write_text("1\n2\n")
    tasks.complete(hooked, first.id, "did it")
    process = threading.Thread(target=work, args=(hooked,))
    process.start()
    until(lambda: hooked.db.row(hook_starter.WATERMARK) == (events.last(hooked),))

    assert told(sq) == []
    record(hooked, ended=Execution(first.id, 1))
    process.join()

    ((change, task),) = ((event["task"].pop("changed"), event["task"]) for event in told(sq))
    assert (change["files"], change["insertions"], change["deletions"], change["exact"]) == (1, 1, 0, True)
    assert (task["id"], second.id) == (1, 2)


def test_a_hook_does_not_wait_long_for_a_change_that_nobody_records(
    sq: SparkQ, queue: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_process, "CHANGE_SECONDS", 0.2)
    repository(sq.config.root)
    hooked = allowed(sq, **reporting(sq, "on_succeeded", "on_failed"))
    done(hooked)
    timed_out_task(hooked, clock)

    assert work(hooked) == 2
    assert ["changed" in event["task"] for event in told(sq)] == [False, False]


def test_each_event_runs_its_hook_once_whoever_looks(sq: SparkQ, queue: str) -> None:
    hooked = allowed(sq, on_succeeded=["true"])
    for _ in range(3):
        done(sq)

    assert [work(hooked) for _ in range(3)] == [3, 0, 0]
    assert not start_due(hooked)


def test_one_process_runs_the_hooks_and_looks_again_before_it_ends(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hooked = allowed(sq, on_succeeded=["true"])
    done(sq)
    held = lock.acquire(sq.config.run_dir / hook_starter.LOCK, wait=False)
    assert held is not None
    assert (start_due(hooked), work(hooked)) == (False, 0)
    os.close(held)
    run = hook_process.HookProcess.run

    def run_and_be_late(self: hook_process.HookProcess) -> int:
        ran = run(self)
        if ran == 1 and len(hooks.runs(sq.db)) == 1:
            done(sq)  # nobody starts a process for it: the lock is still held
            assert not start_due(hooked)
        return ran

    monkeypatch.setattr(hook_process.HookProcess, "run", run_and_be_late)

    assert work(hooked) == 2


def test_the_last_open_task_of_a_queue_is_its_end(sq: SparkQ, queue: str) -> None:
    hooked = allowed(sq, **reporting(sq, "on_queue_empty"))
    add(sq, "one", "two")
    tasks.complete(sq, take(sq).task.id, "done")
    assert work(hooked) == 0
    assert queued_count(sq) == 1

    tasks.fail(sq, take(sq).task.id, "boom")

    assert work(hooked) == 1
    (event,) = told(sq)
    assert event["event"] == "on_queue_empty"
    assert (event["queue"]["name"], event["queue"]["succeeded"], event["queue"]["failed"]) == (queue, 1, 1)


@holds("strict-queue")
def test_a_strict_queue_says_that_it_waits_for_your_review(sq: SparkQ, queue: str) -> None:
    queues.limit_reviews(sq, queue, 2)
    hooked = allowed(sq, **reporting(sq, "on_review_needed"))
    add(sq, "one", "two", "three")
    tasks.complete(sq, take(sq).task.id, "done")
    assert work(hooked) == 0

    tasks.fail(sq, take(sq).task.id, "boom")

    assert work(hooked) == 1
    (event,) = told(sq)
    assert event["event"] == "on_review_needed"
    assert (event["queue"]["name"], event["queue"]["unreviewed"], event["queue"]["review_limit"]) == (queue, 2, 2)


def test_what_happened_in_an_imported_project_starts_nothing(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    done(sq)
    (tmp_path / "new").mkdir()
    hooked = allowed(open_new_project(tmp_path / "new", SetClock()), on_succeeded=["true"])

    importer.load(hooked, list(export.export(sq)))

    assert (start_due(hooked), work(hooked)) == (False, 0)


@holds("hooks-bounded")
def test_a_few_run_at_a_time_in_order_and_beyond_a_hundred_are_counted(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_process, "MOST_WAITING", 12)
    running = [0]

    class Counted(subprocess.Popen[bytes]):
        """A program that counts as running until its end was seen."""

        def __init__(self, command: list[str], **options: Any) -> None:
            super().__init__(command, **options)
            running.append(running[-1] + 1)

        def poll(self) -> int | None:
            code = super().poll()
            running.append(running[-1] - (code is not None))
            return code

    monkeypatch.setattr(hook_process, "Popen", Counted)
    hooked = allowed(sq, on_succeeded=["true"])
    for _ in range(15):
        done(sq)

    assert work(hooked) == 12

    assert max(running) == hook_process.PARALLEL
    assert running[-1] == 0
    left_out, *ran = hooks.runs(sq.db)
    assert left_out.problem == "3 not started: 12 were waiting already"
    assert sorted(run.task_id or 0 for run in ran) == list(range(1, 13))


@holds("hooks-bounded")
def test_a_hook_that_runs_too_long_is_stopped_with_its_children(sq: SparkQ, queue: str) -> None:
    program = sq.config.root / "hook.sh"
    program.write_text(
        "trap '' TERM\nsleep 600 &\necho $! > child\necho still busy >&2\nwait\nwait\nwait\nwhile :; do :; done\n"
    )
    hooked = allowed(sq, on_succeeded=["sh", str(program)])
    done(sq)

    assert work(hooked, limit=0.3, grace=0.2) == 1

    run = the_run(sq)
    assert (run.exit_code, run.problem, run.stderr) == (None, "stopped after 0.3 s", "still busy\n")
    child = int((sq.config.root / "child").read_text())
    deadline = time.monotonic() + 60
    while Path(f"/proc/{child}/status").exists() and "zombie" not in Path(f"/proc/{child}/status").read_text():
        assert time.monotonic() < deadline


@holds("hooks-bounded")
@pytest.mark.parametrize(
    ("command", "exit_code", "problem"),
    [
        (["/nowhere/program"], None, "cannot be started: No such file or directory"),
        (["sh", "-c", "yes x | head -c 3000000 >&2; echo the end >&2; exit 127"], 127, "exit code 127"),
        (["sh", "-c", "kill -9 $$"], None, "ended by signal 9"),
    ],
)
def test_how_a_hook_ended_is_kept_with_the_end_of_its_stderr(
    sq: SparkQ, queue: str, command: list[str], exit_code: int | None, problem: str, caplog: pytest.LogCaptureFixture
) -> None:
    hooked = allowed(sq, on_succeeded=command)
    rounds = Rounds(lambda: hooked, logging.getLogger("sparkq.tests"))
    rounds.next()
    done(sq, "x" * 300_000)
    work(hooked)

    run = the_run(sq)
    assert (run.exit_code, run.problem) == (exit_code, problem)
    assert len(run.stderr) <= hook_process.STDERR_BYTES
    assert run.stderr.endswith("the end\n") or exit_code is None
    rounds.next()
    rounds.next()
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith(f"the hook on_succeeded failed: {problem}")


def test_a_hook_for_which_the_disk_is_full_is_recorded(sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    hooked = allowed(sq, on_succeeded=["true"])
    done(hooked)
    monkeypatch.setattr("tempfile.TemporaryFile", full)

    assert work(hooked) == 1
    assert the_run(sq).problem == "cannot be started: No space left on device"


def test_that_hooks_wait_is_logged_once(sq: SparkQ, caplog: pytest.LogCaptureFixture) -> None:
    hooked = written(sq, on_succeeded=["true"])
    rounds = Rounds(lambda: hooked, logging.getLogger("sparkq.tests"))
    rounds.next()
    rounds.next()

    (record,) = caplog.records
    assert record.getMessage() == "1 hook of sparkq.yml waits for your yes: sparkq hooks allow"


def test_only_the_newest_runs_are_kept(sq: SparkQ) -> None:
    for number in range(hooks.KEPT_RUNS + 2):
        hooks.record(sq, HookRun(0, "on_failed", number, 1, 2, 0, None, ""))

    kept = hooks.runs(sq.db)

    assert [kept[0].task_id, kept[-1].task_id, len(kept)] == [2, hooks.KEPT_RUNS + 1, hooks.KEPT_RUNS]
    assert hooks.runs(sq.db, kept[-2].id) == kept[-1:]


@holds("hooks-bounded")
def test_a_hook_has_no_shell_and_no_variables_of_the_callers_git(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_CONFIG_PARAMETERS"):
        monkeypatch.setenv(name, "elsewhere")
    script = "open('$(echo x); `y` > z', 'w').write(repr([n for n in __import__('os').environ if n[:4] == 'GIT_']))"
    hooked = allowed(sq, on_succeeded=[sys.executable, "-I", "-S", "-c", script])
    done(sq)

    assert work(hooked) == 1
    assert (sq.config.root / "$(echo x); `y` > z").read_text() == "[]"


def test_a_task_that_is_gone_when_its_hook_is_due_starts_nothing(sq: SparkQ, queue: str) -> None:
    hooked = allowed(sq, on_succeeded=["true"])
    tasks.delete(sq, done(sq))

    assert work(hooked) == 0


def test_a_process_that_does_not_know_of_new_hooks_forgets_nothing_for_them(sq: SparkQ, queue: str) -> None:
    hooked = allowed(sq, on_succeeded=["true"])
    unaware = hooked._replace(config=hooked.config._replace(settings=Settings()))
    before = written(sq, on_succeeded=["false"])
    allowed(sq, on_succeeded=["true"])
    done(sq)
    seen = sq.db.rows(hook_starter.WATERMARK)

    upkeep(unaware)
    upkeep(before)
    assert sq.db.rows(hook_starter.WATERMARK) == seen

    (sq.config.root / "sparkq.yml").write_text("env: dev\n")
    upkeep(unaware)
    assert sq.db.rows(hook_starter.WATERMARK) != seen
    assert (start_due(hooked), work(allowed(sq, on_succeeded=["true"]))) == (False, 0)


def test_a_database_that_is_newer_than_your_yes_begins_with_its_next_events(sq: SparkQ, queue: str) -> None:
    hooked = allowed(sq, on_succeeded=["true"])
    with sq.db.write() as tx:
        tx.run(hook_process.CLAIM, {"event": None})
    done(sq)
    assert not start_due(hooked)

    done(sq)

    assert start_due(hooked)
    assert work(hooked) == 1


def test_many_events_without_a_hook_are_not_passed_again_and_again(
    sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_starter, "FAR", 3)
    hooked = allowed(sq, on_succeeded=["true"])
    before = sq.db.rows(hook_starter.WATERMARK)
    add(sq, "one", "two", "three", "four")

    assert not start_due(hooked)
    assert sq.db.rows(hook_starter.WATERMARK) != before
    done(sq)
    assert start_due(hooked)


@holds("question")
def test_a_question_calls_you_and_a_queue_with_one_is_not_empty(sq: SparkQ, queue: str) -> None:
    hooked = allowed(sq, **reporting(sq, "on_question", "on_queue_empty"))
    asked = claimed_task(hooked, "one")
    tasks.release(hooked, asked.id, question="A or B?")
    done(hooked)
    assert work(hooked) == 1

    (report,) = told(hooked)
    assert (report["event"], report["task"]["id"], report["task"]["question"]) == ("on_question", asked.id, "A or B?")

    tasks.answer(hooked, asked.id, "B")
    take(hooked, task_id=asked.id)
    tasks.complete(hooked, asked.id, "done")
    assert work(hooked) == 1
    assert sorted(each["event"] for each in told(hooked)) == ["on_question", "on_queue_empty"]
