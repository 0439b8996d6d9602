"""What Git says at a claim and at a result: branch, commit, and how much changed. Reads only, within milliseconds.

A repository that answers too slowly, is none, or has no commit yet gives None: the queue never waits for Git.
"""

import json
import re
import time
from pathlib import Path

from sparkq_core.config import environment
from sparkq_core.project import SparkQ

BEFORE_SECONDS = 0.045
"""What a claim may wait for Git; the promise is 50 ms."""

AFTER_SECONDS = 2.0
"""What a result may wait: by then nobody else does."""

_COUNTS = {
    "files": re.compile(r"(\d+) files? changed"),
    "insertions": re.compile(r"(\d+) insertions?"),
    "deletions": re.compile(r"(\d+) deletions?"),
}


def before(sq: SparkQ) -> str | None:
    """Branch and commit at a claim, and whether the tree differs from it (absent when Git took too long), as JSON."""
    if not sq.config.watches_git:
        return None
    root, started = sq.config.root, time.monotonic()
    head = _head(root, BEFORE_SECONDS)
    if head is None:
        return None
    left = BEFORE_SECONDS - (time.monotonic() - started)
    differs = _git(root, left, "diff", "--shortstat", "HEAD") if left > 0 else None
    return json.dumps(head | ({"dirty": bool(differs)} if differs is not None else {}))


def after(sq: SparkQ, earlier: str | None) -> str | None:
    """Branch and commit at a result, and the size of the change since the claim's commit, as JSON."""
    if not sq.config.watches_git:
        return None
    root = sq.config.root
    head = _head(root, AFTER_SECONDS)
    if head is None:
        return None
    base = json.loads(earlier).get("head") if earlier else None
    differs = _git(root, AFTER_SECONDS, "diff", "--shortstat", base or "HEAD")
    now_dirty = _git(root, AFTER_SECONDS, "diff", "--shortstat", "HEAD") if base != head["head"] else differs
    found: dict[str, object] = dict(head)
    if now_dirty is not None:
        found["dirty"] = bool(now_dirty)
    if differs is not None:
        found |= {name: int(hit.group(1)) if (hit := one.search(differs)) else 0 for name, one in _COUNTS.items()}
    return json.dumps(found)


def standing(found: str) -> str:
    """Of what `after` found, what `before` would have: branch, commit, and whether the tree differs from it."""
    return json.dumps({key: value for key, value in json.loads(found).items() if key in ("branch", "head", "dirty")})


def summary(found: str | None) -> str:
    """`3 files, +40 −12`, or nothing."""
    counts = json.loads(found) if found else {}
    if not counts.get("files"):
        return ""
    files = counts["files"]
    return f"{files} file{'s' if files != 1 else ''}, +{counts['insertions']} −{counts['deletions']}"


def _head(root: Path, seconds: float) -> dict[str, str] | None:
    said = _git(root, seconds, "rev-parse", "HEAD", "--abbrev-ref", "HEAD")
    lines = said.split("\n") if said else []
    return {"branch": lines[1], "head": lines[0]} if len(lines) == 2 else None


def _git(root: Path, seconds: float, *arguments: str) -> str | None:
    """What `git` prints; None when it fails or takes longer than `seconds`.

    Without optional locks, so that a Git command of the person's is never in the way of this one or behind it;
    without external diff or filter programs of the repository's configuration.
    """
    import subprocess  # 3 ms at import, which commands that only read do not pay

    command = ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", *arguments[:1]]
    if arguments[0] == "diff":
        command += ["--no-ext-diff", "--no-textconv", "--ignore-submodules"]
    try:
        done = subprocess.run(
            [*command, *arguments[1:]],
            cwd=root,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=max(0.001, seconds),
            check=False,
            env={**environment(), "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode == 0 else None
