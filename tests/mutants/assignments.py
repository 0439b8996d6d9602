"""Mutants of what holds a chat to its queue."""

from tests.mutants.mutant import mutant

ASSIGNMENT_MUTANTS = [
    mutant(
        "a chat that was interrupted is led back to its queue",
        "chat_hooks/turn_end.py",
        ("if turn and assignment.turn not in (None, turn):", "if turn and not assignment:"),
        caught_by=(
            "test_assignments.py::test_a_chat_that_was_interrupted_is_not_led_back",
            "test_assignments.py::test_a_claim_that_is_held_after_an_interrupt_is_spoken_of_once",
        ),
    ),
    mutant(
        "work that goes on after another prompt is taken for something else",
        "queues/assignments.py",
        ("if assignment is not None and assignment.turn != turn:", "if assignment is not None and not turn:"),
        caught_by=("test_assignments.py::test_a_remark_in_the_middle_and_work_that_goes_on_end_nothing",),
    ),
]
