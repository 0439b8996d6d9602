"""Sessions: labels over queues, active or ended."""

import pytest

from sparkq_core import queues, sessions, tasks
from sparkq_core.errors import InvalidName, NameTaken, NoSuchSession, QueueClosed
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SetClock
from tests.harness.task_steps import add, take
from tests.promises import holds


@pytest.fixture
def feature(sq: SparkQ) -> str:
    """A session with an active queue "backend"."""
    sessions.create(sq, "feature")
    queues.create(sq, "backend", session="feature")
    return "feature"


def test_a_new_session_is_active(sq: SparkQ, clock: SetClock) -> None:
    session = sessions.create(sq, "feature")

    assert (session.status, session.created_at, session.ended_at) == ("active", clock.now(), None)
    assert sessions.get(sq.db, "feature") == session


def test_a_name_is_taken_once(sq: SparkQ, feature: str) -> None:
    with pytest.raises(NameTaken, match="feature"):
        sessions.create(sq, feature)


@pytest.mark.parametrize("name", ["", "../x", "a b", "\x1b[31m", "a\x00"])
def test_a_name_that_would_not_survive_is_refused(sq: SparkQ, name: str) -> None:
    with pytest.raises(InvalidName):
        sessions.create(sq, name)

    assert sessions.all_of(sq) == ()


def test_an_unknown_session_is_refused_with_the_nearest_name(sq: SparkQ, feature: str) -> None:
    for ask in (lambda: sessions.get(sq.db, "featur"), lambda: sessions.end(sq, "featur")):
        with pytest.raises(NoSuchSession, match="'featur'") as refusal:
            ask()
        assert refusal.value.hint == "Did you mean feature?"


@holds("sessions")
def test_ending_a_session_ends_its_active_queues_and_names_them(sq: SparkQ, feature: str) -> None:
    queues.create(sq, "old", session=feature)
    queues.archive(sq, "old")
    queues.create(sq, "elsewhere")

    session, ended = sessions.end(sq, feature)

    assert (session.status, ended) == ("ended", ("backend",))
    states = {queue.name: queue.status for queue, _ in queues.all_of(sq, archived=True)}
    assert states == {"backend": "ended", "old": "archived", "elsewhere": "active"}


def test_the_queues_of_an_ended_session_are_drained(sq: SparkQ, feature: str) -> None:
    (task_id,) = add(sq, "one")
    sessions.end(sq, feature)

    with pytest.raises(QueueClosed):
        add(sq, "two")
    assert tasks.complete(sq, take(sq).task.id, "done").task.id == task_id


def test_an_ended_session_accepts_no_new_queues(sq: SparkQ, feature: str) -> None:
    sessions.end(sq, feature)

    with pytest.raises(QueueClosed, match="feature has ended"):
        queues.create(sq, "docs", session=feature)

    assert queues.names(sq) == ("backend",)


def test_ending_twice_is_harmless_and_keeps_the_first_time(sq: SparkQ, feature: str, clock: SetClock) -> None:
    first, _ = sessions.end(sq, feature)
    clock.move(HOUR)

    assert sessions.end(sq, feature) == (first, ())


def test_sessions_are_listed_active_ones_first(sq: SparkQ, feature: str) -> None:
    sessions.create(sq, "later")
    sessions.end(sq, feature)

    assert [session.name for session in sessions.all_of(sq)] == ["later", "feature"]
