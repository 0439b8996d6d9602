"""The places of a text that a search matched, to show why a task is among the matches."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from sparkq_core import words
from sparkq_core.storage.database import Reader
from sparkq_core.text import whole_until

LENGTH = 160
"""Characters of a snippet, at most."""

BEFORE = 40
"""Characters of a snippet that are before the first match, at most."""

LOOKED_AT = 65_536
"""Characters of a text in which a match is looked for: a snippet must not cost more than the search."""

MOST_PLACES = 200
"""Matches of a text that are looked at for the best snippet."""

TEXTS = f"""
SELECT a.result IS NULL AND a.error IS NOT NULL, substr(coalesce(a.result, a.error, ''), 1, {LOOKED_AT}),
    substr(coalesce(a.late_text, ''), 1, {LOOKED_AT})
FROM attempts AS a WHERE a.task_id = :task ORDER BY a.attempt DESC
"""
PROMPT = f"""
SELECT substr(p.text, 1, {LOOKED_AT}) FROM prompts AS p
WHERE p.task_id = :task AND p.revision = (SELECT t.revision FROM tasks AS t WHERE t.id = :task)
"""

Mark = tuple[int, int]


class Snippet(NamedTuple):
    """A piece of a task's text in one line: `part` is result, error, late_text or prompt. `marks` are the places of the
    matches in `text`, each from a character up to another."""

    part: str
    text: str
    marks: tuple[Mark, ...]


class _Fold(dict[int, str]):
    """Characters as the index compares them, each as one: in lower case, Western ones without accents."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        parts = unicodedata.normalize("NFKD", character)
        accented = code < 0x2000 and len(parts) > 1 and all(unicodedata.combining(part) for part in parts[1:])
        plain = parts[0] if accented else unicodedata.normalize("NFKC", character)
        lower = (plain if len(plain) == 1 else character).lower()
        self[code] = lower if len(lower) == 1 else character
        return self[code]


_FOLD = _Fold()


def patterns(searched: str) -> list[re.Pattern[str]]:
    """Return for each word or phrase of a search the pattern of its matches in a folded text."""
    text = unicodedata.normalize("NFKC", searched.replace("\0", " "))
    return [_pattern(phrase or word, whole=bool(phrase)) for phrase, word in words.searched(text)]


def marks(text: str, wanted: Sequence[re.Pattern[str]]) -> tuple[Mark, ...]:
    """Return where a text matches, from its beginning to its end; places that touch are one."""
    folded = text.translate(_FOLD)
    merged: list[Mark] = []
    for start, end in sorted(match.span() for pattern in wanted for match in pattern.finditer(folded)):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        elif end > start:
            merged.append((start, end))
    return tuple(merged)


def of_task(db: Reader, task_id: int, wanted: Sequence[re.Pattern[str]]) -> Snippet | None:
    """Return the best snippet of a task's outcome, or else of its prompt. If only its title matches, it is the beginning
    of the outcome; None if there is none.

    The best is of the text in which most words of the search are, the latest outcome first.
    """
    return _best(_texts(db, task_id), wanted)


def of_text(part: str, text: str, wanted: Sequence[re.Pattern[str]]) -> Snippet | None:
    """Return the best snippet of an outcome, its beginning if it does not match, None if it is empty."""
    return _best([(part, text)], wanted)


def _best(texts: Iterable[tuple[str, str]], wanted: Sequence[re.Pattern[str]]) -> Snippet | None:
    best: tuple[int, str, str, int] | None = None
    for part, text in texts:
        number, start = _best_place(text, wanted)
        if (text.strip() and part != "prompt" and best is None) or number > (best[0] if best else 0):
            best = number, part, text, start
        if number == len(wanted):
            break
    return None if best is None else _cut(*best[1:], wanted)


def _texts(db: Reader, task_id: int) -> Iterable[tuple[str, str]]:
    for is_error, outcome, late in db.rows(TEXTS, {"task": task_id}):
        yield "error" if is_error else "result", outcome
        yield "late_text", late
    for (prompt,) in db.rows(PROMPT, {"task": task_id}):
        # A title is shown beside the snippet.
        yield "prompt", prompt.strip().partition("\n")[2] or ""


def _best_place(text: str, wanted: Sequence[re.Pattern[str]]) -> tuple[int, int]:
    """Return how many words of the search are near each other in a text, and where these begin; 0 if none is there."""
    folded = text.translate(_FOLD)
    places = sorted(
        (match.start(), number)
        for number, pattern in enumerate(wanted)
        for match, _ in zip(pattern.finditer(folded), range(MOST_PLACES), strict=False)
    )
    best = 0, 0
    for at, (start, _) in enumerate(places):
        near = {number for place, number in places[at : at + MOST_PLACES] if place < start + LENGTH - BEFORE}
        best = max(best, (len(near), -start))
    return best[0], -best[1]


def _cut(part: str, text: str, start: int, wanted: Sequence[re.Pattern[str]]) -> Snippet:
    """Return the piece of a text around a match, in one line."""
    text = unicodedata.normalize("NFC", text)
    first = 0 if start <= BEFORE else whole_until(text, start - BEFORE)
    if first:
        gap = text.find(" ", first, start)
        first = gap + 1 if gap >= 0 else first
    last = whole_until(text, min(len(text), first + LENGTH))
    shown = " ".join(text[first:last].split())
    shown = f"{'…' if first else ''}{shown}{'…' if last < len(text.rstrip()) else ''}"
    return Snippet(part, shown, marks(shown, wanted))


def _pattern(searched: str, *, whole: bool) -> re.Pattern[str]:
    tokens = [token for piece in words.for_index(searched).split() for token in _tokens(piece)]
    joined = ""
    for before, token in pairwise(("", *tokens)):
        joined += (r"[\W_]*" if before else "") + _escaped(token)
    begins, ends = tokens[0][:1], tokens[-1][-1:]
    before = "" if words.is_unspaced(begins) else f"(?<!{words.SPACED_LETTER})"
    after = f"(?!{words.SPACED_LETTER})" if whole and not words.is_unspaced(ends) else ""
    return re.compile(before + joined + after)


def _tokens(piece: str) -> list[str]:
    return [token for token in re.split(r"[\W_]+", piece) if token] if piece.isascii() else [piece]


@cache
def _signs() -> dict[str, str]:
    return {words.PLUS_PLUS: r"\+\+", words.SHARP: "#"}


def _escaped(token: str) -> str:
    return "".join(_signs().get(character) or re.escape(character) for character in token.translate(_FOLD))
