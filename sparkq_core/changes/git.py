"""Run Git on a work tree so that it only reads: no lock, no hook, no filter, no network, and nothing written in `.git`.

Objects that Git makes go into the project's own store (`GIT_OBJECT_DIRECTORY`), with those of the repository behind it.
"""

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from sparkq_core.config.loading import environment

PASSED_ON = frozenset(
    [
        "GIT_CEILING_DIRECTORIES",
        "GIT_CONFIG_GLOBAL",
        "GIT_CONFIG_NOSYSTEM",
        "GIT_CONFIG_SYSTEM",
        "GIT_DISCOVERY_ACROSS_FILESYSTEM",
        "GIT_EXEC_PATH",
    ]
)
"""The variables of Git that a caller may set. Others, such as those that a hook has, lead to another repository, start
programs or write."""

READING = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",  # Git before 2.44 does not know the line above
    "LC_ALL": "C",
}
SETTINGS = {
    "core.fsmonitor": "false",
    "core.hooksPath": os.devnull,
    "core.splitIndex": "false",
    "core.untrackedCache": "false",
    "core.looseCompression": "1",
    "core.safecrlf": "false",
    "core.fsync": "none",
    "gc.auto": "0",
    "submodule.recurse": "false",
}
"""What overrides the configuration of the repository."""


WHERE = (
    *("--path-format=absolute", "--show-toplevel", "--git-path", "index", "--git-path", "objects"),
    *("--revs-only", "HEAD", "--symbolic-full-name", "HEAD"),
)
"""What `rev-parse` is asked: before the first commit it leaves out the two last lines."""


class GitFailed(Exception):
    """Git refused, could not be started, or was too slow."""


class NoAnswer(GitFailed):
    """Git could not be started, or was too slow, which says nothing about the repository."""


class Deadline(NamedTuple):
    """The moment (of time.monotonic) by which all must be done."""

    at: float

    @classmethod
    def after(cls, seconds: float) -> "Deadline":
        """Return the deadline that is `seconds` from now."""
        return cls(time.monotonic() + seconds)

    @property
    def left(self) -> float:
        """The seconds that are left; 0 if it is over."""
        return max(0.0, self.at - time.monotonic())


def own_environment(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the variables of a caller, such as a hook of Git, that name its repository."""
    return {name: value for name, value in env.items() if not name.startswith("GIT_") or name in PASSED_ON}


class Git(NamedTuple):
    """Git in folder `cwd`, with `variables` in its environment and `settings` over its configuration."""

    cwd: Path
    deadline: Deadline
    variables: Mapping[str, str] = {}
    settings: Mapping[str, str] = {}

    def __call__(self, *arguments: str, stdin: bytes = b"", fine: Sequence[int] = (0,)) -> bytes:
        """Return what a Git command prints. Raises GitFailed, also for an exit code that is not `fine`."""
        import subprocess  # 3 ms at import, which commands that only read can save

        left = self.deadline.left
        if not left:
            raise NoAnswer("there is no time left")
        try:
            done = subprocess.run(
                ["git", *arguments],
                cwd=self.cwd,
                env=self._environment(),
                input=stdin,
                capture_output=True,
                timeout=left,
                check=False,
            )
        except OSError as error:
            raise NoAnswer(f"git cannot be started: {error.strerror}") from error
        except subprocess.TimeoutExpired as error:
            raise NoAnswer(f"git {arguments[0]} was too slow") from error
        if done.returncode not in fine:
            raise GitFailed(f"git {arguments[0]}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def beginning(self, most: int, *arguments: str) -> bytes:
        """Return the first `most` bytes that a Git command prints, which is then ended. Raises GitFailed."""
        import subprocess
        import threading

        try:
            process = subprocess.Popen(
                ["git", *arguments],
                cwd=self.cwd,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            raise NoAnswer(f"git cannot be started: {error.strerror}") from error
        stop = threading.Timer(self.deadline.left, process.kill)
        stop.start()
        with process:
            assert process.stdout is not None
            output = process.stdout.read(most)
            is_more = bool(process.stdout.read(1))
            stop.cancel()
            if is_more:
                process.kill()
        if not is_more and process.returncode:
            if not self.deadline.left:
                raise NoAnswer(f"git {arguments[0]} was too slow")
            raise GitFailed(f"git {arguments[0]} failed")
        return output

    def _environment(self) -> dict[str, str]:
        over = {"GIT_CONFIG_COUNT": str(len(SETTINGS) + len(self.settings))}
        for at, (name, value) in enumerate([*SETTINGS.items(), *self.settings.items()]):
            over |= {f"GIT_CONFIG_KEY_{at}": name, f"GIT_CONFIG_VALUE_{at}": value}
        return own_environment(environment()) | READING | over | dict(self.variables)


class WorkTree(NamedTuple):
    """A work tree: its root, its index, the objects of its repository, and where its HEAD is.

    `branch` is None if no branch is checked out, `head` before the first commit.
    """

    top: Path
    index_file: Path
    objects: Path
    branch: str | None
    head: str | None


def work_tree(folder: Path, deadline: Deadline) -> WorkTree | None:
    """Return the work tree that `folder` is in. None if it is in none that Git accepts, or Git is too slow."""
    try:
        answer = Git(folder, deadline)("rev-parse", *WHERE)
        top, index, objects, *head = os.fsdecode(answer).removesuffix("\n").split("\n")
        commit, reference = head or ("", "")
    except (GitFailed, ValueError):
        return None
    branch = reference.removeprefix("refs/heads/") if reference.startswith("refs/heads/") else None
    return WorkTree(Path(top), Path(index), Path(objects), branch, commit or None)


def with_store(folder: Path, store: Path, objects: Sequence[Path], deadline: Deadline) -> Git:
    """Return Git in `folder` that writes objects into `store` and finds those of the repositories' `objects` too."""
    variables = {"GIT_OBJECT_DIRECTORY": str(store), "GIT_ALTERNATE_OBJECT_DIRECTORIES": _paths(objects)}
    return Git(folder, deadline, variables)


def beside_stores(folder: Path, stores: Sequence[Path], deadline: Deadline) -> Git:
    """Return Git that reads in the repository of `folder`, and finds the objects of `stores` too.

    Unlike `with_store` it need not know where the repository has its own, which saves a process.
    """
    return Git(folder, deadline, {"GIT_ALTERNATE_OBJECT_DIRECTORIES": _paths(stores)})


def _paths(paths: Sequence[Path]) -> str:
    return os.pathsep.join(_quoted(str(path)) for path in dict.fromkeys(paths))


def _quoted(path: str) -> str:
    """Return a path of a list of paths as Git reads it."""
    if os.pathsep not in path and not path.startswith('"'):
        return path
    escaped = path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'
