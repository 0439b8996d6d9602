"""What the doors refuse does not come in by an import either: each value is named with its line, and nothing changes."""

import json
import tracemalloc
from contextlib import closing
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sparkq_core import inbox, queues, search, sessions, tasks
from sparkq_core.errors import InvalidValue
from sparkq_core.installation import configure
from sparkq_core.installation.export import export
from sparkq_core.installation.importer import load
from sparkq_core.lifecycle import Status
from sparkq_core.project import SparkQ
from sparkq_core.text import MAX_TEXT, checked_name
from sparkq_core.titles import title_of
from tests.core.examination import examined, wrong
from tests.core.test_import import refused
from tests.harness.all_rows import all_rows
from tests.harness.clocks import SetClock
from tests.harness.projects import open_new_project
from tests.harness.task_steps import add, refusal_of, take
from tests.promises import holds

ESC = "\x1b[31m"
LARGEST = 2**63 - 1

BAD_VALUES: list[tuple[str, str, Any, str]] = [
    ("queues", "name", ESC, "cannot be a queue name"),
    ("queues", "name", "a..b", "cannot be a queue name"),
    ("sessions", "name", f"x{ESC}", "cannot be a session name"),
    ("sessions", "status", "archived", "status"),
    ("queues", "status", "idle", "status"),
    ("queues", "id", LARGEST, "id is"),
    ("queues", "id", 0, "id is"),
    ("queues", "revision", 7, "instructions"),
    ("queues", "created_at", 2**60, "created_at is"),
    ("queues", "created_at", True, "created_at is true"),
    ("tasks", "id", LARGEST, "id is"),
    ("tasks", "id", -1, "id is"),
    ("tasks", "position", LARGEST, "position is"),
    ("tasks", "position", -LARGEST, "position is"),
    ("tasks", "created_at", -1, "created_at is"),
    ("tasks", "created_at", 253_402_300_800_000, "created_at is"),
    ("tasks", "attempts", LARGEST, "attempts is"),
    ("tasks", "attempts", 9, "attempts"),
    ("tasks", "revision", 2, "prompts"),
    ("tasks", "title", "two\nlines", "title is not one line"),
    ("tasks", "title", "x" * 81, "title is not one line"),
    ("tasks", "tool", ESC, "the name of a tool"),
    ("tasks", "task_class", f"{ESC}A", "the name of a task_class"),
    ("tasks", "source", "elsewhere", "source is"),
    ("tasks", "key", 7, "key is 7, not a text"),
    ("tasks", "key", "k" * 201, "key is 201 bytes"),
    ("tasks", "worker", "w" * 201, "worker is 201 bytes"),
    ("tasks", "error_type", "e" * 101, "error_type is 101 bytes"),
    ("tasks", "status", "running", "needs worker"),
    ("tasks", "status", "succeeded", "needs finished_at"),
    ("tasks", "due_at", 5, "cannot have due_at"),
    ("tasks", "status", "held", "has no question that waits for an answer"),
    ("tasks", "limit_until", 5, "cannot have limit_until"),
    ("tasks", "late_at", 5, "late_attempt"),
    ("tasks", "accepted_attempt", 5, "accepted_attempt is 5"),
    ("prompts", "text", " ", "text is empty"),
    ("prompts", "text", "x" * (MAX_TEXT + 1), "at most 1,048,576"),
    ("prompts", "revision", 2, "prompts"),
    ("attempts", "worker", "", "worker is empty"),
    ("attempts", "outcome", "cancelled", "outcome is"),
    ("attempts", "attempt", 7, "attempts"),
    ("attempts", "revision", 3, "a prompt that it never had"),
    ("attempts", "finished_at", None, "finished_at"),
    ("attempts", "git_after", '{"files":-1,"insertions":0,"deletions":0}', "git_after is not valid"),
    ("attempts", "git_after", f'{{"files":{LARGEST},"insertions":0,"deletions":0}}', "git_after is not valid"),
    ("attempts", "data", "[" * 101 + "]" * 101, "more than 100 deep"),
    ("attempts", "data", "NaN", "not JSON"),
    ("attempts", "chat_id", 5, "not before it"),
    ("attempts", "answered_at", 5, "no answer"),
    ("attempts", "question", "x" * 16_385, "at most 16,384"),
    ("attempts", "answer", "B", "answered_at"),
    ("events", "kind", ESC, "kind is"),
    ("events", "queue_id", 77, "queue is not before it"),
    ("events", "id", LARGEST, "id is"),
    ("config", "key", 5, "key is 5, not a text"),
    ("config", "key", "database.path", "cannot be a setting of the database"),
    ("config", "key", f"tools.{ESC}", "cannot be the name of a tool"),
    ("purged", "queue", ESC, "cannot be a queue name"),
    ("purged", "status", "queued", "status is"),
]


