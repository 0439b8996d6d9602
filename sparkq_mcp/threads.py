"""Calls of the core that may take long, made in a worker thread: over HTTP, other chats and the page are answered meanwhile.

The project is given, not the state: a state looks at one connection, which belongs to the event loop's thread.
"""

from collections.abc import Callable
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

import anyio.to_thread

from sparkq_core.project import SparkQ

P = ParamSpec("P")
T = TypeVar("T")


async def aside(fn: Callable[P, T], *args: P.args, **options: P.kwargs) -> T:
    """`fn(*args, **options)` in a worker thread. It is waited for also when the caller is cancelled meanwhile: what it
    did is not lost."""
    return await anyio.to_thread.run_sync(partial(fn, *args, **options))


async def worked(sq: SparkQ, fn: Callable[Concatenate[SparkQ, P], T], *args: P.args, **options: P.kwargs) -> T:
    """`fn(sq, *args, **options)` of a verb that asks Git where the project is in a repository, which may take seconds:
    aside there, and else at once, which is quicker."""
    if sq.config.watches_git:
        return await aside(fn, sq, *args, **options)
    return fn(sq, *args, **options)
