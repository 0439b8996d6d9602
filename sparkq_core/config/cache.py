"""Caches the values of sparkq.yml, so that a command need not load a YAML parser (15 ms of its 100).

They are valid only for the same file: inode, size, and times of change to the nanosecond. A file that was written in
the last seconds is not remembered, because its next change may have the same times. While there is no sparkq.yml, as on
a branch that does not have it, the last ones stand in for it.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from sparkq_core import __version__
from sparkq_core.clock import SystemClock
from sparkq_core.config.location import FILE
from sparkq_core.config.ownership import ROOT

PATH = "sparkq/run/settings.json"
"""Beside sparkq.yml. Git ignores it, and teardown removes it."""

SETTLED_MS = 3000
NS_PER_MS = 1_000_000


def identity(file: Path) -> str:
    """Return a text that is different for each state of the file. Raises OSError."""
    stat = file.stat()
    return f"{__version__} {stat.st_dev} {stat.st_ino} {stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns}"


def recall(file: Path, state: str) -> dict[str, tuple[Any, str]] | None:
    """Return the values of `file` and their origins, if they are remembered for this `state` of it."""
    remembered_state, values = _remembered(file.parent)
    return values if remembered_state == state else None


def last(root: Path) -> dict[str, tuple[Any, str]]:
    """Return the values that the sparkq.yml of folder `root` had when it was last read, and their origins.

    Nothing if the last settings file of the folder that was read had another name.
    """
    values = _remembered(root)[1]
    return values if all(origin.startswith(f"{FILE}:") for _, origin in values.values()) else {}


def _remembered(root: Path) -> tuple[str, dict[str, tuple[Any, str]]]:
    """Return a state of the file, and the values that it had then; nothing if they cannot be read."""
    try:
        with (root / PATH).open("rb") as stream:
            if os.fstat(stream.fileno()).st_uid not in (os.geteuid(), ROOT):
                return "", {}
            remembered = json.loads(stream.read())
        return remembered["of"], {key: (value, origin) for key, (value, origin) in remembered["values"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return "", {}


def keep(file: Path, state: str, values: Mapping[str, tuple[Any, str]]) -> None:
    """Remember the values that `file` has in this `state`. If they cannot be written, the next command parses it again."""
    target = file.parent / PATH
    beside = target.with_name(f"settings.{os.getpid()}.new")
    with suppress(OSError):
        settled = max(file.stat().st_mtime_ns, file.stat().st_ctime_ns) // NS_PER_MS + SETTLED_MS
        if settled > SystemClock().now() or identity(file) != state or not target.parent.parent.is_dir():
            return
        target.parent.mkdir(mode=0o700, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, 0o600), "w") as stream:
            json.dump({"of": state, "values": values}, stream)
        try:
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
