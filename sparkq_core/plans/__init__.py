"""Read plans as people and other programs write them, and split them into tasks."""

from typing import TYPE_CHECKING

from sparkq_core import lazy

if TYPE_CHECKING:
    from sparkq_core.plans.splitting import BY, Plan, checked, split, tasks_of, unknown_way
else:  # a type checker would believe in every name
    __getattr__ = lazy.names(
        __name__,
        {
            "splitting": "BY Plan checked split tasks_of unknown_way",
        },
    )

__all__ = ["BY", "Plan", "checked", "split", "tasks_of", "unknown_way"]
