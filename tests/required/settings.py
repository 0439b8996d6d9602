"""DESIGN.md, sections 7 to 9: configuration, what holds where the requirements disagree, and the promises."""

from tests.required.requirement import held

CONFIGURATION = (
    held(
        "D7.resolution",
        "SPARKQ_CONFIG, then sparkq.yml here, in the nearest parent, at the repository's root.",
        "core/test_location.py::test_the_variable_goes_before_every_file",
        "core/test_location.py::test_the_file_in_the_working_directory_is_the_projects",
        "core/test_location.py::test_a_subfolder_finds_the_nearest_file_above",
        "core/test_location.py::test_the_search_ends_at_the_repositorys_root",
        "cli/test_anywhere.py::test_the_environment_names_a_configuration",
        "cli/test_anywhere.py::test_a_subfolder_finds_the_project_above",
    ),
    held(
        "D7.work-trees",
        "Linked work trees find the main one's store.",
        "core/test_location.py::test_a_linked_work_tree_shares_the_main_ones_project",
        "cli/test_anywhere.py::test_a_linked_work_tree_shares_the_store",
    ),
    held(
        "D7.never-home",
        "The home directory is never a project of what is below it.",
        "core/test_location.py::test_the_home_folders_file_is_never_found_from_below",
        "cli/test_anywhere.py::test_the_home_folder_is_never_a_project",
    ),
    held(
        "D7.relative-paths",
        "Relative paths start at the file.",
        "core/test_config.py::test_relative_paths_start_at_the_file",
    ),
    held(
        "D7.environment",
        "SPARKQ_SECTION__KEY goes before the file.",
        "core/test_config.py::test_the_environment_goes_before_the_file",
        "cli/test_setup.py::test_the_environment_goes_before_the_file",
        "cli/test_setup.py::test_a_bad_environment_variable_is_named",
    ),
    held(
        "D7.flags",
        "Command flags go before the environment: sparkq run --port, --host, --env.",
        "cli/test_server.py::test_flags_go_before_the_environment_and_that_before_the_file",
        "cli/test_server.py::test_run_serves_in_the_foreground_until_ctrl_c",
    ),
    held(
        "D7.strict",
        "Unknown keys, aliases, duplicate keys and wrong types are errors that name file, line and key.",
        "core/test_config_reading.py::test_an_unknown_key_is_refused_with_the_nearest_one",
        "core/test_config_reading.py::test_an_alias_is_refused",
        "core/test_config_reading.py::test_a_key_that_stands_twice_is_refused",
        "core/test_config_reading.py::test_a_wrong_key_or_value_is_named_with_its_line",
        "core/test_config_reading.py::test_any_text_is_read_or_refused",
        "cli/test_setup.py::test_a_bad_file_is_refused_with_its_line_and_left_as_it_is",
    ),
    held(
        "D7.defaults",
        "127.0.0.1:5005, sparkq/data/sparkq.db, sparkq/logs/sparkq.log, purge 3 days, poll 30 s, auto-fail 30 s, env dev.",
        "core/test_config.py::test_the_defaults_are_what_the_design_says",
        "cli/test_setup.py::test_yes_prints_every_setting_and_makes_the_project",
    ),
)

DECISIONS = (
    held(
        "D8.loopback",
        "The default address is 127.0.0.1.",
        "core/test_config.py::test_the_defaults_are_what_the_design_says",
    ),
    held(
        "D8.token",
        "A non-loopback host is explicit and needs a token.",
        "http/test_token.py::test_nothing_is_answered_without_the_token",
        "http/test_token.py::test_the_token_is_the_owners_file_and_never_printed",
        "http/test_token.py::test_on_this_machine_no_token_is_needed",
    ),
    held(
        "D8.runner-lock",
        "The runner's lock is in the project's run folder, opened without following links.",
        "cli/test_runner.py::test_the_lock_is_a_file_of_the_run_folder_and_never_a_links_target",
        "core/test_lock.py::test_a_links_target_is_never_locked",
    ),
    held(
        "D8.archived-in-the-command",
        "Archive and unarchive are exposed in the command.",
        "cli/test_queue.py::test_an_archived_queue_is_hidden_and_comes_back_as_it_was",
    ),
    held(
        "D8.archived-on-the-page",
        "Archive and unarchive are exposed in REST and on the page.",
        "browser/test_queues.py::test_a_queue_is_renamed_ended_reopened_archived_and_brought_back",
        "http/test_queues.py::test_archived_queues_are_listed_when_asked_for",
    ),
    held(
        "D8.late-results-wait",
        "Nothing recovers by itself; a late result waits for a person.",
        "core/test_late_results.py::test_a_result_after_the_timeout_is_refused_and_kept",
        "core/test_late_results.py::test_a_late_result_is_not_accepted_over_a_new_attempt",
    ),
    held(
        "D8.no-server-needed",
        "Every door works on the store itself: nothing needs a running server.",
        "test_two_chats_and_cli.py::test_a_chat_and_the_command_see_each_other_at_once",
        "test_every_door.py::test_tasks_come_out_in_the_order_in_which_they_went_in",
    ),
    held(
        "D8.wrapper",
        "sparkq.sh makes a virtual environment and passes everything on.",
        "cli/test_wrapper.py::test_everything_is_passed_on_and_so_is_the_exit_code",
        "cli/test_wrapper.py::test_the_first_time_it_makes_a_virtual_environment_and_says_so",
    ),
    held(
        "D8.other-names",
        "sparkq-runner and sparkq-complete are installed.",
        "cli/test_runner.py::test_the_runner_and_complete_are_commands_of_their_own",
    ),
)

