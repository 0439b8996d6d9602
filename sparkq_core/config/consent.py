"""Remembers which hooks you have allowed: exactly these commands, in exactly this project.

The record is in your own state folder. A cloned repository can bring a sparkq.yml and even a database, but no record.
"""

import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core.config import ownership
from sparkq_core.errors import AtTheKeyboard, StorageError
from sparkq_core.files import durable, lock

FOLDER = "sparkq/hooks"
"""In XDG_STATE_HOME, or ~/.local/state."""

KEPT = 20
"""How many contents are remembered for a project, so that branches with different hooks do not ask each time."""

MAX_BYTES = 64 * 1024

AGENTS = {
    "CLAUDECODE": "Claude Code",
    "CLAUDE_CODE_SESSION_ID": "Claude Code",
    "CODEX_SANDBOX": "Codex",
    "CODEX_SANDBOX_NETWORK_DISABLED": "Codex",
    "CODEX_THREAD_ID": "Codex",
    "CODEX_SESSION_ID": "Codex",
    "GEMINI_CLI": "Gemini CLI",
    "CURSOR_AGENT": "Cursor",
    "OPENCODE": "OpenCode",
}
"""The variables that agents set in the shells of their commands. CLAUDE_CODE_SSE_PORT is in your own terminals too."""

Hooks = Mapping[str, tuple[str, ...]]


class Consent(NamedTuple):
    """Your yes to the hooks of a project: when, and by which command."""

    at: int
    by: str


def agent(env: Mapping[str, str]) -> str | None:
    """Return the name of the agent whose shell has the environment `env`, or None if it is your own."""
    return next((name for variable, name in AGENTS.items() if env.get(variable)), None)


def check_keyboard(env: Mapping[str, str], rule: str, way: str = "use the web page") -> None:
    """Refuse an agent's shell. `rule` is the sentence that says who does it instead, `way` another way, if there is one.

    Raises AtTheKeyboard.
    """
    name = agent(env)
    if name is not None:
        other = f", or to {way}" if way else ""
        raise AtTheKeyboard(
            f"This is a shell of {name}. {rule}", f"Ask the user to type it in their own terminal{other}."
        )


def find(root: Path, hooks: Hooks, env: Mapping[str, str]) -> Consent | None:
    """Return your yes to exactly these hooks of the project at `root`, or None."""
    try:
        at, by = _records(_file(root, env))[_content(hooks)]
        return Consent(int(at), str(by))
    except (KeyError, TypeError, ValueError):
        return None


def give(root: Path, hooks: Hooks, consent: Consent, env: Mapping[str, str]) -> None:
    """Remember your yes to exactly these hooks of the project at `root`. Raises StorageError."""
    file = _file(root, env)
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with lock.folder(file.parent):
            others = {content: record for content, record in _records(file).items() if content != _content(hooks)}
            records = dict([*others.items(), (_content(hooks), consent)][-KEPT:])
            with durable.building(file) as built:
                built.write_text(json.dumps({"root": str(root), "allowed": records}), encoding="utf-8")
                durable.put(built, file)
    except OSError as error:
        raise StorageError(
            f"{file} cannot be written: {error.strerror}.",
            "Your yes to hooks is kept there, outside the repository. Correct the permissions or XDG_STATE_HOME.",
        ) from error


def withdraw(root: Path, env: Mapping[str, str]) -> bool:
    """Forget every yes to hooks of the project at `root`. Returns False if there was none. Raises StorageError."""
    file = _file(root, env)
    try:
        file.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(f"{file} cannot be removed: {error.strerror}.", "Correct its permissions.") from error
    return True


def _content(hooks: Hooks) -> str:
    from hashlib import sha256  # 2 ms at import, which only projects with hooks pay

    text = json.dumps({name: list(command) for name, command in hooks.items()}, sort_keys=True)
    return sha256(text.encode()).hexdigest()


def _file(root: Path, env: Mapping[str, str]) -> Path:
    from hashlib import sha256

    state = env.get("XDG_STATE_HOME") or ""
    base = Path(state) if state.startswith("/") else ownership.home(env) / ".local/state"
    return base / FOLDER / f"{sha256(os.fsencode(root.resolve())).hexdigest()[:32]}.json"


def _records(file: Path) -> dict[str, Any]:
    """Return the records in `file` by content; none if it is not a file of yours."""
    try:
        with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as stream:
            about = os.fstat(stream.fileno())
            if about.st_uid != os.geteuid() or about.st_mode & 0o022 or not stat.S_ISREG(about.st_mode):
                return {}
            allowed = json.loads(stream.read(MAX_BYTES))["allowed"]
            return allowed if isinstance(allowed, dict) else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
