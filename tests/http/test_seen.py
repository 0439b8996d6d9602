"""What is changed is what was shown: another revision refuses the change."""

from tests.http.caller import Caller


def test_a_prompt_that_was_edited_since_it_was_shown_is_not_overwritten(call: Caller, line: str) -> None:
    task = call.add(line, "one")
    shown = call.get(f"/api/tasks/{task}")["prompt_revision"]
    call.patch(f"/api/tasks/{task}", prompt="two", revision=shown)["task"]

    refused = call.patch(f"/api/tasks/{task}", prompt="three", revision=shown)

    refused.refused(409, "unseen")
    assert refused.facts["message"] == f"The prompt of #{task} has revision 2 by now, and you saw revision 1."
    assert call.get(f"/api/tasks/{task}")["prompt"] == "two"
    assert call.patch(f"/api/tasks/{task}", prompt="three")["task"]["title"] == "three"


def test_instructions_that_were_changed_since_they_were_shown_are_not_overwritten(call: Caller, line: str) -> None:
    shown = call.get(f"/api/queues/{line}")["queue"]["instructions_revision"]
    call.patch(f"/api/queues/{line}", instructions="mine", revision=shown)["queue"]

    call.patch(f"/api/queues/{line}", instructions="over it", revision=shown).refused(409, "unseen")
    assert call.get(f"/api/queues/{line}")["queue"]["instructions"] == "mine"


def test_a_change_of_nothing_changes_nothing(call: Caller, line: str) -> None:
    task = call.add(line)
    before = call.get(f"/api/tasks/{task}").facts

    call.patch(f"/api/tasks/{task}")["task"]
    call.patch(f"/api/tasks/{task}", revision=1)["task"]
    call.patch(f"/api/queues/{line}")["queue"]

    assert call.get(f"/api/tasks/{task}").facts == before
