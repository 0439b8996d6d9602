"""The matches of a search: why a task is among them is below it, with the match in colour."""

from collections.abc import Callable

from sparkq_cli import show
from sparkq_core.search import Snippet, snippets
from sparkq_core.text import safe

PARTS = {"result": "result", "error": "error", "late_text": "said later", "prompt": "prompt"}


def accent(words: str) -> Callable[[str], str]:
    """Return the function that paints the matches of `words` in a text that is safe."""
    wanted = snippets.patterns(words) if show.coloured() else []
    return lambda text: _painted(text, snippets.marks(text, wanted))


def below(snippet: Snippet | None) -> str:
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
