"""Find a queue by what a person or a program types for it: its name, or its id."""

from sparkq_core import queues
from sparkq_core.project import SparkQ


def queue_name(sq: SparkQ, address: str) -> str:
    """Return the name of the queue with this name or, if there is none, with this id (`2` or `#2`).

    An address of no queue is returned as it is, so that the verb refuses it.
    """
    digits = address.removeprefix("#")
    if not (digits.isascii() and digits.isdecimal()):
        return address
    known = [queue for queue, _ in queues.all_of(sq, archived=True)]
    if any(queue.name == address for queue in known):
        return address
    return next((queue.name for queue in known if str(queue.id) == digits), address)
