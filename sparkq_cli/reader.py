"""Wait with an eye on the reader of the output: who waits writes nothing, and would not notice that it is gone."""

import errno
import os
import select
import signal

OUTPUT = 1


def pause(seconds: float) -> None:
    """Sleep; if nobody reads the output any more, end as a write would: by SIGPIPE, or where that is ignored by
    BrokenPipeError."""
    output = select.poll()
    output.register(OUTPUT, 0)  # a closed pipe and a closed terminal are reported whatever is asked
    if output.poll(seconds * 1000):
        signal.raise_signal(signal.SIGPIPE)
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
