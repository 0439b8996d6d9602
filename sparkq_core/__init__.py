"""SparkQ's core: every rule of the queue, and no framework.

A door opens the project and calls the noun rooms: `tasks.claim(sq, "backend", "worker-1")`.
"""

__version__ = "2.0.0"
