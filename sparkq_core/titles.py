"""The title of a task: the first line of its prompt that says something."""

import re

from sparkq_core.text import is_blank, whole_until

MAX_TITLE = 80
LOOKED_AT = 16 * 1024
"""Characters of a prompt, behind its first blank ones, in which the title is searched."""

LONGEST_LINE = 2000
"""Characters of a line that are looked at."""

NO_WORDS = "(no words)"

# Patterns as texts: compiling them takes 3 ms, and most commands make no title.
_FRONT_MATTER = r"(?s)---[ \t]*\n(?=[\w-]+[ \t]*:)(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)"
_TITLE_FIELD = (
    r"""(?m)^title:[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|[>|][-+]?[ \t]*\n((?:[ \t]+[^\n]*\n?)+)|([^\s'">|][^\n]*))"""
)
_COMMENT = r"(?sm)^[ \t]*<!--.*?-->[ \t]*"
_UNSAID = r"#!.*|`{3,}.*|~{3,}.*|[-=*_#>+|: \t`~]*"
"""A whole line that says nothing: a shebang, the fence of code, a rule, marks without words."""

_MARK = r"(?:#{1,6}|>|[-*+]|\d{1,3}[.)]|\[[ xX]?\])[ \t]+"
_HEADING_END = r"[ \t]+#+$"
_BOLD = r"`[^`]*`|(?<![\w*])(\*{2,3})(?=[^\s*])((?:`[^`]*`|[^*`])*[^\s*])\1(?![\w*])"
"""A span of code, which stays as it is, or words in pairs of two or three asterisks."""

_ITALIC = r"\*(?=[^\s*])([^*]*[^\s*])\*"


def title_of(prompt: str) -> str:
    """Return the first line of `prompt` that says something, at most 80 characters.

    Marks of Markdown are taken off where they are marks: before a space, or in pairs around words. Comments, shebangs and
    fences are passed over, and so are lines of characters that nobody sees. The title of front matter is the title.
    """
    text = prompt.lstrip("\ufeff \t\r\n")[:LOOKED_AT].replace("\r\n", "\n").replace("\r", "\n")
    front = re.match(_FRONT_MATTER, text)
    if front is not None:
        field = re.search(_TITLE_FIELD, front.group(1))
        title = " ".join("".join(filter(None, field.groups())).split()) if field is not None else ""
        if not is_blank(title):
            return _short(title)
        text = text[front.end() :]
    said = re.sub(_COMMENT, "", text) if "<!--" in text else text
    for line in said.splitlines():
        words = _words(" ".join(line[:LONGEST_LINE].split()))
        if words:
            return _short(words)
    return NO_WORDS


def _words(line: str) -> str:
    """Return what a line says, without its marks; nothing if it is only marks."""
    if re.fullmatch(_UNSAID, line):
        return ""
    is_heading = line.startswith("#")
    while (mark := re.match(_MARK, line)) is not None:
        line = line[mark.end() :]
    if is_heading:
        line = re.sub(_HEADING_END, "", line)
    if "*" in line:
        line = re.sub(_BOLD, lambda match: match.group(2) or match.group(), line)
        whole = re.fullmatch(_ITALIC, line)
        line = whole.group(1) if whole else line
    return "" if re.fullmatch(_UNSAID, line) or is_blank(line) else line


def _short(words: str) -> str:
    return words if len(words) <= MAX_TITLE else words[: whole_until(words, MAX_TITLE - 1)].rstrip() + "…"
