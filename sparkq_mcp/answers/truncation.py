"""Answers of a size that a chat can afford: a long text begins, and the call that reads on stands beside it."""

from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from sparkq_core import wire
from sparkq_core.errors import InvalidValue
from sparkq_core.text import cut, safe

T = TypeVar("T")

LIMIT = 8000
"""Bytes of an answer: 2,000 tokens of four."""

PAGE = 32_000
"""Bytes of text that a chat gets when it reads on: below where clients warn of long results (10,000 tokens)."""

MARK = " …[cut, see more]"
POINTER = 120
"""Bytes that a cut costs: its mark, its name, and the call that reads on."""

STRIDE = 1024
"""Characters that are measured at once: what does not fit is measured in vain, and an escape costs a microsecond."""

QUOTES = 2
"""Bytes around a text."""


class Long(NamedTuple):
    """A text of an answer that may be cut: where it stands, the name and the call by which the rest is had, and the
    bytes that it may take even where there is room for more."""

    holder: wire.Json
    key: str
    name: str
    call: str
    most: int = LIMIT

    @property
    def text(self) -> str:
        return str(self.holder[self.key])


def visible(value: Any) -> Any:
    """JSON whose texts a model can safely read."""
    if isinstance(value, str):
        return safe(value, lines=True)
    if isinstance(value, dict):
        return {safe(key): visible(one) for key, one in value.items()}
    if isinstance(value, list):
        return [visible(one) for one in value]
    return value


def plain(text: str) -> bool:
    """Whether this JSON has nothing that `visible` would change: no character but printable ASCII, none escaped."""
    return text.isascii() and text.isprintable() and "\\" not in text


def shown(value: Any) -> tuple[Any, str]:
    """`value` as an answer shows it, and its compact JSON."""
    text = wire.compact(value)
    if plain(text):
        return value, text
    value = visible(value)
    return value, wire.compact(value)


def length(text: str) -> int:
    """The bytes of an answer's text."""
    return len(text) if text.isascii() else len(text.encode(errors="backslashreplace"))


def size(value: Any) -> int:
    """The bytes of `value` as an answer shows it."""
    return length(shown(value)[1])


def fitted(facts: wire.Json, texts: list[Long], limit: int = LIMIT) -> wire.Json:
    """`facts` within `limit` bytes: where they are longer, `texts` share the room fairly, and `more` says how to read on."""
    costs = [(size(one.text), one) for one in texts if isinstance(one.holder.get(one.key), str)]
    whole = size(facts)
    if whole <= limit and all(cost <= long.most for cost, long in costs):
        return facts
    room = limit - whole + sum(cost for cost, _ in costs) - POINTER * len(costs)
    more: dict[str, str] = {}
    costs.sort(key=lambda one: one[0])
    for waiting, (cost, long) in zip(range(len(costs), 0, -1), costs, strict=True):
        share = min(long.most, max(room // waiting, 1))
        room -= min(cost, share)
        if cost > share:
            piece = window(long.text, share)
            long.holder[long.key] = piece + MARK
            more[long.name] = read_on(long.call, long.name, len(piece))
    return facts | {"more": more}


def begun(lines: list[T], limit: int) -> list[T]:
    """The first of `lines`, so many that `limit` bytes of an answer show them."""
    while size(lines) > limit:
        lines = lines[: len(lines) * limit // size(lines)]
    return lines


def short(title: str, characters: int) -> str:
    """`title` in at most so many characters."""
    return title if len(title) <= characters else f"{title[: characters - 1].rstrip('… ')}…"


def page(texts: Mapping[str, str], wanted: str, call: str) -> wire.Json:
    """A long text from where an answer stopped: `wanted` is "prompt:6000", as that answer said it.

    Raises InvalidValue.
    """
    name, _, start = wanted.rpartition(":")
    if name not in texts or not (start.isascii() and start.isdecimal() and len(start) < 9):
        known = ", ".join(f"{one}:0" for one in texts)
        raise InvalidValue(f"{safe(cut(wanted, 60))!r} is not a part to continue with.", f"Known: {known}.")
    piece = window(texts[name], PAGE, int(start))
    end = int(start) + len(piece)
    rest = {"more": {name: read_on(call, name, end)}} if end < len(texts[name]) else {}
    return {"part": name, "text": piece} | rest


def read_on(call: str, name: str, start: int) -> str:
    """The call that gives the rest of a text."""
    return call.format(more=f"{name}:{start}")


def window(text: str, room: int, start: int = 0) -> str:
    """The characters of `text` from `start` that `room` bytes of an answer can show, and one at least."""
    end, left, step = start, room - QUOTES, STRIDE
    while step and end < len(text):
        cost = size(text[end : end + step]) - QUOTES
        if cost <= left:
            end, left = end + step, left - cost
        else:
            step //= 2
    end = min(max(end, start + 1), len(text))
    # The two characters of a line break stay together: each alone would be shown as an escape.
    return text[start : end - (end > start + 1 and text[end - 1 : end + 1] == "\r\n")]
