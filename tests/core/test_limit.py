"""A usage limit: the claims of a chat wait for its end, and are released if the chat has said nothing by then."""

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sparkq_core import inbox, queues, stale, statistics, tasks, wire
from sparkq_core.chat_hooks import answer
from sparkq_core.chat_hooks.event import HookEvent
from sparkq_core.chat_hooks.limit_end import limit_end
from sparkq_core.chats import Caller
from sparkq_core.clock import DAY, iso
from sparkq_core.errors import ClaimLost
from sparkq_core.project import SparkQ
from sparkq_core.tasks import limit
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SECOND, RunningClock, SetClock
from tests.harness.task_steps import add, attempts, queued_ids, refusal_of, timeline
from tests.promises import holds

pytestmark = pytest.mark.usefixtures("queue")

SESSION = Caller("claude-code", session="8d2a")


def claimed_by_chat(sq: SparkQ, *prompts: str, caller: Caller = SESSION) -> int:
    """Tasks that a chat has claimed; the id of the chat."""
    add(sq, *prompts)
    for _ in prompts:
        claim = tasks.claim(sq, "backend", f"{caller.client}-{caller.session}", chat=caller)
    assert claim is not None
    assert claim.chat_id is not None
    return claim.chat_id


@holds("usage-limit")
def test_a_task_whose_chat_reached_its_limit_is_neither_stale_nor_failed(sq: SparkQ, clock: SetClock) -> None:
    chat = claimed_by_chat(sq, "one")

    (waiting,) = limit.reached(sq, chat, clock.now() + 3 * HOUR * SECOND)
    clock.move(3 * HOUR - 1)
    stale.sweep(sq)

    task = tasks.get(sq, 1)
    assert (task.status, task.limit_until) == ("running", waiting.limit_until)
    assert (task.stale_warned_at, task.deadline, wire.stale(task, clock.now())) == (None, None, None)
    assert queues.counts_of(sq, queues.by_name(sq, "backend")).stale == 0
    assert wire.task_brief(task, clock.now())["limit_until"] == iso(clock.now() + (1 * SECOND))


@holds("usage-limit")
def test_a_limit_that_passes_without_a_word_releases_the_task_to_its_old_place(sq: SparkQ, clock: SetClock) -> None:
    chat = claimed_by_chat(sq, "one", "two")
    add(sq, "three")
    limit.reached(sq, chat)

    clock.move(6 * HOUR)
    swept = stale.sweep(sq)

    assert [task.id for task in swept.released] == [1, 2]
    assert (swept.failed, swept.warned) == ((), ())
    assert queued_ids(sq) == [1, 2, 3]
    (first,) = attempts(sq, 1)
    assert (first.outcome, first.error_type) == ("released", None)
    assert "claude-code-8d2a reached a usage limit" in str(first.error)
    assert timeline(sq, 1) == ["enqueued", "claimed", "usage limit", "released"]
    assert inbox.waiting(sq) == 0
    assert statistics.of(sq, clock.now() - DAY, clock.now() + 1).total == statistics.Numbers()
    assert stale.sweep(sq) == ((), (), ())


@holds("usage-limit")
@pytest.mark.parametrize("verb", ["progress", "complete", "fail", "release", "over"])
def test_any_call_of_its_chat_ends_the_limit(sq: SparkQ, clock: SetClock, verb: str) -> None:
    chat = claimed_by_chat(sq, "one")
    limit.reached(sq, chat)
    clock.move(HOUR)

    if verb == "over":
        limit.over(sq, chat)
    else:
        getattr(tasks, verb)(sq, 1, "words", attempt=1)

    task = tasks.get(sq, 1)
    assert task.limit_until is None
    if verb in ("progress", "over"):
        assert task.deadline == clock.now() + 2 * 60 * SECOND
        clock.move(60)
        assert tasks.get(sq, 1).stale_warned_at is not None


def test_only_the_running_tasks_of_that_chat_wait(sq: SparkQ) -> None:
    chat = claimed_by_chat(sq, "one", "two")
    claimed_by_chat(sq, "three", caller=Caller("claude-code", session="other"))
    tasks.complete(sq, 1, "done")

    assert [task.id for task in limit.reached(sq, chat)] == [2]
    assert [tasks.get(sq, task).limit_until is None for task in (1, 2, 3)] == [True, False, True]
    before = all_rows(sq)
    limit.over(sq, 99)
    assert all_rows(sq) == before


@holds("usage-limit", "late-result")
def test_a_result_after_the_release_is_kept(sq: SparkQ, clock: SetClock) -> None:
    chat = claimed_by_chat(sq, "one")
    limit.reached(sq, chat)
    clock.move(7 * HOUR)
    stale.sweep(sq)

    assert type(refusal_of(lambda: tasks.complete(sq, 1, "did it", attempt=1))) is ClaimLost

    assert attempts(sq, 1)[0].late_text == "did it"
    assert tasks.accept(sq, 1).status == "succeeded"


