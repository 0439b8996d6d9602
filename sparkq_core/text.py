"""Check texts and names, and show foreign text safely."""

import re
from collections.abc import Callable, Iterable
from functools import cache

from sparkq_core.errors import InvalidName, InvalidText

MAX_TEXT = 1024 * 1024
"""How long a prompt, result, instruction or note may be, in bytes of UTF-8."""

MAX_NAME = 64
MAX_LABEL = 100

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_IGNORABLE = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff"
    "\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Unicode's property Default_Ignorable_Code_Point (DerivedCoreProperties.txt): what is shown as nothing."""

_HIDDEN = f"\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufff9-\ufffb{_IGNORABLE}"
_TAGS = "\U000e0000-\U000e007f"
_SELECTORS = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
_MONGOLIAN_SELECTORS = "\u180b-\u180d\u180f"
_IN_CONTEXT = f"\xad\u200b-\u200d{_SELECTORS}{_MONGOLIAN_SELECTORS}"
"""Ignorable characters that texts need in places. The next classes are their places."""

_FILLERS = "\u115f\u1160\u3164\uffa0"
_JOINING = (
    "\u0620-\u0dff\u0f00-\u109f\u1700-\u17b3\u17b6-\u17ff\u1807\u180a\u1820-\u18aa\u1900-\u1aad\u1b00-\u1c7f\u1cd0-\u1cff\u2d30-\u2d7f"
    "\ua800-\ua95f\ua980-\uaaff\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010a00-\U00011fff\U0001e900-\U0001e95f"
)
"""Blocks of the scripts whose letters join, as Arabic's and Mongolian's do, or have a virama, as those of India do."""

_UNSPACED = "\u0e00-\u109f\u1780-\u17b3\u17b6-\u17ff\u1980-\u19df\u1a20-\u1aad\ua9e0-\uaa7f"
"""Blocks of the scripts of South-East Asia that write words without spaces, and may mark their ends by U+200B."""

_PICTURES = (
    "\xa9\xae\u203c\u2049\u2122\u2139\u2190-\u21ff\u2300-\u23ff\u24c2\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001faff"
)
"""Blocks and single characters of emoji-data.txt."""

_IDEOGRAPHS = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_FORMED_BY_FE00 = "\u1000-\u109f\u2200-\u22ff\u2a00-\u2aff\uaa60-\uaa7f"
_FLAGS = tuple("".join(chr(0xE0000 + ord(tag)) for tag in f"{region}\x7f") for region in ("gbeng", "gbsct", "gbwls"))
"""The tags behind U+1F3F4 that make the flags of England, Scotland and Wales: the only ones of emoji-sequences.txt."""

_WORD_PART = rf"[^\W\d_]|[{_JOINING}]"
_USED = (
    rf"(?<=[{_JOINING}][\u200c\u200d])",
    rf"(?<=[^{_HIDDEN}][\u200c\u200d])(?=[{_JOINING}])",  # a name in Latin letters, a joiner, and a Persian ending
    rf"(?:(?<=[{_PICTURES}]\u200d)|(?<=[{_PICTURES}]\ufe0f\u200d))(?=[{_PICTURES}])",
    rf"(?<=[{_PICTURES}][\ufe0e\ufe0f])",
    r"(?<=[0-9#*]\ufe0f)(?=\u20e3)",
    rf"(?<=[{_UNSPACED}]\u200b)",
    rf"(?<=[{_IDEOGRAPHS}][\ufe00-\ufe02\U000e0100-\U000e011f])",
    rf"(?<=[{_FORMED_BY_FE00}]\ufe00)",
    rf"(?<=[\u1820-\u18aa][{_MONGOLIAN_SELECTORS}])",
    rf"(?<=(?:{_WORD_PART})\xad)(?<![{_FILLERS}]\xad)(?={_WORD_PART})(?![{_FILLERS}])",
)
"""Where a character of _IN_CONTEXT is needed: what is before it and itself, then what is behind it."""

_LONGEST_TOGETHER = 64
"""Most characters by which a cut moves. The longest emoji have ten."""

_ASCII_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@cache
def _hidden() -> re.Pattern[str]:
    return re.compile(f"[{_HIDDEN}]")


@cache
def _nothing() -> re.Pattern[str]:
    return re.compile(rf"[{_IGNORABLE}\s\u2800]+")  # U+2800: the Braille pattern without dots


@cache
def _unseen() -> re.Pattern[str]:
    """Return the pattern of what to escape. It takes 10 ms to compile, and few texts need it."""
    # Begins with a class: a search for one is several times as fast as for alternatives.
    in_context = rf"(?<=[{_IN_CONTEXT}])(?!{'|'.join(_USED)})"
    return re.compile(rf"[{_HIDDEN}](?:(?<=[{_TAGS}])[{_TAGS}]*|(?<![{_TAGS}{_IN_CONTEXT}])|{in_context})")


@cache
def _together() -> re.Pattern[str]:
    return re.compile(f"\r\n|[{_TAGS}{_IN_CONTEXT}].|.[{_TAGS}{_IN_CONTEXT}]", re.DOTALL)


