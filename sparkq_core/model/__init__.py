"""The records that the core returns. They are frozen, and only data.

They are named tuples: a frozen dataclass of this size takes ten times as long to make from a row (2.2 us against 0.2),
and eight times as long to define, which would slow the start of every command.
"""

from typing import TYPE_CHECKING

from sparkq_core import lazy

if TYPE_CHECKING:
    from sparkq_core.model.board import AtWork, Line
    from sparkq_core.model.claims import Asked, Claim, Earlier, Settled
    from sparkq_core.model.details import Detail
    from sparkq_core.model.inbox import Finished, Inbox, Question, Questions, RestVerdict, Seen, Since
    from sparkq_core.model.lists import Swept, TaskPage
    from sparkq_core.model.rows import (
        ATTEMPT_COLUMNS,
        CHAT_COLUMNS,
        CHECK_COLUMNS,
        COUNTS_COLUMNS,
        EVENT_COLUMNS,
        GATE_COLUMNS,
        PROMPT_COLUMNS,
        QUEUE_COLUMNS,
        SESSION_COLUMNS,
        TASK_COLUMNS,
        TASK_OF_QUEUE_COLUMNS,
        Attempt,
        Chat,
        Check,
        Counts,
        Event,
        Gate,
        Prompt,
        Queue,
        Session,
        Task,
    )
else:  # a type checker would believe in every name
    __getattr__ = lazy.names(
        __name__,
        {
            "board": "AtWork Line",
            "claims": "Asked Claim Earlier Settled",
            "details": "Detail",
            "inbox": "Finished Inbox Question Questions RestVerdict Seen Since",
            "lists": "Swept TaskPage",
            "rows": "ATTEMPT_COLUMNS CHAT_COLUMNS CHECK_COLUMNS COUNTS_COLUMNS EVENT_COLUMNS "
            "GATE_COLUMNS PROMPT_COLUMNS QUEUE_COLUMNS SESSION_COLUMNS TASK_COLUMNS TASK_OF_QUEUE_COLUMNS "
            "Attempt Chat Check Counts Event Gate Prompt Queue Session Task",
        },
    )

__all__ = [
    "ATTEMPT_COLUMNS",
    "CHAT_COLUMNS",
    "CHECK_COLUMNS",
    "COUNTS_COLUMNS",
    "EVENT_COLUMNS",
    "GATE_COLUMNS",
    "PROMPT_COLUMNS",
    "QUEUE_COLUMNS",
    "SESSION_COLUMNS",
    "TASK_COLUMNS",
    "TASK_OF_QUEUE_COLUMNS",
    "Asked",
    "AtWork",
    "Attempt",
    "Chat",
    "Check",
    "Claim",
    "Counts",
    "Detail",
    "Earlier",
    "Event",
    "Finished",
    "Gate",
    "Inbox",
    "Line",
    "Prompt",
    "Question",
    "Questions",
    "Queue",
    "RestVerdict",
    "Seen",
    "Session",
    "Settled",
    "Since",
    "Swept",
    "Task",
    "TaskPage",
]
