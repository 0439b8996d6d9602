"""A chat works a queue until it is empty: what it is reminded of, and what ends it."""

from typing import Any

import pytest

from sparkq_core import chats, inbox, queues, tasks
from sparkq_core.chat_hooks.answer import Answer, Speaker, answer
from sparkq_core.chat_hooks.event import HookEvent
from sparkq_core.chats import Caller
from sparkq_core.clock import time_of_day
from sparkq_core.maintenance import purge
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ
from sparkq_core.queues import assignments
from sparkq_core.queues.assignments import Order
from tests.harness.clocks import SetClock
from tests.harness.task_steps import add, attempts
from tests.promises import holds

CLAUDE = Caller("claude-code", session="a-8d2a")
OTHER = Caller("claude-code", session="b-1c3f")


def hook(sq: SparkQ, event: str, caller: Caller = CLAUDE, process: str | None = "7", **more: Any) -> Answer:
    """What a hook of a chat is answered."""
    return answer(sq, HookEvent.of({"event": event, **more}), Speaker(caller, "claude-code-8d2a", process))


def work(sq: SparkQ, arguments: str = "backend", caller: Caller = CLAUDE, **more: Any) -> Answer:
    """What `/sparkq:work` is answered."""
    return hook(sq, "UserPromptExpansion", caller, command="sparkq:work", args=arguments, **more)


def stop(sq: SparkQ, caller: Caller = CLAUDE, **more: Any) -> str | None:
    """What a chat is reminded of that ends its turn."""
    said = hook(sq, "Stop", caller, **more)
    context = said.get("hookSpecificOutput")
    assert (said == {}) == (context is None)
    return str(context["additionalContext"]) if isinstance(context, dict) else None


def claim(sq: SparkQ, caller: Caller = CLAUDE) -> Claim | None:
    """Claim for a chat."""
    return tasks.claim(sq, "backend", "claude-code-8d2a", chat=caller)


def do(sq: SparkQ, how: str = "complete", caller: Caller = CLAUDE) -> None:
    """Claim a task for a chat and settle it."""
    claimed = claim(sq, caller)
    assert claimed is not None
    getattr(tasks, how)(sq, claimed.task.id, "So.", attempt=claimed.task.attempts)


def why_over(sq: SparkQ) -> str | None:
    """Why the latest assignment has ended."""
    ((why,),) = sq.db.rows("SELECT ended_why FROM assignments")
    return str(why) if why else None


@pytest.fixture
def twelve(sq: SparkQ, queue: str) -> list[int]:
    return add(sq, *(f"task {number}" for number in range(12)))


