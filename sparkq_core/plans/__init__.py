"""Read plans as people and other programs write them, and split them into tasks."""

from sparkq_core.plans.splitting import BY, Plan, checked, split, tasks_of

__all__ = ["BY", "Plan", "checked", "split", "tasks_of"]
