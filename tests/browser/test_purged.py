"""What the page shows of purged tasks, and of those that go next."""

from sparkq_core.maintenance.purge import purge_in_turn
from tests.browser.screen import Screen, expect
from tests.browser.seeds import finished, later
from tests.harness.clocks import HOUR
from tests.http.caller import Served
from tests.promises import holds


@holds("purge-lines")
def test_a_purged_task_is_found_and_shown_by_what_is_left_of_it(screen: Screen, served: Served, line: str) -> None:
    task = finished(served, line, f"Rename the {line}", days=400)
    served.call.post("/api/purge", queue=line)["total"]
    here = served.call.add(line, f"Test the {line}")
    screen.open(f"/tasks?search={line}")

    expect(screen.row(here)).to_be_visible()
    left = screen.part("Purged").get_by_role("listitem")
    expect(left).to_have_count(1)
    expect(left).to_contain_text("Moved it to lexer.py.")
    expect(left).to_contain_text("purged on ")
    expect(screen.main).to_contain_text("1 task matches, and 1 purged task")
    left.get_by_role("link").click()
    expect(screen.heading).to_contain_text(f"#{task} Rename the {line}")
    expect(screen.main).to_contain_text("This task was purged on ")
    expect(screen.page.locator("#text-outcome")).to_have_text("Moved it to lexer.py.")
    screen.press("a", "r", "e", "f", "c")
    expect(screen.main).not_to_contain_text("SECRET")
    screen.forgive("404")


@holds("purge-is-said")
def test_the_inbox_says_what_goes_next_and_what_went(screen: Screen, served: Served, line: str) -> None:
    finished(served, line, "long ago", days=31)
    with later(served.root, 2 * HOUR) as sq:
        purge_in_turn(sq)
    served.call.post("/api/queues", name=f"{line}-other")["queue"]
    screen.open(f"/inbox/{served.call.done(f'{line}-other')}")

    expect(screen.main).to_contain_text("unread result will be purged, not before ")
    served.call.post("/api/purge", queue=line, unreviewed_days=0)["total"]
    expect(screen.main).to_contain_text("purged in the last 7 days, ")
    expect(screen.main).not_to_contain_text("will be purged")
