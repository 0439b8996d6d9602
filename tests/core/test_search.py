"""Search: every word a person types is only a word, and what was said last is what is found."""

import re
import string
import unicodedata

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from sparkq_core import inbox, queues, search, sessions, tasks, words
from sparkq_core.errors import ClaimLost, InvalidText, InvalidValue, NoSuchQueue, NoSuchSession
from sparkq_core.project import SparkQ
from sparkq_core.search import indexing
from sparkq_core.tasks import Wanted
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add, claimed_task, take, timed_out_task
from tests.promises import holds


def found(sq: SparkQ, words: str, wanted: Wanted | None = None) -> list[int]:
    """The ids of all that a search finds, the smallest first."""
    page = search.find_page(sq, words, wanted, limit=1000)
    assert page.total == len(page.tasks)
    return sorted(task.id for task in page.tasks)


def test_a_word_is_found_in_title_prompt_result_and_error(sq: SparkQ, queue: str) -> None:
    title, prompt, result, error = add(sq, "parser", "x\n\nthe parser", "y", "z")
    take(sq, task_id=result)
    tasks.complete(sq, result, "mended the parser")
    take(sq, task_id=error)
    tasks.fail(sq, error, "no parser here")
    add(sq, "something else")

    assert found(sq, "parser") == [title, prompt, result, error]


def test_the_newest_task_comes_first_if_asked(sq: SparkQ, queue: str, clock: SetClock) -> None:
    ids = add(sq, "parser parser parser", "parser")
    clock.move(-HOUR)
    ids += add(sq, "a parser of an hour before")

    assert [task.id for task in search.find_page(sq, "parser", sort="newest").tasks] == ids[::-1]


def test_every_word_must_be_there_wherever_it_stands(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq, "date parser")
    tasks.complete(sq, task.id, "green tests")
    add(sq, "date picker")

    assert found(sq, "tests date") == [task.id]
    assert found(sq, "date picker tests") == []


def test_a_word_finds_those_that_begin_with_it(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "parsers")

    assert found(sq, "pars") == found(sq, "parsers") == [task_id]
    assert found(sq, "arsers") == found(sq, "parserss") == []


def test_a_phrase_finds_only_these_words_in_this_order(sq: SparkQ, queue: str) -> None:
    (task_id, _, _) = add(sq, "the date parser works", "the parser of a date", "the date of a parser")

    assert found(sq, '"date parser"') == [task_id]
    assert found(sq, '"date pars"') == []
    assert found(sq, '"date parser" works') == [task_id]
    assert found(sq, '"date parser" breaks') == []


@pytest.mark.parametrize("typed", ["UBER", "über", "Über", "U\u0308BER"])
def test_neither_case_nor_accents_matter(sq: SparkQ, queue: str, typed: str) -> None:
    (task_id,) = add(sq, "Über die Änderung")

    assert found(sq, typed) == found(sq, "anderung") == [task_id]


def test_words_of_any_script_are_found(sq: SparkQ, queue: str) -> None:
    ids = add(sq, "исправить парсер", "διόρθωση", "修复 解析器")

    assert [found(sq, word) for word in ("парс", "διόρθ", "解析")] == [[number] for number in ids]


@holds("search-words")
@pytest.mark.parametrize(
    ("text", "typed"),
    [
        (
            "修复登录页面的错误并添加测试",
            ["修复", "登录", "测试", "修", "的错误并", "登录 测试", "修复登录页面的错误并添加测试"],
        ),
        ("ログイン画面のバグを修正する", ["バグ", "修正", "ログイン", "画面の", "グを", "ﾊﾞｸﾞ"]),
        ("날짜파서를 고쳐 주세요", ["파서", "날짜", "고쳐", "주세요"]),
        ("แก้ไขไฟล์ที่ผิดพลาด", ["แก้ไข", "ไฟล์", "ไฟ", "แก", "ผิดพลาด"]),
        (
            "修复parse_date函数和API接口",
            ["parse_date", "parse", "函数", "api", "接口", "修复parse_date", "date函数", "ＡＰＩ"],
        ),
        ("हिन्दी पार्सर", ["हिन्दी", "पार्सर", "हिन"]),
        ("ပြင်ဆင်ပါ", ["ဆင်"]),
    ],
    ids=["Chinese", "Japanese", "Korean", "Thai", "identifiers", "Hindi", "Burmese"],
)
def test_words_are_found_where_no_space_divides_them(sq: SparkQ, queue: str, text: str, typed: list[str]) -> None:
    (task_id, _) = add(sq, text, "something else 录登 グバ 시파 ฟไ")

    assert [found(sq, word) for word in typed] == [[task_id]] * len(typed)
    assert found(sq, "录登修复") == found(sq, "バグ登录") == []


def test_signs_behind_a_name_make_it_another_one(sq: SparkQ, queue: str) -> None:
    cpp, sharp, plain, link = add(sq, "Port the C++17 parser", "Port it to C#.", "Port it to C", "See page#anchor, i++")

    assert (found(sq, "C++"), found(sq, "c#"), found(sq, "C++17")) == ([cpp], [sharp], [cpp])
    assert found(sq, "C") == [cpp, sharp, plain], "a word finds all that begin with it"
    assert found(sq, "anchor") == found(sq, "page#anchor") == found(sq, "i++") == [link]


