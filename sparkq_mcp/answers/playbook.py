"""General instructions for a chat: the worker playbook, and the names of the project's scripts."""

from pathlib import Path

from sparkq_core import wire
from sparkq_core.titles import MAX_TITLE
from sparkq_mcp.answers.truncation import (
    ANSWER_SIZE,
    CUT_COST,
    LongText,
    call_from,
    cut_to_fit,
    first_that_fit,
    read_on,
    shorten,
)

CALL = "queue_instructions(more='{more}')"

SCRIPTS_SIZE = 2000
"""Most bytes of the script names in the answer with the playbook."""


def playbook_text() -> str:
    """Return the text of WORKER_PLAYBOOK.md, of the installation or of the checkout."""
    top = Path(__file__).resolve().parent.parent.parent
    for file in (top / "sparkq_core" / "WORKER_PLAYBOOK.md", top / "WORKER_PLAYBOOK.md"):
        if file.is_file():
            return file.read_text(encoding="utf-8")
    return "The playbook is missing from this installation of SparkQ."


def how_to_work(scripts: list[str], more: str = "") -> wire.Json:
    """Return the playbook, the first names of `scripts`, the number of those left out, and the calls that read on; with
    `more`, return the continuation that it names."""
    names = "\n".join(scripts)
    if more:
        return read_on({"playbook": playbook_text(), "scripts": names}, more, CALL)
    shown = first_that_fit([shorten(name, MAX_TITLE) for name in scripts], SCRIPTS_SIZE)
    facts: wire.Json = {"playbook": playbook_text(), "scripts": shown}
    playbook = [LongText(facts, "playbook", "playbook", CALL)]
    left = scripts[len(shown) :]
    if not left:
        return cut_to_fit(facts, playbook)
    facts["scripts_left"] = len(left)
    answer = cut_to_fit(facts, playbook, ANSWER_SIZE - CUT_COST)
    start = len(names) - len("\n".join(left))
    answer["more"] = answer.get("more", {}) | {"scripts": call_from(CALL, "scripts", start)}
    return answer
