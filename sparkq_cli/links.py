"""Links of ids to the page of their task, in terminals that have links, while the project's server runs."""

import re
import sys
from collections.abc import Callable, Mapping
from functools import cache

from sparkq_core.config.loading import environment

OPENED = "\x1b]8;;{}\x1b\\{}\x1b]8;;\x1b\\"
"""A link and its text, as the terminals have agreed (OSC 8)."""

ID = re.compile(r"^((?:\x1b\[[\d;]+m)*)#(\d+)\b", re.MULTILINE)
"""The id that a line begins with. In the text of a task, which is indented, #12 may be anything."""

PROGRAMS = frozenset({"iTerm.app", "WezTerm", "vscode", "Hyper", "ghostty", "Tabby", "rio"})
VARIABLES = ("KITTY_WINDOW_ID", "WT_SESSION", "KONSOLE_VERSION", "DOMTERM")
VTE = 5000
"""The first version of VTE, which GNOME's terminals use, that has links."""

_addresses: list[Callable[[], str | None]] = []
"""Where the page of this command's project is, if it has one; asked once, when the first id is shown."""


def to_page(address: Callable[[], str | None]) -> None:
    """Link the ids that this process shows to the page at `address()`."""
    _addresses[:] = [cache(address)]


def linked(text: str) -> str:
    """Return `text` with a link at each id that a line begins with, where terminal and server are there for it."""
    if "#" not in text or not _addresses or not sys.stdout.isatty() or not has_links(environment()):
        return text
    url = _addresses[0]()
    if url is None:
        return text
    return ID.sub(lambda match: match[1] + OPENED.format(f"{url}/#/tasks/{match[2]}", f"#{match[2]}"), text)


def has_links(env: Mapping[str, str]) -> bool:
    """True if the terminal shows links; FORCE_HYPERLINK=1 or 0 decides instead."""
    forced = env.get("FORCE_HYPERLINK")
    if forced:
        return forced != "0"
    if env.get("TERM", "").startswith(("screen", "tmux", "dumb")):
        return False
    if any(env.get(variable) for variable in VARIABLES) or env.get("TERM_PROGRAM") in PROGRAMS:
        return True
    version = env.get("VTE_VERSION", "")
    return version.isdecimal() and int(version) >= VTE
