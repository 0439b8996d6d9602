"""What a person can attach to a chat by name: the active queues, and the newest tasks to review.

Clients offer only listed resources at `@`, and complete no templates there. So some are listed besides the fixed ones,
few enough to be read as a menu.
"""

import itertools

from mcp_types import Resource

from sparkq_core import inbox, queues, wire
from sparkq_core.errors import SparkQError
from sparkq_core.lifecycle import QueueStatus
from sparkq_core.project import SparkQ
from sparkq_core.text import safe
from sparkq_mcp.resources import JSON_TYPE, QUEUES
from sparkq_mcp.state import ServerState

MAX_QUEUES = 20
MAX_TASKS = 20


def mentions(state: ServerState) -> list[Resource]:
    """Return the queues and tasks that are listed now; none while there is no project."""
    try:
        return [*_queues(state.sq), *_tasks(state.sq)]
    except SparkQError:
        return []


def _queues(sq: SparkQ) -> list[Resource]:
    active = (queue for queue, _ in queues.all_of(sq) if queue.status == QueueStatus.ACTIVE)
    return [
        _resource(f"{QUEUES}/{queue.name}", queue.name, "A queue with its counts and instructions.")
        for queue in itertools.islice(active, MAX_QUEUES)
    ]


def _tasks(sq: SparkQ) -> list[Resource]:
    """Return the newest unreviewed tasks. The title is foreign text, and is one line."""
    return [
        _resource(
            f"sparkq://tasks/{task.id}",
            f"{wire.friendly(task.id)} {safe(task.title)}",
            f"{task.status}, in {task.queue}, to review",
        )
        for task in (finished.task for finished in inbox.newest(sq, limit=MAX_TASKS))
    ]


def _resource(uri: str, name: str, description: str) -> Resource:
    return Resource(uri=uri, name=name, title=name, description=description, mime_type=JSON_TYPE)