def test_a_picture_before_a_word_is_not_a_part_of_it(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "⚠️Fix it")

    assert found(sq, "fix") == [task_id]


@pytest.mark.parametrize("mark", string.punctuation)
def test_no_punctuation_is_an_operator(sq: SparkQ, queue: str, mark: str) -> None:
    (task_id,) = add(sq, "parser of dates")

    assert found(sq, f"parser {mark} dates") == [task_id]
    assert found(sq, f"{mark}parser{mark}") == [task_id]


@pytest.mark.parametrize("words", ["parser AND dates", "parser OR dates", "NOT parser", "NEAR(parser dates)"])
def test_no_word_is_an_operator(sq: SparkQ, queue: str, words: str) -> None:
    """They are words like others: a task without them is not found."""
    add(sq, "parser dates", "parser", "dates")
    (task_id,) = add(sq, f"{words} is what it says")

    assert found(sq, words) == [task_id]


@pytest.mark.parametrize("words", ["title:parser", "prompt : parser", "{title prompt}: parser", "-title: parser"])
def test_no_column_can_be_named(sq: SparkQ, queue: str, words: str) -> None:
    add(sq, "parser")

    assert found(sq, words) == []


@pytest.mark.parametrize("words", ["", " ", "\t\n", '"', '""', '" "', "* - +", "—", "🎉"])
def test_without_a_word_there_is_nothing_to_search_for(sq: SparkQ, queue: str, words: str) -> None:
    with pytest.raises(InvalidValue, match="no word") as refusal:
        search.find_page(sq, words)
    assert refusal.value.hint


def test_more_words_than_are_searched_for_are_refused_with_their_number(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, " ".join(f"w{number}" for number in range(25)))

    assert found(sq, " ".join(f"w{number}" for number in range(20))) == [task_id]
    assert found(sq, '"w0 w1 w2 w3 w4 w5" ' + " ".join(f"w{number}" for number in range(6, 25))) == [task_id]
    with pytest.raises(InvalidValue, match="21 words; at most 20") as refusal:
        search.find_page(sq, " ".join(f"w{number}" for number in range(21)))
    assert "double quotes" in refusal.value.hint


SEARCHED: list[SparkQ] = []
"""The one project that all examples search, made when the first one comes."""


@settings(max_examples=300)
@given(words=st.text(st.characters() | st.sampled_from('"*^:(){}+-\0\ud800 aé_')))
@example(words="a\0b")
@example(words="\ud800a")
@example(words="x" * 100_000)
@example(words="a " * 10_000)
@example(words='"a" ' * 5000)
def test_any_text_finds_or_is_refused_as_invalid(words: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    if not SEARCHED:
        SEARCHED.append(open_new_project(tmp_path_factory.mktemp("searched"), SetClock()))
        queues.create(SEARCHED[0], "backend")
        add(SEARCHED[0], "a parser of dates", "été")

    try:
        page = search.find_page(SEARCHED[0], words)
    except (InvalidValue, InvalidText):
        return
    assert page.total == len(page.tasks) <= 2


@settings(max_examples=100)
@given(word=st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20))
def test_a_query_has_each_word_in_quotes(word: str) -> None:
    assume(" " not in unicodedata.normalize("NFKC", word))
    assert re.fullmatch(r'"[^"]+"[*]?', words.query(f" {word} "))
    assert re.fullmatch(r'"[^"]+" AND "[^"]+"[*]?', words.query(f'"{word} {word}" {word}'))


def test_an_edited_prompt_is_found_by_its_new_words_only(sq: SparkQ, queue: str) -> None:
    (task_id,) = add(sq, "parser")
    assert found(sq, "parser") == [task_id]

    tasks.edit(sq, task_id, prompt="renderer")

    assert (found(sq, "parser"), found(sq, "renderer")) == ([], [task_id])


def test_a_result_is_found_as_soon_as_it_is_there(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq, "parser")
    assert found(sq, "green") == []

    tasks.complete(sq, task.id, "all green")

    assert found(sq, "green") == found(sq, "parser green") == [task.id]


def test_outcomes_of_earlier_attempts_are_found_too(sq: SparkQ, queue: str) -> None:
    task = claimed_task(sq, "parser")
    tasks.fail(sq, task.id, "segfault")
    tasks.requeue(sq, task.id, prompt="renderer")
    take(sq)
    tasks.complete(sq, task.id, "all green")

    assert found(sq, "segfault green renderer") == [task.id]
    assert found(sq, "parser") == []


def test_a_late_result_is_found(sq: SparkQ, queue: str, clock: SetClock) -> None:
    task = timed_out_task(sq, clock)
    with pytest.raises(ClaimLost):
        tasks.complete(sq, task.id, "finished after all", attempt=1)

    assert found(sq, "finished") == [task.id]


