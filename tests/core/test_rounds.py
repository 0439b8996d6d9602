"""Upkeep: what every long-lived process does each interval, and what of it happens once however many do it."""

import logging

import pytest

from sparkq_core.errors import DiskFull, NoProject
from sparkq_core.maintenance.rounds import Rounds, interval_seconds, upkeep
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import claimed_task
from tests.promises import holds

DAYS = 24 * HOUR


@holds("sweeps-of-processes")
def test_a_round_warns_and_fails(sq: SparkQ, queue: str, clock: SetClock) -> None:
    silent = claimed_task(sq, "silent", timeout=60).id
    clock.move(60)

    first = upkeep(sq)
    clock.move(60)
    second = upkeep(sq)

    assert ([task.id for task in first.warned], [task.id for task in second.failed]) == ([silent], [silent])


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
