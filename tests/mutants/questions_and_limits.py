"""Mutants of the questions of workers and of usage limits: each must make the tests that it names fail."""

from tests.mutants.mutant import mutant

QUESTION_AND_LIMIT_MUTANTS = [
    mutant(
        "a question leaves the task in its queue",
        "tasks/release.py",
        ('"target": MOVES[verb].target}', '"target": MOVES["release"].target}'),
        caught_by=("test_questions.py::test_a_held_task_is_handed_to_nobody_however_it_is_asked_for",),
    ),
    mutant(
        "an answer is for whatever question is open",
        "tasks/answer.py",
        ("if attempt not in (None, task.attempts):", "if False:"),
        caught_by=("test_questions.py::test_an_answer_is_for_the_question_that_was_seen",),
    ),
    mutant(
        "another answer replaces the first",
        "tasks/answer.py",
        ("    if asked.answer == text:\n", "    if asked.answer:\n"),
        caught_by=("test_questions.py::test_the_same_answer_again_is_harmless_and_another_is_refused",),
    ),
    mutant(
        "an answered task goes to the end of its queue",
        "tasks/answer.py",
        ("queues.by_id(tx, task.queue_id), front=True)", "queues.by_id(tx, task.queue_id))"),
        caught_by=("test_questions.py::test_the_answer_puts_the_task_at_the_head_and_reaches_the_next_worker",),
    ),
    mutant(
        "a question that comes too late is lost",
        "tasks/release.py",
        ("    late_results.keep(tx, task, ended, Status.FAILED, question, None, now)\n", ""),
        caught_by=("test_questions.py::test_a_question_that_comes_too_late_is_kept_for_your_review",),
    ),
    mutant(
        "a task whose chat waits for its usage limit becomes stale",
        "stale.py",
        ("AND stale_warned_at IS NULL AND limit_until IS NULL\nRETURNING", "AND stale_warned_at IS NULL\nRETURNING"),
        ("released, failed = _release_over(tx, now), _fail_due(tx, now)", "released, failed = (), _fail_due(tx, now)"),
        caught_by=("test_limit.py::test_a_limit_that_passes_without_a_word_releases_the_task_to_its_old_place",),
    ),
    mutant(
        "a limit of a clock that was set back lasts a day longer",
        "stale.py",
        ('            tx.run(LIMIT_MOVED, {"now": now})\n', ""),
        caught_by=("test_limit.py::test_a_clock_that_is_set_back_makes_no_limit_longer",),
    ),
    mutant(
        "a limit that was over while the machine slept releases at once",
        "stale.py",
        ('        tx.run(TIME_TO_SPEAK, {"now": now})\n', ""),
        caught_by=("test_limit.py::test_after_a_sleep_the_chat_has_a_timeout_to_speak",),
    ),
    mutant(
        "progress does not end a limit",
        "tasks/progress.py",
        ("stale_warned_at = NULL, limit_until = NULL, due_at", "stale_warned_at = NULL, due_at"),
        caught_by=("test_limit.py::test_any_call_of_its_chat_ends_the_limit",),
    ),
]
