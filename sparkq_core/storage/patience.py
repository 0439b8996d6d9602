"""How long a statement waits for other processes: WAIT_SECONDS, or less in a call that must not wait so long."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from threading import get_ident

from sparkq_core.clock import Clock

WAIT_SECONDS = 10.0
"""How long a statement waits for the transactions of other processes."""

OPEN_SECONDS = 2.0
"""How long opening a database waits for a process that lets nobody read it. Such a process may keep it for hours, since it does
more than write: a transaction would let others read meanwhile."""


READER_SECONDS = 0.25
"""How long a call that only reads waits in order to write what it has noticed, in a process that does nothing else."""

READER_IN_THREAD_SECONDS = 0.003
"""How long it waits in a thread of a server."""


class Hurry:
    """A call in which no statement of this thread waits longer than `seconds`, until its first commit.

    After a commit the call cannot be repeated, so what follows waits as long as ever.
    """

    __slots__ = ("committed", "seconds", "thread")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.thread = get_ident()
        self.committed = False


_present: ContextVar[Hurry | None] = ContextVar("hurry", default=None)


@contextmanager
def at_most(seconds: float) -> Iterator[Hurry]:
    """Let no statement of the block wait longer than `seconds` for other processes. Work in other threads does."""
    hurry, outer = Hurry(seconds), _present.get()
    before = _present.set(hurry)
    try:
        yield hurry
    finally:
        _present.reset(before)
        if outer is not None and outer.thread == hurry.thread:
            outer.committed = outer.committed or hurry.committed


def for_reader() -> AbstractContextManager[Hurry]:
    """Let a call that only reads wait shortly for its own writes in the block, and on an event loop not at all: another call
    does them."""
    hurry = _present.get()
    if hurry is None:
        return at_most(READER_SECONDS)
    return at_most(0 if hurry.thread == get_ident() else READER_IN_THREAD_SECONDS)


def seconds() -> float:
    """Return how long a statement of this thread waits now."""
    hurry = _present.get()
    return WAIT_SECONDS if hurry is None or hurry.committed or hurry.thread != get_ident() else hurry.seconds


def committed() -> None:
    """Note that a write of this thread has been committed."""
    hurry = _present.get()
    if hurry is not None and hurry.thread == get_ident():
        hurry.committed = True


def busy_handler(clock: Clock) -> Callable[[int], bool]:
    """Return a handler for a connection whose file is locked. It sleeps for short random times.

    SQLite's own doubles its waits: with 8 processes, one of them waited 2.1 s.
    """
    started = 0.0

    def busy(tries: int) -> bool:
        nonlocal started
        if tries == 0:
            started = clock.monotonic()
        longest = seconds()
        if longest <= 0:
            return False
        clock.pause(tries)
        return clock.monotonic() - started < longest

    return busy
