"""DESIGN.md, section 6: MCP, REST, the page and the runner."""

from tests.required.requirement import held

TOOLS = (
    held(
        "D6.tool-list_queues",
        "list_queues tells how many tasks of each queue stand where.",
        "test_every_door.py::test_queues_are_listed_with_what_stands_where",
    ),
    held(
        "D6.tool-peek", "peek shows the next tasks.", "test_every_door.py::test_peek_shows_the_line_and_takes_nothing"
    ),
    held(
        "D6.tool-list_tasks",
        "list_tasks lists by title, filtered and paged.",
        "test_every_door.py::test_a_list_is_filtered_and_continues_where_the_page_ended",
        "test_every_door.py::test_lists_carry_neither_prompts_nor_results",
    ),
    held(
        "D6.tool-get_task",
        "get_task tells a task whole.",
        "test_every_door.py::test_every_door_tells_the_same_of_a_task",
    ),
    held(
        "D6.tool-queue_instructions",
        "queue_instructions gives the instructions and their revision.",
        "mcp/test_tools.py::test_reading_tools_change_nothing",
        "mcp/test_faces.py::test_resources_give_what_their_tools_give",
    ),
    held(
        "D6.tool-enqueue",
        "enqueue puts a task at the end of a queue, idempotent with a key.",
        "test_every_door.py::test_enqueue_says_the_id_and_the_place_in_line",
        "test_every_door.py::test_the_same_key_gives_the_task_that_it_made",
    ),
    held(
        "D6.tool-claim",
        "claim gives prompt, tool, how, timeout, deadline, attempt, feedback, previous, instructions, remaining.",
        "test_every_door.py::test_a_claim_has_all_that_a_worker_needs",
        "test_every_door.py::test_requeue_keeps_id_and_attempts_and_delivers_feedback_and_the_earlier_outcome",
    ),
    held(
        "D6.tool-progress",
        "progress moves the deadline.",
        "test_every_door.py::test_progress_moves_the_deadline_and_leaves_its_note",
    ),
    held(
        "D6.tool-complete",
        "complete settles a claimed task.",
        "test_every_door.py::test_a_completed_task_has_its_result",
    ),
    held(
        "D6.tool-fail", "fail settles a claimed task as failed.", "test_every_door.py::test_a_failed_task_has_its_error"
    ),
    held(
        "D6.tool-release",
        "release gives a task back.",
        "test_every_door.py::test_a_released_task_waits_at_its_old_place",
    ),
    held(
        "D6.tool-requeue", "requeue puts a failed task back.", "test_every_door.py::test_requeue_to_the_front_is_next"
    ),
)

