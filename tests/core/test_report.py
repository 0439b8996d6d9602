"""The report: one line for each attempt that ended in a time, and counts by hour, queue and local day."""

import time
import tracemalloc
from collections.abc import Iterator

import pytest

from sparkq_core import chats, clock, inbox, purged, queues, report, tasks
from sparkq_core.errors import InvalidValue
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.report_markdown import markdown, numbers, sentence
from sparkq_core.tasks import usage
from tests.harness.clocks import NOON, SetClock
from tests.promises import holds

DAY = 86_400
HOUR = 3_600_000
NIGHT_OF_25_HOURS = 1_761_429_600_000
"""The midnight (UTC ms) in Berlin before the clocks went back, on 26 October 2025."""


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The time zone of the machine is that of Berlin."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def at(sq: SparkQ) -> SparkQ:
    """The project with a queue, at a noon."""
    queues.create(sq, "backend")
    return sq._replace(clock=SetClock(NOON))


def begin(sq: SparkQ, prompt: str = "one", queue: str = "backend") -> int:
    task = tasks.enqueue(sq, queue, prompt).task.id
    tasks.claim(sq, None, "claude-code-8d2a", task_id=task, chat=chats.Caller("claude-code", "2", "8d2a", "/", None))
    return task


def move(sq: SparkQ, seconds: float) -> None:
    assert isinstance(sq.clock, SetClock)
    sq.clock.move(seconds)


def today(sq: SparkQ, **options: object) -> report.Report:
    begins = clock.midnight(sq.clock.now())
    return report.of(sq, begins, clock.midnight(begins, 1), **options)  # type: ignore[arg-type]  # its own options


@holds("command-report")
def test_each_attempt_that_ended_is_a_line(at: SparkQ) -> None:
    failed, asked, done = begin(at, "# Fix the parser"), begin(at), begin(at)
    begin(at)
    move(at, 60)
    tasks.fail(at, failed, "Traceback\n\nValueError: no\n")
    tasks.release(at, asked, question="A or B?")
    tasks.complete(at, done, "## **Done**\n\nwith more")
    released = begin(at)
    tasks.release(at, released)
    inbox.review(at, done)
    shown = today(at)

    assert [(each.task, each.outcome, each.line, each.reviewed) for each in shown.ended] == [
        (done, "succeeded", "Done", 1), (asked, "asked", "A or B?", 0), (failed, "failed", "ValueError: no", 0),
    ]  # fmt: skip
    assert shown.tally == report.Tally(succeeded=1, failed=1, asked=1, worked_ms=180_000)
    assert (shown.ended[2].title, shown.ended[2].client, shown.reviewed) == ("Fix the parser", "claude-code", 1)


def test_a_task_that_failed_and_then_succeeded_is_two_lines(at: SparkQ) -> None:
    task = begin(at)
    tasks.fail(at, task, "no")
    tasks.requeue(at, task)
    tasks.claim(at, "backend", "bob")
    tasks.complete(at, task, "yes")

    assert [(each.attempt, each.outcome) for each in today(at).ended] == [(2, "succeeded"), (1, "failed")]


def test_a_timeout_is_not_a_failure(at: SparkQ) -> None:
    tasks.enqueue(at, "backend", "one", timeout=60)
    tasks.claim(at, "backend", "ann")
    for _ in range(2):
        move(at, 60)
        tasks.get(at, 1)

    assert today(at).tally._replace(worked_ms=0) == report.Tally(timed_out=1)


@holds("command-report")
def test_a_report_of_all_time_makes_no_list_of_its_hours(at: SparkQ) -> None:
    tracemalloc.start()
    whole = report.of(at, 0, at.clock.now())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert whole.hours == {}
    assert most < 1_000_000


@holds("command-report")
def test_a_day_is_that_of_the_machine_and_may_have_25_hours(at: SparkQ, berlin: None) -> None:
    at = at._replace(clock=SetClock(NIGHT_OF_25_HOURS - 1_000))
    for seconds in (0, 1, 2 * 3600, 3600, 21 * 3600 + 3599, 2):
        move(at, seconds)
        tasks.complete(at, begin(at), "did it")
    midnight = clock.from_date("2025-10-26")
    shown = report.of(at, midnight, clock.midnight(midnight, 1))

    assert midnight == NIGHT_OF_25_HOURS
    assert shown.tally.succeeded == 4
    assert len(shown.hours) == 25
    begins = [clock.time_of_day(hour) for hour in shown.hours]
    assert begins[:4] == ["00:00", "01:00", "02:00", "02:00"]
    assert [tally.succeeded for tally in shown.hours.values()] == [1, 0, 1, 1, *[0] * 20, 1]
    assert [(clock.date(day), tally.succeeded) for day, tally in list(shown.days.items())[-2:]] == [
        ("2025-10-25", 1), ("2025-10-26", 4),
    ]  # fmt: skip


