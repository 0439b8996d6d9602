"""The end of a server over standard input and output."""

import os
import signal
import sys

CLOSED = "its client closed the connection"
"""Why a chat is gone."""

SIGNALS = (signal.SIGTERM, signal.SIGINT)
"""The signals that end a server."""


def exit_now(*_: object) -> None:
    """Exit at once. Every transition is a committed transaction, so there is nothing to clean up."""
    sys.stderr.flush()
    os._exit(0)
