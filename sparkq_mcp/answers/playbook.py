"""How to work any queue, as a chat reads it: the playbook, and the names of the project's scripts."""

from pathlib import Path

from sparkq_core import wire
from sparkq_core.text import MAX_TITLE
from sparkq_mcp.answers.truncation import LIMIT, POINTER, Long, begun, fitted, page, read_on, short

CALL = "queue_instructions(more='{more}')"

SCRIPTS_SIZE = 2000
"""Bytes of the names that come with the playbook."""


def playbook() -> str:
    """WORKER_PLAYBOOK.md as installed, or as it stands in the checkout."""
    package = Path(__file__).resolve().parent.parent.parent
    for file in (package / "sparkq_core" / "WORKER_PLAYBOOK.md", package / "WORKER_PLAYBOOK.md"):
        if file.is_file():
            return file.read_text(encoding="utf-8")
    return "The playbook is missing from this installation of SparkQ."


def told(scripts: list[str], more: str = "") -> wire.Json:
    """Both; of many names the first, how many are left, and the call that reads on, which asks for `more`."""
    names = "\n".join(scripts)
    if more:
        return page({"playbook": playbook(), "scripts": names}, more, CALL)
    shown = begun([short(name, MAX_TITLE) for name in scripts], SCRIPTS_SIZE)
    about: wire.Json = {"playbook": playbook(), "scripts": shown}
    rest = scripts[len(shown) :]
    if not rest:
        return fitted(about, [Long(about, "playbook", "playbook", CALL)])
    about["scripts_left"] = len(rest)
    found = fitted(about, [Long(about, "playbook", "playbook", CALL)], LIMIT - POINTER)
    found["more"] = found.get("more", {}) | {"scripts": read_on(CALL, "scripts", len(names) - len("\n".join(rest)))}
    return found
