"""Mutants of the life cycle: each must make the tests that it names fail.

When the source has changed, a snippet is not found and test_mutants.py fails: quote the new source.
"""

from tests.mutants.mutant import mutant

FENCE = "AND status = :from_status AND attempts = coalesce(:attempt, attempts)"
NO_FENCE = "AND status = :from_status"

LIFE_CYCLE_MUTANTS = [
    mutant(
        "no fence when settling",
        "tasks/settle.py",
        (f"error_type = :error_type\nWHERE id = :id {FENCE}", f"error_type = :error_type\nWHERE id = :id {NO_FENCE}"),
        caught_by=("test_settle.py::test_a_lost_attempt_cannot_settle_and_hears_who_holds_the_task_now",),
    ),
    mutant(
        "a running task does not count against the review limit",
        "queues/gates.py",
        ("OR running + unreviewed_succeeded", "OR unreviewed_succeeded"),
        caught_by=("test_strict.py::test_several_claimers_at_once_never_exceed_the_limit",),
    ),
    mutant(
        "a failed task needs no review in a strict queue",
        "queues/gates.py",
        (" + unreviewed_failed < review_limit", " < review_limit"),
        caught_by=("test_strict.py::test_a_strict_queue_hands_out_the_next_task_after_your_verdict",),
    ),
    mutant(
        "a claim looks past the gate",
        "tasks/claim.py",
        ("AND status = 'queued' AND {_HANDS_OUT}", "AND status = 'queued'"),
        caught_by=("test_gates.py::test_a_paused_queue_accepts_tasks_and_hands_out_none_however_it_is_asked",),
    ),
    mutant(
        "a session can be an option of the client's command",
        "chats/ways_back.py",
        ('r"[A-Za-z0-9][A-Za-z0-9._-]*"', 'r"[A-Za-z0-9._-]*"'),
        caught_by=("test_ways_back.py::test_an_odd_session_gets_no_command",),
    ),
    mutant(
        "the folder of a chat is put into a command as it is",
        "chats/ways_back.py",
        ("shlex.quote(chat.cwd)", "chat.cwd"),
        caught_by=("test_ways_back.py::test_a_folder_stays_one_word_of_the_shell",),
    ),
    mutant(
        "the process that a chat left behind ends it",
        "chats/presence.py",
        (" AND (:server IS NULL OR server IS NULL OR server = :server)", " AND (:server IS NULL OR TRUE)"),
        caught_by=("test_presence.py::test_a_former_process_does_not_end_a_chat_that_was_resumed_in_another",),
    ),
    mutant(
        "nobody notices a killed server",
        "stale.py",
        ("    presence.notice(sq)\n", ""),
        caught_by=("test_presence.py::test_a_killed_server_is_noticed_by_the_next_look",),
    ),
    mutant(
        "a chat without a number settles the attempt that runs now",
        "tasks/fence.py",
        ("if len(given) == 1 and chat is not None:", "if given and chat is not None:"),
        ("return given[0]", "return task.attempts"),
        caught_by=("test_fence.py::test_a_late_context_does_not_settle_the_newer_attempt_of_its_own_chat",),
    ),
    mutant(
        "a chat without a number settles one of several open claims",
        "tasks/fence.py",
        (" and not (runs and chats.open_claims(tx, chat, besides=task_id, limit=1))", ""),
        caught_by=("test_fence.py::test_with_two_open_claims_a_call_without_the_number_settles_neither",),
    ),
    mutant(
        "a repeated completion orphans the task that came with the first",
        "tasks/settle.py",
        ("        tx.run(CLAIMED_NEXT, {", "        dict({"),
        caught_by=("test_next.py::test_the_same_outcome_again_gives_the_task_again_that_came_with_the_first",),
    ),
    mutant(
        "a report without a number may be that of a silent worker",
        "tasks/fence.py",
        ('return tx.row(SILENT, {"task": storable(task_id)}) is not None', "return False"),
        caught_by=("test_fence.py::test_a_report_without_a_number_is_not_taken_while_an_earlier_worker_is_silent",),
    ),
    mutant(
        "no fence for progress",
        "tasks/progress.py",
        (f"* timeout * 1000\nWHERE id = :id {FENCE}", f"* timeout * 1000\nWHERE id = :id {NO_FENCE}"),
        caught_by=("test_settle.py::test_progress_of_a_lost_attempt_does_not_keep_the_task_alive",),
    ),
    mutant(
        "no fence for a release",
        "tasks/release.py",
        (f"limit_until = NULL\nWHERE id = :id {FENCE}", f"limit_until = NULL\nWHERE id = :id {NO_FENCE}"),
        caught_by=("test_settle.py::test_a_lost_attempt_cannot_release_the_task_of_another",),
    ),
    mutant(
        "the same outcome twice is a conflict",
        "tasks/settle.py",
        ("if ended is not None and report.repeats(ended):", "if False:"),
        caught_by=("test_settle.py::test_the_same_outcome_again_is_harmless",),
    ),
    mutant(
        "last in, first out",
        "tasks/claim.py",
        ("ORDER BY position LIMIT 1\n", "ORDER BY position DESC LIMIT 1\n"),
        caught_by=("test_claim.py::test_tasks_are_claimed_in_the_order_in_which_they_came",),
    ),
    mutant(
        "the order follows the clock",
        "tasks/claim.py",
        ("ORDER BY position LIMIT 1\n", "ORDER BY created_at LIMIT 1\n"),
        caught_by=("test_claim.py::test_a_clock_that_goes_backwards_does_not_change_the_order",),
    ),
    mutant(
        "a claim without a guard",
        "tasks/claim.py",
        ("WHERE id = :id AND status = 'queued'", "WHERE id = :id"),
        caught_by=("test_claim.py::test_a_given_task_that_is_taken_is_refused_and_the_holder_named",),
    ),
    mutant(
        "a claim in two steps",
        "tasks/claim.py",
        ("WHERE id = :id AND status = 'queued'", "WHERE id = :id"),
        (
            "    with sq.db.write() as tx:\n        now = sq.clock.now()\n",
            '    found = sq.db.row(HEAD, {"queue": 1})\n'
            "    sq.clock.pause()\n    with sq.db.write() as tx:\n        now = sq.clock.now()\n",
        ),
        (
            "            return take(sq, tx, line.id, claimant, now)\n",
            "            return begin(sq, tx, Head._make(found), claimant, now) if found else None\n",
        ),
        caught_by=("test_race.py::test_four_processes_drain_a_queue_each_task_once_and_in_order",),
    ),
    mutant(
        "a transaction that takes the lock only when it writes",
        "storage/database.py",
        ('"BEGIN IMMEDIATE; PRAGMA', '"BEGIN; PRAGMA'),
        caught_by=("test_race.py::test_four_processes_drain_a_queue_each_task_once_and_in_order",),
    ),
    mutant(
        "an archived queue gives tasks",
        "tasks/claim.py",
        ("if line.status == QueueStatus.ARCHIVED:\n            raise", "if False:\n            raise"),
        caught_by=("test_claim.py::test_an_archived_queue_gives_nothing",),
    ),
    mutant(
        "an ended queue takes tasks",
        "tasks/enqueue.py",
        ("if queue.status != QueueStatus.ACTIVE:", "if False:"),
        caught_by=("test_enqueue.py::test_a_closed_queue_accepts_no_new_tasks",),
    ),
    mutant(
        "a key that was used for another prompt answers as if it had been added",
        "tasks/enqueue.py",
        ("        if not (is_same_queue and", "        if not (task or"),
        caught_by=(
            "test_enqueue.py::test_a_key_that_was_used_for_something_else_is_refused_with_its_task",
            "test_enqueue.py::test_of_a_bulk_with_a_key_that_was_used_for_something_else_nothing_is_added",
        ),
    ),
    mutant(
        "the key is ignored",
        "tasks/enqueue.py",
        ("if draft.key is not None and (row :=", "if not draft.prompt and (row :="),
        caught_by=("test_enqueue.py::test_the_same_key_returns_the_task_that_it_made",),
    ),
    mutant(
        "an edit loses the earlier prompt",
        "tasks/edit.py",
        ("SET revision = revision + :again, title", "SET revision = revision + 0 * :again, title"),
        caught_by=("test_edit.py::test_an_edit_keeps_the_place_and_the_earlier_revision",),
    ),
    mutant(
        "the sweep ignores heartbeats",
        "tasks/progress.py",
        (
            "limit_until = NULL, due_at = :now + {WARN_AFTER} * timeout * 1000\nWHERE",
            "limit_until = NULL\nWHERE",
        ),
        caught_by=("test_stale.py::test_a_heartbeat_restarts_the_clock",),
    ),
    mutant(
        "the sweep fails without a warning",
        "stale.py",
        ("due_at <= :now AND stale_warned_at IS NOT NULL", "due_at + timeout * 1000 <= :now"),
        caught_by=("test_stale.py::test_after_a_night_of_sleep_the_warning_comes_first",),
    ),
    mutant(
        "a late warning leaves no time to answer",
        "stale.py",
        ("{FAIL_AFTER} * timeout * 1000, :now + timeout * 1000)", "{FAIL_AFTER} * timeout * 1000, :now)"),
        caught_by=("test_stale.py::test_a_late_warning_gives_the_worker_one_whole_timeout",),
    ),
    mutant(
        "nobody who comes by sweeps",
        "stale.py",
        ("if not is_set_back and not due(sq.db, now):", "if True or not due(sq.db, now):"),
        caught_by=("test_stale.py::test_every_verb_applies_the_sweeps_that_are_due",),
    ),
    mutant(
        "a clock that is set back leaves its deadlines hours ahead",
        "stale.py",
        ("        if is_set_back:\n", "        if not now:\n"),
        caught_by=("test_stale.py::test_after_the_clock_was_set_back_no_deadline_is_more_than_two_timeouts_ahead",),
    ),
    mutant(
        "a duration is negative after the clock was set back",
        "lifecycle.py",
        ("return max(end - start, 0)", "return end - start"),
        caught_by=("test_stale.py::test_work_that_ended_before_it_began_took_no_time",),
    ),
    mutant(
        "the sweep does not end the attempt",
        "stale.py",
        (
            "stale_warned_at = :warned\nWHERE task_id = :task AND attempt = :attempt AND outcome IS NULL",
            "stale_warned_at = :warned\nWHERE task_id = -:task",
        ),
        caught_by=("test_stale.py::test_a_silent_task_fails_after_two_timeouts_and_not_before",),
    ),
    mutant(
        "what comes too late is dropped",
        "tasks/settle.py",
        (
            "return ended, late_results.keep(tx, task, ended, report.outcome, report.text, report.data, now)\n",
            "return ended, True\n",
        ),
        caught_by=("test_late_results.py::test_the_text_of_a_lost_attempt_is_kept_on_its_own_attempt",),
    ),
    mutant(
        "what comes too late is rolled back with the refusal",
        "tasks/settle.py",
        (
            "            refusal = refused(tx, report.task_id, report.verb, attempt, kept=keep_late)\n",
            "            raise refused(tx, report.task_id, report.verb, attempt, kept=keep_late)\n",
        ),
        caught_by=("test_late_results.py::test_a_result_after_the_timeout_is_refused_and_kept",),
    ),
    mutant(
        "a late failure takes the late result away",
        "tasks/late_results.py",
        (" and not would_replace_a_result", ""),
        caught_by=("test_late_results.py::test_a_late_failure_does_not_take_the_late_result_away",),
    ),
    mutant(
        "an accepted result is overwritten by what comes later",
        "tasks/late_results.py",
        ("if attempt.accepted_at is None and ", "if "),
        caught_by=("test_late_results.py::test_an_accepted_result_is_not_changed_by_what_comes_later",),
    ),
    mutant(
        "a late text does not come back to the inbox",
        "tasks/late_results.py",
        (",\n    reviewed_at = NULL\nWHERE id = :task", "\nWHERE id = :task"),
        caught_by=("test_late_results.py::test_a_text_after_any_end_makes_the_task_news_again",),
    ),
    mutant(
        "a late result that was seen before the requeue is accepted by a later look",
        "tasks/requeue.py",
        ("late_at = NULL, late_attempt = NULL,\n    late_outcome = NULL, ", ""),
        caught_by=(
            "test_late_results.py::test_a_result_that_was_seen_before_the_requeue_is_not_accepted_by_a_later_look",
        ),
    ),
    mutant(
        "a still newer late text than the one that was shown is accepted",
        "tasks/late_results.py",
        (" or seen.late_at not in (None, task.late_at)", ""),
        caught_by=("test_late_results.py::test_a_newer_late_text_than_the_one_that_was_shown_is_unseen",),
    ),
    mutant(
        "a late result is accepted while another attempt runs",
        "tasks/late_results.py",
        ('if task.status not in MOVES["accept"].from_statuses:', "if False:"),
        caught_by=("test_late_results.py::test_a_late_result_waits_while_another_attempt_runs",),
    ),
    mutant(
        "a correction that came last is passed over for the result before it",
        "tasks/late_results.py",
        ("return late_outcome == Status.SUCCEEDED and", "return"),
        caught_by=("test_late_results.py::test_a_newer_late_text_than_the_one_that_was_shown_is_unseen",),
    ),
    mutant(
        "feedback that was withdrawn reaches the worker",
        "tasks/claim.py",
        ("kind IN ('requeued', 'feedback', 'requeue undone')", "kind = 'requeued'"),
        caught_by=("test_edit.py::test_feedback_is_replaced_or_withdrawn_while_the_task_waits",),
    ),
    mutant(
        "an unread late text is purged from the age of the outcome",
        "maintenance/purge.py",
        (
            "NOT NULL AND reviewed_at IS NULL AND news_at < :unreviewed_before",
            "NOT NULL AND reviewed_at IS NULL AND finished_at < :unreviewed_before",
        ),
        ("(reviewed_at IS NULL AND news_at < ", "(reviewed_at IS NULL AND finished_at < "),
        caught_by=("test_purge.py::test_the_age_of_an_unreviewed_task_counts_from_its_newest_late_text",),
    ),
    mutant(
        "a queued task with a late text is purged",
        "maintenance/purge.py",
        ('news_at < :unreviewed_before AND finished_at IS NOT NULL\n"', 'news_at < :unreviewed_before\n"'),
        ("news_at < :unreviewed_before AND finished_at IS NOT NULL))", "news_at < :unreviewed_before))"),
        caught_by=("test_purge.py::test_a_queued_task_with_a_late_text_is_never_deleted",),
    ),
    mutant(
        "a mark is old enough at once",
        "maintenance/marks.py",
        (
            "<= :observed - iif(m.reviewed, :second_look, :notice) AND",
            "<= :observed + iif(m.reviewed, :second_look, :notice) AND",
        ),
        caught_by=("test_marks.py::test_whoever_comes_back_after_a_month_has_a_day_of_rounds_to_read_what_goes",),
    ),
    mutant(
        "a warned task gets nothing back for the sleep of the machine",
        "stale.py",
        ("    if seen.skipped_ms:\n", "    if False:\n"),
        caught_by=(
            "test_stale.py::TestAfterTheWarning::test_a_warned_task_has_one_whole_timeout_of_running_time",
            "test_stale.py::TestAfterTheWarning::test_a_claim_that_comes_first_after_the_sleep_gives_it_back_too",
            "test_stale.py::TestAfterTheWarning::test_a_look_for_the_purge_does_not_hide_the_sleep",
        ),
    ),
    mutant(
        "a jump of the clock counts as observed time",
        "observed.py",
        ("min(:now - observed_at, :tick - observed_tick, :most)", "min(:now - observed_at, :most)"),
        caught_by=("test_marks.py::test_a_jump_of_the_clock_is_no_observed_time",),
    ),
    mutant(
        "a mark outlives the news that it was for",
        "maintenance/marks.py",
        ("t.news_at, NULL)) IS m.due_since\nAND m.due_since <", "t.news_at, NULL)) <"),
        caught_by=("test_marks.py::test_a_mark_is_void_when_its_task_is_no_longer_the_same",),
    ),
    mutant(
        "the tasks of an archived queue are purged",
        "maintenance/purge.py",
        ("(:queue IS NULL AND queue_id NOT IN", "(:queue IS NULL OR queue_id NOT IN"),
        caught_by=("test_purge.py::test_the_tasks_of_an_archived_queue_are_kept_until_you_name_it",),
    ),
    mutant(
        "a number beyond SQLite passes for a defect",
        "tasks/settle.py",
        (
            '"attempt": storable(report.attempt), "from_status": move.from_status',
            '"attempt": report.attempt, "from_status": move.from_status',
        ),
        caught_by=("test_settle.py::test_an_attempt_beyond_all_numbers_is_refused",),
    ),
    mutant(
        "a requeue loses the feedback",
        "tasks/requeue.py",
        ("attempt=task.attempts, text=wanted.feedback)", "attempt=task.attempts)"),
        caught_by=("test_claim.py::test_feedback_and_the_earlier_outcome_reach_the_next_claimer",),
    ),
    mutant(
        "a requeue ignores the front",
        "tasks/requeue.py",
        ("task.queue_id), front=wanted.front)", "task.queue_id), front=False)"),
        caught_by=("test_claim.py::test_a_requeued_task_goes_to_the_end_or_to_the_front",),
    ),
    mutant(
        "a release goes to the end of the line",
        "tasks/release.py",
        (
            "SET status = :target, due_at = NULL, worker = NULL",
            "SET status = :target, position = position + 1000000, due_at = NULL, worker = NULL",
        ),
        caught_by=("test_claim.py::test_a_released_task_stands_at_its_old_place",),
    ),
    mutant(
        "a running task can be cancelled",
        "tasks/cancel.py",
        ("if before.status not in move.from_statuses:", "if not move.from_statuses:"),
        caught_by=("test_requeue.py::test_only_a_queued_task_can_be_cancelled",),
    ),
    mutant(
        "a task that is put elsewhere takes the position of a running one",
        "tasks/order.py",
        ("status = 'queued' AND position BETWEEN", "status <> 'failed' AND position BETWEEN"),
        caught_by=("test_place.py::test_a_released_task_comes_back_to_its_old_place_whatever_was_moved_around_it",),
    ),
    mutant(
        "a cancel hides a late text that was not seen",
        "tasks/cancel.py",
        ("iif(late_at IS NULL, :now, NULL)", ":now"),
        caught_by=("test_late_results.py::test_a_cancel_leaves_a_late_text_that_you_have_not_seen_in_the_inbox",),
    ),
    mutant(
        "a worker can bring back a cancelled task",
        "tasks/requeue.py",
        (
            "    if task.status == Status.CANCELLED:\n        raise",
            "    if not task.status:\n        raise",
        ),
        caught_by=("test_requeue.py::test_a_worker_brings_back_a_failed_task_but_not_a_cancelled_one",),
    ),
    mutant(
        "a worker can requeue a task whose late result waits",
        "tasks/requeue.py",
        ("    if late_results.waits(tx, task):", "    if not task.status:"),
        caught_by=("test_requeue.py::test_a_worker_does_not_overrule_a_late_result_that_waits",),
    ),
    mutant(
        "a counter is not kept",
        "storage/migrations/0011_questions.sql",
        ("AFTER UPDATE OF status, reviewed_at ON tasks", "AFTER UPDATE OF status ON tasks"),
        caught_by=("test_queues.py::test_the_counts_are_the_truth_at_every_step_of_a_life",),
    ),
    mutant(
        "a claim leaves no event",
        "tasks/claim.py",
        ('note(tx, now, "claimed"', 'now and note(tx, now, "edited"'),
        caught_by=("test_events.py::test_a_life_leaves_one_event_for_each_move",),
    ),
    mutant(
        "a page repeats the last task of the one before",
        "tasks/lanes.py",
        ('_DOWN = "id < :after', '_DOWN = "id <= :after'),
        caught_by=("test_listing.py::test_paging_goes_on_where_it_was_although_tasks_come_and_go",),
    ),
    mutant(
        "a list by id misses the tasks that were put elsewhere",
        "tasks/lanes.py",
        ("return (QUEUED_NEWEST, QUEUED_ELSEWHERE_NEWEST) if newest", "return (QUEUED_NEWEST,) if newest"),
        caught_by=("test_listing.py::test_a_list_by_id_has_the_tasks_that_were_put_elsewhere_too",),
    ),
    mutant(
        "a new task comes before one that came back to the end",
        "tasks/enqueue.py",
        ("max(self._back + 1, position_of(self._id))", "position_of(self._id)"),
        caught_by=("test_enqueue.py::test_a_task_that_came_back_is_before_the_next_new_one_however_many_came_back",),
    ),
    mutant(
        "a list forgets a filter",
        "tasks/lanes.py",
        ("AND (:worker IS NULL OR worker = :worker)", "AND (:worker IS NULL OR 1)"),
        caught_by=("test_listing.py::test_each_filter_finds_what_it_names_and_nothing_else",),
    ),
    mutant(
        "a rename takes another queue's name",
        "queues/__init__.py",
        ('RENAME = f"UPDATE queues', 'RENAME = f"UPDATE OR REPLACE queues'),
        ("    check_free(tx, new, besides=queue.id)\n", ""),
        caught_by=("test_queues.py::test_a_queue_is_not_renamed_over_another",),
    ),
    mutant(
        "changed instructions keep their revision",
        "queues/__init__.py",
        ("SET revision = revision + 1", "SET revision = max(revision, 1)"),
        caught_by=("test_queues.py::test_instructions_have_a_revision_that_grows_with_each_change",),
    ),
    mutant(
        "a NUL comes in",
        "text.py",
        ('if "\\x00" in value:', 'if value == "\\x00":'),
        caught_by=("test_text.py::test_a_nul_or_a_surrogate_is_refused_wherever_it_stands",),
    ),
    mutant(
        "a text of any length comes in",
        "text.py",
        ("if size > limit:", "if size > 2 * limit:"),
        caught_by=("test_enqueue.py::test_a_prompt_that_cannot_be_kept_is_refused",),
    ),
    mutant(
        "letters are counted, not bytes",
        "text.py",
        ("len(value.encode())", "len(value)"),
        caught_by=("test_enqueue.py::test_a_prompt_that_cannot_be_kept_is_refused",),
    ),
    mutant(
        "foreign text is shown as it is",
        "text.py",
        ('shown = with_escapes(value.replace("\\r\\n", "\\n"), _escape)', "shown = value"),
        caught_by=(
            "test_text.py::test_safe_text_has_nothing_that_acts",
            "test_text.py::test_what_acts_is_shown_as_an_escape",
        ),
    ),
    mutant(
        "text can turn its neighbours around",
        "text.py",
        ("\\u202a-\\u202e", "\\u202a"),
        caught_by=("test_text.py::test_what_acts_is_shown_as_an_escape",),
    ),
    mutant(
        "a name can be a path",
        "text.py",
        ("[A-Za-z0-9][A-Za-z0-9._-]*", "[A-Za-z0-9.][A-Za-z0-9._/-]*"),
        (' and ".." not in value', ""),
        caught_by=("test_queues.py::test_a_name_that_would_not_survive_is_refused_and_nothing_made",),
    ),
    mutant(
        "a requeue is undone under a worker's hands",
        "tasks/undo.py",
        (
            "    if event is not None:\n        raise _too_late",
            "    if event is None and False:\n        raise _too_late",
        ),
        caught_by=("test_undo.py::test_a_requeue_cannot_be_undone_once_it_was_claimed",),
    ),
    mutant(
        "the feedback of an undone requeue stays",
        "tasks/claim.py",
        ("kind IN ('requeued', 'feedback', 'requeue undone')", "kind IN ('requeued', 'feedback')"),
        caught_by=("test_undo.py::test_a_mistaken_requeue_is_undone_and_the_feedback_with_it",),
    ),
    mutant(
        "an undone acceptance keeps the late result accepted",
        "tasks/undo.py",
        ('    if kept.kind == "accepted":', '    if kept.kind == "":'),
        caught_by=("test_undo.py::test_an_accepted_late_result_waits_again_and_its_task_has_its_outcome",),
    ),
    mutant(
        "a verdict before something else is undone with the one after it",
        "tasks/undo.py",
        ('"until": undone.event}) is None:', '"until": undone.event}) is None or True:'),
        caught_by=("test_undo.py::test_what_happened_between_two_verdicts_keeps_the_first_when_the_second_is_undone",),
    ),
    mutant(
        "the requeue of a worker counts as your verdict",
        "tasks/requeue.py",
        ("    if not wanted.by_worker and given:", "    if given:"),
        caught_by=("test_undo.py::test_the_requeue_of_a_worker_is_no_verdict_of_yours",),
    ),
    mutant(
        "an agent's shell is as good as yours",
        "config/consent.py",
        ("    if name is not None:\n        other", "    if name is not None and not env:\n        other"),
        caught_by=("test_hooks.py::test_an_agent_allows_no_hooks_and_sets_none",),
    ),
    mutant(
        "an edit overwrites a prompt that was not shown",
        "tasks/edit.py",
        ("if revision not in (None, before.revision):", "if revision == 0:"),
        caught_by=("test_edit.py::test_a_prompt_that_is_not_the_one_that_was_shown_is_not_replaced",),
    ),
    mutant(
        "a result that came while you were asked is deleted",
        "tasks/order.py",
        ("            late_results.check_seen(tx, task, seen)", "            assert task"),
        caught_by=("test_delete.py::test_a_result_that_came_while_you_were_asked_is_not_deleted",),
    ),
    mutant(
        "the result of the attempt that was running when you were asked is deleted",
        "tasks/late_results.py",
        ("    if seen.status not in (None, task.status):", "    if seen.status == Status.HELD:"),
        caught_by=("test_delete.py::test_nor_is_that_of_the_attempt_that_was_running",),
    ),
]
