"""A chat that passes no attempt is understood where it can mean only one, and refused with its words kept elsewhere."""

import pytest

from sparkq_core import chats, tasks
from sparkq_core.chats import Caller
from sparkq_core.errors import AttemptNeeded, NoSuchTask, WrongState
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ
from tests.harness.clocks import SetClock
from tests.harness.projects import second_handle
from tests.harness.task_steps import add, attempts, take
from tests.promises import holds

CLAUDE = Caller("claude-code", "2.1", session="8d2a-1")


def claimed_in(sq: SparkQ, chat: Caller = CLAUDE) -> Claim:
    """The next task, claimed in a chat."""
    claim = tasks.claim(sq, "backend", f"{chat.client}-8d2a", chat=chat)
    assert claim is not None
    return claim


def id_of(sq: SparkQ, chat: Caller = CLAUDE) -> int:
    """The id of a chat that has claimed."""
    known = chats.find(sq.db, chat)
    assert known is not None
    return known


def kept(sq: SparkQ, task_id: int) -> list[str | None]:
    """The texts of calls whose attempt was unknown, from the timeline."""
    return [event.text for event in tasks.detail(sq, task_id).events if event.kind == "refused"]


def timed_out(sq: SparkQ, clock: SetClock) -> None:
    """Let the claimed task time out."""
    for _ in range(2):
        clock.move(61)
        tasks.peek(sq, "backend")


def test_a_chat_means_the_only_attempt_that_it_was_given(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    claimed_in(sq)

    assert tasks.attempt_of(second_handle(sq), "complete", 1, id_of(sq), "Done.") == 1
    assert kept(sq, 1) == []


@holds("mcp-remembers-attempts")
def test_a_late_context_does_not_settle_the_newer_attempt_of_its_own_chat(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    add(sq, "one", timeout=60)
    claimed_in(sq)
    timed_out(sq, clock)
    tasks.requeue(sq, 1)
    claimed_in(sq)

    with pytest.raises(AttemptNeeded) as refused:
        tasks.attempt_of(sq, "complete", 1, id_of(sq), "The words of attempt 1.")

    assert (tuple(refused.value.attempts), tasks.get(sq, 1).status) == ((1, 2), "running")
    assert kept(sq, 1) == ["The words of attempt 1."]


def test_a_task_that_had_an_attempt_before_needs_the_number(sq: SparkQ, queue: str) -> None:
    """A client whose server was restarted is another chat to the store, and may speak of what it did before."""
    add(sq, "one")
    claimed_in(sq, Caller("gemini"))
    tasks.fail(sq, 1, "It broke.", attempt=1)
    tasks.requeue(sq, 1)
    after = claimed_in(sq, Caller("gemini"))

    with pytest.raises(AttemptNeeded):
        tasks.attempt_of(sq, "fail", 1, after.chat_id, "It broke.")

    assert tasks.get(sq, 1).status == "running"


def test_with_two_open_claims_a_call_without_the_number_settles_neither(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two")
    claimed_in(sq)
    claimed_in(sq)

    with pytest.raises(AttemptNeeded, match="running") as refused:
        tasks.attempt_of(sq, "complete", 2, id_of(sq), "Done.")

    assert tuple(refused.value.attempts) == (1,)
    assert (kept(sq, 1), kept(sq, 2)) == ([], ["Done."])


def test_an_attempt_that_has_ended_is_meant_whatever_else_is_open(sq: SparkQ, queue: str) -> None:
    add(sq, "one", "two", "three")
    for _ in range(3):
        claimed_in(sq)
    tasks.complete(sq, 1, "Done.", attempt=1)

    assert tasks.attempt_of(sq, "complete", 1, id_of(sq), "Done.") == 1


@pytest.mark.parametrize("chat", [None, "other"])
def test_a_task_of_another_chat_needs_the_number_and_the_text_is_kept_once(
    sq: SparkQ, queue: str, chat: str | None
) -> None:
    add(sq, "one", "two")
    other = Caller("claude-code", session="other")
    claimed_in(sq)
    claimed_in(sq, other)
    for _ in range(2):
        with pytest.raises(AttemptNeeded, match="Your text is kept"):
            tasks.attempt_of(sq, "fail", 1, id_of(sq, other) if chat else None, "It broke.")

    assert (tasks.get(sq, 1).status, kept(sq, 1)) == ("running", ["It broke."])


def test_a_task_that_nobody_claimed_yet_or_that_does_not_exist_is_refused_as_such(sq: SparkQ, queue: str) -> None:
    add(sq, "one")

    with pytest.raises(WrongState, match="queued"):
        tasks.attempt_of(sq, "complete", 1, None, "Done.")
    with pytest.raises(NoSuchTask):
        tasks.attempt_of(sq, "complete", 7, None, "Done.")


@pytest.mark.parametrize("verb", ["complete", "fail"])
def test_a_report_without_a_number_is_not_taken_while_an_earlier_worker_is_silent(
    sq: SparkQ, queue: str, clock: SetClock, verb: str
) -> None:
    add(sq, "one", timeout=60)
    take(sq, "ann")
    timed_out(sq, clock)
    tasks.requeue(sq, 1)
    take(sq, "bob")

    with pytest.raises(AttemptNeeded) as refused:
        getattr(tasks, verb)(sq, 1, "Whose words?")

    assert (tasks.get(sq, 1).status, kept(sq, 1)) == ("running", ["Whose words?"])
    assert "1 or 2" in refused.value.hint
    assert getattr(tasks, verb)(sq, 1, "Those of bob.", attempt=2).task.attempts == 2


def test_a_worker_alone_needs_no_number_after_its_timeout(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one", timeout=60)
    take(sq, "ann")
    timed_out(sq, clock)
    tasks.requeue(sq, 1)
    take(sq, "ann")

    assert tasks.complete(sq, 1, "Done.").attempt == 2


def test_once_the_earlier_worker_has_spoken_no_number_is_needed(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one", timeout=60)
    take(sq, "ann")
    timed_out(sq, clock)
    tasks.requeue(sq, 1)
    take(sq, "bob")
    with pytest.raises(Exception, match="no longer holds"):
        tasks.complete(sq, 1, "Late.", attempt=1)

    assert tasks.complete(sq, 1, "Done.").attempt == 2
    assert [attempt.late_text for attempt in attempts(sq, 1)] == ["Late.", None]
