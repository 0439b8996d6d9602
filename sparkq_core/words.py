"""Words as the search index has them: of a text that is indexed, and of words that are searched for.

Languages that are written without spaces between words are indexed character by character, and a word of theirs is searched
for as a phrase of characters. Identifiers in such a text are words of their own. `C++` and `C#` are other words than `C`.
"""

import re
import unicodedata

from sparkq_core.errors import InvalidValue

MAX_TERMS = 20
"""The most words and phrases of one search: each is a walk through the index."""

_WHOLE = (
    "\u1100-\u11ff\u2e80-\u2fdf\u3005-\u3007\u3040-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\uac00-\ud7ff\uf900-\ufaff\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
"""Blocks of Chinese, Japanese and Korean, of which each letter is a whole one."""

_MARKED = "\u0e00-\u109f\u1780-\u17ff\u1980-\u19df\u1a20-\u1aad\ua9e0-\uaa7f"
"""Blocks of South-East Asia, of which a letter can have marks behind it: somebody may search for the beginning of one."""

SPACED_LETTER = rf"[^\W_{_WHOLE}{_MARKED}]"
"""The pattern of a letter or digit of a script that has spaces between words."""

# Patterns as texts: compiling them takes 5 ms, and most commands neither index nor search.
_RUN = f"[{_WHOLE}{_MARKED}]+"
_LETTERS = r"\w[^\w\s]*|[^\w\s]+"
_ENDS_WHOLE = f"[{_WHOLE}]$"
_SELECTORS = "[\ufe00-\ufe0f]"
"""They follow a picture, and would be the first character of a word behind it."""

_SIGNS = r"(?<=[A-Za-z0-9])(\+\+)|(?<=\b[A-Za-z])#(?![A-Za-z_])"
"""`++` behind any name, but `#` only behind a single letter: elsewhere it begins or ends something else."""

PLUS_PLUS, SHARP = "\ue000", "\ue001"
"""Private characters, which the tokenizer takes for letters."""

_SEARCHED = r'"([^"]+)"|([^\s"]+)'
_HAS_WORD = r"[^\W_]"


def for_index(text: str) -> str:
    """Return a text as it is indexed: its words with spaces between them, in the characters that Unicode prefers."""
    if not text.isascii():
        text = re.sub(_SELECTORS, "", unicodedata.normalize("NFKC", text))
        text = re.sub(_RUN, _spaced, text)
    return re.sub(_SIGNS, _sign, text) if "++" in text or "#" in text else text


def query(words: str) -> str:
    """Convert typed words, at most 20, to an FTS5 query in which no character is an operator. Raises InvalidValue."""
    words = unicodedata.normalize("NFKC", words.replace("\0", " ").encode("utf-8", "ignore").decode())
    terms = [phrase or word for phrase, word in searched(words)]
    if not terms:
        raise InvalidValue("The search has no words.", 'Give words, or a phrase in double quotes: "date parser".')
    if len(terms) > MAX_TERMS:
        raise InvalidValue(
            f"The search has {len(terms)} words; at most {MAX_TERMS} are searched for.",
            "Leave some out, or put words that are together in double quotes: they count as one.",
        )
    return " AND ".join(_term(phrase, word) for phrase, word in searched(words))


def searched(words: str) -> list[tuple[str, str]]:
    """Return the parts of a search, each a phrase or else a word that may go on; parts without a letter are left out."""
    return [(phrase, word) for phrase, word in re.findall(_SEARCHED, words) if re.search(_HAS_WORD, phrase or word)]


def is_unspaced(letter: str) -> bool:
    """True if a letter belongs to a script that has no spaces between words."""
    return re.match(_RUN, letter) is not None


def _term(phrase: str, word: str) -> str:
    indexed = for_index(phrase or word).strip()
    return f'"{indexed}"' if phrase or re.search(_ENDS_WHOLE, word) else f'"{indexed}"*'


def _spaced(run: re.Match[str]) -> str:
    letters = run.group()
    return f" {' '.join(letters if letters.isalnum() else re.findall(_LETTERS, letters))} "


def _sign(sign: re.Match[str]) -> str:
    return f"{PLUS_PLUS if sign.group(1) else SHARP} "
