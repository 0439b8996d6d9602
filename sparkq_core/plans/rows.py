"""The rows of a plan's tables as tasks."""

from collections.abc import Iterator

from sparkq_core.plans import names
from sparkq_core.plans.items import Piece
from sparkq_core.plans.outline import Block, Outline, crossed_out
from sparkq_core.plans.sections import is_finished, place

TITLES = ("task", "title", "name", "summary", "what", "item", "feature", "story", "issue", "description", "work")
NUMBERS = ("#", "id", "no", "no.", "nr", "number", "key")
STATES = ("status", "state", "done", "✓", "✅")


def pieces(outline: Outline) -> Iterator[Piece]:
    """Yield each row of each table, but those that are done by a mark or by their column of states."""
    for block, headings, _ in place(outline.blocks):
        above = tuple(heading.text for heading in headings)
        for number, row in enumerate(block.rows[1:], 2):
            line = block.start + number
            done = any(map(is_finished, above)) or _is_done(block, row)
            yield Piece(_text(block, row), line, line + 1, above, done)


def _is_done(block: Block, row: tuple[str, ...]) -> bool:
    cells = zip(_heads(block), row, strict=False)
    return any(
        crossed_out(cell)
        or (head in STATES and (cell.lower() in ("x", "[x]", "yes") or names.called(names.FINISHED, cell)))
        for head, cell in cells
    )


def _heads(block: Block) -> list[str]:
    return [head.strip("*_` ").lower() for head in block.rows[0]]


def _text(block: Block, row: tuple[str, ...]) -> str:
    """Return the title of a row, then each other cell with the head of its column."""
    heads = _heads(block)
    named = [at for name in TITLES for at, head in enumerate(heads) if head == name and row[at]]
    others = [at for at, head in enumerate(heads) if head not in NUMBERS and row[at]]
    title = next(iter(named or others or range(len(row))))
    numbers = [row[at] for at, head in enumerate(heads) if head in NUMBERS and at != title and row[at]]
    facts = [
        f"- {block.rows[0][at]}: {cell}"
        for at, cell in enumerate(row)
        if cell and at != title and heads[at] not in NUMBERS
    ]
    first = " ".join((*numbers, row[title]))
    return "\n".join((first, "", *facts)) if facts else first
