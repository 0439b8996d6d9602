"""The face of every door: its verbs, its answers, and the project that it leads to."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from sparkq_core.errors import Kind


@dataclass(frozen=True)
class Answer:
    """What a door answered: its facts, or a refusal with a kind."""

    facts: Mapping[str, Any]
    kind: Kind | None = None

    def __getitem__(self, key: str) -> Any:
        assert self.kind is None, f"refused: {self.facts}"
        return self.facts[key]

    @property
    def said(self) -> str:
        """The words of a refusal: what is wrong and what to do next."""
        return " ".join(str(self.facts.get(key, "")) for key in ("message", "hint", "next"))


class Site(NamedTuple):
    """Where a door leads, who goes through it, and what is closed behind them."""

    root: Path
    home: Path
    at_the_end: ExitStack
    worker: str = "ann"


class Door(Protocol):
    """The verbs that every door has."""

    def __init__(self, site: Site) -> None: ...
    def enqueue(self, queue: str, prompt: str, **options: Any) -> Answer: ...
    def peek(self, queue: str, limit: int = 1) -> Answer: ...
    def claim(self, queue: str, task_id: int | None = None) -> Answer: ...
    def complete(self, task_id: int, result: str, data: Any = None, *, attempt: int | None = None) -> Answer: ...
    def fail(self, task_id: int, error: str, *, attempt: int | None = None) -> Answer: ...
    def progress(self, task_id: int, note: str = "", *, attempt: int | None = None) -> Answer: ...
    def release(
        self, task_id: int, reason: str = "", *, question: str | None = None, attempt: int | None = None
    ) -> Answer: ...
    def requeue(self, task_id: int, feedback: str | None = None, *, front: bool = False) -> Answer: ...
    def tasks(self, **wanted: Any) -> Answer: ...
    def task(self, task_id: int) -> Answer: ...
    def queues(self) -> Answer: ...

    def another(self, worker: str) -> "Door":
        """The same door with somebody else in it: another chat, another `--worker`."""
        ...

    def shown(self, text: str) -> str:
        """How the door spells a stored text: as it is, or with what cannot be seen made visible."""
        ...


class PersonsDoor(Door, Protocol):
    """A door by which verdicts are given too."""

    def accept(self, *ids: int) -> Answer: ...
    def undo(self, *ids: int) -> Answer: ...
