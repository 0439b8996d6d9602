"""What the shell completes: names of queues, ids of tasks. Silent when there is no project."""

from sparkq_core import project, queues, sessions, tasks
from sparkq_core.errors import SparkQError
from sparkq_core.text import safe


def queue_names(incomplete: str) -> list[str]:
    """The queues whose names begin so."""
    try:
        return [name for name in queues.names(project.open()) if name.startswith(incomplete)]
    except SparkQError:
        return []


def session_names(incomplete: str) -> list[str]:
    """The sessions whose names begin so."""
    try:
        return [each.name for each in sessions.all_of(project.open()) if each.name.startswith(incomplete)]
    except SparkQError:
        return []


def task_ids(incomplete: str) -> list[tuple[str, str]]:
    """The newest tasks whose ids begin so, with their titles."""
    try:
        newest = tasks.list_page(project.open(), limit=100).tasks
    except SparkQError:
        return []
    digits = incomplete.removeprefix("#")
    return [(str(task.id), safe(task.title)) for task in newest if str(task.id).startswith(digits)][:20]
