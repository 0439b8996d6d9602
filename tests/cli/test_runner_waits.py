"""How a runner waits: it sleeps through nothing, and says nothing twice. The tests run it in this process."""

import signal
from collections.abc import Callable, Iterator

import pytest

from sparkq_cli import runner
from sparkq_cli.runner import timeouts
from sparkq_cli.runner.waiting import outlasting
from sparkq_core import queues, tasks
from sparkq_core.errors import Busy
from sparkq_core.model import Swept, Task
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep
from tests.harness.projects import second_handle
from tests.harness.task_steps import EARLIER, add, take
from tests.promises import holds

MOST_ROUNDS = 30


@pytest.fixture
def handlers() -> Iterator[None]:
    """What signals do is as before afterwards."""
    kept = {
        number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGPIPE)
    }
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture
def meanwhile(
    sq: SparkQ, monkeypatch: pytest.MonkeyPatch, handlers: None
) -> Callable[[Callable[[SparkQ, int], object]], None]:
    """Let another process take numbered steps in the rounds of upkeep. The runner looks after each of them."""

    def arrange(step: Callable[[SparkQ, int], object]) -> None:
        other, rounds = second_handle(sq), iter(range(1, MOST_ROUNDS))

        def upkeep(_: SparkQ) -> Swept:
            number = next(rounds)  # StopIteration: it should have ended long ago
            if number % 2:  # the round after it is that of the wake
                step(other, number // 2 + 1)
            return Swept()

        monkeypatch.setattr("sparkq_core.maintenance.rounds.interval_seconds", lambda _: 0.01)
        monkeypatch.setattr("sparkq_core.maintenance.rounds.upkeep", upkeep)

    return arrange


def test_a_result_that_comes_while_the_runner_does_its_upkeep_is_not_slept_through(
    sq: SparkQ, meanwhile: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    add(sq, "one")
    meanwhile(lambda other, number: number == 1 and tasks.complete(other, 1, "done"))

    runner.work(runner.Runner(sq, 1, runner.Mode.DRAIN, poll=60))

    assert "#1 succeeded." in capfd.readouterr().out


@holds("runner-watch")
def test_watch_prints_a_line_for_a_sign_of_its_task_and_for_no_other_write(
    sq: SparkQ, meanwhile: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    queues.create(sq, "docs")
    add(sq, "one")

    def write(other: SparkQ, number: int) -> None:
        if number < 5:
            add(other, f"other {number}", queue="docs")
        elif number == 5:
            tasks.progress(other, 1, "half done")
        elif number == 6:
            tasks.complete(other, 1, "done")
        elif number < 9:
            add(other, f"other {number}", queue="docs")
        else:
            signal.raise_signal(signal.SIGTERM)

    meanwhile(write)
    runner.work(runner.Runner(sq, 1, runner.Mode.WATCH, poll=60))

    printed = capfd.readouterr().out
    assert printed.count("#1 running for ") == 1
    assert printed.count("waiting for tasks.") == 1


@pytest.fixture
def locked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The next look at a task finds the database locked."""
    look, tries = tasks.get, iter([Busy("It is locked.")])

    def get(sq: SparkQ, task_id: int) -> Task:
        for busy in tries:
            raise busy
        return look(sq, task_id)

    monkeypatch.setattr("sparkq_core.tasks.get", get)
    monkeypatch.setattr("time.sleep", lambda _: None)


def timed_out(sq: SparkQ) -> None:
    """Let the runner's task #1 time out."""
    for _ in range(2):
        with sq.db.write() as tx:
            tx.run(EARLIER, {"task": 1, "ms": 60_000})
        sweep(sq)


@holds("runner-busy")
def test_a_lock_at_the_start_hides_no_timeout(
    sq: SparkQ, handlers: None, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]
) -> None:
    add(sq, "one")
    runner.work(runner.Runner(sq, 1, runner.Mode.ONCE, poll=60))
    timed_out(sq)
    request.getfixturevalue("locked_once")

    runner.work(runner.Runner(sq, 1, runner.Mode.DRAIN, poll=60))

    printed = capfd.readouterr().out
    assert "It is locked. The runner waits and tries again." in printed
    assert "#1 timed out: nobody settled attempt 1." in printed


@holds("runner-busy")
def test_a_lock_hides_no_sign(sq: SparkQ, request: pytest.FixtureRequest, capfd: pytest.CaptureFixture[str]) -> None:
    add(sq, "one", "two", timeout=60)
    claim = take(sq, "worker-laptop-backend")
    take(sq, "worker-laptop-backend")
    timed_out(sq)
    tasks.complete(sq, 2, "done")
    it = runner.Runner(sq, 1, runner.Mode.DRAIN, poll=60, hosts=("laptop",))
    silent = timeouts.silence(it, claim)
    assert silent is not None
    request.getfixturevalue("locked_once")

    timeouts.until_somebody_reads(it, silent)

    assert "It is locked." in capfd.readouterr().out


@holds("runner-busy")
def test_a_held_lock_is_said_once(
    sq: SparkQ, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    tries: list[int] = []

    def verb() -> str:
        tries.append(1)
        if len(tries) < 4:
            raise Busy("It is locked.")
        return "done"

    assert outlasting(runner.Runner(sq, 1, runner.Mode.RUN, poll=60), verb) == "done"
    assert capfd.readouterr().out.count("It is locked. The runner waits and tries again.") == 1
