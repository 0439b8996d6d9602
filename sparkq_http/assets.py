"""The files of the page: scripts and styles, each under an address that changes when any of them does.

One hash stands for all of them, so that a script finds its imports beside it under the same address.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

HERE = Path(__file__).parent
FOLDERS = (HERE / "ui", HERE / "reference")
YEAR_SECONDS = 31_536_000
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}


def files() -> dict[str, Path]:
    """Every file by its name below its folder, such as `app.js` or `views/inbox.js`."""
    found: dict[str, Path] = {}
    for folder in FOLDERS:
        for file in sorted(folder.rglob("*")):
            if file.is_file() and file.suffix in TYPES:
                found.setdefault(file.relative_to(folder).as_posix(), file)
    return found


def version() -> str:
    """The hash of all files as they are now."""
    return _hashed(tuple((name, str(file), file.stat().st_mtime_ns) for name, file in files().items()))


@lru_cache(maxsize=8)
def _hashed(listed: tuple[tuple[str, str, int], ...]) -> str:
    whole = hashlib.sha256()
    for name, file, _ in listed:
        whole.update(name.encode())
        whole.update(hashlib.sha256(Path(file).read_bytes()).digest())
    return whole.hexdigest()[:16]


def asset_url(name: str) -> str:
    """The address of file `name`. Raises KeyError when there is no such file: a page must not link to nothing."""
    files()[name]
    return f"/assets/{version()}/{name}"


def caching(hash_given: str, env: str) -> str:
    """How long a browser may keep a file: a year in prod under its present address, else not at all."""
    if env != "prod" or hash_given != version():
        return "no-store"
    return f"public, max-age={YEAR_SECONDS}, immutable"


def media_type(name: str) -> str:
    """What the file is."""
    return TYPES[Path(name).suffix]
