"""The matches of a search: why a task is among them is below it, with the match in colour."""

from collections.abc import Callable

from sparkq_cli import purged_lines, show, task_table
from sparkq_core import search, wire
from sparkq_core.project import SparkQ
from sparkq_core.search import Snippet, snippets
from sparkq_core.tasks import Wanted
from sparkq_core.text import safe

PARTS = {"result": "result", "error": "error", "late_text": "said later", "prompt": "prompt"}


def show_found(
    sq: SparkQ, words: str, wanted: Wanted, *, sort: str, limit: int, cursor: str | None, json: bool
) -> None:
    """Search, and show the matches: the tasks, then what is left of the purged ones."""
    now = sq.clock.now()
    found = search.find_page(sq, words, wanted, sort=sort, limit=limit, cursor=cursor)
    if json:
        show.json_line(wire.found(found, now))
        return
    if found.indexing:
        show.say("Some tasks are not indexed yet and cannot be found. Search again in a moment.")
    if not found.tasks and not found.purged:
        show.say("No tasks match." if not found.indexing else "No indexed task matches.")
        return
    painted = _accent(words)
    if found.tasks:
        below = [_below(found.snippets.get(task.id)) for task in found.tasks]
        task_table.print_table(sq, found.tasks, painted, below)
    for line in found.purged:
        show.say(purged_lines.as_line(line, painted, _below(found.snippets.get(line.id))))
    show.more(len(found.tasks) + len(found.purged), found.total + found.purged_total, found.next)


def _accent(words: str) -> Callable[[str], str]:
    """Return the function that paints the matches of `words` in a text that is safe."""
    wanted = snippets.patterns(words) if show.coloured() else []
    return lambda text: _painted(text, snippets.marks(text, wanted))


def _below(snippet: Snippet | None) -> str:
    """Return the line that shows where a task matches; nothing if only its title does."""
    if snippet is None:
        return ""
    place = show.paint(f"{PARTS[snippet.part]}: ", "dim")
    line = f"      {place}{_painted(snippet.text, snippet.marks)}"
    return show.fit(line, show.columns()) if show.is_terminal() else line


def _painted(text: str, marks: tuple[snippets.Mark, ...]) -> str:
    shown, last = "", 0
    for start, end in marks:
        shown += safe(text[last:start]) + show.paint(safe(text[start:end]), "match")
        last = end
    return shown + safe(text[last:])
