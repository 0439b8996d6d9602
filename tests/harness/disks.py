"""Disks and users of a test that runs as root: small file systems, and programs that heed the modes of files."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def without_privileges() -> list[str]:
    """The beginning of a command whose program heeds the modes of files, as that of root does not; else the test is skipped."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may read and write everything, and there is no setpriv to change that")
    return ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"]


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 2 MB in `folder`; the test is skipped where it cannot be mounted."""
    folder.mkdir()
    mounted = os.geteuid() == 0 and _mount("-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder))
    if not mounted:
        pytest.skip("only root can mount a small disk, and not everywhere")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def make_read_only(folder: Path) -> None:
    """Mount a small disk again so that nothing on it can be written."""
    assert _mount("-o", "remount,ro", str(folder))


def fill(folder: Path) -> None:
    """Write a file that takes all that is left on the disk."""
    with pytest.raises(OSError, match="No space left"), (folder / "filler").open("wb", buffering=0) as stream:  # noqa: PT012  # it writes until it is refused
        while True:
            stream.write(b"x" * 4096)


def _mount(*arguments: str) -> bool:
    done = subprocess.run(["mount", *arguments], capture_output=True, check=False)
    return done.returncode == 0
