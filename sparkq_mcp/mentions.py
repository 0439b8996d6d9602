"""What a person can attach to a chat by name: the active queues, and the newest tasks to review.

Clients offer only listed resources at `@`, and complete no templates there. So some are listed besides the fixed ones,
few enough to be read as a menu.
"""

import itertools
from typing import NamedTuple

from sparkq_core import inbox, queues, wire
from sparkq_core.errors import SparkQError
from sparkq_core.lifecycle import QueueStatus
from sparkq_core.project import SparkQ
from sparkq_core.storage import patience
from sparkq_core.text import safe
from sparkq_mcp.state import ServerState
from sparkq_mcp.uris import QUEUES, TASKS

MAX_QUEUES = 20
MAX_TASKS = 20
READ_SECONDS = 0.05
"""How long a list waits for a locked file. The client hears of it when the list is longer."""


class Mention(NamedTuple):
    """A listed queue or task, whose content is JSON."""

    uri: str
    name: str
    description: str


def mentions(state: ServerState) -> list[Mention]:
    """Return the queues and tasks that are listed now; none while there is no project, or it cannot be read."""
    try:
        with patience.at_most(READ_SECONDS):
            return [*_queues(state.sq), *_tasks(state.sq)]
    except SparkQError:
        return []


def _queues(sq: SparkQ) -> list[Mention]:
    active = (queue for queue, _ in queues.all_of(sq) if queue.status == QueueStatus.ACTIVE)
    return [
        Mention(f"{QUEUES}/{queue.name}", queue.name, "A queue with its counts and instructions.")
        for queue in itertools.islice(active, MAX_QUEUES)
    ]


def _tasks(sq: SparkQ) -> list[Mention]:
    """Return the newest unreviewed tasks. The title is foreign text, and is one line."""
    return [
        Mention(
            f"{TASKS}/{task.id}",
            f"{wire.friendly(task.id)} {safe(task.title)}",
            f"{task.status}, in {task.queue}, to review",
        )
        for task in (finished.task for finished in inbox.newest(sq, limit=MAX_TASKS))
    ]
