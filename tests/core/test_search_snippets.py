"""A search shows the best match first, and of each the place that matches."""

import pytest

from sparkq_core import search, tasks
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.search import Snippet
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, claimed_task, take
from tests.promises import holds


def snippet(sq: SparkQ, words: str, task_id: int = 1) -> Snippet | None:
    """What a search shows of a task."""
    return search.find_page(sq, words).snippets.get(task_id)


def marked(found: Snippet | None) -> list[str]:
    assert found is not None
    return [found.text[start:end] for start, end in found.marks]


def done(sq: SparkQ, prompt: str, result: str) -> int:
    task = claimed_task(sq, prompt)
    tasks.complete(sq, task.id, result)
    return task.id


@holds("search-words")
def test_a_title_comes_before_an_outcome_and_that_before_a_prompt(sq: SparkQ, queue: str) -> None:
    filler = "with words enough to be as long as any other\n\nand a body"
    outcome = done(sq, f"Something else {filler}", "the parser reads ISO weeks")
    (title, prompt) = add(sq, f"The parser {filler}", f"Another thing {filler} of a parser that breaks")

    assert [task.id for task in search.find_page(sq, "parser").tasks] == [title, outcome, prompt]
    assert [task.id for task in search.find_page(sq, "parser", sort="newest").tasks] == [prompt, title, outcome]


@pytest.mark.parametrize("limit", [1, 2, 3, 7])
def test_after_the_matches_that_are_compared_come_the_others_by_age(
    sq: SparkQ, queue: str, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "BEST", search.BEST.replace(f"LIMIT {search.RANKED}", "LIMIT 3"))
    monkeypatch.setattr(search, "LAST_RANKED", search.LAST_RANKED.replace(f"OFFSET {search.RANKED - 1}", "OFFSET 2"))
    ids = add(sq, "parser 1", "parser 2", "parser 3", "parser 4", "parser in a longer title", "parser 6")
    seen: list[int] = []
    cursor = None
    while True:
        page = search.find_page(sq, "parser", limit=limit, cursor=cursor)
        assert page.total == 6
        assert len(page.tasks) == limit or page.next is None
        seen += [task.id for task in page.tasks]
        cursor = page.next
        if cursor is None:
            break

    assert seen == [ids[5], ids[3], ids[4], ids[2], ids[1], ids[0]]


@holds("search-words")
def test_the_place_that_matches_is_shown_with_its_words_marked(sq: SparkQ, queue: str) -> None:
    result = f"{'First a lot of other things. ' * 20}Then the date\nparser was rewritten. {'And more. ' * 50}"
    done(sq, "Fix the dates", result)

    found = snippet(sq, "pars date")

    assert found is not None
    assert (found.part, marked(found)) == ("result", ["date", "pars"])
    assert "Then the date parser was rewritten." in found.text
    assert (found.text[0], found.text[-1], len(found.text) < 170) == ("…", "…", True)


def test_the_outcome_is_shown_where_both_match_as_well(sq: SparkQ, queue: str) -> None:
    done(sq, "Look\n\nat the parser", "the parser is fine")

    assert snippet(sq, "parser") == Snippet("result", "the parser is fine", ((4, 10),))


def test_the_text_with_more_of_the_words_is_shown(sq: SparkQ, queue: str) -> None:
    done(sq, "Look\n\nat the parser of dates", "the parser is fine")

    found = snippet(sq, "parser dates")

    assert found is not None
    assert (found.part, marked(found)) == ("prompt", ["parser", "dates"])


def test_of_a_title_that_matches_the_outcome_is_shown_from_its_beginning(sq: SparkQ, queue: str) -> None:
    done(sq, "Fix the parser", "Done.\nAll green.")
    add(sq, "Another parser")

    assert snippet(sq, "parser") == Snippet("result", "Done. All green.", ())
    assert snippet(sq, "parser", 2) is None


def test_errors_and_late_words_are_named(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "one")
    take(sq)
    tasks.fail(sq, task_id, "no such colour")
    tasks.requeue(sq, task_id)
    take(sq)
    tasks.complete(sq, task_id, "painted")

    assert snippet(sq, "colour") == Snippet("error", "no such colour", ((8, 14),))


@pytest.mark.parametrize(
    ("text", "typed", "expected"),
    [
        ("Die Änderung ist da", "anderung", ["Änderung"]),
        ("the cafe\u0301 opens", "café", ["café"]),
        ("修复登录页面的错误并添加测试", "登录 测试", ["登录", "测试"]),
        ("修复parse_date函数", "parse_date", ["parse_date"]),
        ("แก้ไขไฟล์ที่ผิดพลาด", "ไฟล์", ["ไฟล์"]),
        ("Ported from C to C++17 now", "c++", ["C++"]),
        ("It is C# now", "C#", ["C#"]),
        ("a date-parser, and dates", '"date parser"', ["date-parser"]),
        ("parser_of_dates", "parser dates", ["parser", "dates"]),
        ("parsers", "pars", ["pars"]),
        ("no sparser here: parser", "parser", ["parser"]),
    ],
)
def test_what_is_marked_is_what_the_index_found(
    sq: SparkQ, queue: str, text: str, typed: str, expected: list[str]
) -> None:
    done(sq, "one", text)

    assert marked(snippet(sq, typed)) == expected


def test_what_is_left_of_a_purged_task_is_shown_in_the_same_way(sq: SparkQ, queue: str, clock: SetClock) -> None:
    done(sq, "Fix the lexer", "the parser is fine")
    clock.move(1)
    purge.purge(sq, older_than=0, unreviewed=0)

    assert snippet(sq, "parser") == Snippet("result", "the parser is fine", ((4, 10),))
