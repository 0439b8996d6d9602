"""Colours of code, for the languages that results have.

The names come from foreign text, and a lexer is a set of regular expressions that hold the interpreter while they
search: some take minutes on a text that was made for that. So only these languages are coloured, and only as much code
with lines of such a length as takes them little time at worst.
"""

from functools import cache
from typing import Any

from sparkq_http.rendering.tree import Span

LANGUAGES = {
    "bash": "bash", "c": "c", "c#": "cpp", "c++": "cpp", "console": "console", "cpp": "cpp", "cs": "cpp",
    "csharp": "cpp", "css": "css", "diff": "diff", "docker": "docker", "dockerfile": "docker", "go": "go",
    "golang": "go", "html": "html", "ini": "ini", "java": "cpp", "javascript": "javascript", "js": "javascript",
    "json": "json", "jsx": "javascript", "kotlin": "kotlin", "kt": "kotlin", "lua": "lua", "patch": "diff",
    "php": "php", "powershell": "powershell", "ps1": "powershell", "py": "python", "pycon": "pycon",
    "python": "python", "python3": "python", "rb": "ruby", "rs": "rust", "ruby": "ruby", "rust": "rust",
    "scala": "scala", "sh": "bash", "shell": "bash", "sql": "sql", "swift": "swift", "toml": "toml",
    "ts": "typescript", "tsx": "typescript", "typescript": "typescript", "xml": "xml", "yaml": "yaml", "yml": "yaml",
    "zsh": "bash",
}  # fmt: skip
"""The lexer of each name that a fence may have. Those of Java and C# take cubic time for many short lines."""

MAX_CODE = 10_000
"""Characters of one block of code that is coloured."""

MAX_COLOURED = 60_000
"""Characters of all blocks of one text together."""

MAX_LINE = 300
"""Characters of its longest line: most lexers take quadratic time for one line."""

NAMES = {
    "Comment": "comment", "Keyword.Type": "type", "Keyword": "keyword", "Operator.Word": "keyword",
    "Literal.String": "string", "Literal.Number": "number", "Name.Function": "function", "Name.Decorator": "function",
    "Name.Class": "type", "Name.Exception": "type", "Name.Namespace": "type", "Name.Variable": "variable",
    "Name.Tag": "tag", "Name.Attribute": "attribute", "Generic.Inserted": "inserted", "Generic.Deleted": "deleted",
    "Generic.Heading": "heading", "Generic.Subheading": "heading", "Generic.Prompt": "prompt",
}  # fmt: skip
"""What the page colours, by Pygments' name of it: the longest beginning counts."""


def is_coloured(code: str, language: str) -> bool:
    """True if code of this language has colours, and is short enough for them."""
    return language.lower() in LANGUAGES and len(code) <= MAX_CODE and max(map(len, code.split("\n"))) <= MAX_LINE


def spans(code: str, language: str) -> list[Span]:
    """Split code into pieces, each with its kind; one piece without a kind if it is not coloured."""
    if not is_coloured(code, language):
        return [("", code)]
    pieces: list[Span] = []
    for token, text in _lexer(LANGUAGES[language.lower()]).get_tokens(code):
        kind = _kind(token)
        if pieces and (pieces[-1][0] == kind or not text.strip()):
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + text)
        else:
            pieces.append((kind, text))
    return pieces


@cache
def _lexer(name: str) -> Any:
    from pygments.lexers import get_lexer_by_name  # type: ignore[import-untyped]  # Pygments declares no types

    return get_lexer_by_name(name, stripnl=False, ensurenl=False)


@cache
def _kind(token: Any) -> str:
    """Return the kind of a token: that of the nearest of its ancestors which has one."""
    while token is not None:
        kind = NAMES.get(str(token).removeprefix("Token."))
        if kind is not None:
            return kind
        token = token.parent
    return ""
