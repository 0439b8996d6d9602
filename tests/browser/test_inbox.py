"""The landing view: what finished is reviewed by mouse and by key."""

from tests.browser.screen import Screen, expect
from tests.http.caller import Caller


def test_a_result_is_accepted_by_mouse(screen: Screen, call: Caller, line: str) -> None:
    task = call.done(line, "Tidy the parser")
    screen.open()

    screen.click("Accept", within=screen.row(task))

    expect(screen.row(task)).to_have_count(0)
    assert call.get(f"/api/tasks/{task}")["reviewed_at"]
