"""What the page shows, written as other processes would write it, at any time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sparkq_core import project, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.model import Task
from sparkq_core.project import SparkQ
from tests.harness.clocks import HOUR, SECOND, SetClock
from tests.harness.task_steps import add, after_silence, take
from tests.http.caller import Caller, Served


@contextmanager
def later(root: Path, seconds: float) -> Iterator[SparkQ]:
    """The project as a process sees it whose time is `seconds` from now."""
    opened = project.open(root, env={}, clock=SetClock(SystemClock().now() + round(seconds * SECOND)))
    yield opened
    opened.close()


def stale(root: Path, task: int, timeout: int) -> None:
    """A running task's worker has said nothing for one timeout."""
    assert _after_silence(root, task, timeout + 1).stale_warned_at


def timed_out(root: Path, task: int, timeout: int) -> None:
    """Nor for the second."""
    stale(root, task, timeout)
    assert _after_silence(root, task, timeout + 1).error_type == "timeout"


def _after_silence(root: Path, task: int, seconds: int) -> Task:
    with later(root, 0) as sq:
        return after_silence(sq, task, seconds)


def late(root: Path, call: Caller, queue: str, result: str) -> int:
    """A task that timed out and whose result came then; its id."""
    task = call.running(queue, timeout=600)
    timed_out(root, task, 600)
    call.post(f"/api/tasks/{task}/complete", result_summary=result, attempt=1).refused(409, "claim_lost")
    return task


def finished(served: Served, line: str, title: str, *, days: int) -> int:
    """A task that finished days ago, which nobody has reviewed."""
    with later(served.root, -days * 24 * HOUR) as sq:
        (task,) = add(sq, f"{title}\nSECRET", queue=line)
        take(sq, queue=line)
        tasks.complete(sq, task, "Moved it to lexer.py.")
    return task
