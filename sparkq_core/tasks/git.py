"""Ask Git at a claim and at a result for branch, commit and the size of the change. It reads only, within milliseconds.

The answer is None if Git is too slow, if there is no repository, or no commit yet: the queue never waits for Git.
The size is the difference of the tracked files from the commit of the claim, no matter who made it. A new file counts
once it is added to Git: telling the new files of the task from earlier ones would need a second walk through the whole
tree at each claim.
"""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

from sparkq_core.config.loading import environment
from sparkq_core.project import SparkQ

BEFORE_SECONDS = 0.045
"""How long a claim may wait for Git; the promise is 50 ms."""

AFTER_SECONDS = 2.0
"""How long a result may wait: it is stored already, so nobody else waits."""

COMMIT = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
COUNTED = ("files", "insertions", "deletions")
SHAPE = {"branch": str, "head": str, "dirty": bool, **dict.fromkeys(COUNTED, int), "changed_before": bool}
"""The keys of a repository's state, and their types."""

_COUNTS = {
    "files": re.compile(r"(\d+) files? changed"),
    "insertions": re.compile(r"(\d+) insertions?"),
    "deletions": re.compile(r"(\d+) deletions?"),
}

LOCAL = frozenset(
    [
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_CONFIG",
        "GIT_CONFIG_COUNT",
        "GIT_CONFIG_PARAMETERS",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    ]
)
"""The variables that lead Git to another repository than that of the folder (`git rev-parse --local-env-vars`)."""


def before(sq: SparkQ) -> str | None:
    """Return branch and commit at a claim as JSON, with `dirty` if Git could compare the work tree with it in time."""
    if not sq.config.watches_git:
        return None
    root, started = sq.config.root, time.monotonic()
    head = _head(root, BEFORE_SECONDS)
    if head is None:
        return None
    left = BEFORE_SECONDS - (time.monotonic() - started)
    differs = _diff(root, left, "HEAD")
    return json.dumps(head | ({"dirty": bool(differs)} if differs is not None else {}))


def after(sq: SparkQ, earlier: str | None) -> str | None:
    """Return branch and commit at a result, and the size of the change since the commit of the claim, as JSON.

    `changed_before` is true if the work tree differed from that commit already at the claim.
    """
    if not sq.config.watches_git:
        return None
    root = sq.config.root
    head = _head(root, AFTER_SECONDS)
    if head is None:
        return None
    began = json.loads(earlier) if earlier else {}
    base = began["head"] if COMMIT.fullmatch(began.get("head", "")) else None
    differs = _diff(root, AFTER_SECONDS, base or "HEAD")
    now_dirty = _diff(root, AFTER_SECONDS, "HEAD") if base != head["head"] else differs
    state: dict[str, object] = dict(head)
    if now_dirty is not None:
        state["dirty"] = bool(now_dirty)
    if differs is not None:
        state |= _counts(differs)
    if began.get("dirty"):
        state["changed_before"] = True
    return json.dumps(state)


def _counts(shortstat: str) -> dict[str, int]:
    matches = {name: pattern.search(shortstat) for name, pattern in _COUNTS.items()}
    return {name: int(match.group(1)) if match else 0 for name, match in matches.items()}


def as_before(state: str) -> str:
    """Reduce the answer of `after` to the keys that `before` returns."""
    return json.dumps({key: value for key, value in json.loads(state).items() if key in ("branch", "head", "dirty")})


def without_local(env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without the variables of a caller, such as a hook of Git, that name its repository."""
    return {name: value for name, value in env.items() if name not in LOCAL}


def well_formed(state: object) -> bool:
    """Return True if this value from outside has the form of an answer of `before` or `after`."""
    return (
        isinstance(state, dict)
        and all(name in SHAPE and type(value) is SHAPE[name] for name, value in state.items())
        and COMMIT.fullmatch(state.get("head", "0" * 40)) is not None
        and len({name in state for name in COUNTED}) == 1
    )


def summary(state: str | None) -> str:
    """Format the size of a change as `3 files, +40 −12`, with a mark if it includes changes from before the claim."""
    counts = json.loads(state) if state else {}
    if not counts.get("files"):
        return ""
    files = counts["files"]
    earlier = " with changes from before" if counts.get("changed_before") else ""
    return f"{files} file{'s' if files != 1 else ''}, +{counts['insertions']} −{counts['deletions']}{earlier}"


def _head(root: Path, seconds: float) -> dict[str, str] | None:
    output = _git(root, seconds, "rev-parse", "HEAD", "--abbrev-ref", "HEAD")
    lines = output.split("\n") if output else []
    return {"branch": lines[1], "head": lines[0]} if len(lines) == 2 else None


def _diff(root: Path, seconds: float, base: str) -> str | None:
    """Return how the work tree differs from `base`, in the format of `--shortstat`.

    No program of Git's configuration runs: no external diff, no text conversion, and no filter, which may even write
    (Git LFS does).
    """
    started = time.monotonic()
    filters = _git(root, seconds, "config", "--null", "--name-only", "--get-regexp", r"^filter\.", fine=(0, 1))
    left = seconds - (time.monotonic() - started)
    if filters is None or left <= 0:
        return None
    without = {name: "false" if name.endswith(".required") else "" for name in filters.split("\0") if name}
    options = ("--no-ext-diff", "--no-textconv", "--ignore-submodules", "--shortstat")
    return _git(root, left, "diff", *options, base, settings=without)


def _git(
    root: Path,
    seconds: float,
    *arguments: str,
    fine: tuple[int, ...] = (0,),
    settings: Mapping[str, str] | None = None,
) -> str | None:
    """Return the output of `git` with `settings` over its configuration, or None if it fails or exceeds `seconds`.

    It takes no optional locks, so that it and your own Git commands never block each other.
    """
    import subprocess  # 3 ms at import, which commands that only read can save

    over = {"GIT_CONFIG_COUNT": str(len(settings))} if settings else {}
    for at, (name, value) in enumerate((settings or {}).items()):
        over |= {f"GIT_CONFIG_KEY_{at}": name, f"GIT_CONFIG_VALUE_{at}": value}
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=max(0.001, seconds),
            check=False,
            env={**without_local(environment()), "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", **over},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode in fine else None
