"""The doctor's check that Git cannot commit, remove or replace the database."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from sparkq_core.changes.git import own_environment
from sparkq_core.config import location
from sparkq_core.installation.findings import FAILURE, OK, WARNING, Finding, Patient
from sparkq_core.text import safe

DUBIOUS = "dubious ownership"
"""What Git says where it refuses a repository of another user."""

SECONDS = 10.0
"""How long each of the two calls of Git may take."""


class _Answer(NamedTuple):
    """The exit code of Git, its output, and what it wrote to stderr."""

    code: int
    output: str
    trouble: str


def git(patient: Patient) -> Finding:
    """Check that the database is neither tracked by Git nor offered to `git add`."""
    file = patient.config.database
    start = file.parent if file.parent.is_dir() else patient.config.root
    repository = location.repository(start, patient.env)
    if repository is None:
        foreign = location.foreign_repository(start, patient.env)
        if foreign is not None:
            return _refused(foreign, DUBIOUS)
        return Finding("git", OK, "not in a repository")
    here = repository.top
    tracked = _git(here, patient.env, "ls-files", "--error-unmatch", "--", str(file))
    if tracked is None:
        return Finding("git", OK, "not checked: Git cannot be started")
    if tracked.code == 0:
        return Finding(
            "git",
            FAILURE,
            f"{file.name} is tracked: a checkout replaces it with an older one",
            f"git -C {shlex.quote(str(here))} rm --cached -- {shlex.quote(str(file))}",
        )
    if tracked.code != 1:
        return _refused(here, tracked.trouble)
    ignored = _git(here, patient.env, "check-ignore", "--quiet", "--", str(file))
    if ignored is None or ignored.code not in (0, 1):
        return Finding("git", WARNING, "not checked: Git did not answer", "Run it again: sparkq doctor")
    if ignored.code == 1:
        return Finding(
            "git",
            WARNING,
            f"{file.name} is not ignored: `git add` would commit it, and `git clean` and `git stash -u` would remove it",
            "sparkq setup",
        )
    return Finding("git", OK, f"{file.name} is ignored")


def is_ignored(file: Path, env: Mapping[str, str]) -> bool:
    """True if Git neither tracks the file nor offers it to `git add`; also outside a repository, and if Git cannot say."""
    folder = next(folder for folder in file.parents if folder.is_dir())
    if location.repository(folder, env) is None:
        return True
    tracked = _git(folder, env, "ls-files", "--error-unmatch", "--", str(file))
    ignored = _git(folder, env, "check-ignore", "--quiet", "--", str(file))
    return (tracked is None or tracked.code != 0) and (ignored is None or ignored.code != 1)


def _refused(here: Path, trouble: str) -> Finding:
    if DUBIOUS in trouble:
        return Finding(
            "git",
            WARNING,
            f"not checked: Git refuses {here}, which belongs to another user",
            f"git config --global --add safe.directory {shlex.quote(str(here))}",
        )
    said = next((line for line in trouble.splitlines() if line.strip()), "nothing")
    return Finding("git", WARNING, f"not checked: Git says: {safe(said)}", f"git -C {shlex.quote(str(here))} status")


def _git(folder: Path, env: Mapping[str, str], *arguments: str) -> _Answer | None:
    """Run Git, which starts no other program and takes no optional lock. None if it cannot be started or is too slow."""
    import subprocess  # the other checks do without

    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
            env=own_environment(env) | {"LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return _Answer(done.returncode, done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"))
