"""What sparkq.yml said when it was last read, so that a command need not load a YAML parser (15 ms of its 100) again.

It counts only for the very file that was read: same inode, size, and times of change to the nanosecond. A file that was
written in the last seconds is not remembered, because its next change may have the same times.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sparkq_core import __version__
from sparkq_core.clock import SystemClock

PATH = "sparkq/run/settings.json"
"""Beside sparkq.yml; never shared, ignored by Git, removed by teardown."""

SETTLED_MS = 3000
NS_PER_MS = 1_000_000


def identity(file: Path) -> str:
    """What tells this state of the file from any other. Raises OSError."""
    found = file.stat()
    return f"{__version__} {found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def recall(file: Path, of: str) -> dict[str, tuple[Any, str]] | None:
    """The values of `file` in the state `of`, if they are remembered."""
    try:
        kept = json.loads((file.parent / PATH).read_bytes())
        if kept["of"] != of:
            return None
        return {key: (value, source) for key, (value, source) in kept["values"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def keep(file: Path, of: str, values: Mapping[str, tuple[Any, str]]) -> None:
    """Remember the values of `file`. Where that cannot be, the next command reads it again."""
    target = file.parent / PATH
    beside = target.with_name(f"settings.{os.getpid()}.new")
    with suppress(OSError):
        settled = max(file.stat().st_mtime_ns, file.stat().st_ctime_ns) // NS_PER_MS + SETTLED_MS
        if settled > SystemClock().now() or identity(file) != of or not target.parent.parent.is_dir():
            return
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600), "w") as stream:
            json.dump({"of": of, "values": values}, stream)
        try:
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
