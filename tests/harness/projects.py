"""New projects in a folder, and further handles on one."""

import os
import stat
import tempfile
from functools import cache
from pathlib import Path

from sparkq_core import project
from sparkq_core.clock import Clock, SystemClock
from sparkq_core.config.location import DATABASE
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from tests.harness.clocks import SetClock

TOP = Path(__file__).parent.parent.parent
"""The folder that holds `tests` and `sparkq_core`: the checkout, or a copy with a mutant."""


def database_of(root: Path) -> Path:
    """Return the path of the database of a project without sparkq.yml."""
    return root / DATABASE


def open_new_project(root: Path, clock: Clock | None = None) -> SparkQ:
    """Create a project in `root` and open it, by default on the machine's clock."""
    clock = clock or SystemClock()
    create_project(root, clock)
    return project.open(root, env={}, clock=clock)


def create_project(root: Path, clock: Clock) -> None:
    """Create a project in `root`: a copy of one that `schema.create` has made, since that costs 10 ms each time."""
    if database_of(root).parent.exists():
        schema.create(database_of(root), "test", clock)
        return
    for name, mode, written in _new_project(clock.now() if isinstance(clock, SetClock) else None):
        if written is None:
            (root / name).mkdir(mode)
        else:
            with open(os.open(root / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as copy:
                copy.write(written)


@cache
def _new_project(at: int | None) -> list[tuple[str, int, bytes | None]]:
    """The folders and files of a project that was made at this time, or now: name, mode, content of a file."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        schema.create(database_of(root), "test", SystemClock() if at is None else SetClock(at))
        return [
            (
                str(file.relative_to(root)),
                stat.S_IMODE(file.stat().st_mode),
                None if file.is_dir() else file.read_bytes(),
            )
            for file in sorted(root.rglob("*"))
        ]


def second_handle(sq: SparkQ) -> SparkQ:
    """A second handle on the same file, as another process would have: its own connection, the same clock."""
    return project.open(sq.config.root, env={}, clock=sq.clock)
