"""Check texts and names, make titles, and show foreign text safely."""

import re
from collections.abc import Iterable

from sparkq_core.errors import InvalidName, InvalidText

MAX_TEXT = 1024 * 1024
"""How long a prompt, result, instruction or note may be, in bytes of UTF-8."""

MAX_TITLE = 80
MAX_NAME = 64

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


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
    if not empty and not value.strip():
        raise InvalidText(f"The {what} is empty.", "It needs at least one character that is not blank.")
    return value


def checked_name(value: str, what: str) -> str:
    """Return `value` if it can be a name: letters, digits, `.`, `_`, `-`, at most 64. Raises InvalidName."""
    if len(value) <= MAX_NAME and _NAME.fullmatch(value) and ".." not in value:
        return value
    suggestion = re.sub(r"[^A-Za-z0-9._-]+", "-", re.sub(r"\.{2,}", ".", value)).strip("-._")[:MAX_NAME]
    hint = f"Use letters, digits, '.', '_' and '-', at most {MAX_NAME}, beginning with a letter or digit."
    raise InvalidName(
        f"{safe(value)[:MAX_NAME]!r} cannot be a {what} name.", f"{hint} Perhaps {suggestion}?" if suggestion else hint
    )


def title_of(prompt: str) -> str:
    """Return the first line of `prompt` with words, without heading marks, at most 80 characters."""
    for line in prompt.splitlines():
        words = " ".join(line.strip().lstrip("#>*-` \t").split())
        if words:
            return words if len(words) <= MAX_TITLE else words[: MAX_TITLE - 1].rstrip() + "…"
    return "(no words)"


def _escape(match: re.Match[str]) -> str:
    code = ord(match.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe(value: str, *, lines: bool = False) -> str:
    """Escape the control, invisible and bidirectional characters of a foreign text that a person or a model will read.

    With `lines`, line feeds and tabs are not escaped. The stored text never changes.
    """
    if value.isascii() and value.isprintable():
        return value
    shown = _UNSEEN.sub(_escape, value.replace("\r\n", "\n"))
    if lines:
        return shown
    return shown.replace("\n", "\\n").replace("\t", "\\t")


def cut(value: str, limit: int) -> str:
    """Return at most `limit` characters of `value`, then a mark with the number of characters that were left out."""
    if len(value) <= limit:
        return value
    return f"{value[:limit]}… (+{len(value) - limit:,} characters)"


def nearest(wanted: str, names: Iterable[str]) -> str:
    """Return the end of a not-found hint: the nearest existing names, or the first eight if none is near."""
    existing = list(dict.fromkeys(names))
    if not existing:
        return ""
    from difflib import get_close_matches  # 4 ms at import, and only errors need it

    close = get_close_matches(wanted, existing, n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    shown = ", ".join(existing[:8]) + (", …" if len(existing) > 8 else "")
    return f"Known: {shown}."
