"""Checks who owns a project: what another user put there is not used until you trust its folder.

Git does the same (`safe.directory`). Otherwise a file that someone leaves in a folder above yours would decide where your
tasks go and what runs as you.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from sparkq_core.errors import OtherOwner

TRUSTED = "sparkq/trusted"
"""In XDG_CONFIG_HOME, or ~/.config: one folder a line, which counts for everything below it. `*` is every folder."""

ROOT = 0


def own_users(env: Mapping[str, str]) -> frozenset[int]:
    """Return the ids of the users who count as you: you, root, and under sudo the user who called it."""
    own = {ROOT, os.geteuid()}
    if os.geteuid() == ROOT and env.get("SUDO_UID", "").isdecimal():
        own.add(int(env["SUDO_UID"]))
    return frozenset(own)


def other_owner(path: Path, env: Mapping[str, str]) -> int | None:
    """Return the id of the other user who owns `path`, or the target of the link that it is; None if it is yours.

    Also None if it does not exist, and on a system without users.
    """
    if not hasattr(os, "geteuid"):
        return None
    for owner in _owners(path):
        if owner not in (ROOT, os.geteuid()) and owner not in own_users(env):
            return owner
    return None


def is_foreign(path: Path, env: Mapping[str, str]) -> bool:
    """True if `path` belongs to another user, and you do not trust its folder."""
    return other_owner(path, env) is not None and not _trusts(path, env)


def is_planted(path: Path, env: Mapping[str, str]) -> bool:
    """True if `path` is foreign, in a folder where every user can create files, such as /tmp."""
    try:
        everybodys = path.parent.stat().st_mode & stat.S_ISVTX
    except OSError:
        return False
    return bool(everybodys) and is_foreign(path, env)


def check(paths: Iterable[Path], env: Mapping[str, str]) -> None:
    """Refuse what belongs to another user, unless you trust its folder. Raises OtherOwner."""
    for path in paths:
        owner = other_owner(path, env)
        if owner is not None and not _trusts(path, env):
            name = user_name(owner)
            folder = path if path.is_dir() and path.name != ".git" else path.parent
            raise OtherOwner(f"{path} belongs to the user {name}, not to you.", _how_to_trust(folder, env))


def _how_to_trust(folder: Path, env: Mapping[str, str]) -> str:
    file = trusted_file(env)
    hint = f"If you trust that user, add the line {folder} to the file {file}."
    if file.is_file() and not _is_yours_alone(file):
        return f"{hint} It is ignored while other users can write it: chmod go-w {file}"
    return hint


def user_name(user: int) -> str:
    """Return the name of a user, or the id if it has none."""
    from pwd import getpwuid  # only where there is another user

    try:
        return getpwuid(user).pw_name
    except KeyError:
        return str(user)


def trusted_file(env: Mapping[str, str]) -> Path:
    """Return the file in which you list the folders of other users that you trust."""
    config = env.get("XDG_CONFIG_HOME") or ""
    return (Path(config) if config.startswith("/") else home(env) / ".config") / TRUSTED


def home(env: Mapping[str, str]) -> Path:
    """Return your home folder, also where HOME is not set, as in a client that starts the server without it."""
    if env.get("HOME"):
        return Path(env["HOME"])
    from pwd import getpwuid

    try:
        return Path(getpwuid(os.geteuid()).pw_dir)
    except KeyError:
        return Path("/nonexistent")


def _owners(path: Path) -> Iterator[int]:
    try:
        about = path.lstat()
        yield about.st_uid
        if stat.S_ISLNK(about.st_mode):
            yield path.stat().st_uid
    except OSError:
        return


def _is_yours_alone(file: Path) -> bool:
    """True if no other user can write the file. Raises OSError."""
    about = file.stat()
    return about.st_uid in (ROOT, os.geteuid()) and not about.st_mode & 0o022


def _trusts(path: Path, env: Mapping[str, str]) -> bool:
    """True if a folder in your own list holds `path`."""
    file = trusted_file(env)
    try:
        if not _is_yours_alone(file):
            return False
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError):
        return False
    folders = {line.strip() for line in lines}
    place = path.resolve()
    return "*" in folders or any(str(each) in folders for each in (place, *place.parents))
