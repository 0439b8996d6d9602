"""The end of a server over standard input and output."""

import os
import signal
import sys
from contextlib import suppress

CLOSED = "its client closed the connection"
"""Why a chat is gone."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""The signals that end a server."""


def exit_now(*_: object) -> None:
    """Exit at once. Every transition is a committed transaction, so there is nothing to clean up."""
    with suppress(RuntimeError, OSError):  # a signal may come in the middle of a write
        sys.stderr.flush()
    os._exit(0)
