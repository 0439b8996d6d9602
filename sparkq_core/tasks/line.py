"""The line of a queue: positions, which claims follow, and the tasks that are in the order of their ids.

A new task gets a position that follows from its id. So the tasks that were never put elsewhere, which are nearly all, are in
the index of the line in the order of their ids, and a list by id can be read from there. The others have an index of their own.
"""

STEP = 1024
"""Between the positions of two new tasks there is room for as many that come back to the end of a queue."""

OUT_OF_LINE = f"status = 'queued' AND position <> id * {STEP}"
"""The condition of the index `tasks_out_of_line`: a queued task that was put elsewhere, or came into the queue later."""

_IN_LINE = f"""
SELECT id FROM tasks INDEXED BY tasks_line WHERE queue_id = :queue AND status = 'queued' AND position = id * {STEP}
"""
_OUT = f"SELECT id FROM tasks INDEXED BY tasks_out_of_line WHERE queue_id = :queue AND {OUT_OF_LINE}"
IN_LINE_DOWN = f"{_IN_LINE} AND position < :after * {STEP} AND position >= :low * {STEP}"
IN_LINE_UP = f"{_IN_LINE} AND position > :after * {STEP} AND position < :high * {STEP}"
OUT_DOWN = f"{_OUT} AND id < :after AND id >= :low"
OUT_UP = f"{_OUT} AND id > :after AND id < :high"


def position_of(task_id: int) -> int:
    """Return the position of a new task at the end of a queue to which none has come back since the task before."""
    return task_id * STEP