def rows_of(lines: list[str], table: str) -> list[int]:
    """Which of the lines are rows of a table."""
    return [at for at, line in enumerate(lines) if line.startswith(f'{{"table":"{table}"')]


def with_value(line: str, column: str, value: Any) -> str:
    """The line with another value in a column that it must have."""
    given = json.loads(line)
    assert column in given["row"]
    given["row"][column] = value
    return json.dumps(given, ensure_ascii=False)


@pytest.fixture
def lines(lived: SparkQ) -> list[str]:
    """The export of a project in which everything has happened."""
    configure.change(lived, "tools.mine", {"how": "Do it.", "task_class": "LLM_LITE"})
    return list(export(lived))


@holds("command-import")
@pytest.mark.parametrize(("table", "column", "value", "says"), BAD_VALUES)
def test_a_value_that_the_doors_refuse_is_named_with_its_line(
    lines: list[str], unused: SparkQ, table: str, column: str, value: Any, says: str
) -> None:
    at = rows_of(lines, table)[-1]
    if table == "tasks" and column in ("status", "due_at", "limit_until", "attempts"):
        at = next(
            at for at in rows_of(lines, "tasks") if '"status":"queued"' in lines[at] and '"attempts":0' in lines[at]
        )
    if table == "attempts" and column == "finished_at":
        at = rows_of(lines, "attempts")[0]

    lines[at] = with_value(lines[at], column, value)

    assert says in refused_somewhere(unused, lines)


def test_a_purged_task_that_is_there_too_is_refused(lines: list[str], unused: SparkQ) -> None:
    at = rows_of(lines, "purged")[-1]
    lines[at] = with_value(lines[at], "id", json.loads(lines[rows_of(lines, "tasks")[-1]])["row"]["id"])

    assert "cannot be there too" in refused(unused, lines, at + 1)


def refused_somewhere(unused: SparkQ, lines: list[str]) -> str:
    """What is said of the lines, with a number; nothing may change."""
    before = all_rows(unused)
    with pytest.raises(InvalidValue, match=r"Line \d+") as refusal:
        load(unused, lines)
    assert all_rows(unused) == before
    assert refusal.value.hint
    return refusal.value.message


@pytest.mark.parametrize(("table", "id_at"), [("tasks", LARGEST), ("queues", -1), ("sessions", "1"), ("prompts", 1)])
def test_a_last_id_that_leaves_no_room_is_refused(lines: list[str], unused: SparkQ, table: str, id_at: Any) -> None:
    head = json.loads(lines[0])
    head["last_ids"][table] = id_at

    assert table in refused(unused, [json.dumps(head), *lines[1:]], 1)


def test_a_last_id_below_the_rows_is_raised_to_them(lines: list[str], unused: SparkQ) -> None:
    head = json.loads(lines[0])
    newest = max(json.loads(lines[at])["row"]["id"] for at in rows_of(lines, "tasks"))
    head["last_ids"] = {"tasks": 1, "queues": head["last_ids"]["queues"]}

    load(unused, [json.dumps(head), *lines[1:]])

    assert add(unused, "next") == [newest + 1]
    assert queues.create(unused, "new").id == 6, "the last one was deleted"


