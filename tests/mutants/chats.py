"""Mutants of what a chat is held to: each must make the tests that it names fail."""

from tests.mutants.mutant import mutant

CHAT_MUTANTS = [
    mutant(
        "every chat is held to the assignment of one",
        "queues/assignments.py",
        ("WHERE a.chat_id = :chat AND a.ended_at IS NULL", "WHERE a.ended_at IS NULL AND :chat"),
        caught_by=("test_assignments.py::test_no_other_chat_is_ever_held",),
    ),
    mutant(
        "an assignment goes on after any number of failures",
        "queues/assignments.py",
        ("IN_A_ROW = 3", "IN_A_ROW = 1000"),
        caught_by=("test_assignments.py::test_three_tasks_in_a_row_that_are_not_done_end_it",),
    ),
    mutant(
        "a chat that does nothing is reminded for ever",
        "chat_hooks/turn_end.py",
        ("if assignment.moves == 0:", "if assignment.moves == -1:"),
        caught_by=("test_assignments.py::test_a_reminder_after_which_nothing_happens_is_the_last",),
    ),
    mutant(
        "a chat is reminded of one task again and again",
        "chat_hooks/turn_end.py",
        ("ON CONFLICT DO NOTHING RETURNING attempt", "ON CONFLICT DO UPDATE SET at = :now RETURNING attempt"),
        caught_by=("test_assignments.py::test_a_chat_that_holds_a_task_is_reminded_of_it_once",),
    ),
    mutant(
        "a claim that waits in the background is reminded over",
        "chat_hooks/turn_end.py",
        ("    if background:\n", "    if False:\n"),
        caught_by=("test_assignments.py::test_work_in_the_background_is_waited_for",),
    ),
    mutant(
        "the number is not looked at within a turn",
        "tasks/claim.py",
        ("if claimant.chat is not None and assignments.spent(tx, claimant.chat, queue_id, now):", "if False:"),
        caught_by=(
            "test_assignments.py::test_it_ends_at_the_number",
            "test_assignments.py::test_two_agents_of_a_chat_begin_no_more_than_the_number",
        ),
    ),
    mutant(
        "a resumed chat is held to what it was asked before",
        "chat_hooks/turn_end.py",
        ("and process != assignment.process:", "and False:"),
        caught_by=("test_assignments.py::test_it_dies_with_the_chat",),
    ),
    mutant(
        "a hook takes the attempt of another call",
        "chats/__init__.py",
        ("WHERE task_id = :task AND attempt = :attempt AND chat_id IS NOT NULL", "WHERE chat_id IS NOT NULL"),
        caught_by=("test_assignments.py::test_a_correction_moves_only_the_attempt_that_it_names",),
    ),
    mutant(
        "a purge forgets a chat that you have asked to work a queue",
        "chats/__init__.py",
        ("s.chat_id = chats.id AND s.ended_at IS NULL", "s.chat_id = chats.id AND s.ended_at IS NOT NULL"),
        caught_by=("test_assignments.py::test_the_number_is_of_what_was_done_whatever_is_left_of_it",),
    ),
    mutant(
        "the id of a forgotten chat is given to another one",
        "chats/__init__.py",
        ("AND id < (SELECT max(newest.id) FROM chats AS newest)", ""),
        caught_by=("test_chats.py::test_the_id_of_a_forgotten_chat_is_no_other_chats",),
    ),
    mutant(
        "a check that hangs is a sign of its worker for ever",
        "tasks/check.py",
        ("self._next <= now <= self._until", "self._next <= now"),
        caught_by=("test_checks.py::test_a_check_keeps_its_attempt_while_it_runs_but_not_one_that_hangs",),
    ),
    mutant(
        "an attempt that asks you counts as one that was not done",
        "tasks/release.py",
        ("    if question is not None:  # before", "    if question == '':  # before"),
        caught_by=("test_assignments.py::test_a_question_to_you_is_not_a_failure",),
    ),
]
