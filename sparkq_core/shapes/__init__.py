"""The shapes of all JSON that `wire` makes, each declared once: mypy holds `wire` to them, and the HTTP server publishes them.

A shape is closed: it has these keys and no others. A key that is not required is left out where there is no value; only
a task with all its texts has it as null. What ends in Keys is not an answer: several answers share it.

Imported when the program runs only by the HTTP server, whose framework reads the shapes.
"""

from sparkq_core.shapes.answers import ClaimedTask, ClaimedTaskKeys, Error, PreviousAttempt, Settled, SettledKeys
from sparkq_core.shapes.changes import Change, ChangeKeys, ChangePage, FileChange, Hunk
from sparkq_core.shapes.chats import Chat, ChatAttempt, ChatKeys, ChatLine, ChatList, ChatWork
from sparkq_core.shapes.inbox import (
    FinishedInQueue,
    FinishedTask,
    Inbox,
    Question,
    Questions,
    QuestionsKeys,
    SinceLastLook,
)
from sparkq_core.shapes.purged import Found, PurgedTask, PurgeNews, SearchExtras, SearchKeys
from sparkq_core.shapes.queues import (
    Assignment,
    Parameter,
    Queue,
    QueueKeys,
    QueueList,
    Script,
    Session,
    SessionKeys,
    SessionList,
)
from sparkq_core.shapes.tasks import (
    Attempt,
    Changes,
    Event,
    LateResult,
    LateText,
    Outcome,
    OutcomeKeys,
    Prompt,
    QueuedTask,
    Task,
    TaskHistory,
    TaskKeys,
    TaskPage,
    Usage,
    WholeTask,
    WholeTaskKeys,
)

__all__ = [
    "Assignment",
    "Attempt",
    "Change",
    "ChangeKeys",
    "ChangePage",
    "Changes",
    "Chat",
    "ChatAttempt",
    "ChatKeys",
    "ChatLine",
    "ChatList",
    "ChatWork",
    "ClaimedTask",
    "ClaimedTaskKeys",
    "Error",
    "Event",
    "FileChange",
    "FinishedInQueue",
    "FinishedTask",
    "Found",
    "Hunk",
    "Inbox",
    "LateResult",
    "LateText",
    "Outcome",
    "OutcomeKeys",
    "Parameter",
    "PreviousAttempt",
    "Prompt",
    "PurgeNews",
    "PurgedTask",
    "Question",
    "Questions",
    "QuestionsKeys",
    "Queue",
    "QueueKeys",
    "QueueList",
    "QueuedTask",
    "Script",
    "SearchExtras",
    "SearchKeys",
    "Session",
    "SessionKeys",
    "SessionList",
    "Settled",
    "SettledKeys",
    "SinceLastLook",
    "Task",
    "TaskHistory",
    "TaskKeys",
    "TaskPage",
    "Usage",
    "WholeTask",
    "WholeTaskKeys",
]
