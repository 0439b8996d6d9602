"""What Git says at a claim and at a result: branch, commit, and how much changed. Reads only, within milliseconds.

A repository that answers too slowly, is none, or has no commit yet gives None: the queue never waits for Git.
What is counted is the difference of the tracked files from the claim's commit, whoever made it. A new file counts once it is
added to Git: to tell those of the task from earlier ones would take a second look at the whole tree at each claim.
"""

import json
import re
import time
from collections.abc import Mapping
from pathlib import Path

from sparkq_core.config.loading import environment
from sparkq_core.project import SparkQ

BEFORE_SECONDS = 0.045
"""What a claim may wait for Git; the promise is 50 ms."""

AFTER_SECONDS = 2.0
"""What a result may wait: by then nobody else does."""

COMMIT = re.compile("[0-9a-f]{40}([0-9a-f]{24})?")
COUNTED = ("files", "insertions", "deletions")
SHAPE = {"branch": str, "head": str, "dirty": bool, **dict.fromkeys(COUNTED, int), "changed_before": bool}
"""What a repository's state can say."""

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
    differs = _diff(root, left, "HEAD")
    return json.dumps(head | ({"dirty": bool(differs)} if differs is not None else {}))


def after(sq: SparkQ, earlier: str | None) -> str | None:
    """Branch and commit at a result, and the size of the change since the claim's commit, as JSON.

    `changed_before` tells that the tree differed from that commit at the claim already.
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
    found: dict[str, object] = dict(head)
    if now_dirty is not None:
        found["dirty"] = bool(now_dirty)
    if differs is not None:
        found |= {name: int(hit.group(1)) if (hit := one.search(differs)) else 0 for name, one in _COUNTS.items()}
    if began.get("dirty"):
        found["changed_before"] = True
    return json.dumps(found)


def standing(found: str) -> str:
    """Of what `after` found, what `before` would have: branch, commit, and whether the tree differs from it."""
    return json.dumps({key: value for key, value in json.loads(found).items() if key in ("branch", "head", "dirty")})


def well_formed(found: object) -> bool:
    """Whether this, which comes from elsewhere, can stand where `before` and `after` are kept."""
    return (
        isinstance(found, dict)
        and all(name in SHAPE and type(value) is SHAPE[name] for name, value in found.items())
        and COMMIT.fullmatch(found.get("head", "0" * 40)) is not None
        and len({name in found for name in COUNTED}) == 1
    )


def summary(found: str | None) -> str:
    """`3 files, +40 −12`, or nothing; what was changed before the claim is in it, and it says so."""
    counts = json.loads(found) if found else {}
    if not counts.get("files"):
        return ""
    files = counts["files"]
    earlier = " with changes from before" if counts.get("changed_before") else ""
    return f"{files} file{'s' if files != 1 else ''}, +{counts['insertions']} −{counts['deletions']}{earlier}"


def _head(root: Path, seconds: float) -> dict[str, str] | None:
    said = _git(root, seconds, "rev-parse", "HEAD", "--abbrev-ref", "HEAD")
    lines = said.split("\n") if said else []
    return {"branch": lines[1], "head": lines[0]} if len(lines) == 2 else None


def _diff(root: Path, seconds: float, base: str) -> str | None:
    """What the work tree differs in from `base`, as `--shortstat` says it, with no program of the configuration run:
    no external diff, no text conversion, and no filter, which may write as well (Git LFS does)."""
    started = time.monotonic()
    named = _git(root, seconds, "config", "--null", "--name-only", "--get-regexp", r"^filter\.", fine=(0, 1))
    left = seconds - (time.monotonic() - started)
    if named is None or left <= 0:
        return None
    without = {name: "false" if name.endswith(".required") else "" for name in named.split("\0") if name}
    options = ("--no-ext-diff", "--no-textconv", "--ignore-submodules", "--shortstat")
    return _git(root, left, "diff", *options, base, settings=without)


def _git(
    root: Path,
    seconds: float,
    *arguments: str,
    fine: tuple[int, ...] = (0,),
    settings: Mapping[str, str] | None = None,
) -> str | None:
    """What `git` prints, with `settings` over its configuration; None when it fails or takes longer than `seconds`.

    Without optional locks, so that a Git command of the person's is never in the way of this one or behind it.
    """
    import subprocess  # 3 ms at import, which commands that only read do not pay

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
            env={**environment(), "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", **over},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode(errors="replace").strip() if done.returncode in fine else None
