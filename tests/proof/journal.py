"""What clients were told, written down by themselves before they go on: a server's word is never taken on trust."""

import json
import threading
from pathlib import Path
from typing import NamedTuple


class Entry(NamedTuple):
    """One acknowledgement: what was done to which attempt, with which text."""

    did: str
    task: int
    attempt: int
    text: str


class Journal:
    """A file of lines for one client."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        file.touch()

    def acknowledged(self, did: str, task: int, attempt: int, text: str) -> None:
        """Write one acknowledgement down."""
        with self._lock, self._file.open("a") as out:
            out.write(json.dumps([did, task, attempt, text]) + "\n")

    def read(self) -> list[Entry]:
        """Everything so far."""
        with self._lock:
            return [Entry(*json.loads(line)) for line in self._file.read_text().splitlines()]
