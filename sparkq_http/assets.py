"""The scripts and styles of the page. The URL of each changes when any of them changes.

They share one hash in their URLs, so that the relative imports of a script lead to the same version. A document reads
what has changed; until the next one they are served from memory, all of one version. They are served without
indentation and without the comments that have lines of their own, an eighth of their bytes; lines keep their numbers.
"""

import hashlib
import posixpath
import re
from pathlib import Path

HERE = Path(__file__).parent
FOLDERS = (HERE / "ui", HERE / "reference")
YEAR_SECONDS = 31_536_000
IMPORTED = re.compile(rb'^(?:import|export|\}) [^;()]*"(\.{1,2}/[^"]+)";$', re.MULTILINE)
"""The relative address in a static import of a script; what it imports later has parentheses."""

_COMMENT = re.compile(rb"^[ \t]*/\*(?:(?!\*/).)*\*/[ \t]*$", re.MULTILINE | re.DOTALL)
_LINE_COMMENT_OR_INDENTATION = re.compile(rb"^[ \t]*(?://.*)?", re.MULTILINE)

TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


class Assets:
    """The files of these folders by their names below them, such as `app.js` or `views/inbox.js`."""

    def __init__(self, *folders: Path) -> None:
        self._folders = folders or FOLDERS
        self._seen: dict[str, tuple[str, int]] = {}
        self._contents: dict[str, bytes] = {}
        self._version = ""

    def look(self) -> None:
        """Read the files again if any of them has changed."""
        files = self._files()
        seen = {name: (str(file), file.stat().st_mtime_ns) for name, file in files.items()}
        if seen == self._seen:
            return
        self._seen, self._contents = seen, {name: _lean(file.read_bytes()) for name, file in files.items()}
        digest = hashlib.sha256()
        for name, content in self._contents.items():
            digest.update(name.encode())
            digest.update(hashlib.sha256(content).digest())
        self._version = digest.hexdigest()[:16]

    def names(self) -> list[str]:
        """Return the names of all files."""
        return list(self._contents)

    def url(self, name: str) -> str:
        """Return the URL of file `name`. Raises KeyError if it does not exist, so that no page has a dead link."""
        self._contents[name]
        return f"/assets/{self._version}/{name}"

    def modules(self, name: str) -> list[str]:
        """Return a script and those that it needs to begin: what it imports, what these import, and so on."""
        names = [name]
        for each in names:
            found = IMPORTED.findall(self._contents[each])
            paths = [posixpath.normpath(posixpath.join(posixpath.dirname(each), path.decode())) for path in found]
            names += [path for path in dict.fromkeys(paths) if path not in names]
        return names

    def content(self, name: str) -> bytes | None:
        """Return a file, or None if it does not exist."""
        if not self._contents:
            self.look()
        return self._contents.get(name)

    def cache_control(self, url_version: str, env: str) -> str:
        """Return the Cache-Control of a file: a year in prod if the URL has the present version, otherwise none."""
        if env != "prod" or url_version != self._version:
            return "no-store"
        return f"public, max-age={YEAR_SECONDS}, immutable"

    def _files(self) -> dict[str, Path]:
        by_name: dict[str, Path] = {}
        for folder in self._folders:
            for file in sorted(folder.rglob("*")):
                if file.suffix in TYPES:
                    by_name.setdefault(file.relative_to(folder).as_posix(), file)
        return by_name


def _lean(content: bytes) -> bytes:
    """Return a script or style without indentation and without comments that have lines of their own.

    It knows nothing of strings: in one over several lines, no line may begin with blanks or `//`.
    """
    without = _COMMENT.sub(lambda match: b"\n" * match.group().count(b"\n"), content)
    return _LINE_COMMENT_OR_INDENTATION.sub(b"", without)


def media_type(name: str) -> str:
    """Return the media type of a file."""
    return TYPES[Path(name).suffix]