@holds("assignment")
def test_a_chat_that_stops_after_each_task_is_reminded_until_the_queue_is_empty(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    said = []
    while (reminded := stop(sq)) is not None:
        said.append(reminded)
        do(sq)

    assert len(said) == 12
    assert said[0] == (
        "SparkQ: 12 tasks are left. The person asked this chat to work backend until it is empty: "
        'claim(queue="backend") hands out the next one. If you cannot go on, say why and stop.'
    )
    assert said[-1].startswith("SparkQ: 1 task is left.")
    assert why_over(sq) == "backend is empty"
    assert stop(sq) is None


@holds("assignment")
def test_no_other_chat_is_ever_held(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    do(sq, caller=OTHER)

    assert stop(sq, OTHER) is None
    assert stop(sq, Caller("claude-code", session="c-0000")) is None
    assert stop(sq, Caller("codex", session="a-8d2a")) is None
    assert stop(sq) is not None


@holds("assignment")
def test_a_reminder_after_which_nothing_happens_is_the_last(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    assert stop(sq) is not None
    assert stop(sq) is None
    assert why_over(sq) == "The chat was reminded, and did nothing"
    assert stop(sq) is None


@holds("assignment")
@pytest.mark.parametrize("how", ["fail", "release"])
def test_three_tasks_in_a_row_that_are_not_done_end_it(
    sq: SparkQ, twelve: list[int], clock: SetClock, how: str
) -> None:
    work(sq)
    for outcome in (how, how, "complete"):
        do(sq, outcome)
        clock.move(1)
    for _ in range(3):
        assert stop(sq) is not None
        clock.move(1)
        do(sq, how)

    assert claim(sq) is None, "not even within its turn"
    assert stop(sq) is None
    assert why_over(sq) == "3 tasks in a row were not done"
    assert claim(sq) is not None, "you may ask it for another"


def test_a_question_to_you_is_not_a_failure(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    for _ in range(4):
        asked = claim(sq)
        assert asked is not None
        tasks.release(sq, asked.task.id, question="Which one?", attempt=1)
        assert stop(sq) is not None


@holds("assignment")
def test_it_ends_at_the_number(sq: SparkQ, twelve: list[int]) -> None:
    do(sq)
    given = work(sq, "backend 5")
    for left in range(5, 0, -1):
        reminded = stop(sq)
        assert reminded is not None
        assert f"SparkQ: {left} task" in reminded
        do(sq)

    assert claim(sq) is None
    assert claim(sq, OTHER) is not None
    assert stop(sq) is None
    assert why_over(sq) == "All 5 tasks are done"
    assert given["systemMessage"] == "SparkQ: claude-code works 5 tasks of backend, 5 left. To end it: /sparkq:stop"


def test_two_agents_of_a_chat_begin_no_more_than_the_number(sq: SparkQ, twelve: list[int]) -> None:
    work(sq, "backend 2")

    assert [claim(sq) is not None for _ in range(3)] == [True, True, False]


def test_a_released_task_does_not_count(sq: SparkQ, twelve: list[int]) -> None:
    work(sq, "backend 1")
    do(sq, "release")

    assert claim(sq) is not None


@holds("assignment")
def test_it_ends_at_the_hour(sq: SparkQ, twelve: list[int], clock: SetClock) -> None:
    hour = time_of_day(clock.now() + 3_600_000)
    work(sq, f"backend until {hour}")
    reminded = stop(sq)
    assert reminded is not None
    assert f"work backend until {hour}:" in reminded
    do(sq)
    clock.move(3_601)

    assert claim(sq) is None
    assert stop(sq) is None
    assert why_over(sq) == f"It is past {hour}"


@holds("assignment-counts")
@pytest.mark.parametrize("gone", ["purged", "purged but one", "deleted", "moved"])
def test_the_number_is_of_what_was_done_whatever_is_left_of_it(
    sq: SparkQ, twelve: list[int], clock: SetClock, gone: str
) -> None:
    queues.create(sq, "docs")
    for _ in range(4):
        do(sq)
    work(sq, "backend 3")
    do(sq, "fail" if gone == "moved" else "complete")
    claim(sq, OTHER)  # a newer chat, since the newest one is never forgotten
    clock.move(1)
    done = twelve[:5] if gone != "purged but one" else twelve[1:5]
    if gone == "moved":
        tasks.requeue(sq, twelve[4])
        tasks.move(sq, [twelve[4]], "docs")
    elif gone == "deleted":
        for task_id in done:
            tasks.delete(sq, task_id)
    else:
        inbox.review_all(sq, done)
        clock.move(1)
        assert purge.purge(sq, older_than=0).total == len(done)

    assert [each.left for each in assignments.open_ones(sq)] == [2]
    do(sq)
    do(sq)
    assert claim(sq) is None
    assert stop(sq) is None
    assert why_over(sq) == "All 3 tasks are done"


@holds("assignment-counts")
def test_what_was_claimed_before_and_is_given_back_makes_no_room(sq: SparkQ, twelve: list[int]) -> None:
    held = claim(sq)
    assert held is not None
    work(sq, "backend 1")
    tasks.release(sq, held.task.id, attempt=1)
    do(sq)

    assert claim(sq) is None


@holds("assignment-counts")
@pytest.mark.parametrize("how", ["fail", "release"])
def test_failures_in_a_row_end_it_although_a_purge_took_the_first(
    sq: SparkQ, twelve: list[int], clock: SetClock, how: str
) -> None:
    for _ in range(4):
        do(sq)
    work(sq)
    do(sq, "fail")
    clock.move(1)
    inbox.review_all(sq, twelve[:5])
    clock.move(1)
    purge.purge(sq, older_than=0)
    do(sq, how)
    assert claim_and_see(sq, how) == 1
    assert why_now(sq) == "3 tasks in a row were not done"


@holds("assignment-counts")
@pytest.mark.parametrize("ahead", [-86_400, 86_400])
def test_failures_in_a_row_end_it_although_the_clock_was_wrong(
    sq: SparkQ, twelve: list[int], clock: SetClock, ahead: int
) -> None:
    clock.move(ahead)
    do(sq)
    clock.move(-ahead)
    work(sq)

    assert claim_and_see(sq, "fail") == 3
    assert why_now(sq) == "3 tasks in a row were not done"


@holds("assignment-counts")
def test_timeouts_are_not_done_and_a_success_between_begins_again(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, *"123456", timeout=60)
    work(sq)
    for how in ("timeout", "timeout", "complete", "timeout", "timeout", "timeout"):
        if how == "complete":
            do(sq)
            continue
        claimed = claim(sq)
        assert claimed is not None
        for _ in ("warned", "failed"):
            clock.move(60)
            tasks.get(sq, claimed.task.id)
        assert tasks.get(sq, claimed.task.id).timed_out

    assert why_now(sq) == "3 tasks in a row were not done"


@holds("assignment-counts")
def test_an_attempt_that_a_hook_gives_to_the_chat_counts_for_it(sq: SparkQ, twelve: list[int]) -> None:
    """The server knows only the chat before, and the hook the one that was asked."""
    work(sq, "backend 1")
    work(sq, "backend 1", OTHER)
    assert claim(sq, OTHER) is not None
    assert stop(sq) is not None
    hook(sq, "PostToolUse", CLAUDE, tool_response={"task": {"id": 1, "attempt": 1}})

    assert claim(sq) is None
    assert claim(sq, OTHER) is not None
    tasks.complete(sq, 1, "So.", attempt=1)
    assert stop(sq) is None
    assert sq.db.rows("SELECT ended_why FROM assignments WHERE ended_at IS NOT NULL") == [("The one task is done",)]


@holds("assignment-counts")
def test_a_reminder_after_which_something_was_done_is_not_the_last_although_a_purge_took_as_much(
    sq: SparkQ, twelve: list[int], clock: SetClock
) -> None:
    do(sq)
    work(sq)
    assert stop(sq) is not None
    do(sq)
    inbox.review(sq, twelve[0])
    clock.move(1)
    purge.purge(sq, older_than=0)

    assert stop(sq) is not None
    assert stop(sq) is None


def claim_and_see(sq: SparkQ, how: str) -> int:
    """Claim and end tasks until none is handed out, at most twelve; how many."""
    for count in range(12):
        claimed = claim(sq)
        if claimed is None:
            return count
        getattr(tasks, how)(sq, claimed.task.id, "So.", attempt=claimed.task.attempts)
    return 12


def why_now(sq: SparkQ) -> str | None:
    """Why the assignment ends when the chat stops."""
    assert stop(sq) is None
    return why_over(sq)


@holds("assignment")
def test_a_chat_that_holds_a_task_is_reminded_of_it_once(sq: SparkQ, twelve: list[int]) -> None:
    claim(sq, OTHER)
    reminded = stop(sq, OTHER)

    assert reminded == (
        "SparkQ: this chat still holds #1 (attempt 1). Before you stop, settle it: complete(task_id=1, attempt=1, result=…) "
        "if it is done, fail(task_id=1, attempt=1, error=…) if it cannot be done, release(task_id=1, attempt=1) if you have "
        "not begun. If you are to wait for the person first, stop: this is said once."
    )
    assert stop(sq, OTHER) is None


def test_a_chat_that_stops_again_while_it_holds_a_task_is_left_alone(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    claim(sq)
    reminded = stop(sq)

    assert reminded is not None
    assert reminded.endswith("Then go on with backend until it is empty.")
    assert stop(sq) is None
    assert why_over(sq) == "The chat stopped while it held #1"


@holds("assignment")
def test_work_in_the_background_is_waited_for(sq: SparkQ, twelve: list[int]) -> None:
    """It may be a claim that waits, or an agent."""
    work(sq)
    claim(sq)

    assert stop(sq, background='[{"id": "b1", "type": "mcp"}]') is None
    assert stop(sq, background_tasks=[{"id": "b1"}]) is None
    assert why_over(sq) is None
    assert stop(sq, background="[]") is not None


@holds("assignment")
def test_work_in_the_background_keeps_no_assignment_that_is_done(sq: SparkQ, twelve: list[int]) -> None:
    """It may be a program that never ends: then you could not ask the chat for one task more."""
    work(sq, "backend 1")
    claim(sq)
    assert stop(sq, background='[{"id": "b1"}]') is None
    assert why_over(sq) is None, "an agent may do the one task"
    tasks.complete(sq, 1, "So.", attempt=1)

    assert stop(sq, background='[{"id": "b1"}]') is None
    assert why_over(sq) == "The one task is done"
    assert claim(sq) is not None


@holds("assignment")
def test_a_chat_that_gives_a_task_back_is_led_past_it(sq: SparkQ, twelve: list[int], clock: SetClock) -> None:
    do(sq, "release")
    clock.move(1)
    work(sq)
    before = stop(sq)
    do(sq)
    do(sq, "release")
    after = stop(sq)

    assert before is not None
    assert "again" not in before, "what it gave back before is its to try"
    assert after is not None
    assert 'claim(queue="backend") hands out the next one, which may be #2 again: fail it with what stops you' in after


@holds("assignment")
def test_it_dies_with_the_chat(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    hook(sq, "SessionEnd", reason="clear")
    assert stop(sq) is None

    work(sq)
    assert stop(sq, process="8") is None, "the chat was resumed in another process"
    assert stop(sq, process="7") is None


def test_it_outlives_a_restart_of_the_server(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    chat_id = chats.find(sq.db, CLAUDE)
    assert chat_id is not None
    chats.close(sq, chat_id, "its client closed the connection")

    assert stop(sq) is not None


def test_you_can_end_it(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    said = hook(sq, "UserPromptExpansion", command="sparkq:stop", args="")
    again = hook(sq, "UserPromptExpansion", command="sparkq:stop", args="")

    assert said["hookSpecificOutput"] == {
        "hookEventName": "UserPromptExpansion",
        "additionalContext": "SparkQ: this chat is no longer asked to work backend. Claim nothing more.",
    }
    assert again["decision"] == "block"
    assert stop(sq) is None


def test_a_second_command_replaces_the_first(sq: SparkQ, twelve: list[int]) -> None:
    queues.create(sq, "docs")
    work(sq, "backend 1")
    work(sq, "docs")

    assert [each.goal for each in assignments.open_ones(sq)] == ["docs until it is empty"]
    assert stop(sq) is None


def test_without_a_queue_all_are_worked(sq: SparkQ, twelve: list[int]) -> None:
    queues.create(sq, "docs")
    add(sq, "write", queue="docs")
    work(sq, "")

    reminded = stop(sq)
    assert reminded is not None
    assert "13 tasks are left. The person asked this chat to work every queue until all are empty" in reminded


@holds("assignment", "nothing-changed")
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ("bakcend", "There is no queue 'bakcend'. Did you mean backend?"),
        ("backend soon", "SparkQ cannot read 'soon'. Type: /sparkq:work QUEUE [NUMBER] [until HH:MM] [--fresh]"),
        ("backend 0", "The number of tasks is from 1 to 100,000."),
        ("backend 9999999999", "The number of tasks is from 1 to 100,000."),
        ("backend 5 6", "SparkQ cannot read '6'."),
        ("backend until", "The time of day is missing. Write it like 07:00."),
        ("backend until 25:00", "'25:00' is not a time of day. Write it like 07:00."),
        ("backend --slow", "SparkQ cannot read '--slow'."),
        ("old", "The queue old is archived: it neither accepts nor hands out tasks."),
    ],
)
def test_what_cannot_be_obeyed_is_refused_before_a_model_is_asked(
    sq: SparkQ, twelve: list[int], arguments: str, reason: str
) -> None:
    queues.create(sq, "old")
    queues.archive(sq, "old")
    said = work(sq, arguments)

    assert said["decision"] == "block"
    assert str(said["reason"]).startswith(reason)
    assert assignments.open_ones(sq) == ()
    assert stop(sq) is None


def test_an_ended_queue_is_worked_until_it_is_empty(sq: SparkQ, twelve: list[int]) -> None:
    queues.end(sq, "backend")
    work(sq)

    assert stop(sq) is not None


def test_an_archived_queue_ends_it(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    queues.archive(sq, "backend")

    assert stop(sq) is None
    assert why_over(sq) == "backend is empty"


@pytest.mark.parametrize(
    ("arguments", "order"),
    [
        ("backend", Order("backend")),
        ('"backend"', Order("backend")),
        ("backend 5 --fresh", Order("backend", 5, fresh=True)),
        ("backend --fresh 5", Order("backend", 5, fresh=True)),
        ("5", Order(None, 5)),
        ("", Order()),
        ("2024-plan", Order("2024-plan")),
    ],
)
def test_the_words_are_read_in_any_order(sq: SparkQ, arguments: str, order: Order) -> None:
    for name in ("backend", "2024-plan"):
        queues.create(sq, name)
    work(sq, arguments)

    assert [each.assignment[2:6] for each in assignments.open_ones(sq)] == [order]


def test_other_clients_are_told_by_a_prompt_and_a_block(sq: SparkQ, twelve: list[int]) -> None:
    """Codex has no slash commands of a plugin, and continues only when its hook blocks."""
    codex = Caller("codex", session="0199ab-7f31")
    said = hook(sq, "UserPromptSubmit", codex, prompt="sparkq:work backend 5")
    other = hook(sq, "UserPromptSubmit", codex, prompt="What does sparkq:work backend do?")
    ended = hook(sq, "Stop", codex)

    assert str(said["systemMessage"]).startswith("SparkQ: codex works 5 tasks of backend")
    assert other == {}
    assert ended["decision"] == "block"
    assert str(ended["reason"]).startswith("SparkQ: 5 tasks are left.")


def test_the_sentence_is_for_people(sq: SparkQ, twelve: list[int], clock: SetClock) -> None:
    hour = time_of_day(clock.now() + 7_200_000)
    said = []
    for arguments in ("backend", "backend 5", f"backend until {hour}", f"backend 1 until {hour}", ""):
        work(sq, arguments)
        said += [each.sentence for each in assignments.open_ones(sq)]

    assert said == [
        "claude-code works backend until it is empty, 12 left",
        "claude-code works 5 tasks of backend, 5 left",
        f"claude-code works backend until {hour}, 12 left",
        f"claude-code works 1 task of backend until {hour}, 1 left",
        "claude-code works every queue until all are empty, 12 left",
    ]


def test_a_chat_that_is_gone_works_nothing(sq: SparkQ, twelve: list[int]) -> None:
    work(sq)
    chat_id = chats.find(sq.db, CLAUDE)
    assert chat_id is not None
    chats.close(sq, chat_id, "its client closed the connection")

    assert assignments.open_ones(sq) == ()


@holds("assignment-interrupt")
def test_a_chat_that_was_interrupted_is_not_led_back(sq: SparkQ, twelve: list[int]) -> None:
    work(sq, turn="typed")
    do(sq)
    hook(sq, "PostToolUse", turn="typed")

    assert stop(sq, turn="another question") is None
    assert why_over(sq) == "You went on with something else"
    assert stop(sq, turn="typed") is None


@holds("assignment-interrupt")
def test_a_remark_in_the_middle_and_work_that_goes_on_end_nothing(sq: SparkQ, twelve: list[int]) -> None:
    work(sq, turn="typed")
    do(sq)
    assert stop(sq, turn="typed") is not None, "a remark has the id of the turn in which it is made"

    do(sq)
    hook(sq, "PostToolUse", turn="go on")
    assert stop(sq, turn="go on") is not None
    do(sq)
    assert stop(sq) is not None, "a client that tells no id"


@holds("assignment-interrupt")
def test_a_claim_that_is_held_after_an_interrupt_is_spoken_of_once(sq: SparkQ, twelve: list[int]) -> None:
    work(sq, turn="typed")
    claim(sq)

    said = stop(sq, turn="another question")

    assert said is not None
    assert "this chat still holds #1 (attempt 1)" in said
    assert "go on with" not in said
    assert stop(sq, turn="another question") is None


@holds("mcp-chats")
def test_a_correction_moves_only_the_attempt_that_it_names(sq: SparkQ, twelve: list[int]) -> None:
    first, second = claim(sq), claim(sq)
    assert first is not None
    assert second is not None
    hook(sq, "PostToolUse", OTHER, tool_response={"task": {"id": 2, "attempt": 1}})

    known = {each: chats.find(sq.db, each) for each in (CLAUDE, OTHER)}
    assert [attempts(sq, task_id)[0].chat_id for task_id in (1, 2)] == [known[CLAUDE], known[OTHER]]
