"""The scripts and styles of the page. The URL of each changes when any of them changes.

They share one hash in their URLs, so that the relative imports of a script lead to the same version.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
FOLDERS = (HERE / "ui", HERE / "reference")
YEAR_SECONDS = 31_536_000
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


def files() -> dict[str, Path]:
    """Return every file by its name below its folder, such as `app.js` or `views/inbox.js`."""
    by_name: dict[str, Path] = {}
    for folder in FOLDERS:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix in TYPES:
                by_name.setdefault(file.relative_to(folder).as_posix(), file)
    return by_name


def version() -> str:
    """Return the hash of all files as they are now."""
    return _hashed(tuple((name, str(file), file.stat().st_mtime_ns) for name, file in files().items()))


@lru_cache(maxsize=8)
def _hashed(listed: tuple[tuple[str, str, int], ...]) -> str:
    digest = hashlib.sha256()
    for name, file, _ in listed:
        digest.update(name.encode())
        digest.update(hashlib.sha256(Path(file).read_bytes()).digest())
    return digest.hexdigest()[:16]


def asset_url(name: str) -> str:
    """Return the URL of file `name`. Raises KeyError if it does not exist, so that no page has a dead link."""
    files()[name]
    return f"/assets/{version()}/{name}"


def cache_control(url_version: str, env: str) -> str:
    """Return the Cache-Control of a file: a year in prod if the URL has the present version, otherwise none."""
    if env != "prod" or url_version != version():
        return "no-store"
    return f"public, max-age={YEAR_SECONDS}, immutable"


def media_type(name: str) -> str:
    """Return the media type of a file."""
    return TYPES[Path(name).suffix]
