"""What a task changed in the repository, for a chat: how much, and the names of the first files."""

from contextlib import suppress

from sparkq_core import wire
from sparkq_core.changes import view
from sparkq_core.changes.view import NoChange
from sparkq_core.model import Detail
from sparkq_core.project import SparkQ
from sparkq_mcp.answers.truncation import first_that_fit

NAMES_SIZE = 1200
"""Most bytes of the names."""

SECONDS = 2.0
"""How long Git may take for the names."""

SHOWN = ("files", "insertions", "deletions", "exact", "changed_before", "shared", "between", "skipped")


def change_of(sq: SparkQ, detail: Detail) -> wire.Json | None:
    """Return what the attempt changed whose outcome counts, None if that is not known. Runs Git: call it in a thread.

    `names` are its first files, and `names_left` counts the others. There are none if only sizes are known.
    """
    known = wire.changed(detail.last.git_after) if detail.last else None
    if detail.last is None or known is None:
        return None
    facts: wire.Json = {key: value for key, value in known.items() if key in SHOWN}
    change = view.known(detail.task.id, detail.last)
    if change.is_known and known.get("files"):
        with suppress(NoChange):  # it is not kept any more
            names = [file.path for file in view.files(sq, change, seconds=SECONDS)]
            shown = first_that_fit(names, NAMES_SIZE)
            left = len(names) - len(shown)
            facts |= {"names": shown} | ({"names_left": left} if left else {})
    return facts
