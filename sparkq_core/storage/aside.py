"""Let an event loop go on while another process holds the write lock.

The doors call the core on their event loop, since a hop to a thread costs as much as a claim. A process that is
suspended in its transaction, or an SQLite shell, may hold the lock for long. Then only the calls that write wait.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sparkq_core.errors import Busy, Locked
from sparkq_core.storage import patience

T = TypeVar("T")

FIRST_SECONDS = 0.03
"""How long a write keeps the loop waiting at first: the transactions of other processes are mostly over sooner."""

NEXT_SECONDS = 0.004
"""How long all the waiting calls together keep the loop waiting at each further try."""

PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.1
"""The pauses between two tries of a call, in which the loop does everything else. Each is longer than the one before."""

_waiting: set[object] = set()


async def aside(call: Callable[[], Awaitable[T]]) -> T:
    """Await `call()`. If the write lock is taken, let the loop go on, and call it again after a pause.

    A call is repeated only if nothing of it has been committed. Raises Busy after WAIT_SECONDS, Locked after OPEN_SECONDS,
    and the errors of the call.
    """
    loop = asyncio.get_running_loop()
    start, pause, me = loop.time(), PAUSE_SECONDS, object()
    try:
        while True:
            with patience.at_most(NEXT_SECONDS / len(_waiting) if _waiting else FIRST_SECONDS) as hurry:
                try:
                    return await call()
                except Busy as busy:
                    longest = patience.OPEN_SECONDS if isinstance(busy, Locked) else patience.WAIT_SECONDS
                    if hurry.committed or loop.time() - start >= longest:
                        raise
            _waiting.add(me)
            await asyncio.sleep(random.uniform(pause / 2, pause))
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)
    finally:
        _waiting.discard(me)
