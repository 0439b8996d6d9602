"""The tree of a rendered text, as JSON: elements with their kids, texts as they are."""

from typing import Annotated

from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core.shapes.values import OneOf

BLOCKS = ("h1", "h2", "h3", "h4", "h5", "h6", "p", "blockquote", "ul", "ol", "li", "pre", "hr")
TABLE = ("table", "thead", "tbody", "tr", "th", "td")
INLINE = ("strong", "em", "del", "code", "a", "br")
TAGS = (*BLOCKS, *TABLE, *INLINE)

KINDS = (
    "", "keyword", "string", "number", "comment", "function", "type", "variable", "tag", "attribute", "inserted",
    "deleted", "heading", "prompt",
)  # fmt: skip
"""What a piece of code can be; an empty text is code without a colour."""

Span = tuple[Annotated[str, OneOf(*KINDS)], str]


class Element(TypedDict, closed=True):
    """An element, with the texts and elements in it as `kids`.

    - `a` has a `href` of http, https or mailto. A link to anything else has its `address` instead, and is not opened. An
      image is a link too, with its description as its text.
    - `li` of a task list is `checked` or not; `ol` that does not begin at 1 has a `start`.
    - `th` and `td` may have an `align`: left, right or center.
    - `pre` has the `language` that its author named, and its code as `spans`: each what it is, and its text.
    """

    tag: Annotated[str, OneOf(*TAGS)]
    kids: NotRequired["list[str | Element]"]
    href: NotRequired[str]
    address: NotRequired[str]
    start: NotRequired[int]
    checked: NotRequired[bool]
    align: NotRequired[Annotated[str, OneOf("left", "right", "center")]]
    language: NotRequired[str]
    spans: NotRequired[list[Span]]


class Tree(TypedDict, closed=True):
    """A rendered text. `rest` is the end of one that is too long to be rendered, as plain text."""

    blocks: list[Element]
    rest: NotRequired[str]
