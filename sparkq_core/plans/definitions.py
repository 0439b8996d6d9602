"""The link definitions of a plan (`[spec]: docs/spec.md`), which may be far from the tasks that use them."""

import re

from sparkq_core.plans.items import Piece
from sparkq_core.plans.outline import Outline

LONGEST = 1000
"""Characters of a definition that is repeated in each task that uses it."""

_LABEL = re.compile(r"\[([^\[\]]{1,999})\]")
_DEFINED = re.compile(r"^[ \t>]*\[[^\[\]]{1,999}\]:", re.MULTILINE)
"""The beginning of a definition, which is not a use of its label."""

_BEFORE = re.compile(r"[\s>]*")

Lines = tuple[int, int]


def used(outline: Outline, piece: Piece) -> list[Lines]:
    """Return the lines of the definitions that a part uses and that are outside of it."""
    if not outline.definitions:
        return []
    from markdown_it.common.utils import normalizeReference

    labels = dict.fromkeys(
        normalizeReference(match.group(1)) for match in _LABEL.finditer(_DEFINED.sub("", piece.text))
    )
    found = dict.fromkeys(outline.definitions[label] for label in labels if label in outline.definitions)
    return [
        (start, end)
        for start, end in found
        if not piece.start <= start < piece.end and len(text_of(outline, (start, end))) <= LONGEST
    ]


def text_of(outline: Outline, lines: Lines) -> str:
    """Return a definition as it was written, without the marks of a list or a quotation before it."""
    written = [_BEFORE.sub("", line, count=1) for line in outline.lines[slice(*lines)]]
    written[0] = written[0][written[0].find("[") :]
    return "\n".join(written).rstrip()
