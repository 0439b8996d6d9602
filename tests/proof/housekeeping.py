"""What a person does in a repository while others work in it: each a short story of commands, chosen at random."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from tests.proof.door_workers import ChatWorker, Refused
from tests.proof.household import Household

HARMLESS = ("checkout", "commit", "stash", "clean")
"""What Git does without touching ignored files: the database stays where it is."""

ACTS = {
    "checkout": 2,
    "commit": 1,
    "stash": 2,
    "clean": 2,
    "clean_all": 2,
    "remove": 1,
    "set_up": 1,
    "back_up": 1,
    "restore": 2,
    "restore_any": 1,
    "restore_twice": 1,
    "move": 1,
    "move_and_back": 1,
    "begin_again": 2,
}
"""Everything that there is to do, and how often a story has it."""


class Housekeeper:
    """Does what `chance` says. `witness` is a chat that opens the database before it is removed."""

    def __init__(self, household: Household, chance: random.Random, witness: str = "chat one") -> None:
        self.household = household
        self.done: list[str] = []
        self.chance = chance
        self._witness = witness
        self._number = 0

    def all_acts(self) -> list[str]:
        """The acts of a whole story, in an order of chance."""
        acts = [name for name, often in ACTS.items() for _ in range(often)]
        self.chance.shuffle(acts)
        return acts

    def any_act(self, *left_out: str) -> str:
        """One act. While the database is lost it is mostly a restore."""
        if self.household.is_lost and self.chance.random() < 0.5:
            return "restore"
        weights = {name: often for name, often in ACTS.items() if name not in left_out}
        return self.chance.choices(list(weights), list(weights.values()))[0]

    def act(self, name: str) -> None:
        """Do one thing."""
        self.done.append(name)
        self.household.figures["acts of housekeeping"] += 1
        self.household.keep_server()
        act: Callable[[], None] = getattr(self, f"_{name}")
        if name not in HARMLESS:
            act()
            return
        before = self._identity()
        act()
        if before != self._identity():
            self.household.violations.append(f"{name} took the database away")

    def _identity(self) -> tuple[int, int] | None:
        try:
            about = self.household.database.stat()
        except OSError:
            return None
        return about.st_dev, about.st_ino

    # Git

    def _checkout(self) -> None:
        self.household.git("checkout", "--quiet", "--force", self.chance.choice(("main", "plain")))

    def _changed(self) -> None:
        self._number += 1
        (self.household.root / f"notes-{self._number}.txt").write_text("Notes\n")
        (self.household.root / "README.md").write_text(f"A project, {self._number}\n")

    def _commit(self) -> None:
        self._changed()
        self.household.commit()

    def _stash(self) -> None:
        self._changed()
        self.household.git("stash", "--quiet", "--include-untracked")
        self.household.git("stash", self.chance.choice(("pop", "drop")), "--quiet")

    def _clean(self) -> None:
        self._changed()
        self.household.git("clean", "--quiet", "-fd")

    def _clean_all(self) -> None:
        self._opened()
        self.household.git("clean", "--quiet", "-fdx")

    # Files

    def _remove(self) -> None:
        self._opened()
        shutil.rmtree(self.household.root / "sparkq/data", ignore_errors=True)

    def _opened(self) -> None:
        """See that a process has the present database open: only such a process can save what is removed."""
        witness = self.household.workers[self._witness]
        assert isinstance(witness, ChatWorker)
        try:
            witness.queues()
        except Refused:
            assert self.household.is_lost, "there is a database that a chat does not read"
        self.household.figures["removals"] += not self.household.is_lost

    def _move_and_back(self) -> None:
        here, there = self._away()
        there.rename(here)

    def _away(self) -> tuple[Path, Path]:
        """Rename the project's folder, and let everyone see that; where it was, and where it is."""
        self._number += 1
        here, there = self.household.root, self.household.folder / f"project-{self._number}"
        here.rename(there)
        self.household.was_away = True
        self.household.enqueue(self._witness, f"{self._witness} while the folder is away, {self._number}")
        self.household.enqueue("terminal", f"the keeper while the folder is away, {self._number}")
        return here, there

    def _move(self) -> None:
        """Rename the project's folder, and go on in the new place; what was lost before has been noticed by then."""
        self.household.noticed()
        if self.household.is_lost:
            self.restore()
        _, there = self._away()
        self.household.leave()
        self.household.root = there
        self.household.settle_in()

    # SparkQ

    def _begin_again(self) -> None:
        self.household.begin_again(self.chance.choice(list(self.household.workers)))

    def _back_up(self) -> None:
        if not self.household.is_lost:
            self.household.done("backup")

    def _set_up(self) -> None:
        """After a loss that was noticed, setup makes no empty database over the copies."""
        self._remove()
        self.household.noticed(self._witness)
        ended = self.household.sparkq("setup", "--yes")
        if ended.code == 0 or "sparkq restore" not in ended.err:
            self.household.violations.append(f"setup over {len(self._copies())} copies: {ended}")

    def _restore(self) -> None:
        self.restore()

    def _restore_any(self) -> None:
        if copies := self._copies():
            self.restore(self.chance.choice(copies))

    def _restore_twice(self) -> None:
        """Where no chat and no server is open, the second restore saves what a command adds after the first."""
        self.household.leave()
        self._back_up()
        self.restore()
        self._number += 1
        self.household.enqueue("terminal", f"between {self._number}")
        self.restore()
        self.household.settle_in()

    def restore(self, *copy: str) -> None:
        """Put the newest copy back, or the one that is named."""
        if self._copies():
            self.household.done("restore", "--yes", *copy)
            self.household.figures["restores"] += 1

    def _copies(self) -> list[str]:
        listed = json.loads(self.household.done("restore", "--list", "--json"))["copies"]
        return [Path(copy["path"]).name for copy in listed]
