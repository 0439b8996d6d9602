"""Branches, stashes, `git clean`, removed and moved folders, restored copies: nothing that was acknowledged is lost.

It is in the database or in one of its copies, as long as some process had the database open when it was removed and was
not killed before it looked. And each refusal in between names the way on.
"""

import random
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.door_workers import ChatWorker, Held
from tests.proof.extent import EXTENT, extent
from tests.proof.household import Household
from tests.proof.housekeeping import Housekeeper

STORIES = extent(1, 6, 60)
SECONDS = extent(2, 30, 300)
SEED = 11 if EXTENT != "soak" else time.time_ns()


@contextmanager
def household(folder: Path, seed: int) -> Iterator[Household]:
    """A household, whose seed is printed if something is wrong."""
    folder.mkdir()
    at_home = Household(folder)
    try:
        yield at_home
    finally:
        at_home.end()


def work(at_home: Household, name: str, chance: random.Random, held: dict[str, Held], number: int) -> None:
    """One step of a worker: enqueue, or claim, or settle what it has."""
    if name in held:
        verb = chance.choice(("complete", "complete", "fail"))
        at_home.settle(name, verb, held.pop(name), f"{verb} by {name} in {number}")
    elif chance.random() < 0.5:
        at_home.enqueue(name, f"{name} {number}")
    elif (claimed := at_home.claim(name)) is not None:
        held[name] = claimed


def calm(at_home: Household, keeper: Housekeeper) -> None:
    """All of them notice, a copy is put back if need be, and every worker goes on."""
    at_home.noticed()
    if at_home.is_lost or "backend" not in at_home.done("queue", "list"):
        keeper.restore()
    if at_home.was_away:  # the server may be about to end: it looks once a second
        time.sleep(2)
        at_home.keep_server()
    before = at_home.figures["acknowledged"]
    for name in at_home.workers:
        at_home.enqueue(name, f"{name} in the end")
    if at_home.figures["acknowledged"] != before + len(at_home.workers):
        at_home.violations.append("not every worker goes on with the database that is there in the end")


@holds("nothing-lost", "rescue", "restore")
@pytest.mark.parametrize("seed", range(SEED, SEED + STORIES))
def test_whatever_is_done_in_the_repository_nothing_acknowledged_is_lost(
    tmp_path: Path, counts: Counts, seed: int
) -> None:
    """One thing after another, so that a seed tells the same story again."""
    chance = random.Random(seed)
    with household(tmp_path / "one", seed) as at_home:
        keeper = Housekeeper(at_home, chance)
        held: dict[str, Held] = {}
        numbers = count()
        for act in keeper.all_acts():
            for _ in range(chance.randint(1, 3)):
                work(at_home, chance.choice(list(at_home.workers)), chance, held, next(numbers))
            if at_home.is_lost and chance.random() < 0.5:
                keeper.act("restore")
            keeper.act(act)
        calm(at_home, keeper)
        at_home.leave()
        wrong = at_home.violations + at_home.lost(tmp_path / "copies")
        assert not wrong, (seed, wrong, keeper.done)
    counts(at_home.figures, stories=1)


@holds("nothing-lost", "rescue", "restore")
def test_while_all_of_them_work_at_once_nothing_acknowledged_is_lost(tmp_path: Path, counts: Counts) -> None:
    """The same at once: what happens between the look at the file and the commit, or while a copy is put back."""
    with household(tmp_path / "one", SEED) as at_home:
        keeper = Housekeeper(at_home, random.Random(SEED), "witness")
        names, over = list(at_home.workers), threading.Event()
        at_home.workers["witness"] = ChatWorker(at_home.root)

        def live(name: str) -> None:
            chance, held = random.Random(f"{SEED} {name}"), dict[str, Held]()
            for number in count():
                if over.wait(chance.uniform(0, 0.01)):
                    return
                work(at_home, name, chance, held, number)

        with ThreadPoolExecutor(len(names)) as pool:
            living = [pool.submit(live, name) for name in names]
            end = time.monotonic() + SECONDS
            try:
                while time.monotonic() < end and not any(life.done() for life in living):
                    keeper.act(keeper.any_act("move", "begin_again", "restore_twice"))
                    time.sleep(keeper.chance.uniform(0, 0.1))
            finally:
                over.set()
        for life in living:
            life.result()
        calm(at_home, keeper)
        at_home.leave()
        wrong = at_home.violations + at_home.lost(tmp_path / "copies")
        assert not wrong, (SEED, wrong, keeper.done)
    counts(at_home.figures)