def test_a_blank_title_is_made_again_from_the_prompt(lines: list[str], unused: SparkQ) -> None:
    """Earlier versions made such titles of characters that nobody sees."""
    for table, title in (("tasks", "\u200b"), ("purged", "")):
        for at in rows_of(lines, table):
            lines[at] = with_value(lines[at], "title", title)

    load(unused, lines)

    for task in tasks.list_page(unused).tasks:
        assert task.title == title_of(tasks.detail(unused, task.id).prompt)
    assert unused.db.rows("SELECT DISTINCT title FROM purged") == [("(no words)",)]
    use(unused)


def test_positions_follow_from_the_tasks(lines: list[str], unused: SparkQ) -> None:
    """A task that is put at an end of its queue is really there, whatever positions came in."""
    high, low = [at for at in rows_of(lines, "tasks") if '"status":"queued","position"' in lines[at]][:2]
    lines[high] = with_value(lines[high], "position", 10**15)
    lines[low] = with_value(lines[low], "position", -(10**15))
    load(unused, lines)
    queue = json.loads(lines[high])["row"]["queue_id"]
    name = queues.with_id(unused, queue).name

    (last,) = add(unused, "last", queue=name)
    (first,) = add(unused, "first", queue=name)
    tasks.to_front(unused, first)

    order = [task.id for task in tasks.peek(unused, name, 20).tasks]
    assert (order[0], order[-1]) == (first, last)


@holds("command-import")
def test_hooks_do_not_come_in_and_those_that_are_here_stay(sq: SparkQ, queue: str, unused: SparkQ) -> None:
    configure.change(sq, "hooks.on_failed", ["theirs"])
    configure.change(sq, "hooks.on_succeeded", ["theirs"])
    configure.change(sq, "purge.older_than_days", 9)
    configure.change(unused, "hooks.on_failed", ["ours"])
    lines = list(export(sq))

    imported = load(unused, lines)

    assert imported == (len(lines) - 4, ("on_failed", "on_succeeded"))
    assert dict(unused.db.rows("SELECT key, value FROM config")) == {
        "hooks.on_failed": '["ours"]',
        "purge.older_than_days": "9",
    }


def test_a_hook_of_any_form_is_left_out(sq: SparkQ, queue: str, unused: SparkQ) -> None:
    configure.change(sq, "hooks.on_failed", ["theirs"])
    lines = list(export(sq))
    (at,) = rows_of(lines, "config")
    lines[at] = with_value(lines[at], "value", '"not even a list"')

    assert load(unused, lines).hooks == ("on_failed",)
    assert unused.db.rows("SELECT key FROM config") == []


def test_a_setting_that_names_a_class_that_is_not_there_is_refused(lines: list[str], unused: SparkQ) -> None:
    (at,) = rows_of(lines, "config")
    lines[at] = with_value(lines[at], "value", '{"how": "Do it.", "task_class": "HUGE"}')

    assert "HUGE" in refused(unused, lines, at + 1)


def test_an_export_needs_no_more_memory_for_more_rows(sq: SparkQ, queue: str) -> None:
    """The prompts alone are several times what it may use."""
    for number in range(20):
        add(sq, "abcdefghijklmnopqrst"[number] * MAX_TEXT)

    tracemalloc.start()
    try:
        size = sum(len(line) for line in export(sq))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert most < 6 * MAX_TEXT < 20 * MAX_TEXT < size


def test_an_export_that_is_given_up_leaves_the_project_usable(sq: SparkQ, queue: str) -> None:
    add(sq, *("x" for _ in range(200)))
    lines = export(sq)
    for _ in range(20):
        next(lines)

    lines.close()  # type: ignore[attr-defined]  # a generator

    assert take(sq).task.id == 1


NASTY = st.one_of(
    st.sampled_from([LARGEST, -LARGEST, 2**53, 0, -1, 1, 2, 3, 7, 1.5, True, None, "", " ", ESC, "a..b", "queued"]),
    st.sampled_from(
        ["running", "succeeded", "failed", "cancelled", "released", "{}", "[1]", "backend", [], {}, "é" * 70]
    ),
    st.text(max_size=20),
    st.integers(-5, 20),
)
"""Values that could be anywhere in a damaged export."""


