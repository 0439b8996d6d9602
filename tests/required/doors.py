"""DESIGN.md, section 6: MCP, REST, the page and the runner."""

from tests.required.requirement import awaits, held

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
    awaits(5, "D6.tool-queue_instructions", "queue_instructions gives the instructions and their revision."),
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
    awaits(5, "D6.mcp-budget", "At most 12 tools and 1,300 visible tokens in all."),
)

SERVED = (
    awaits(
        6, "D6.rest-nouns", "REST for sessions, queues, tasks, tools, task classes, scripts, config, purge, reload."
    ),
    awaits(6, "D6.rest-docs", "Interactive documentation at /docs, offline."),
    awaits(6, "D6.rest-health", "Health and version answer."),
    awaits(6, "D6.rest-events", "Server-sent events at /api/events, other processes' writes too."),
    awaits(6, "D6.rest-v1", "The worker contract of SparkQ v1 keeps working."),
    awaits(6, "D6.rest-conflict", "A conflict is 409."),
    awaits(6, "D6.page", "The page at / and /ui works offline from the installed package."),
    awaits(4, "D6.runner-modes", "The runner has --once, --run, --watch and --drain."),
    awaits(4, "D6.runner-one-at-a-time", "The runner shows one task at a time with the command that completes it."),
    awaits(4, "D6.runner-instructions", "The runner prints the queue's instructions once, at its start."),
    awaits(4, "D6.runner-lock", "One runner a queue, by a lock that the system holds."),
    awaits(4, "D6.runner-worker", "The runner's worker id is worker-{hostname}-{queue}."),
)
