"""Keep answers short enough for a chat: a long text is cut, and `more` has the call that reads on."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from sparkq_core import wire
from sparkq_core.errors import InvalidValue
from sparkq_core.text import cut, has_hidden, safe, whole_until

T = TypeVar("T")

ANSWER_SIZE = 8000
"""Most bytes of an answer: 2,000 tokens of four bytes."""

READ_ON_SIZE = 32_000
"""Most bytes of text in an answer that reads on: less than the 10,000 tokens at which clients warn of long results."""

CUT_MARK = " …[cut, see more]"
CUT_COST = 120
"""Bytes that a cut adds: its mark, its name, and the call that reads on."""

STRIDE = 1024
"""Most characters measured at once: measuring more than fits is a waste, and an escape costs a microsecond."""

QUOTES = 2
"""Bytes of the quotes around a text."""

ELLIPSIS = "…"
ELLIPSIS_SIZE = len(ELLIPSIS.encode())


class LongText(NamedTuple):
    """A text of an answer that may be cut: `holder[key]`, the name and the call that read on, and its limit in bytes."""

    holder: wire.Json
    key: str
    name: str
    call: str
    limit: int = ANSWER_SIZE

    @property
    def text(self) -> str:
        return str(self.holder[self.key])


def get_task_call(task_id: int) -> str:
    """Return the call that reads on in a task's texts."""
    return f"get_task(task_id={task_id}, more='{{more}}')"


def queue_instructions_call(queue: str) -> str:
    """Return the call that reads on in a queue's instructions."""
    return f"queue_instructions(queue='{queue}', more='{{more}}')"


def call_from(call: str, name: str, start: int) -> str:
    """Return the call that reads on in the text `name` from character `start`."""
    return call.format(more=f"{name}:{start}")


def escaped(value: Any) -> Any:
    """Return the JSON `value` with visible escapes for control, invisible and bidirectional characters."""
    if isinstance(value, str):
        return safe(value, lines=True)
    if isinstance(value, dict):
        return {safe(key): escaped(member) for key, member in value.items()}
    if isinstance(value, list):
        return [escaped(member) for member in value]
    return value


def serialized(value: Any) -> tuple[Any, str]:
    """Return `value` as an answer shows it, and its compact JSON."""
    text = wire.compact(value)
    other_escapes = text.replace("\\\\", "").replace('\\"', "")
    if "\\" not in other_escapes and not has_hidden(text):  # nothing in it needs a visible escape
        return value, text
    value = escaped(value)
    return value, wire.compact(value)


def size(value: Any) -> int:
    """Count the bytes of `value` as an answer shows it."""
    text = serialized(value)[1]
    return len(text) if text.isascii() else len(text.encode(errors="backslashreplace"))


def cut_to_fit(facts: wire.Json, texts: list[LongText], limit: int = ANSWER_SIZE) -> wire.Json:
    """Fit `facts` into `limit` bytes: if they are longer, cut `texts`, and put the calls that read on into `more`."""
    sizes = [(size(long.text), long) for long in texts if isinstance(long.holder.get(long.key), str)]
    total = size(facts)
    if total <= limit and all(length <= long.limit for length, long in sizes):
        return facts
    room = limit - total + sum(length for length, _ in sizes) - CUT_COST * len(sizes)
    share = fair_share((min(length, long.limit) for length, long in sizes), room)
    more: dict[str, str] = {}
    for length, long in sorted(sizes, key=lambda pair: pair[0]):
        most = min(long.limit, share)
        if length > most:
            beginning = window(long.text, most)
            long.holder[long.key] = beginning + CUT_MARK
            more[long.name] = call_from(long.call, long.name, len(beginning))
    return facts | {"more": more}


def fair_share(sizes: Iterable[int], room: int) -> int:
    """Return the largest limit for each of `sizes`, at least 1, with which their sum is at most `room`."""
    ascending, share = sorted(sizes), room
    for index, length in enumerate(ascending):
        share = room // (len(ascending) - index)
        if length > share:
            break
        room -= length
    else:
        share = max(ascending, default=1)
    return max(share, 1)


def first_that_fit(items: list[T], limit: int) -> list[T]:
    """Return as many of the first `items` as `limit` bytes of an answer can show."""
    while (length := size(items)) > limit:
        items = items[: len(items) * limit // length]
    return items


def fit_lines(facts: wire.Json, lines: list[wire.Json], limit: int, keys: Sequence[str] = ("title",)) -> int:
    """Shorten the texts `keys` of `lines`, which are part of `facts`, until `facts` fit into `limit` bytes.

    Returns the characters of the shortest text that was cut, or `limit` where none was.
    """
    texts = [(size(line[key]), line, key) for line in lines for key in keys if key in line]
    total = sum(length for length, _, _ in texts)
    share = fair_share((length for length, _, _ in texts), limit - size(facts) + total)
    shortest = limit
    for length, line, key in texts:
        if length > share:
            beginning = window(line[key], share - ELLIPSIS_SIZE)
            line[key] = beginning.rstrip(f"{ELLIPSIS} ") + ELLIPSIS
            shortest = min(shortest, len(beginning) + 1)
    return shortest


def shorten(title: str, characters: int) -> str:
    """Cut `title` to at most `characters`."""
    if len(title) <= characters:
        return title
    return title[: whole_until(title, characters - 1)].rstrip(f"{ELLIPSIS} ") + ELLIPSIS


def read_on(texts: Mapping[str, str], wanted: str, call: str) -> wire.Json:
    """Return the continuation of a cut text: `wanted` is "prompt:6000", as in the `more` of the cut answer.

    Raises InvalidValue.
    """
    name, _, start = wanted.rpartition(":")
    if name not in texts or not (start.isascii() and start.isdecimal() and len(start) < 9):
        known = ", ".join(f"{name}:0" for name in texts)
        raise InvalidValue(f"{safe(cut(wanted, 60))!r} is not a part to continue with.", f"Known: {known}.")
    part = window(texts[name], READ_ON_SIZE, int(start))
    end = int(start) + len(part)
    more = {"more": {name: call_from(call, name, end)}} if end < len(texts[name]) else {}
    return {"part": name, "text": part} | more


def window(text: str, room: int, start: int = 0) -> str:
    """Return the characters of `text` from `start` that `room` bytes of an answer can show, at least one."""
    end, left = start, room - QUOTES
    step = min(STRIDE, left)  # a character takes a byte at least
    while step > 0 and left > 0 and end < len(text):
        length = size(text[end : end + step]) - QUOTES
        if length <= left:
            end, left = end + step, left - length
            step = min(step, left)
        else:
            step //= 2
    end = min(max(end, start + 1), len(text))
    return text[start : whole_until(text, end, start)]  # parts of a line break or an emoji would be shown as escapes
