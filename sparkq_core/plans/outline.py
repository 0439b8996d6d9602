"""Read a Markdown text as blocks with the lines that each has: headings, lists with their items, tables, paragraphs."""

import re
from collections.abc import Iterator, Mapping, Sequence
from textwrap import dedent
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from markdown_it.token import Token

DEEPEST = 20
"""Levels of nesting that are read: what is deeper belongs to the item around it."""

LONGEST_CROSSED_OUT = 2000
"""Characters of an item that is looked at for being struck out: patterns take long on what nobody wrote by hand."""

FRONT_MATTER = re.compile(
    r"(---|\+\+\+)[ \t]*\n(?:[ \t]*\n)*([\w-]+[ \t]*[:=].*?)\n(?:\1|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL
)
_MARK = re.compile(r"\s*(?:[-*+]|\d{1,9}[.)])(?:\s+|$)")
_BOX = re.compile(r"\[([ xX✓✔/!?*~>-]?)\](?:\s+|$)|([☐☑⬜🔲])\ufe0f?\s*")
_CLOSED = frozenset("xX✓✔☑~->")
"""Marks in a box: ticked, given up, or moved elsewhere. Other marks, such as / for begun, leave it open."""
_STRUCK = re.compile(r"~~(?!~)(?:[^~]|~(?!~))+~~(.*)", re.DOTALL)
_ENDED = re.compile(
    r"[\s.:;,!–—-]*(?:\(.*\)|(?:done|fixed|shipped|completed?|resolved|dropped|obsolete|removed)\b.*)?[\s.✅✔☑\ufe0f]*",
    re.IGNORECASE | re.DOTALL,
)
_DONE = r"(?:done|finished|completed?|shipped|implemented|fixed|closed|resolved|merged)"
_MARKED_DONE = re.compile(
    rf"(?:DONE[:\s]|\[(?i:{_DONE})\]|[✅✔☑]).*|.*(?:[✅✔☑]\ufe0f?\s*(?i:{_DONE}\W*)?|(?:\s[-–—:]\s*|[-–—]{{2,}}\s*|\()(?i:{_DONE})[).!]*)",
    re.DOTALL,
)
_LABEL = re.compile(r".*:|\*\*[^*\n]+\*\*:?|__[^_\n]+__:?")


class Item(NamedTuple):
    """An item of a list. `box` is the character in its box, None if it has no box; `end` is behind its last line."""

    start: int
    end: int
    text: str
    box: str | None
    lists: "tuple[Block, ...]"

    @property
    def done(self) -> bool:
        """True if the item is ticked, crossed out or given up."""
        return (self.box or " ") in _CLOSED or crossed_out(self.text)