MCP = (
    held(
        "D6.mcp-no-server",
        "sparkq mcp works on the store itself, beside the command and other chats.",
        "test_two_chats_and_cli.py::test_a_chat_and_the_command_see_each_other_at_once",
        "test_two_chats_and_cli.py::test_every_task_is_handed_out_once_and_nobody_waits_for_a_lock",
    ),
    held(
        "D6.mcp-new-instructions",
        "A claim brings the queue's instructions when this chat has not seen this revision.",
        "test_two_chats_and_cli.py::test_a_chat_and_the_command_see_each_other_at_once",
    ),
    held(
        "D6.mcp-claim-next",
        "claim_next: true returns the next claim with the answer.",
        "test_two_chats_and_cli.py::test_every_task_is_handed_out_once_and_nobody_waits_for_a_lock",
    ),
    held(
        "D6.mcp-budget",
        "At most 12 tools and 1,300 visible tokens in all.",
        "mcp/test_faces.py::test_twelve_tools_and_the_instructions_cost_a_model_at_most_1300_tokens",
        "mcp/test_faces.py::test_the_tools_are_as_recorded",
    ),
    held(
        "D6.mcp-list-size",
        "A list of 20 tasks is at most 1.5 KB.",
        "mcp/test_sizes.py::test_twenty_tasks_take_a_kilobyte_and_a_half",
        "mcp/test_sizes.py::test_long_titles_are_shortened_where_a_list_is_long",
    ),
    held(
        "D6.mcp-loop-calls",
        "See queues, claim with instructions, complete: at most 4 calls, one more for each further task.",
        "mcp/test_tools.py::test_the_whole_loop_takes_three_calls_and_names_each_next_step",
    ),
    held(
        "D6.mcp-loop-size",
        "The whole loop is at most 4 KB besides the prompt.",
        "mcp/test_sizes.py::test_the_whole_loop_costs_at_most_four_calls_and_four_kilobytes",
    ),
    held(
        "D6.mcp-cut",
        "An answer is at most 2,000 tokens unless asked for; what is cut names the call that reads on.",
        "mcp/test_sizes.py::test_a_long_prompt_begins_in_the_claim_and_is_read_on",
        "mcp/test_sizes.py::test_a_task_with_long_texts_is_told_within_the_limit_and_read_on",
        "mcp/test_sizes.py::test_a_list_of_many_queues_comes_in_pages",
        "mcp/test_sizes.py::test_a_refusal_does_not_echo_what_was_sent",
    ),
    held(
        "D6.mcp-strict",
        "Unknown, missing and wrong arguments are refused with what the tool takes.",
        "mcp/test_tools.py::test_a_refusal_says_what_is_next_and_changes_nothing",
    ),
    held(
        "D6.mcp-hints",
        "Every tool has a title and says whether it reads, writes, repeats harmlessly; none destroys.",
        "mcp/test_faces.py::test_every_tool_says_what_it_may_do",
        "mcp/test_tools.py::test_reading_tools_change_nothing",
    ),
    held(
        "D6.mcp-same-facts",
        "Text and structured content carry the same facts, errors too.",
        "test_every_door.py::test_every_door_tells_the_same_of_a_task",
        "test_every_door_refuses.py::test_every_kind_has_its_exit_code_and_its_answer_to_a_chat",
    ),
    held(
        "D6.mcp-remembers-attempts",
        "attempt is optional: the server remembers what it handed out to this chat, and guesses for no other.",
        "mcp/test_tools.py::test_only_the_chat_that_claimed_may_settle_without_a_number",
        "mcp/test_tools.py::test_a_lost_claim_names_its_holder_and_keeps_the_text",
    ),
    held(
        "D6.mcp-open-claims",
        "A claim says what the chat still holds.",
        "mcp/test_tools.py::test_what_a_chat_still_holds_is_said_with_each_claim",
    ),
    held(
        "D6.mcp-wait",
        "claim waits up to 50 s for a task and leaves none behind when the client goes away.",
        "mcp/test_faces.py::test_waiting_for_a_task_ends_with_it",
        "mcp/test_faces.py::test_a_client_that_stops_waiting_leaves_no_claim_behind",
        "mcp/test_waiting.py::test_another_process_wakes_a_waiting_claim_within_half_a_second",
        "mcp/test_waiting.py::test_a_cancelled_wait_takes_nothing",
        "mcp/test_waiting.py::test_a_client_that_is_gone_takes_nothing",
        "mcp/test_waiting.py::test_a_client_that_is_gone_from_the_http_door_takes_nothing",
        "mcp/test_waiting.py::test_a_claim_that_nobody_received_fails_by_the_stale_rules",
    ),
    held(
        "D6.mcp-upkeep",
        "An idle server fails what others abandoned.",
        "mcp/test_waiting.py::test_an_idle_server_fails_what_another_process_abandoned",
    ),
    held(
        "D6.mcp-clients",
        "Inspector, TypeScript SDK, Python SDK and the conformance tool work against the command and the HTTP door.",
        "mcp/test_clients.py::test_the_inspector_finds_nothing_wrong",
        "mcp/test_clients.py::test_the_typescript_sdk_works_a_task",
        "mcp/test_clients.py::test_the_python_sdk_works_a_task",
        "mcp/test_clients.py::test_the_conformance_scenarios_that_apply_pass",
    ),
    held(
        "D6.mcp-ways-in",
        "Plugin, bundle, registry entry and example configurations start what they name.",
        "mcp/test_ways_in.py::test_a_configuration_of_claude_code_starts_the_server",
        "mcp/test_ways_in.py::test_the_example_for_claude_desktop_starts_the_server",
        "mcp/test_ways_in.py::test_the_registry_entry_starts_the_server",
        "mcp/test_ways_in.py::test_the_bundle_is_valid_and_starts_as_claude_desktop_starts_it",
        "mcp/test_ways_in.py::test_claude_code_takes_the_plugin",
    ),
    held(
        "D6.mcp-board",
        "list_queues carries a board that shows queues and latest results in hosts with MCP Apps and fetches nothing.",
        "mcp/test_board.py::test_the_board_shows_queues_and_latest_results",
        "mcp/test_board.py::test_the_board_speaks_the_protocol_in_its_order",
        "mcp/test_faces.py::test_the_list_of_queues_carries_a_board_that_fetches_nothing",
    ),
    held(
        "D6.mcp-holder-is-alive",
        "Every call of the holder about its task restarts the stale clock.",
        "mcp/test_tools.py::test_a_holder_that_reads_its_task_is_alive",
    ),
    held(
        "D6.mcp-nothing-destructive",
        "Accepting, purging, deleting and setting up are no tools, and no error text names such a command.",
        "mcp/test_tools.py::test_a_refusal_says_what_is_next_and_changes_nothing",
        "mcp/test_faces.py::test_twelve_tools_and_the_instructions_cost_a_model_at_most_1300_tokens",
        "test_every_door_refuses.py::test_no_words_to_a_chat_name_a_destructive_command",
    ),
    held(
        "D6.mcp-visible-escapes",
        "Task text reaches the model with what acts or hides as visible escapes, and commands nothing.",
        "mcp/test_tools.py::test_foreign_text_reaches_the_model_with_visible_escapes_and_is_stored_as_it_was",
        "mcp/test_faces.py::test_instructions_are_short_and_descriptions_do_not_command",
    ),
    held(
        "D6.mcp-both-eras",
        "Every handshake version and the modern era are served, a probe followed by initialize too.",
        "mcp/test_stdio.py::test_every_handshake_version_works_a_task",
        "mcp/test_stdio.py::test_the_modern_version_works_a_task_without_a_handshake",
        "mcp/test_stdio.py::test_a_client_that_probes_and_then_initializes_is_served",
    ),
    held(
        "D6.mcp-without-project",
        "It starts and explains itself where nothing was set up.",
        "mcp/test_stdio.py::test_without_a_project_it_starts_explains_itself_and_serves_one_that_comes_later",
    ),
    held(
        "D6.mcp-robust",
        "Malformed, oversized and floods of lines are answered; it ends within a second.",
        "mcp/test_stdio.py::test_a_hostile_line_gets_a_reply_and_harms_nothing",
        "mcp/test_stdio.py::test_a_line_beyond_the_limit_is_refused_and_the_next_one_read",
        "mcp/test_stdio.py::test_a_thousand_calls_at_once_are_all_answered",
        "mcp/test_stdio.py::test_it_ends_within_a_second",
    ),
    held(
        "D6.mcp-resources",
        "Each resource gives what its tool gives.",
        "mcp/test_faces.py::test_resources_give_what_their_tools_give",
        "mcp/test_faces.py::test_a_resource_that_is_not_there_is_said_to_be_missing",
    ),
    held(
        "D6.mcp-completion",
        "Queue names are completed.",
        "mcp/test_faces.py::test_names_and_statuses_are_completed",
    ),
    held(
        "D6.mcp-push",
        "A listener hears of what another process wrote.",
        "mcp/test_faces.py::test_a_listener_hears_of_what_another_connection_wrote",
    ),
    held(
        "D6.mcp-prompts",
        "work_queue, review_results and plan_tasks need no argument.",
        "mcp/test_faces.py::test_prompts_need_no_argument_and_take_no_foreign_text",
    ),
)

