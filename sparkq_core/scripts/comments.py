"""The comments at the top of a script, line by line, as the languages write them."""

import re
from collections.abc import Iterator

_COMMENT = re.compile(r"\s*(?:#+|//+)(.*)")
_OPENING = re.compile(
    r"""\s*(?:(/\*+)|[rRuUbB]{0,2}(\"\"\"|''')|(=begin|=pod|=head1)\b|:\s*<<-?\s*['"]?(\w+)['"]?\s*$)"""
)
_STAR = re.compile(r"(\s*)\*+(?!/)")
_PREAMBLE = re.compile(
    r"""\s*(?:set\s+[-+]|shopt\s|IFS=|umask\s|export\s|cd\s|source\s|\.\s|trap\s|readonly\s|require\b|use\s|import\s|from\s+\S+\s+import\b|
    ['"]use\ strict['"]|(?:const|let|var)\s+.*\brequire\(|[A-Z_]+="?\$\(.*dirname)""",
    re.VERBOSE,
)
"""Lines that scripts have before their comment: options of the shell, imports, the folder of the script."""

_DEFINITION = re.compile(
    r"\s*(?:@|(?:export\s+(?:default\s+)?)?(?:async\s+)?(?:def|class|function|sub|module)\b(?!\s*main\b)|(?!main\b)[\w:-]+\s*\(\)\s*\{?\s*$)"
)


def comments(text: str) -> list[str | None]:
    """Return the text of each line of comments before the first line of code; None for a line without any.

    A comment behind imports that is directly above a function or a class belongs to it, and is left out.
    """
    bodies: list[str | None] = []
    block, is_behind_imports = 0, False
    for body, code in _lines(text.removeprefix("\ufeff")):
        if code and _DEFINITION.match(code):
            return bodies[:block] if is_behind_imports else bodies
        if body is None:
            block = len(bodies) + 1
            is_behind_imports = is_behind_imports or bool(code)
        bodies.append(body)
    return bodies


def _lines(text: str) -> Iterator[tuple[str | None, str]]:
    """Yield the comment of each line, or None and the line of code. The last one is the first that is not a preamble."""
    closing = ""
    for line in text.splitlines():
        if closing:
            body, end, _ = line.partition(closing)
            star = _STAR.match(body) if closing == "*/" else None
            yield _inside(star.group(1) + " " + body[star.end() :] if star else body), ""
            closing = "" if end else closing
            continue
        comment, opening = _COMMENT.fullmatch(line), _OPENING.match(line)
        if comment is not None:
            yield _inside(comment.group(1)), ""
        elif opening is not None:
            closing = _closing(opening)
            body, end, _ = line[opening.end() :].partition(closing)
            yield body, ""
            closing = "" if end else closing
        else:
            yield None, line.strip()
            if line.strip() and not _PREAMBLE.match(line):
                return


def _inside(body: str) -> str:
    """Return a line of a comment without the right edge of a comment that is drawn as a box."""
    bare = body.rstrip("#|* \t")
    tail = body[len(bare) :].rstrip()
    edge = tail.strip()
    is_edge = tail[:1].isspace() and (len(edge) > 1 or edge == "|" or (edge == "#" and len(tail) > 2))
    return bare if is_edge else body


def _closing(opening: re.Match[str]) -> str:
    block, quotes, pod, here = opening.groups()
    if block:
        return "*/"
    return quotes or here or ("=end" if pod == "=begin" else "=cut")
