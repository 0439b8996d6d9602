"""Long core calls in a worker thread, so that over HTTP other chats and the page are answered meanwhile.

They take the open project, not the server's state, whose connection belongs to the event loop's thread.
"""

from collections.abc import Callable
from functools import partial
from typing import ParamSpec, TypeVar

import anyio.to_thread

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(fn: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """Call `fn` in a worker thread and wait for it, even when the caller is cancelled: its result is not lost."""
    return await anyio.to_thread.run_sync(partial(fn, *args, **options))
