"""Render Markdown to a tree: CommonMark with tables, struck-out text, task lists and bare addresses.

HTML is text. What a text can cost is bounded: its length, the depth of the tree and the number of its elements. A block
that has too many, and everything after it, is the plain text at the end.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any

from sparkq_http.rendering import code
from sparkq_http.rendering.tree import Element, Tree

MAX_TEXT = 200_000
"""Characters that are rendered."""

MAX_ELEMENTS = 20_000
MAX_DEPTH = 30
"""Deeper elements are left out, and their texts belong to the last one within."""

MAX_ADDRESS = 2_000
"""Characters of a link's address: a definition that is used in every line would repeat a long one too often."""

OPENED = re.compile(r"(?:https?://|mailto:)[^\s]", re.IGNORECASE)
BARE = re.compile(r"\bhttps?://[^\s<>\"'`]{1,2000}", re.IGNORECASE)
BEHIND = ".,;:!?*_~)"
TICK = re.compile(r"\[([ xX])\](?:\s+|$)")
NEWLINE = re.compile(r"\r\n?")
ALIGNED = "text-align:"


class _Full(Exception):
    """The text has more elements than are rendered."""


def render(text: str, *, breaks: bool = False) -> Tree:
    """Render a text. With `breaks` its line ends stay, as in a text that was typed by hand."""
    text = NEWLINE.sub("\n", text).replace("\0", "\ufffd")
    shown, rest = _cut(text)
    references: dict[str, Any] = {}
    builder = _Builder(references, breaks=breaks)
    for line, tokens in _top_blocks(_parser().parse(shown, references)):
        try:
            builder.add_block(tokens)
        except _Full:
            rest = "\n".join(shown.split("\n")[line:]) + rest
            break
    return {"blocks": builder.blocks, "rest": rest} if rest else {"blocks": builder.blocks}


def _cut(text: str) -> tuple[str, str]:
    """Split a text after the last whole line that is rendered."""
    if len(text) <= MAX_TEXT:
        return text, ""
    end = text.rfind("\n", 0, MAX_TEXT) + 1 or MAX_TEXT
    return text[:end], text[end:]


@cache
def _parser() -> Any:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    parser.core.ruler.disable("inline")  # so that only what is shown is parsed to its end
    parser.validateLink = lambda url: True  # type: ignore[method-assign]  # noqa: ARG005  # `_link` decides, and shows the others
    return parser


def _top_blocks(tokens: Sequence[Any]) -> Iterator[tuple[int, Sequence[Any]]]:
    """Yield each outermost block: its first line and its tokens."""
    start = 0
    for at, token in enumerate(tokens):
        if token.level == 0 and token.nesting <= 0:
            yield tokens[start].map[0], tokens[start : at + 1]
            start = at + 1


class _Builder:
    """Makes elements of tokens, within the room that there is."""

    def __init__(self, references: dict[str, Any], *, breaks: bool) -> None:
        self.blocks: list[Element] = []
        self._references = references
        self._breaks = breaks
        self._left = MAX_ELEMENTS
        self._colours = code.MAX_COLOURED
        self._open: list[Element] = []
        self._in_link = False

    def add_block(self, tokens: Iterable[Any]) -> None:
        """Add an outermost block. Raises _Full, and adds nothing then."""
        root: Element = {"tag": "p"}
        self._open = [root]
        for token in tokens:
            self._add(token)
        self.blocks.extend(kid for kid in root.get("kids", ()) if not isinstance(kid, str))

    def _add(self, token: Any) -> None:
        if token.nesting > 0:
            self._begin(token)
        elif token.nesting < 0:
            self._end(token)
        elif token.type == "inline":
            self._add_inline(token.content)
        elif token.type in ("fence", "code_block"):
            self._add_code(token.content, token.info)
        elif token.type == "code_inline":
            self._put({"tag": "code", "kids": [token.content]})
        elif token.type == "image":
            self._put({**_link(token.attrs["src"]), "kids": [token.content or str(token.attrs["src"])[:MAX_ADDRESS]]})
        elif token.type == "hr" or token.type == "hardbreak" or (token.type == "softbreak" and self._breaks):
            self._put({"tag": "hr" if token.type == "hr" else "br"})
        else:
            self._add_text("\n" if token.type == "softbreak" else token.content)

    def _begin(self, token: Any) -> None:
        if token.hidden or len(self._open) >= MAX_DEPTH:
            self._open.append(self._open[-1])
            return
        element = _element(token)
        self._put(element)
        self._open.append(element)
        self._in_link = self._in_link or element["tag"] == "a"

    def _end(self, token: Any) -> None:
        self._open.pop()
        self._in_link = self._in_link and token.type != "link_close"

    def _put(self, element: Element) -> None:
        self._left -= 1 + len(element.get("href", element.get("address", ""))) // 100
        if self._left < 0:
            raise _Full
        self._open[-1].setdefault("kids", []).append(element)

    def _add_inline(self, text: str) -> None:
        item = self._begun_item()
        tick = TICK.match(text) if item is not None else None
        if item is not None and tick is not None:
            item["checked"] = tick[1] != " "
            text = text[tick.end() :]
        tokens: list[Any] = []
        parser = _parser()
        parser.inline.parse(text, parser, self._references, tokens)
        for token in tokens:
            self._add(token)

    def _add_code(self, text: str, about: str) -> None:
        language = about.strip().partition(" ")[0].strip("{}.")
        coloured = code.is_coloured(text, language) and len(text) <= self._colours
        self._colours -= len(text) if coloured else 0
        element: Element = {"tag": "pre", "spans": code.spans(text, language) if coloured else [("", text)]}
        self._put({**element, "language": language[:50]} if language else element)

    def _begun_item(self) -> Element | None:
        """Return the item of a list whose first words come now, with or without a paragraph of their own."""
        within = self._open[-1]
        if within["tag"] == "li":
            return None if within.get("kids") else within
        around = self._open[-2] if len(self._open) > 1 else within
        return around if around["tag"] == "li" and len(around.get("kids", ())) == 1 else None

    def _add_text(self, text: str) -> None:
        at = 0
        for match in () if self._in_link else BARE.finditer(text):
            address = _bare_address(match[0])
            self._add_plain(text[at : match.start()])
            self._put({**_link(address), "kids": [address]})
            at = match.start() + len(address)
        self._add_plain(text[at:])

    def _add_plain(self, text: str) -> None:
        kids = self._open[-1].setdefault("kids", [])
        if kids and isinstance(kids[-1], str):
            kids[-1] += text
        elif text:
            kids.append(text)


def _element(token: Any) -> Element:
    """Return the empty element of a token that begins one."""
    if token.type == "link_open":
        return _link(token.attrs["href"])
    element: Element = {"tag": "del" if token.tag == "s" else token.tag}
    start = token.attrs.get("start")
    if start is not None:
        element["start"] = int(start)
    style = str(token.attrs.get("style", ""))
    if style.startswith(ALIGNED):
        element["align"] = style.removeprefix(ALIGNED)
    return element


def _link(address: str) -> Element:
    """Return the element of a link: opened only if it leads to a web page or writes a mail."""
    if OPENED.match(address) and len(address) <= MAX_ADDRESS:
        return {"tag": "a", "href": address}
    return {"tag": "a", "address": address[:MAX_ADDRESS]}


def _bare_address(text: str) -> str:
    """Leave out what ends the sentence and not the address; a closing bracket belongs to it if its opening one does."""
    while text and text[-1] in BEHIND and not (text[-1] == ")" and text.count("(") >= text.count(")")):
        text = text[:-1]
    return text
