"""The review: one result after the other, read and judged."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from sparkq_core import project, queues, tasks
from sparkq_core.changes import Execution
from tests.browser.conftest import Tab, served_for
from tests.browser.screen import Screen, expect
from tests.harness.change_steps import changing, record, repository
from tests.harness.task_steps import add, take
from tests.harness.waiting import until
from tests.http.caller import Caller, Served
from tests.http.conftest import new_project

MOST_KEYS = 24
SIZES = ((1440, 900), (1024, 768), (390, 844))
RESULT = """## Done: {title}

The {title} now takes its number from one statement, and the row is locked until the transaction ends.

| file | change |
|---|---:|
| `billing/numbers.py` | 12 |
| `tests/test_numbers.py` | 48 |

- [x] `make test`: 312 passed
- [ ] the migration on staging

```python
def next_number(tx: Transaction) -> str:
    return tx.one(NEXT)["number"]  # never twice
```

{more}
"""
MORE = "It was measured before and after, ten runs each, and the numbers are in the table above.\n\n"


@pytest.fixture
def morning(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """A server of a project with the six results of a night, of which the first changed a file in each of two rounds."""
    root = tmp_path / "morning"
    repository(root, one_txt="1\n2\n3\n")
    with closing(project.open(new_project(root), env={})) as sq:
        queues.create(sq, "backend")
        changing(sq, lambda: (root / "one.txt").write_text("1\nzwei\n3\nvier\n"), title="Number the invoices")
        tasks.requeue(sq, 1, feedback="Number them without gaps.", again=True)
        take(sq)
        record(sq, begun=Execution(1, 2))
        (root / "one.txt").write_text("1\n2\n3\nvier\n")
        (root / "two.txt").write_text("x\n")
        tasks.complete(sq, 1, RESULT.format(title="Invoices", more=""), attempt=2)
        record(sq, ended=Execution(1, 2))
        for number in range(2, 7):
            add(sq, f"Topic {number}\n\nDo it well.")
            take(sq)
            tasks.complete(sq, number, RESULT.format(title=f"Topic {number}", more=MORE * number), attempt=1)
    with served_for(request, root) as server:
        yield server


def is_beyond(screen: Screen, place: int) -> bool:
    """True if the page is scrolled further than this."""
    return bool(screen.evaluate("scrollY") > place)


def bottom(screen: Screen) -> bool:
    """True if the end of the open result is above the bar for verdicts."""
    return bool(
        screen.evaluate(
            'document.querySelector(".detail .part").getBoundingClientRect().bottom <= '
            '(document.querySelector(".verdict")?.getBoundingClientRect().top ?? innerHeight) + 60'
        )
    )


def test_six_results_are_read_to_their_end_and_judged_in_few_keys(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="light")
    screen.page.set_viewport_size({"width": 1440, "height": 900})
    screen.open()
    keys = 0
    order = [task["id"] for task in morning.call.get("/api/inbox")["tasks"]]
    assert len(order) == 6
    for task in order:
        screen.shows(task)
        expect(screen.detail.locator('[data-key="part-result"] .text')).not_to_have_count(0)
        while not bottom(screen):
            place = screen.evaluate("scrollY")
            screen.press("Space")
            keys += 1
            until(partial(is_beyond, screen, place))
        screen.press("a")
        keys += 1
        screen.said(f"#{task} accepted.")

    expect(screen.main).to_contain_text("Nothing waits for your review.")
    assert keys <= MOST_KEYS


def test_the_first_result_is_in_sight_on_every_screen(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="light")
    for width, height in SIZES:
        screen.page.set_viewport_size({"width": width, "height": height})
        screen.open("/queues")
        screen.open("/inbox")
        expect(screen.row(1)).to_be_in_viewport(ratio=1)
        if width >= 960:
            screen.shows(1)
            expect(screen.detail.locator("#text-outcome > :first-child")).to_be_in_viewport(ratio=1)
            expect(screen.detail.get_by_role("button", name="Accept", exact=True)).to_be_in_viewport(ratio=1)
        assert screen.evaluate("document.documentElement.scrollWidth - innerWidth") == 0


def test_a_result_is_rendered_and_shown_as_it_was_written(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="dark").review(2)
    text = screen.detail.locator("#text-outcome")
    expect(text.get_by_role("heading")).to_have_text("Done: Topic 2")
    expect(text.locator("td")).to_have_text(["billing/numbers.py", "12", "tests/test_numbers.py", "48"])
    expect(text.locator("li.check")).to_have_count(2)
    expect(text.locator('[data-code="keyword"]').first).to_have_text("def")
    assert text.evaluate("one => one.getBoundingClientRect().width") < 760

    screen.press("u")

    expect(screen.detail.locator("pre#text-outcome")).to_contain_text("## Done: Topic 2")
    screen.press("3")
    expect(screen.page.locator("#text-prompt")).to_contain_text("Do it well.")
    screen.press("1")
    expect(screen.detail.locator("pre#text-outcome")).to_be_visible()
    screen.press("j", "j", "j", "x")  # faster than they are loaded
    screen.shows(5)
    expect(screen.row(5).get_by_role("checkbox")).to_be_checked()


def test_changes_are_read_by_file_and_a_comment_on_a_line_becomes_feedback(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="light").review(1)
    screen.press("2")
    files = screen.detail.locator("section.file")
    expect(files).to_have_count(2)
    expect(files.first).to_contain_text("one.txt")
    expect(files.first.locator('[data-sign="removed"] .code')).to_have_text("zwei")
    screen.press("v")
    expect(files.first).to_contain_text("viewed")
    expect(files.first.locator("tr")).to_have_count(0)

    files.nth(1).locator(".number button").first.click()
    screen.focuses(screen.feedback)
    screen.page.keyboard.type("why x?")
    expect(screen.feedback).to_have_value("two.txt:1: why x?")
    screen.press("Control+Enter")

    screen.said("#1 sent back.")
    assert morning.call.get("/api/tasks/1")["feedback"] == "two.txt:1: why x?"


def test_changes_are_read_and_commented_by_keyboard_alone(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="light").review(1)
    screen.press("2")
    files = screen.detail.locator("section.file")
    expect(files).to_have_count(2)
    screen.focuses(screen.detail.locator('[data-tab="changes"]'))
    for _ in range(3):  # Prompt, Rounds, and the first file
        screen.press("Tab")
    screen.focuses(files.first.locator("[data-act=viewed]"))
    screen.press("Enter")
    expect(files.first.locator("tr")).to_have_count(0)
    screen.press("Tab", "Enter", "Enter", "Tab")  # the second file is folded and unfolded
    line = files.nth(1).locator(".number button").first
    screen.focuses(line)
    screen.press("Enter")
    screen.focuses(screen.feedback)
    screen.page.keyboard.type("why x?")
    screen.press("Escape")
    screen.focuses(line)
    expect(line).to_have_text("💬")
    screen.press("1")
    expect(screen.detail.locator("#text-outcome")).to_be_visible()
    screen.press("Control+Enter")

    screen.said("#1 sent back.")
    assert morning.call.get("/api/tasks/1")["feedback"] == "two.txt:1: why x?"


def test_the_rounds_are_a_conversation_and_two_are_shown_side_by_side(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="light").review(1)
    screen.press("4")
    rounds = screen.detail.locator("ol.rounds > li")
    expect(rounds).to_have_count(2)
    expect(rounds.first).to_contain_text("did it")
    expect(rounds.first).to_contain_text("You: Number them without gaps.")
    expect(rounds.nth(1).get_by_role("heading", name="Done: Invoices")).to_be_visible()

    for number in range(2):
        rounds.nth(number).get_by_role("button", name="Compare").click()

    both = screen.detail.locator(".side-by-side section")
    expect(both).to_have_count(2)
    boxes = [both.nth(index).bounding_box() for index in range(2)]
    left, right = boxes
    assert left is not None
    assert right is not None
    assert left["x"] + left["width"] <= right["x"]


def test_a_double_click_and_a_held_key_are_one_verdict(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="light").open()
    screen.shows(1)
    screen.detail.get_by_role("button", name="Accept", exact=True).dblclick()
    screen.said("#1 accepted.")
    screen.shows(2)
    screen.page.keyboard.down("a")
    for _ in range(5):
        screen.page.keyboard.down("a")  # as a keyboard repeats it
    screen.page.keyboard.up("a")
    screen.said("#2 accepted.")
    screen.shows(3)
    screen.detail.get_by_role("button", name="Accept", exact=True).focus()
    screen.page.keyboard.down("Enter")
    for _ in range(5):
        screen.page.keyboard.down("Enter")
    screen.page.keyboard.up("Enter")
    screen.said("#3 accepted.")
    screen.shows(4)

    assert [task["id"] for task in morning.call.get("/api/inbox")["tasks"]] == [4, 5, 6]


def test_a_verdict_on_what_has_changed_since_is_refused_and_shows_what_came(
    screen: Screen, call: Caller, line: str
) -> None:
    task = call.failed(line)
    screen.review(task)
    screen.page.route("**/api/tasks/*", lambda route: route.abort())
    call.post(f"/api/tasks/{task}/requeue")["task"]
    call.post(f"/api/tasks/{task}/claim", worker_id="bob")["task"]
    call.post(f"/api/tasks/{task}/complete", result_summary="Now it works", attempt=2)["status"]
    until(lambda: screen.evaluate("true") and any("ERR_FAILED" in problem for problem in screen.problems))
    screen.page.unroute("**/api/tasks/*")

    screen.press("a")

    expect(screen.detail.locator(".notice")).to_contain_text("was done again meanwhile")
    expect(screen.detail).to_contain_text("Now it works")
    assert call.get(f"/api/tasks/{task}")["reviewed_at"] is None
    screen.forgive("ERR_FAILED", "status of 409")


def test_keys_work_on_a_layout_without_latin_letters_and_can_be_turned_off(
    screen: Screen, call: Caller, line: str
) -> None:
    first, second = call.done(line), call.done(line)
    screen.review(first)
    screen.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'ф', code: 'KeyA', bubbles: true }))"
    )
    screen.said(f"#{first} accepted.")

    screen.open("/settings")
    screen.click("Turn letters off")
    screen.review(second)
    screen.press("a", "z")
    screen.open("/settings")
    screen.click("Turn letters on")

    assert call.get(f"/api/tasks/{second}")["reviewed_at"] is None
    assert call.get(f"/api/tasks/{first}")["reviewed_at"]


def test_what_is_put_off_comes_last_and_what_is_selected_is_quoted(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="light").open()
    screen.shows(1)
    screen.press("s")
    screen.shows(2)
    expect(screen.main.locator("li.item").last).to_have_attribute("data-id", "1")
    screen.evaluate(
        'getSelection().selectAllChildren(document.querySelector("#text-outcome h3, #text-outcome h4, #text-outcome h5"))'
    )
    screen.press(">")

    expect(screen.feedback).to_have_value("> Done: Topic 2\n")
    screen.page.reload()
    expect(screen.feedback).to_have_value("> Done: Topic 2\n")


def test_on_a_phone_one_screen_at_a_time_with_verdicts_under_the_thumb(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="dark", has_touch=True)
    screen.page.set_viewport_size({"width": 390, "height": 844})
    screen.open()
    expect(screen.detail).to_have_count(0)
    screen.row(2).get_by_role("link").tap()
    screen.shows(2)
    expect(screen.main.locator("li.item")).to_have_count(0)
    for name in ("Accept", "Send back"):
        box = screen.detail.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert (box["height"] >= 44, box["y"] > 700) == (True, True)
    screen.page.go_back()
    expect(screen.row(2)).to_be_visible()

    screen.evaluate(
        """() => {
          const row = document.querySelector('li.item[data-id="3"]');
          const at = (name, clientX) => row.dispatchEvent(new PointerEvent(name, { bubbles: true, pointerType: "touch", clientX, clientY: 400 }));
          at("pointerdown", 50);
          at("pointermove", 180);
          at("pointerup", 200);
        }"""
    )

    screen.said("#3 accepted.")
    expect(screen.row(3)).to_have_count(0)
    screen.page.locator("#toasts").get_by_role("button", name="Undo").tap()
    screen.said("#3 is as before")


def test_axe_finds_nothing_in_any_part_of_the_review_in_either_theme(morning: Served, tab: Tab) -> None:
    screen: Screen = tab(morning.port, color_scheme="light", reduced_motion="reduce").review(1)
    wrong = {}
    for part in ("result", "changes", "prompt", "rounds"):
        screen.part_of_task(part)
        wrong[part] = screen.faults_in_both_themes()

    assert {part: found for part, found in wrong.items() if found} == {}


@pytest.mark.parametrize("sort", ["", "&sort=oldest"])
def test_several_requeued_to_the_front_keep_their_order(screen: Screen, call: Caller, line: str, sort: str) -> None:
    made = [call.failed(line) for _ in range(3)]
    call.add(line)
    screen.open(f"/tasks?queue={line}{sort}")
    for task in made:
        screen.row(task).get_by_role("checkbox").check()
    screen.click("Requeue 3 …")
    screen.answer("Requeue", front=True)
    screen.said("3 tasks queued again.")

    assert [task["id"] for task in call.get(f"/api/queues/{line}/peek?limit=3")["tasks"]] == made


def test_titles_have_room_at_every_width(screen: Screen, call: Caller, line: str) -> None:
    task = call.running(line, "A title that says what is to be done in several words", timeout=600)
    try:
        for width in (320, 703, 820, 960, 1100):
            screen.page.set_viewport_size({"width": width, "height": 800})
            screen.open(f"/tasks?queue={line}")
            box = screen.row(task).locator(".title").bounding_box()
            assert box is not None
            assert box["width"] >= 180, (width, box)
            assert screen.evaluate("document.documentElement.scrollWidth - innerWidth") == 0, width
    finally:
        screen.page.set_viewport_size({"width": 1200, "height": 900})
