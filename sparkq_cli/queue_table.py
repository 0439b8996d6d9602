"""The table of queues, and what is shown with it: in their list, in a session and in the overview."""

from sparkq_cli import show
from sparkq_core import queues
from sparkq_core.lifecycle import QueueStatus, Status
from sparkq_core.model import Counts, Queue
from sparkq_core.project import SparkQ
from sparkq_core.queues.assignments import Progress


def none_there(sq: SparkQ) -> str:
    """What to do where no queue is shown, here and in the overview."""
    if queues.all_of(sq, archived=True):
        return "All queues are archived. See them: sparkq queue list --all"
    return "No queues yet. Create one: sparkq queue create NAME"


def show_queues(listed: tuple[tuple[Queue, Counts], ...]) -> None:
    """The table of queues, here and in the overview."""
    any_held = any(counts.held for _, counts in listed)
    statuses = [status for status in Status if any_held or status != Status.HELD]
    rows = [
        [
            queue.name,
            _status(queue),
            *(_count(counts, status) for status in statuses),
            str(counts.unreviewed),
            queue.session or "",
        ]
        for queue, counts in listed
    ]
    heads = ["QUEUE", "STATUS", *(status.upper() for status in statuses), "TO REVIEW", "SESSION"]
    droppable = (
        "SESSION",
        "STATUS",
        *(status.upper() for status in (Status.CANCELLED, Status.SUCCEEDED, Status.FAILED)),
    )
    show.table(heads, rows, flexible=0, droppable=tuple(heads.index(head) for head in droppable))


def show_at_work(at_work: tuple[Progress, ...]) -> None:
    """The chats that were assigned to queues, here and in the overview."""
    if at_work:
        show.say()
    for each in at_work:
        show.say(show.fit(each.sentence, show.columns()))


def _status(queue: Queue) -> str:
    words = [queue.status]
    if queue.paused_at is not None:
        words = ["paused"] if queue.status == QueueStatus.ACTIVE else [queue.status, "paused"]
    if queue.review_limit is not None:
        words.append("strict" if queue.review_limit == 1 else f"at most {queue.review_limit} unreviewed")
    return ", ".join(words)


def _count(counts: Counts, status: Status) -> str:
    number = str(getattr(counts, status))
    return f"{number} ({counts.stale} stale)" if status == Status.RUNNING and counts.stale else number
