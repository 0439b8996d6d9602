"""The title of a task: the first line of its prompt that says something."""

import re

from sparkq_core.text import whole_until

MAX_TITLE = 80
LOOKED_AT = 64 * 1024
"""Characters of a prompt, behind its first blank ones, in which the title is searched."""

LONGEST_LINE = 2000
"""Characters of a line that are looked at."""

NO_WORDS = "(no words)"
_FRONT_MATTER = re.compile(r"---[ \t]*\n(?=[\w-]+[ \t]*:)(.*?\n)(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_TITLE_FIELD = re.compile(r"""^title:[ \t]*(?:'([^'\n]+)'|"([^"\n]+)"|([^\s'"][^\n]*))""", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*<!--.*?-->[ \t]*", re.DOTALL | re.MULTILINE)
_UNSAID = re.compile(r"#!.*|`{3,}.*|~{3,}.*|[-=*_#>+|: \t`~]*")
"""A whole line that says nothing: a shebang, the fence of code, a rule, marks without words."""

_MARK = re.compile(r"(?:#{1,6}|>|[-*+]|\d{1,3}[.)]|\[[ xX]?\])[ \t]+")
_HEADING_END = re.compile(r"[ \t]+#+$")
_BOLD = re.compile(r"`[^`]*`|(?<![\w*])(\*{2,3})(?=[^\s*])((?:`[^`]*`|[^*`])*[^\s*])\1(?![\w*])")
"""A span of code, which stays as it is, or words in pairs of two or three asterisks."""

_ITALIC = re.compile(r"\*(?=[^\s*])([^*]*[^\s*])\*")


def title_of(prompt: str) -> str:
    """Return the first line of `prompt` that says something, at most 80 characters.

    Marks of Markdown are taken off where they are marks: before a space, or in pairs around words. Comments, shebangs and
    fences are passed over, and the title of front matter is the title.
    """
    text = prompt.lstrip("\ufeff \t\r\n")[:LOOKED_AT].replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(text)
    if front is not None:
        field = _TITLE_FIELD.search(front.group(1))
        if field is not None:
            return _short(" ".join("".join(filter(None, field.groups())).split()))
        text = text[front.end() :]
    for line in _COMMENT.sub("", text).splitlines():
        words = _words(" ".join(line[:LONGEST_LINE].split()))
        if words:
            return _short(words)
    return NO_WORDS


def _words(line: str) -> str:
    """Return what a line says, without its marks; nothing if it is only marks."""
    if _UNSAID.fullmatch(line):
        return ""
    is_heading = line.startswith("#")
    while (mark := _MARK.match(line)) is not None:
        line = line[mark.end() :]
    if is_heading:
        line = _HEADING_END.sub("", line)
    line = _BOLD.sub(lambda match: match.group(2) or match.group(), line)
    whole = _ITALIC.fullmatch(line)
    line = whole.group(1) if whole else line
    return "" if _UNSAID.fullmatch(line) else line


def _short(words: str) -> str:
    return words if len(words) <= MAX_TITLE else words[: whole_until(words, MAX_TITLE - 1)].rstrip() + "…"
