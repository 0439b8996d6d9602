"""The records that the core returns. They are frozen, and only data.

They are named tuples: a frozen dataclass of this size takes ten times as long to make from a row (2.2 us against 0.2),
and eight times as long to define, which would slow the start of every command.
"""

from sparkq_core.model.answers import Claim, Detail, Earlier, Finished, Inbox, Seen, Settled, Since, Swept, TaskPage
from sparkq_core.model.rows import (
    ATTEMPT_COLUMNS,
    CHAT_COLUMNS,
    COUNTS_COLUMNS,
    EVENT_COLUMNS,
    PROMPT_COLUMNS,
    QUEUE_COLUMNS,
    SESSION_COLUMNS,
    TASK_COLUMNS,
    Attempt,
    Chat,
    Counts,
    Event,
    Prompt,
    Queue,
    Session,
    Task,
)

__all__ = [
    "ATTEMPT_COLUMNS",
    "CHAT_COLUMNS",
    "COUNTS_COLUMNS",
    "EVENT_COLUMNS",
    "PROMPT_COLUMNS",
    "QUEUE_COLUMNS",
    "SESSION_COLUMNS",
    "TASK_COLUMNS",
    "Attempt",
    "Chat",
    "Claim",
    "Counts",
    "Detail",
    "Earlier",
    "Event",
    "Finished",
    "Inbox",
    "Prompt",
    "Queue",
    "Seen",
    "Session",
    "Settled",
    "Since",
    "Swept",
    "Task",
    "TaskPage",
]