class Block(NamedTuple):
    """A block between two lines. `level` is that of a heading; `number` is the first of a numbered list."""

    kind: str
    start: int
    end: int
    text: str = ""
    level: int = 0
    number: int | None = None
    items: tuple[Item, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()

    @property
    def is_label(self) -> bool:
        """True if a paragraph names what follows: it ends with a colon, or is all bold."""
        return self.kind == "paragraph" and _LABEL.fullmatch(self.text) is not None


class Outline(NamedTuple):
    """A text as lines and as blocks. Front matter, comments, rules and definitions of links are not blocks.

    `unsaid` are the lines of comments and rules, and `definitions` those of each definition by its normalized label.
    """

    lines: tuple[str, ...]
    blocks: tuple[Block, ...]
    unsaid: tuple[tuple[int, int], ...]
    definitions: Mapping[str, tuple[int, int]]

    def slice(self, start: int, end: int) -> str:
        """Return the text of these lines without blank ones around it."""
        return "\n".join(self.lines[start:end]).strip("\n").rstrip()


def read(text: str) -> Outline:
    """Read a text. Line ends are LF in what is returned, and a byte order mark is left out."""
    from markdown_it import MarkdownIt  # 30 ms at import, and only plans need it

    plain = dedent(text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n"))
    front = FRONT_MATTER.match(plain)
    if front is not None:
        plain = "\n" * front.group().count("\n") + plain[front.end() :]
    parser = MarkdownIt("commonmark", {"maxNesting": DEEPEST}).enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    known: dict[str, Any] = {}
    tokens = parser.parse(plain, known)
    unsaid = tuple(
        (token.map[0], token.map[1]) for token in tokens if token.map and _is_unsaid(token) and not _said(token)
    )
    definitions = {label: tuple(found["map"]) for label, found in known.get("references", {}).items()}
    return Outline(tuple(plain.split("\n")), tuple(_blocks(tokens)), unsaid, definitions)


def crossed_out(text: str) -> bool:
    """True if a text is struck out, or has a mark of what is done: ✅, DONE."""
    if len(text) > LONGEST_CROSSED_OUT:
        return False
    struck = _STRUCK.fullmatch(text)
    return _MARKED_DONE.fullmatch(text) is not None or (
        struck is not None and _ENDED.fullmatch(struck.group(1)) is not None
    )


def without_box(text: str) -> str:
    """Return the text of an item behind its box."""
    box = _BOX.match(text)
    return text if box is None else text[box.end() :]


def text_of(outline: Outline, item: Item) -> str:
    """Return all that belongs to an item, as a text of its own: without its mark and box, and moved to the margin."""
    first = outline.lines[item.start].expandtabs(4)
    mark = _MARK.match(first)
    offset = mark.end() if mark else 0
    rest = (_outdented(line, offset) for line in outline.lines[item.start + 1 : item.end])
    return without_box("\n".join((first[offset:], *rest))).strip("\n").rstrip()


def _outdented(line: str, offset: int) -> str:
    indent = line[: len(line) - len(line.lstrip())].expandtabs(4)
    return indent[offset:] + line.lstrip()


def _blocks(tokens: "Sequence[Token]") -> Iterator[Block]:
    """Yield the blocks on the level of the first token."""
    at = 0
    while at < len(tokens):
        token, end = tokens[at], _closing(tokens, at)
        block = _block(token, tokens[at + 1 : end])
        if block is not None:
            yield block
        at = max(at, end) + 1


def _closing(tokens: "Sequence[Token]", at: int) -> int:
    if tokens[at].nesting != 1:
        return at
    return next(place for place in range(at + 1, len(tokens)) if tokens[place].level == tokens[at].level)


def _is_unsaid(token: "Token") -> bool:
    """True if a token is a rule or a comment."""
    return token.type == "hr" or (token.type == "html_block" and token.content.lstrip().startswith("<!--"))


def _said(token: "Token") -> str:
    """Return the text on the last line of a comment, behind it."""
    return token.content.rpartition("-->")[2].strip() if "-->" in token.content else ""


def _block(token: "Token", inner: "Sequence[Token]") -> Block | None:
    if token.map is None or _is_unsaid(token):
        return None
    start, end = token.map
    text = inner[0].content if inner else ""
    match token.type:
        case "heading_open":
            return Block("heading", start, end, " ".join(text.split()), level=int(token.tag[1:]))
        case "paragraph_open":
            return Block("paragraph", start, end, text)
        case "bullet_list_open" | "ordered_list_open":
            number = int(token.attrs.get("start", 1)) if token.type == "ordered_list_open" else None
            return Block("list", start, end, number=number, items=tuple(_items(inner)))
        case "table_open":
            return Block("table", start, end, rows=tuple(_rows(inner)))
        case _:
            return Block("other", start, end)


def _items(tokens: "Sequence[Token]") -> Iterator[Item]:
    at = 0
    while at < len(tokens):
        end = _closing(tokens, at)
        blocks = tuple(_blocks(tokens[at + 1 : end]))
        text = blocks[0].text if blocks and blocks[0].kind in ("paragraph", "heading") else ""
        box = _BOX.match(text)
        start, stop = tokens[at].map or (0, 0)
        lists = tuple(block for block in blocks if block.kind == "list")
        yield Item(start, stop, without_box(text), box and (box.group(2) or box.group(1)), lists)
        at = end + 1


def _rows(tokens: "Sequence[Token]") -> Iterator[tuple[str, ...]]:
    """Yield the cells of each row; the first row is the head."""
    row: list[str] = []
    for token in tokens:
        if token.type == "inline":
            row.append(" ".join(token.content.split()))
        elif token.type == "tr_close":
            yield tuple(row)
            row = []
