"""Delete a queue that has no tasks."""

from sparkq_core import queues
from sparkq_core.errors import QueueNotEmpty
from sparkq_core.events import note
from sparkq_core.model import Queue
from sparkq_core.project import SparkQ
from sparkq_core.text import counted

NUMBER = "SELECT queued + held + running + succeeded + failed + cancelled FROM queues WHERE id = :queue"
NO_INSTRUCTIONS = "DELETE FROM instructions WHERE queue_id = :queue"
DELETE = "DELETE FROM queues WHERE id = :queue"


def delete(sq: SparkQ, name: str) -> Queue:
    """Delete a queue without tasks, with its instructions, and return what it was. Its id is never used again.

    Raises NoSuchQueue, QueueNotEmpty while it has any task, also a finished one.
    """
    now = sq.clock.now()
    with sq.db.write() as tx:
        queue = queues.get(tx, name)
        ((number,),) = tx.rows(NUMBER, {"queue": queue.id})
        if number:
            raise QueueNotEmpty(
                f"The queue {queue.name} has {counted(number, 'task')}, finished ones included.",
                f"Move or purge them first, or hide the queue: sparkq queue archive {queue.name}",
            )
        tx.run(NO_INSTRUCTIONS, {"queue": queue.id})
        tx.run(DELETE, {"queue": queue.id})
        note(tx, now, "queue deleted", text=queue.name)
    return queue
