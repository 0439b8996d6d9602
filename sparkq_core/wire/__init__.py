"""Convert tasks, attempts, queues and sessions to JSON, the same for all doors. `shapes` declares every key.

Times are ISO 8601 with `Z`. Lists leave out the long texts, and keys without a value; a single task has every key.
"""

from typing import TYPE_CHECKING

from sparkq_core import lazy

if TYPE_CHECKING:
    from sparkq_core.wire.answers import claimed, error, left_of, settled
    from sparkq_core.wire.board import board, queue_line, queue_lines, running_task
    from sparkq_core.wire.changes import change, change_of_files, change_page, changed_file
    from sparkq_core.wire.chats import chat, chat_whole, chats
    from sparkq_core.wire.inbox import finished, inbox, question, questions, since
    from sparkq_core.wire.live import live_changes
    from sparkq_core.wire.purged import changed, found, purge_news, purged_task, search_extras
    from sparkq_core.wire.queues import assignment, queue, queues, script, session, sessions
    from sparkq_core.wire.report import digest, report, report_line
    from sparkq_core.wire.statistics import statistics
    from sparkq_core.wire.tasks import (
        check_run,
        checked,
        event,
        friendly,
        gate,
        outcome,
        prompts,
        queue_id,
        queued_task,
        stale,
        task_brief,
        task_history,
        task_page,
        task_whole,
        usage,
    )
    from sparkq_core.wire.values import Json, compact, exclude_none, excludes_none
else:  # a type checker would believe in every name
    __getattr__ = lazy.names(
        __name__,
        {
            "answers": "claimed error left_of settled",
            "board": "board queue_line queue_lines running_task",
            "changes": "change change_of_files change_page changed_file",
            "chats": "chat chat_whole chats",
            "inbox": "finished inbox question questions since",
            "live": "live_changes",
            "purged": "changed found purge_news purged_task search_extras",
            "queues": "assignment queue queues script session sessions",
            "report": "digest report report_line",
            "statistics": "statistics",
            "tasks": "check_run checked event friendly gate outcome prompts queue_id queued_task stale task_brief task_history task_page task_whole usage",
            "values": "Json compact exclude_none excludes_none",
        },
    )

__all__ = [
    "Json",
    "assignment",
    "board",
    "change",
    "change_of_files",
    "change_page",
    "changed",
    "changed_file",
    "chat",
    "chat_whole",
    "chats",
    "check_run",
    "checked",
    "claimed",
    "compact",
    "digest",
    "error",
    "event",
    "exclude_none",
    "excludes_none",
    "finished",
    "found",
    "friendly",
    "gate",
    "inbox",
    "left_of",
    "live_changes",
    "outcome",
    "prompts",
    "purge_news",
    "purged_task",
    "question",
    "questions",
    "queue",
    "queue_id",
    "queue_line",
    "queue_lines",
    "queued_task",
    "queues",
    "report",
    "report_line",
    "running_task",
    "script",
    "search_extras",
    "session",
    "sessions",
    "settled",
    "since",
    "stale",
    "statistics",
    "task_brief",
    "task_history",
    "task_page",
    "task_whole",
    "usage",
]
