"""What text may enter, what a name may be, what a title is, and how foreign text is shown."""

import re
from collections.abc import Iterable

from sparkq_core.errors import InvalidName, InvalidText

MAX_TEXT = 1024 * 1024
"""Bytes of UTF-8 that one prompt, result, instruction or note may have."""

MAX_TITLE = 80
MAX_NAME = 64

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)


def checked(value: str, what: str, *, limit: int = MAX_TEXT, empty: bool = False) -> str:
    """`value` itself, if it is text that SparkQ can keep and show again exactly.

    `what` names it in the message, `limit` is in bytes of UTF-8. Raises InvalidText.
    """
    if "\x00" in value:
        raise InvalidText(f"The {what} has a NUL character.", "Remove it: no terminal, file or page can show it.")
    if not value.isascii() and (found := _SURROGATE.search(value)):
        raise InvalidText(
            f"The {what} has a lone surrogate (U+{ord(found.group()):04X}) at character {found.start() + 1}.",
            "Remove it or send the whole character: it is not valid Unicode text.",
        )
    size = len(value) if value.isascii() else len(value.encode())
    if size > limit:
        raise InvalidText(
            f"The {what} is {size:,} bytes; at most {limit:,} are kept.",
            "Put long material in a file of the repository and name the file.",
        )
    if not empty and not value.strip():
        raise InvalidText(f"The {what} is empty.", f"Give a {what} that says something.")
    return value


def checked_name(value: str, what: str) -> str:
    """`value` itself, if it can be a name: letters, digits, `.`, `_`, `-`, at most 64. Raises InvalidName."""
    if len(value) <= MAX_NAME and _NAME.fullmatch(value) and ".." not in value:
        return value
    suggestion = re.sub(r"[^A-Za-z0-9._-]+", "-", re.sub(r"\.{2,}", ".", value)).strip("-._")[:MAX_NAME]
    hint = f"Use letters, digits, '.', '_' and '-', at most {MAX_NAME}, beginning with a letter or digit."
    raise InvalidName(
        f"{safe(value)[:MAX_NAME]!r} cannot be a {what} name.", f"{hint} Perhaps {suggestion}?" if suggestion else hint
    )


def title_of(prompt: str) -> str:
    """The first line of `prompt` that says something, without heading marks, at most 80 characters."""
    for line in prompt.splitlines():
        words = " ".join(line.strip().lstrip("#>*-` \t").split())
        if words:
            return words if len(words) <= MAX_TITLE else words[: MAX_TITLE - 1].rstrip() + "…"
    return "(no words)"


def _escape(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def safe(value: str, *, lines: bool = False) -> str:
    """Foreign text for a person's or a model's eyes: control, invisible and bidirectional characters as escapes.

    With `lines` line feeds and tabs stay as they are, else they too become visible. The stored text never changes.
    """
    if value.isascii() and value.isprintable():
        return value
    shown = _UNSEEN.sub(_escape, value.replace("\r\n", "\n"))
    if lines:
        return shown
    return shown.replace("\n", "\\n").replace("\t", "\\t")


def cut(value: str, limit: int) -> str:
    """`value`, or its first `limit` characters and a mark that says how many were left out."""
    if len(value) <= limit:
        return value
    return f"{value[:limit]}… (+{len(value) - limit:,} characters)"


def nearest(wanted: str, names: Iterable[str]) -> str:
    """The end of a not-found hint: the nearest existing names, or all of them when they are few."""
    existing = list(dict.fromkeys(names))
    if not existing:
        return ""
    from difflib import get_close_matches  # costs 4 ms at import, and only errors need it

    close = get_close_matches(wanted, existing, n=3, cutoff=0.5)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    shown = ", ".join(existing[:8]) + (", …" if len(existing) > 8 else "")
    return f"Known: {shown}."
