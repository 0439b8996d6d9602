"""Print a task that was just claimed, or give it back: a claim that nobody can read would only time out.

Signals that end the process wait while a claim is on its way, so that none of them loses it. The text is written in
pieces that never block: a reader that is gone, or does not read, keeps no claim.
"""

import errno
import os
import select
import signal
import sys
from types import TracebackType
from typing import Self

from sparkq_core import tasks
from sparkq_core.errors import Busy, Kind, SparkQError, StorageError
from sparkq_core.model import Claim
from sparkq_core.project import SparkQ

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GONE = (errno.EPIPE, errno.EIO)
"""The errors of an output that nobody reads any more: a closed pipe, a closed terminal."""

TRIES = 3
"""How often a release is tried while other processes hold the lock, each for as long as any write waits."""

LOOK_SECONDS = 0.25
"""How often a signal is looked for while the reader does not read."""

UNPRINTED = "It was claimed, but its text could not be printed."
CLOSED = "The terminal in which it was printed was closed."


class Stopped(Exception):
    """A signal was received that ends the process."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Unprinted(StorageError):
    """A claimed task could not be printed. `is_gone` is true if nobody reads the output any more."""

    code = "unprinted"

    def __init__(self, message: str, hint: str = "", *, is_gone: bool = False) -> None:
        super().__init__(message, hint)
        self.is_gone = is_gone


class HandOut:
    """A claim on its way to its reader. Claim it in the `with` block, set `claim`, and `say` it there.

    If the block fails, the claim is given back, and an output that cannot be written raises Unprinted. If the terminal is
    closed meanwhile, the claim is given back too.
    """

    def __init__(self, sq: SparkQ) -> None:
        self.claim: Claim | None = None
        self._sq = sq

    def __enter__(self) -> Self:
        self._signals = _held_back()
        self._on_terminal = on_terminal()
        self._pipe = signal.signal(signal.SIGPIPE, signal.SIG_IGN)  # a reader that is gone must raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        try:
            if error is not None:
                claim, is_free = self.claim, self.give_back(UNPRINTED)
                if isinstance(error, OSError):
                    raise _unprinted(claim, error, is_free) from error
            elif signal.SIGHUP in signal.sigpending() and self._on_terminal:
                self.give_back(CLOSED)
        finally:
            signal.signal(signal.SIGPIPE, self._pipe)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, self._signals)

    def give_back(self, reason: str) -> bool:
        """Release the claim, if there is one that was not given back before. False if it cannot be released."""
        claim, self.claim = self.claim, None
        return claim is None or _is_released(self._sq, claim, reason)


def _is_released(sq: SparkQ, claim: Claim, reason: str) -> bool:
    signals = _held_back()
    try:
        for _ in range(TRIES):
            try:
                tasks.release(sq, claim.task.id, reason, attempt=claim.task.attempts)
            except Busy:
                continue
            except SparkQError as refusal:
                return refusal.kind != Kind.STORAGE  # else it is settled already, or another attempt has it
            return True
        return False
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)


def _unprinted(claim: Claim | None, error: OSError, is_free: bool) -> Unprinted:
    why, is_gone = error.strerror or type(error).__name__, error.errno in GONE and is_free
    if claim is None:
        return Unprinted(
            f"The output cannot be written: {why}.",
            "What the command was to do is done: see `sparkq tasks`.",
            is_gone=is_gone,
        )
    task = claim.task
    if is_free:
        place = f"It is back in {task.queue}, at its old place."
        return Unprinted(
            f"#{task.id} cannot be printed: {why}. {place}", "Use an output that can be written.", is_gone=is_gone
        )
    return Unprinted(
        f"#{task.id} cannot be printed: {why}. It is still claimed.",
        f"Give it back: sparkq release {task.id} --attempt {task.attempts}",
    )


def on_terminal() -> bool:
    """True if standard output is a terminal. Ask before it can be closed: then it is none."""
    return sys.stdout.isatty()


def say(text: str | bytes) -> None:
    """Print lines unbuffered: text that a signal cut off must not be printed when the process ends.

    Raises Stopped on a signal while the reader does not read, OSError if the output cannot be written.
    """
    sys.stdout.flush()
    left = (text if isinstance(text, bytes) else text.encode(sys.stdout.encoding, "backslashreplace")) + b"\n"
    while left:
        if writable():
            left = left[os.write(sys.stdout.fileno(), left[: select.PIPE_BUF]) :]  # so much never blocks
        else:
            unless_stopped()


def writable(seconds: float = LOOK_SECONDS) -> bool:
    """True if standard output can be written to."""
    return bool(select.select([], [sys.stdout], [], seconds)[1])


def unless_stopped() -> None:
    """Raise Stopped if a signal that ends the process waits."""
    for number in signal.sigpending():
        if number in ENDING:
            raise Stopped(number)


def heeded() -> set[signal.Signals]:
    """Return the signals that end this process. One that is ignored, as by `nohup`, stays ignored."""
    return {number for number in ENDING if signal.getsignal(number) != signal.SIG_IGN}


def _held_back() -> set[signal.Signals]:
    """Hold back the signals that end the process. Return those that were not held back before."""
    new = heeded() - {*signal.pthread_sigmask(signal.SIG_BLOCK, ())}
    signal.pthread_sigmask(signal.SIG_BLOCK, new)
    return new