SERVED = (
    held(
        "D6.rest-nouns",
        "REST for sessions, queues, tasks, tools, task classes, scripts, config, purge, reload.",
        "http/test_document.py::test_every_operation_says_what_it_does_and_how_it_refuses",
        "http/test_questions.py::test_no_question_finds_a_defect_or_an_undocumented_answer",
    ),
    held(
        "D6.rest-docs",
        "Interactive documentation at /docs, offline.",
        "http/test_document.py::test_the_reference_page_is_made_of_own_files",
    ),
    held("D6.rest-health", "Health and version answer.", "http/test_care.py::test_the_server_says_how_it_is"),
    held(
        "D6.rest-events",
        "Server-sent events at /api/events, other processes' writes too.",
        "http/test_events.py::test_what_another_process_writes_arrives_within_half_a_second",
        "http/test_events.py::test_a_listener_goes_on_where_it_left_off",
    ),
    held(
        "D6.rest-v1",
        "The worker contract of SparkQ v1 keeps working.",
        "http/test_v1.py::test_a_queue_is_worked_oldest_first",
        "http/test_v1.py::test_a_late_result_meets_a_failed_task_and_may_be_done_again",
        "http/test_v1.py::test_a_listed_task_carries_its_prompt_as_payload",
    ),
    held(
        "D6.rest-conflict",
        "A conflict is 409.",
        "http/test_work.py::test_the_same_outcome_again_is_harmless_and_another_is_a_conflict",
        "http/test_work.py::test_a_verb_applies_where_the_life_cycle_says",
    ),
    held(
        "D6.page",
        "The page at / and /ui works offline from the installed package.",
        "browser/test_look.py::test_the_page_stands_at_both_addresses",
        "browser/test_look.py::test_the_files_of_the_page_are_small_and_whole",
        "package/test_package.py::test_what_a_page_needs_is_served_from_the_wheel",
    ),
    held(
        "D6.runner-modes",
        "The runner has --once, --run, --watch and --drain.",
        "cli/test_runner.py::test_once_announces_one_task_and_ends",
        "cli/test_runner.py::test_the_default_polls_for_ever_and_takes_what_comes",
        "cli/test_runner.py::test_watch_adds_status_lines",
        "cli/test_runner.py::test_the_next_task_comes_only_when_the_last_is_settled",
        "cli/test_runner.py::test_an_empty_queue_ends_it",
    ),
    held(
        "D6.runner-one-at-a-time",
        "The runner shows one task at a time with the command that completes it.",
        "cli/test_runner.py::test_the_next_task_comes_only_when_the_last_is_settled",
        "cli/test_runner.py::test_the_line_it_prints_completes_the_task",
    ),
    held(
        "D6.runner-instructions",
        "The runner prints the queue's instructions once, at its start.",
        "cli/test_runner.py::test_the_instructions_come_once_at_the_start",
    ),
    held(
        "D6.runner-lock",
        "One runner a queue, by a lock that the system holds.",
        "cli/test_runner.py::test_one_runner_works_a_queue_and_the_lock_dies_with_it",
    ),
    held(
        "D6.runner-worker",
        "The runner's worker id is worker-{hostname}-{queue}.",
        "cli/test_runner.py::test_the_worker_is_named_after_host_and_queue",
    ),
)