def checked(value: str, what: str, *, limit: int = MAX_TEXT, empty: bool = False) -> str:
    """Return `value` if it is a text that SparkQ can store and return unchanged.

    `what` names it in the message, `limit` is in bytes of UTF-8, `empty` allows an empty text. Raises InvalidText.
    """
    if "\x00" in value:
        raise InvalidText(f"The {what} has a NUL character.", "Remove it: no terminal, file or page can show it.")
    if not value.isascii() and (surrogate := _SURROGATE.search(value)):
        raise InvalidText(
            f"The {what} has a lone surrogate (U+{ord(surrogate.group()):04X}) at character {surrogate.start() + 1}.",
            "Remove it or send the whole character: it is not valid Unicode text.",
        )
    size = len(value) if value.isascii() else len(value.encode())
    if size > limit:
        raise InvalidText(
            f"The {what} is {size:,} bytes; at most {limit:,} are kept.",
            "Put long material in a file of the repository, and name the file here.",
        )
    if not empty and is_blank(value):
        raise InvalidText(f"The {what} is empty.", "It needs at least one character that is not blank.")
    return value


def is_blank(value: str) -> bool:
    """True if all of `value` is shown as nothing: spaces, line ends, and characters without a picture."""
    visible = value.strip()
    return not visible or (not visible.isascii() and _nothing().fullmatch(visible) is not None)


def checked_name(value: str, what: str) -> str:
    """Return `value` if it can be a name: letters, digits, `.` (never two together), `_`, `-`, at most 64.

    Raises InvalidName.
    """
    if len(value) <= MAX_NAME and _NAME.fullmatch(value) and ".." not in value:
        return value
    suggestion = re.sub(r"[^A-Za-z0-9._-]+", "-", re.sub(r"\.{2,}", ".", value)).strip("-._")[:MAX_NAME]
    hint = (
        f"Use at most {MAX_NAME} letters, digits, '.', '_' and '-', beginning with a letter or digit, "
        "and no two dots together."
    )
    raise InvalidName(
        f"{safe(value)[:MAX_NAME]!r} cannot be a {what} name.", f"{hint} Perhaps {suggestion}?" if suggestion else hint
    )


def checked_label(value: str, what: str) -> str:
    """Return `value` if it can be a label: one line of at most 100 characters, all visible. Raises InvalidName."""
    if value.strip() and len(value) <= MAX_LABEL and not has_hidden(value) and not set("\n\t") & set(value):
        return value
    raise InvalidName(
        f"{safe(value)[:MAX_NAME]!r} cannot be the name of a {what}.",
        f"Use at most {MAX_LABEL} visible characters in one line.",
    )


def safe(value: str, *, lines: bool = False) -> str:
    """Escape the characters of a foreign text that can hide or steer, for a person or a model that will read it.

    They are control and bidirectional characters, tags, and by Unicode's data all that is shown as nothing, except where
    writing needs it: joiners in scripts whose letters join and between emoji (as in rule A of RFC 5892), soft hyphens
    between letters, one variation selector behind a base that has variants, and flags. With `lines`, line feeds and tabs
    are not escaped. The stored text never changes.
    """
    if value.isascii() and value.isprintable():
        return value
    shown = with_escapes(value.replace("\r\n", "\n"), _escape)
    if lines:
        return shown
    return shown.replace("\n", "\\n").replace("\t", "\\t")


def with_escapes(value: str, escape: Callable[[str], str]) -> str:
    """Return `value` with `escape(character)` for each character that `safe` escapes, except for line feeds and tabs."""
    if value.isascii():
        return _ASCII_CONTROLS.sub(lambda match: escape(match.group()), value)
    if _hidden().search(value) is None:
        return value
    return _unseen().sub(lambda match: _without_flag(match, escape), value)


def _without_flag(match: re.Match[str], escape: Callable[[str], str]) -> str:
    """Escape the characters of a match except for tags that make a flag of the U+1F3F4 before them."""
    hidden, flag = match.group(), ""
    if hidden.startswith(_FLAGS) and match.string[match.start() - 1 : match.start()] == "\U0001f3f4":
        flag, hidden = hidden[: len(_FLAGS[0])], hidden[len(_FLAGS[0]) :]
    return flag + "".join(map(escape, hidden))


def has_hidden(value: str) -> bool:
    """True if `safe` would escape a character of `value` that is not a line feed or a tab."""
    if value.isascii():
        return _ASCII_CONTROLS.search(value) is not None
    if _hidden().search(value) is None:
        return False
    return any(_without_flag(match, lambda _: "") != match.group() for match in _unseen().finditer(value))


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def cut(value: str, limit: int) -> str:
    """Return at most `limit` characters of `value`, then a mark with the number of characters that were left out."""
    if len(value) <= limit:
        return value
    end = whole_until(value, limit)
    return f"{value[:end]}… (+{len(value) - end:,} characters)"


def whole_until(value: str, end: int, start: int = 0) -> int:
    """Return the last place up to `end`, but behind `start`, at which a cut parts no line break, emoji, flag or joiner."""
    for place in range(end, max(start, end - _LONGEST_TOGETHER), -1):
        if not 0 < place < len(value) or _together().match(value, place - 1) is None:
            return place
    return end


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 task`, `2,000 tasks`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def likely(wanted: str, names: Iterable[str]) -> str:
    """Return the question whether one of the nearest names was meant; nothing if none is near."""
    from difflib import get_close_matches  # 4 ms at import, and only errors need it

    close = get_close_matches(wanted, list(names), n=3, cutoff=0.5)
    return f"Did you mean {' or '.join(close)}?" if close else ""


def nearest(wanted: str, names: Iterable[str]) -> str:
    """Return the end of a not-found hint: the nearest existing names, or the first eight if none is near."""
    existing = list(dict.fromkeys(names))
    if not existing:
        return ""
    if meant := likely(wanted, existing):
        return meant
    shown = ", ".join(existing[:8]) + (", …" if len(existing) > 8 else "")
    return f"Known: {shown}."