def test_a_deleted_task_is_found_no_more(sq: SparkQ, queue: str) -> None:
    gone, kept = add(sq, "parser one", "parser two")
    assert found(sq, "parser") == [gone, kept]

    tasks.delete(sq, gone)

    assert found(sq, "parser") == [kept]


def test_what_another_process_did_is_found(sq: SparkQ, queue: str) -> None:
    other = second_handle(sq)
    (first,) = add(other, "parser one")
    assert found(sq, "parser") == [first]

    (second,) = add(sq, "parser two")

    assert found(other, "parser") == [first, second]
    other.close()


def test_more_events_than_one_batch_are_all_indexed(sq: SparkQ, queue: str) -> None:
    ids = add(sq, *(f"parser {number}" for number in range(2 * indexing.BATCH_EVENTS + 3)))

    assert search.find_page(sq, "parser").total == len(ids)
    assert found(sq, str(2 * indexing.BATCH_EVENTS + 2)) == ids[-1:]


def test_a_search_of_what_is_indexed_already_writes_nothing(sq: SparkQ, queue: str) -> None:
    add(sq, "parser")
    found(sq, "parser")
    before = all_rows(sq)
    other = second_handle(sq)
    version = other.version()

    found(sq, "parser")

    assert other.version() == version
    assert all_rows(sq) == before
    other.close()


def test_filters_choose_among_what_is_found(sq: SparkQ, queue: str, clock: SetClock) -> None:
    sessions.create(sq, "feature-x")
    queues.create(sq, "docs", session="feature-x")
    (old,) = add(sq, "parser")
    clock.move(HOUR)
    now = clock.now()
    done = claimed_task(sq, "parser", worker="bob").id
    tasks.complete(sq, done, "green")
    bash = tasks.enqueue(sq, "docs", "parser", tool="run-bash").task.id
    inbox.review(sq, done)
    add(sq, "renderer")

    for wanted, ids in (
        (Wanted(queue="docs"), [bash]),
        (Wanted(status="succeeded"), [done]),
        (Wanted(session="feature-x"), [bash]),
        (Wanted(tool="run-bash"), [bash]),
        (Wanted(worker="bob"), [done]),
        (Wanted(since=now), [done, bash]),
        (Wanted(until=now), [old]),
        (Wanted(reviewed=True), [done]),
        (Wanted(reviewed=False), []),
        (Wanted(queue=queue, status="queued"), [old]),
        (Wanted(queue=queue, worker="ann"), []),
    ):
        assert found(sq, "parser", wanted) == ids, wanted


def test_unknown_filters_are_refused(sq: SparkQ, queue: str) -> None:
    add(sq, "parser")

    with pytest.raises(NoSuchQueue):
        search.find_page(sq, "parser", Wanted(queue="nowhere"))
    with pytest.raises(NoSuchSession):
        search.find_page(sq, "parser", Wanted(session="nowhere"))
    with pytest.raises(InvalidValue, match="not a status"):
        search.find_page(sq, "parser", Wanted(status="done"))


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 8])
def test_pages_go_on_to_the_end_without_gap_or_double(sq: SparkQ, queue: str, limit: int) -> None:
    ids = add(sq, *(f"parser {number}" for number in range(7)), "renderer")[:7]
    seen: list[int] = []
    cursor = None
    while True:
        page = search.find_page(sq, "parser", Wanted(queue=queue), limit=limit, cursor=cursor)
        assert page.total == 7
        seen += [task.id for task in page.tasks]
        cursor = page.next
        if cursor is None:
            break

    assert seen == ids[::-1]


def test_paging_goes_on_where_it_was_although_tasks_arrive(sq: SparkQ, queue: str) -> None:
    ids = add(sq, *("parser" for _ in range(4)))
    first = search.find_page(sq, "parser", limit=2)
    add(sq, "parser")

    rest = search.find_page(sq, "parser", limit=10, cursor=first.next)

    assert [task.id for task in (*first.tasks, *rest.tasks)] == ids[::-1]


@pytest.mark.parametrize("cursor", ["", "x", "1.1", "９", str(2**63)])
def test_an_invalid_cursor_is_refused(sq: SparkQ, queue: str, cursor: str) -> None:
    with pytest.raises(InvalidValue, match="not a cursor"):
        search.find_page(sq, "parser", cursor=cursor)


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_1_to_1000_tasks(sq: SparkQ, queue: str, limit: int) -> None:
    with pytest.raises(InvalidValue, match="is not possible"):
        search.find_page(sq, "parser", limit=limit)


def test_the_oldest_come_first_when_asked_for_page_by_page(sq: SparkQ, queue: str) -> None:
    ids = add(sq, "a parser", "no", "parser two", "parser three")

    first = search.find_page(sq, "parser", sort="oldest", limit=2)
    rest = search.find_page(sq, "parser", sort="oldest", limit=2, cursor=first.next)

    assert [task.id for task in (*first.tasks, *rest.tasks)] == [ids[0], ids[2], ids[3]]
    assert (first.total, rest.next) == (3, None)