def test_days_without_work_are_there_too(at: SparkQ) -> None:
    assert len(today(at).days) == report.EARLIER_DAYS
    assert today(at).ended == ()
    assert report.of(at, NOON - 3 * DAY * 1000, NOON).hours == {}


def test_pages_continue_and_counts_are_whole(at: SparkQ) -> None:
    for _ in range(5):
        tasks.complete(at, begin(at), "did it")
    seen, cursor = [], None
    while True:
        page = today(at, limit=2, cursor=cursor)
        seen += [each.task for each in page.ended]
        assert page.tally.succeeded == 5
        cursor = page.next
        if cursor is None:
            break

    assert seen == [5, 4, 3, 2, 1]


def test_only_one_queue_is_counted_if_it_is_named(at: SparkQ) -> None:
    queues.create(at, "docs")
    tasks.complete(at, begin(at), "did it")
    tasks.fail(at, begin(at, queue="docs"), "no")

    shown = today(at, queue="docs")
    assert (shown.tally.succeeded, shown.tally.failed, [*shown.queues]) == (0, 1, ["docs"])
    assert [*today(at).queues] == ["backend", "docs"]


def test_what_was_cancelled_was_not_reviewed(at: SparkQ) -> None:
    tasks.cancel(at, tasks.enqueue(at, "backend", "one").task.id)
    done = begin(at)
    tasks.complete(at, done, "did it")
    inbox.review(at, done)
    assert today(at).reviewed == 1

    move(at, 1)
    purge.purge(at, older_than=0)
    assert today(at).reviewed == 1


@holds("command-report")
def test_a_purged_task_is_there_with_what_is_left_of_it(at: SparkQ) -> None:
    task = begin(at)
    tasks.complete(at, task, "did it\nwell")
    inbox.review(at, task)
    noon = at.clock.now()
    move(at, 4 * DAY)
    purge.purge(at)
    assert purged.of_task(at.db, task) is not None

    shown = report.of(at, noon - 1, noon + 1)
    (line,) = shown.ended
    assert (line.task, line.outcome, line.line, line.purged, line.duration_ms) == (task, "succeeded", "did it", 1, None)
    assert shown.tally.succeeded == 1
    assert report.of(at, noon - 1, noon + 1, queue="backend").tally.succeeded == 1
    assert (shown.reviewed, shown.purged) == (1, 1)
    queues.create(at, "docs")
    assert report.of(at, noon - 1, noon + 1, queue="docs").reviewed == 0
    assert sentence(shown) == (
        "1 done. 1 reviewed. 1 task was purged: its earlier attempts and work time are not counted any more."
    )


def test_the_cost_is_the_sum_of_what_is_known(at: SparkQ) -> None:
    first, second = begin(at), begin(at)
    for task in (first, second):
        tasks.complete(at, task, "did it")
    assert today(at).cost_usd is None
    for task, cost in ((first, 0.25), (second, 0.5)):
        usage.record(at, task, usage.Usage("claude-code", None, 1, 0, 1, cost, None))

    assert today(at).cost_usd == 0.75


@pytest.mark.parametrize("wrong", [{"limit": 0}, {"limit": 1_001}, {"cursor": "x"}, {"cursor": "1.2"}])
def test_pages_out_of_range_are_refused(at: SparkQ, wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidValue):
        today(at, **wrong)
    with pytest.raises(InvalidValue):
        report.of(at, 2, 2)


@holds("command-report")
def test_foreign_text_is_only_words_in_markdown(at: SparkQ) -> None:
    tasks.complete(at, begin(at, "Use <b> and [x](y) in a|b\x1b"), "`x` *y*")
    text = markdown(today(at), "my_project")

    assert "\\<b\\> and \\[x\\](y) in a\\|b" in text
    assert ": \\`x\\` \\*y\\*" in text
    assert text.startswith("# my_project: ")
    assert "\x1b" not in text


def test_numbers_have_their_plurals() -> None:
    assert numbers(report.Tally(1, 2, 3, 1)) == "1 done, 2 failed, 3 timed out, 1 question"
    assert numbers(report.Tally()) == "Nothing ended"
