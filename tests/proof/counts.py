"""What a test did, counted while it did it: the figures of the table that `make prove` prints."""

from collections.abc import Mapping
from typing import Any

KEY = "proof"


class Counts:
    """Figures of one test, by name. They reach the table through the test's report."""

    def __init__(self, properties: list[tuple[str, Any]]) -> None:
        self._found: dict[str, int] = {}
        properties.append((KEY, self._found))

    def __call__(self, figures: Mapping[str, int] | None = None, **more: int) -> None:
        """Add to figures; underscores of a name are shown as spaces."""
        for name, number in {**(figures or {}), **more}.items():
            shown = name.replace("_", " ")
            self._found[shown] = self._found.get(shown, 0) + number