PROMISES = (
    held(
        "D9.one-claimer",
        "A queued task is handed to one claimer at a time, oldest first, however many chats and commands run.",
        "core/test_race.py::test_four_processes_drain_a_queue_each_task_once_and_in_order",
        "proof/test_races.py::test_six_claimers_and_four_producers_through_every_door_share_one_line",
        "test_two_chats_and_cli.py::test_every_task_is_handed_out_once_and_nobody_waits_for_a_lock",
        "test_every_door.py::test_tasks_come_out_in_the_order_in_which_they_went_in",
    ),
    held(
        "D9.nobody-sees-a-lock",
        "Chats and commands on one project never meet a locked database.",
        "test_two_chats_and_cli.py::test_every_task_is_handed_out_once_and_nobody_waits_for_a_lock",
    ),
    held(
        "D9.survives-death",
        "An acknowledged enqueue or result survives the death of any process.",
        "proof/test_kill.py::test_whoever_is_killed_nothing_acknowledged_is_lost_and_nothing_runs_twice",
        "proof/test_disk_faults.py::test_a_fault_changes_nothing_that_was_acknowledged",
    ),
    held(
        "D9.twice-only-on-purpose",
        "A task runs twice only after it failed or was released, and somebody put it back.",
        "core/test_requeue.py::test_a_task_that_never_failed_cannot_be_requeued",
        "core/test_model.py::TestLifeCycle",
    ),
    held(
        "D9.nothing-lost",
        "Nothing is lost: not a late result, not an earlier attempt, not a corrupt file's bytes.",
        "core/test_late_results.py::test_every_late_text_stays_in_the_timeline",
        "core/test_requeue.py::test_a_requeued_task_keeps_its_id_and_its_attempts",
        "core/test_schema.py::test_a_truncated_file_is_a_clear_error_and_left_as_it_is",
        "test_every_door_refuses.py::test_a_damaged_database_is_a_storage_error_and_stays_as_it_is",
    ),
    held(
        "D9.no-web-page-gets-in",
        "No web page, no other user and no other machine reads or changes the queue.",
        "proof/test_hostile_page.py::test_a_page_of_another_origin_changes_and_reads_nothing",
        "proof/test_hostile_page.py::test_a_name_that_was_rebound_to_this_machine_is_misdirected",
        "http/test_guard.py::test_a_foreign_page_is_refused",
        "http/test_token.py::test_nothing_is_answered_without_the_token",
        "proof/test_files.py::test_all_that_is_written_is_the_owners_alone",
    ),
    held(
        "D9.text-is-data",
        "Task text cannot inject into a terminal, SQL or a path.",
        "proof/test_hostile_text.py::test_a_terminal_gets_nothing_that_acts",
        "proof/test_hostile_text.py::test_a_chat_reads_escapes",
        "cli/test_hostile_text.py::test_on_a_terminal_there_are_only_our_own_colours",
        "test_every_door.py::test_text_is_kept_to_the_byte",
        "test_house.py::test_no_sql_is_formatted_when_it_runs",
        "cli/test_queue.py::test_a_name_that_cannot_be_is_refused_and_no_file_is_made",
    ),
    held(
        "D9.text-on-the-page",
        "Task text executes nothing on the page.",
        "browser/test_hostile.py::test_hostile_text_is_text_in_every_view",
        "browser/test_hostile.py::test_hostile_text_is_text_in_dialogs_messages_and_the_palette",
        "browser/test_hostile.py::test_a_hostile_address_runs_nothing_and_a_name_of_the_language_is_no_view",
        "browser/test_hostile.py::test_the_policy_of_the_page_stops_what_would_slip_through",
    ),
    held(
        "D9.planted-defects",
        "A list of planted defects, each of which a test catches.",
        "test_mutants.py::test_a_planted_defect_is_caught_by_the_tests_that_it_names",
    ),
)

HOUSE = (
    held(
        "D2.rooms",
        "A room has one job, at most 350 lines, and says what it promises.",
        "test_house.py::test_a_room_has_one_job_and_so_few_lines",
        "test_house.py::test_everything_public_says_what_it_promises",
    ),
    held(
        "D2.sql-constants",
        "SQL stands as upper-case constants, never formatted when it runs.",
        "test_house.py::test_no_sql_is_formatted_when_it_runs",
        "test_house.py::test_there_are_statements_to_look_at",
    ),
    held(
        "D2.one-suite",
        "One behaviour suite runs through every door that there is.",
        "test_every_door.py::test_every_door_tells_the_same_of_a_task",
    ),
    held(
        "D2.one-suite-over-http",
        "The every-door suite runs over HTTP too.",
        "test_every_door.py::test_tasks_come_out_in_the_order_in_which_they_went_in",
    ),
    held(
        "D2.requirements-are-data",
        "A requirement without a test fails the suite unless an issue brings it.",
        "test_requirements.py::test_every_requirement_is_held_or_awaited",
    ),
)