@st.composite
def damaged(draw: st.DrawFn) -> tuple[str, int, int, Any]:
    """One damage: what is done, to which line, in which column, and with which value or other line."""
    deed = draw(st.sampled_from(["value", "value", "value", "drop", "twice", "swap"]))
    return deed, draw(st.integers(0, 10_000)), draw(st.integers(0, 30)), draw(NASTY)


def apply(damages: list[tuple[str, int, int, Any]], lines: list[str]) -> list[str]:
    """The lines with the damages; the number of rows at the end is made right again."""
    changed = list(lines)
    for deed, line, column, value in damages:
        at = 1 + line % (len(changed) - 2)
        given = json.loads(changed[at])
        if deed == "value":
            columns = sorted(given["row"])
            changed[at] = with_value(changed[at], columns[column % len(columns)], value)
        elif deed == "drop" and len(changed) > 4:
            del changed[at]
        elif deed == "twice":
            changed.insert(at, changed[at])
        else:
            other = 1 + column % (len(changed) - 2)
            changed[at], changed[other] = changed[other], changed[at]
    changed[-1] = json.dumps({"rows": len(changed) - 2})
    return changed


def use(sq: SparkQ) -> None:
    """Use everything that there is: no command may fail for a reason of its own."""
    for queue, counts in queues.all_of(sq, archived=True):
        checked_name(queue.name, "queue")
        by_status: dict[str, int] = dict(
            sq.db.rows("SELECT status, count(*) FROM tasks WHERE queue_id = :id GROUP BY 1", {"id": queue.id})
        )
        for status in Status:
            assert getattr(counts, status) == by_status.get(status, 0)
        queues.instructions(sq, queue.name)
        tasks.peek(sq, queue.name, 20)
        if queue.status == "active":
            (task_id,) = add(sq, "new", queue=queue.name)
            assert [task.id for task in tasks.peek(sq, queue.name, 100).tasks][-1] == task_id
            queues.resume(sq, queue.name)  # the damage may have paused it, or made it strict
            queues.limit_reviews(sq, queue.name, None)
            claim = take(sq, queue=queue.name)
            tasks.complete(sq, claim.task.id, "done", attempt=claim.task.attempts)
    for session in sessions.all_of(sq):
        checked_name(session.name, "session")
    for task in tasks.list_page(sq, limit=100).tasks:
        detail = tasks.detail(sq, task.id)
        assert detail.prompt
        assert len(detail.attempts) == task.attempts
        assert task.deadline is None or task.deadline > 0
    inbox.unreviewed(sq)
    search.find_page(sq, "done")
    list(export(sq))


@holds("command-import")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(damages=st.lists(damaged(), min_size=1, max_size=3))
def test_a_damaged_export_is_refused_or_makes_a_sound_project(
    damages: list[tuple[str, int, int, Any]],
    lines: list[str],
    clock: SetClock,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    root = tmp_path_factory.mktemp("damaged")
    with closing(open_new_project(root, clock)) as target:
        before = all_rows(target)
        refusal = refusal_of(lambda: load(target, apply(damages, lines)))
        if refusal is not None:
            assert "Line " in refusal.message
            assert refusal.hint
            assert all_rows(target) == before
            return
        use(target)
    assert "failure" not in wrong(examined(root)).values()


@pytest.mark.parametrize(
    ("outcome", "values", "says"),
    [
        ("succeeded", {"question": "A or B?"}, "needs the outcome released"),
        ("released", {"answer": "B", "answered_at": 5}, "has no question, but answer"),
    ],
)
def test_a_question_without_its_end_and_an_answer_without_its_question_are_refused(
    lines: list[str], unused: SparkQ, outcome: str, values: dict[str, Any], says: str
) -> None:
    at = next(at for at in rows_of(lines, "attempts") if f'"outcome":"{outcome}"' in lines[at])
    for column, value in values.items():
        lines[at] = with_value(lines[at], column, value)

    assert says in refused_somewhere(unused, lines)
