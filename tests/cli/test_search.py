"""`sparkq tasks --search`, and the filters by age and review, beside those of test_tasks.py."""

import json
from collections.abc import Iterator

import pytest

from sparkq_core import inbox, project, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SetClock
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take


@pytest.fixture(autouse=True)
def worked(sq: SparkQ, bare: Shell) -> Iterator[SparkQ]:
    """#1 and #2 from two days ago, done, #1 reviewed; #3 from an hour ago, failed; #4 just now, waits."""
    clock = SetClock(SystemClock().now())
    earlier = project.open(bare.folder, env={}, clock=clock)
    clock.move(-48 * HOUR)
    add(earlier, "Mend the date parser", "Mend the time parser")
    for task_id, result in ((1, "all green, Größe too"), (2, "parser is done")):
        take(earlier, task_id=task_id)
        tasks.complete(earlier, task_id, result)
    clock.move(47 * HOUR)
    add(earlier, "Render the date")
    take(earlier, task_id=3)
    tasks.fail(earlier, 3, "segmentation fault")
    add(sq, "A parser for times")
    inbox.review(sq, 1)
    yield sq
    earlier.close()


def ids(shell: Shell, *options: str) -> list[int]:
    """The ids that a list tells, in its order."""
    answer = shell.facts("tasks", *options)
    assert answer["total"] == len(answer["tasks"])
    return [task["id"] for task in answer["tasks"]]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("parser", [4, 2, 1]),
        ("date parser", [1]),
        ('"date parser"', [1]),
        ('"parser date"', []),
        ("pars mend", [2, 1]),
        ("GROSSE", []),
        ("grösse", []),
        ("größe", [1]),
        ("fault", [3]),
        ("nothing-of-this-kind", []),
    ],
)
def test_words_are_found_in_titles_prompts_and_outcomes(shell: Shell, words: str, expected: list[int]) -> None:
    assert ids(shell, "--search", words, "--sort", "newest") == expected


def test_a_search_is_filtered_like_a_list(shell: Shell) -> None:
    assert ids(shell, "--search", "parser", "--status", "queued") == [4]
    assert ids(shell, "--search", "parser", "--older-than", "1d", "--unreviewed") == [2]
    assert ids(shell, "--search", "date", "--newer-than", "1d", "--worker", "ann") == [3]
    assert ids(shell, "--search", "parser", "--status", "queued,failed") == [4]


def test_a_search_is_printed_as_a_table(shell: Shell) -> None:
    lines = shell.ok("tasks", "--search", "parser", "--sort", "newest").splitlines()
    assert [line.split()[0] for line in lines] == ["ID", "#4", "#2", "result:", "#1", "result:"]
    assert [line.strip() for line in lines if "result:" in line] == [
        "result: parser is done",
        "result: all green, Größe too",
    ]
    assert shell.ok("tasks", "--search", "nothing") == "No tasks match.\n"


def test_a_search_goes_on_after_a_page(shell: Shell) -> None:
    first = shell.facts("tasks", "--search", "parser", "--limit", "2")
    rest = shell.facts("tasks", "--search", "parser", "--limit", "2", "--cursor", first["next_cursor"])

    assert [[task["id"] for task in page["tasks"]] for page in (first, rest)] == [[2, 4], [1]]
    assert (first["total"], rest["total"], "next_cursor" in rest) == (3, 3, False)


@pytest.mark.parametrize("words", ["", " ", '""', "--", "***"])
def test_a_search_for_no_word_is_refused(shell: Shell, words: str) -> None:
    assert "The search has no words" in shell.refused(2, "tasks", f"--search={words}")


@pytest.mark.parametrize("words", ["a:b", "*", '"', "(", "NEAR(a", "^x", "-x", "a AND", "'; DROP TABLE tasks; --"])
def test_no_punctuation_is_a_defect(shell: Shell, words: str) -> None:
    done = shell.sparkq("tasks", f"--search={words}", "--json")

    assert done.code in (0, 2), done


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--sort", "newest"], [4, 3, 2, 1]),
        (["--sort", "oldest"], [1, 2, 3, 4]),
        (["--sort", "oldest", "--status", "succeeded"], [1, 2]),
        (["--newer-than", "1d"], [4, 3]),
        (["--older-than", "1d"], [2, 1]),
        (["--newer-than", "3d", "--older-than", "30m"], [3, 2, 1]),
        (["--unreviewed"], [3, 2]),
        (["--reviewed"], [1]),
        (["--unreviewed", "--status", "failed"], [3]),
        (["--status", "queued,failed"], [4, 3]),
        (["--unreviewed", "--newer-than", "1d"], [3]),
    ],
    ids=str,
)
def test_lists_are_sorted_and_filtered_by_age_and_review(shell: Shell, options: list[str], expected: list[int]) -> None:
    assert ids(shell, *options) == expected


def test_a_search_is_sorted_as_asked_or_says_that_it_cannot(shell: Shell) -> None:
    done = shell.sparkq("tasks", "--search", "parser", "--sort", "oldest", "--json")

    assert done.code in (0, 2)
    assert done.code == 2 or [task["id"] for task in json.loads(done.out)["tasks"]] == [1, 2, 4]


@pytest.mark.parametrize("more", [[], ["--search", "parser"]], ids=["list", "search"])
def test_an_unknown_order_is_refused(shell: Shell, more: list[str]) -> None:
    assert "newest or oldest" in shell.refused(2, "tasks", "--sort", "sideways", *more)


@pytest.mark.parametrize("option", ["--older-than", "--newer-than"])
def test_what_is_no_age_is_refused(shell: Shell, option: str) -> None:
    assert "not an age" in shell.refused(2, "tasks", option, "yesterday")
