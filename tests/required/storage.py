"""DESIGN.md, section 3: storage."""

from tests.required.requirement import awaits, held

STORAGE = (
    held(
        "D3.sqlite-without-the-race",
        "The SQLite in use is 3.51.3 or newer, whatever Python brings.",
        "core/test_database.py::test_sqlite_is_free_of_the_wal_reset_race",
    ),
    held(
        "D3.wal-and-identity",
        "The database is in WAL mode and carries application_id and user_version.",
        "core/test_schema.py::test_a_new_file_says_whose_it_is",
    ),
    held(
        "D3.full-synchronous",
        "synchronous is FULL, so that an acknowledged result survives power loss, and foreign keys are checked.",
        "core/test_schema.py::test_a_result_is_on_the_disk_before_it_is_acknowledged",
        "core/test_schema.py::test_less_syncing_is_for_those_who_ask",
    ),
    held(
        "D3.owner-only",
        "The file and its folder are for the owner only.",
        "core/test_schema.py::test_the_file_and_its_folder_are_the_owners",
        "cli/test_setup.py::test_the_data_is_the_owners_alone",
    ),
    held(
        "D3.only-setup-creates",
        "Only setup creates the file; every other command opens what is there.",
        "core/test_schema.py::test_a_missing_file_is_no_project_and_is_not_made",
        "cli/test_anywhere.py::test_where_nothing_was_set_up_it_says_so_and_makes_nothing",
    ),
    held(
        "D3.created-under-a-lock",
        "Processes that set up at once make one database, whole or not at all.",
        "core/test_schema.py::test_eight_processes_that_set_up_at_once_make_one_database",
        "core/test_schema.py::test_creating_leaves_nothing_half_made_behind",
        "core/test_schema.py::test_what_a_killed_setup_left_is_no_hindrance",
    ),
    held(
        "D3.clear-file-errors",
        "A missing, empty, foreign, newer or corrupt file is a clear error.",
        "core/test_schema.py::test_an_empty_file_is_refused",
        "core/test_schema.py::test_a_file_that_is_no_database_is_refused",
        "core/test_schema.py::test_a_database_of_another_program_is_refused",
        "core/test_schema.py::test_a_newer_schema_is_refused_and_says_what_to_do",
        "cli/test_anywhere.py::test_a_database_in_the_wrong_state_is_a_storage_error",
        "test_every_door_refuses.py::test_a_damaged_database_is_a_storage_error_and_stays_as_it_is",
    ),
    held(
        "D3.never-recreated",
        "Nothing is ever silently recreated, not even when the file vanishes while it is open.",
        "core/test_database.py::test_a_file_that_was_removed_while_it_was_open_is_neither_written_nor_made_anew",
        "core/test_database.py::test_a_file_that_was_replaced_while_it_was_open_is_not_written",
        "test_every_door_refuses.py::test_a_database_that_is_gone_is_not_made_again",
    ),
    held(
        "D3.one-transaction",
        "Every transition is one transaction: whole or not at all.",
        "core/test_database.py::test_a_transaction_is_made_whole_or_not_at_all",
        "core/test_database.py::test_a_transaction_that_failed_leaves_the_connection_usable",
    ),
    held(
        "D3.busy-budget",
        "A locked database is tried for 10 seconds with short random sleeps, then refused as busy.",
        "core/test_database.py::test_a_locked_database_is_busy_after_ten_seconds_of_trying",
        "core/test_database.py::test_a_lock_that_is_given_back_in_time_is_no_error",
        "test_every_door_refuses.py::test_a_locked_database_is_busy_at_every_door_and_nothing_changes",
    ),
    awaits(8, "D3.fair-waiting", "Among eight processes back to back none starves: least by most served at least 0.4."),
    held(
        "D3.connections",
        "One connection for each thread and process, never across a fork.",
        "core/test_database.py::test_each_thread_has_its_own_connection",
        "core/test_database.py::test_a_forked_child_works_on_a_connection_of_its_own",
    ),
    awaits(8, "D3.direct-calls", "Asynchronous doors call the sub-millisecond core directly, long work in a thread."),
    held(
        "D3.times",
        "Times are integer UTC milliseconds in the file and ISO 8601 with Z at every door.",
        "core/test_wire.py::test_times_are_iso_8601_with_z",
        "test_every_door.py::test_times_are_utc_in_iso_8601",
    ),
    held(
        "D3.typed-ids",
        "Tasks are shown as #42 and may be typed as 42.",
        "cli/test_tasks.py::test_a_task_in_json_is_whole",
        "cli/test_tasks.py::test_what_is_no_id_is_refused",
    ),
    held(
        "D3.ids-never-reused",
        "An id means one task for ever, also after the newest one was purged.",
        "core/test_purge.py::test_an_id_is_never_given_again",
        "core/test_purge.py::test_an_id_is_not_given_again_by_the_next_process",
    ),
    held(
        "D3.fifo-by-position",
        "FIFO follows a position of the queue, never a clock.",
        "core/test_claim.py::test_a_clock_that_goes_backwards_does_not_change_the_order",
        "core/test_race.py::test_processes_that_enqueue_at_once_lose_nothing_and_share_no_place",
    ),
    held(
        "D3.prompt-revisions",
        "Each change of a task's prompt is a row of its own; earlier ones stay.",
        "core/test_edit.py::test_an_edited_prompt_is_the_next_revision_and_what_the_worker_gets",
        "core/test_edit.py::test_an_edit_keeps_the_place_and_the_earlier_revision",
    ),
    held(
        "D3.history-stays",
        "What ended an attempt is never overwritten.",
        "core/test_model.py::TestLifeCycle",
        "core/test_settle.py::test_another_outcome_is_a_conflict_and_the_first_one_stays",
    ),
    held(
        "D3.events",
        "Every transition leaves an event: the timeline of a task and the feed of the doors.",
        "core/test_events.py::test_a_life_leaves_one_event_for_each_move",
        "core/test_events.py::test_the_feed_gives_each_event_once_in_order",
        "core/test_events.py::test_what_was_refused_leaves_no_event",
    ),
    held(
        "D3.config-table",
        "The config table serves when there is no sparkq.yml.",
        "core/test_config.py::test_the_config_table_serves_when_there_is_no_file",
        "core/test_config.py::test_with_a_file_the_config_table_is_silent",
    ),
    held(
        "D3.no-growing-scan",
        "No statement walks or sorts a table that grows with the number of stored tasks, unless it is listed.",
        "test_house.py::test_no_statement_walks_a_growing_table",
        "test_house.py::test_no_statement_sorts_a_growing_table",
        "test_house.py::test_looking_for_what_is_due_is_one_seek",
    ),
    awaits(
        8, "D3.million", "Claim, enqueue, a page and the counts cost at a million tasks what they cost at a thousand."
    ),
    held(
        "D3.counters",
        "The kept counters are the truth at every step.",
        "core/test_queues.py::test_the_counts_are_the_truth_at_every_step_of_a_life",
        "core/test_model.py::TestLifeCycle",
    ),
    held(
        "D3.keyset",
        "Pages go on after a key, not after a count of rows.",
        "core/test_listing.py::test_pages_are_complete_without_duplicates_and_their_total_is_true",
        "core/test_listing.py::test_paging_goes_on_where_it_was_although_tasks_come_and_go",
    ),
    held(
        "D3.slim-lists",
        "Prompts and results stay out of lists.",
        "core/test_listing.py::test_a_list_carries_no_long_text",
        "test_every_door.py::test_lists_carry_neither_prompts_nor_results",
    ),
    held(
        "D3.migrations",
        "Older files are brought to today's schema once, in one transaction, by whoever opens them first.",
        "core/test_schema.py::test_an_older_file_is_brought_up_once_by_whoever_opens_it_first",
        "core/test_schema.py::test_a_migration_that_fails_changes_nothing",
        "proof/test_upgrade_in_use.py::test_what_an_older_process_writes_while_a_newer_one_migrates_is_kept_or_refused",
        "core/test_schema.py::test_the_version_is_the_number_of_migrations",
    ),
)
