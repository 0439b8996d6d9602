"""SparkQ's core: every rule of the queue, and no framework. Works as a library in any folder of a project.

>>> import sparkq_core
>>> from sparkq_core import queues, tasks
>>> sq = sparkq_core.open()
>>> _ = queues.create(sq, "docs", instructions="Plain English.")
>>> tasks.enqueue(sq, "docs", "Explain the install command").place
1
>>> claim = tasks.claim(sq, "docs", "worker-1")
>>> tasks.complete(sq, claim.task.id, "Explained in README.md", attempt=claim.task.attempts).remaining
0
>>> [finished.summary for finished in sparkq_core.inbox.unreviewed(sq).tasks]
['Explained in README.md']
>>> sq.close()
"""

from typing import TYPE_CHECKING, Any

__version__ = "2.0.0"

if TYPE_CHECKING:
    from sparkq_core import errors, inbox, queues, search, sessions, tasks
    from sparkq_core.errors import SparkQError
    from sparkq_core.project import SparkQ, open  # noqa: A004  # it opens a project, as in `sparkq_core.open()`

__all__ = ["SparkQ", "SparkQError", "errors", "inbox", "open", "queues", "search", "sessions", "tasks"]

if not TYPE_CHECKING:  # else a type checker would believe in every name

    def __getattr__(name: str) -> Any:
        """Import a name of `__all__` when it is first used: a command pays only for the modules that it needs."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        if name in ("SparkQ", "open"):
            return getattr(import_module("sparkq_core.project"), name)
        if name == "SparkQError":
            return import_module("sparkq_core.errors").SparkQError
        return import_module(f"sparkq_core.{name}")