@pytest.mark.parametrize("end", [-1, 0, 9 * 24 * HOUR])
def test_an_end_that_cannot_be_is_not_believed(sq: SparkQ, clock: SetClock, end: int) -> None:
    chat = claimed_by_chat(sq, "one")

    (task,) = limit.reached(sq, chat, clock.now() + end * SECOND)

    assert task.limit_until == clock.now() + limit.DEFAULT_MS


@holds("usage-limit")
def test_a_clock_that_is_set_back_makes_no_limit_longer(sq: SparkQ, clock: SetClock) -> None:
    chat = claimed_by_chat(sq, "one")
    limit.reached(sq, chat)
    clock.move(HOUR)
    clock.move(-24 * HOUR)

    stale.sweep(sq)

    assert tasks.get(sq, 1).limit_until == clock.now() + 6 * HOUR * SECOND
    clock.move(6 * HOUR)
    assert [task.id for task in stale.sweep(sq).released] == [1]


@holds("usage-limit")
def test_after_a_sleep_the_chat_has_a_timeout_to_speak(sq: SparkQ) -> None:
    clock = RunningClock(sq.clock.now())
    sq = sq._replace(clock=clock)
    chat = claimed_by_chat(sq, "one")
    limit.reached(sq, chat)
    with sq.db.write() as tx:
        stale.look(sq, tx, clock.now())
    clock.move(8 * HOUR)

    assert stale.sweep(sq).released == ()
    assert tasks.get(sq, 1).status == "running"
    clock.run(60)
    assert [task.id for task in stale.sweep(sq).released] == [1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Claude AI usage limit reached|1764385200", datetime(2025, 11, 29, 3, tzinfo=UTC)),
        ("You've hit your session limit · resets 3am (America/Los_Angeles)", datetime(2025, 11, 29, 11, tzinfo=UTC)),
        ("You've hit your session limit · resets 12:50am (Asia/Tokyo)", datetime(2025, 11, 29, 15, 50, tzinfo=UTC)),
        ("Your limit will reset at 1pm (UTC).", datetime(2025, 11, 29, 13, tzinfo=UTC)),
        ("Limits will reset at 9:30 AM (UTC)", datetime(2025, 11, 29, 9, 30, tzinfo=UTC)),
        ("weekly limit · resets Dec 3, 10am (UTC)", datetime(2025, 12, 3, 10, tzinfo=UTC)),
        ("resets 21:15 (UTC)", datetime(2025, 11, 29, 21, 15, tzinfo=UTC)),
        ("resets 1am (UTC)", datetime(2025, 11, 29, 1, tzinfo=UTC)),
        ("resets 11:30pm (UTC)", datetime(2025, 11, 29, 23, 30, tzinfo=UTC)),
    ],
)
def test_the_end_of_a_limit_is_read_from_the_words_of_the_client(text: str, expected: datetime) -> None:
    now = round(datetime(2025, 11, 29, 0, 30, tzinfo=UTC).timestamp() * 1000)

    assert limit_end(text, now) == round(expected.timestamp() * 1000)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "This request would exceed your account's rate limit. Please try again later.",
        "limit reached|1000000000",
        "limit reached|9999999999",
        "resets 25:00",
        "resets 13pm",
        "resets 0am",
        "resets 3",
        "resets Feb 30, 3am",
        "resets Jun 3, 3am (UTC)",
        "resets 3am" + "9" * 5000,
    ],
)
def test_words_that_tell_no_end_are_none(text: str) -> None:
    assert limit_end(text, 1764376200_000) is None


def test_a_time_without_a_zone_is_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        now = round(datetime(2025, 11, 29, 1, tzinfo=ZoneInfo("Europe/Berlin")).timestamp() * 1000)
        for text in ("resets 3am", "resets 3am (Nowhere/Atall)"):
            assert limit_end(text, now) == now + 2 * HOUR * SECOND
    finally:
        monkeypatch.undo()
        time.tzset()


@holds("usage-limit")
def test_the_hook_of_a_client_tells_the_limit_and_every_other_one_its_end(sq: SparkQ, clock: SetClock) -> None:
    chat = claimed_by_chat(sq, "one")
    caller = SESSION._replace(id=chat)
    end = clock.now() // SECOND + 2 * HOUR
    failure = HookEvent(
        "StopFailure", session="8d2a", error="rate_limit", details=f"Claude AI usage limit reached|{end}"
    )

    assert answer.answer(sq, failure, answer.Speaker(caller, "claude-code-8d2a")) == {}
    assert tasks.get(sq, 1).limit_until == end * SECOND
    assert answer.answer(sq, HookEvent("SessionEnd", session="8d2a"), answer.Speaker(caller, "claude-code-8d2a")) == {}
    assert tasks.get(sq, 1).limit_until == end * SECOND
    assert answer.answer(sq, failure._replace(error="server_error"), answer.Speaker(caller, "claude-code-8d2a")) == {}
    assert tasks.get(sq, 1).limit_until is None
