"""A disk that fails on purpose: `python -m tests.proof.failing_disk FOLDER FAULT LAST STEP` tells what came of each fault.

A life of a project is lived once on a good disk, its file kept after every verb. Then, for each Nth call of a kind
(read, write, sync, lock), the verb that makes this call is done again on a disk that fails there. Afterwards, on a
good disk, the project must be as before the verb or as after it, the verb must go through when it is done once more,
and whatever was acknowledged must be there.
"""

import json
import shutil
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import apsw

from sparkq_core import inbox, project, queues, tasks
from sparkq_core.errors import ClaimLost, Kind, SparkQError
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep
from sparkq_core.storage import schema
from sparkq_core.storage.patience import WAIT_SECONDS
from tests.harness.all_rows import all_rows
from tests.harness.clocks import NOON, SECOND, HastyClock
from tests.harness.projects import database_of
from tests.proof.finished_run import unsound

CYCLES = 5
TIMEOUT = 60
FAULTS: dict[str, tuple[str, type[apsw.Error], bool]] = {
    "a read fails once": ("read", apsw.IOError, False),
    "no read succeeds any more": ("read", apsw.IOError, True),
    "a write fails once": ("write", apsw.IOError, False),
    "the disk is full": ("write", apsw.FullError, True),
    "a sync fails once": ("sync", apsw.IOError, False),
    "no sync succeeds any more": ("sync", apsw.IOError, True),
    "a lock fails once": ("lock", apsw.IOError, False),
    "a lock is taken once": ("lock", apsw.BusyError, False),
    "a lock stays taken": ("lock", apsw.BusyError, True),
}
"""Each fault: the kind of call, what it raises, and whether all later calls of the kind fail too."""


class Disk(apsw.VFS):
    """The machine's disk, which counts calls and fails when it was told to."""

    def __init__(self) -> None:
        super().__init__("failing", "unix", makedefault=True)
        self.calls: Counter[str] = Counter()
        self.failed = 0
        self.fault: tuple[str, int, type[apsw.Error], bool] | None = None

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> "File":
        return File(self, name, flags)

    def excepthook(self, *_: Any) -> bool:
        """A fault where SQLite has nobody to tell."""
        return True

    def called(self, kind: str) -> None:
        """Count a call; raise if it is one that fails."""
        self.calls[kind] += 1
        if self.fault is None or self.fault[0] != kind:
            return
        _, number, error, lasting = self.fault
        if self.calls[kind] == number or (lasting and self.calls[kind] > number):
            self.failed += 1
            raise error(f"{kind} {self.calls[kind]} fails on purpose")


class File(apsw.VFSFile):
    """A file on that disk."""

    def __init__(self, disk: Disk, name: Any, flags: list[int]) -> None:
        super().__init__("unix", name, flags)
        self._disk = disk

    def excepthook(self, *_: Any) -> bool:
        """As the disk's."""
        return True

    def xRead(self, amount: int, offset: int) -> bytes:
        self._disk.called("read")
        return super().xRead(amount, offset)

    def xWrite(self, data: Any, offset: int) -> None:
        self._disk.called("write")
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:
        self._disk.called("sync")
        super().xSync(flags)

    def xLock(self, level: int) -> None:
        self._disk.called("lock")
        super().xLock(level)


Verb = Callable[[SparkQ], object]


def late(sq: SparkQ, task: int) -> None:
    """A result that comes too late, which is refused and kept."""
    try:
        tasks.complete(sq, task, "late", attempt=1)
    except ClaimLost:
        return
    raise AssertionError("it was not late")


def cycle(number: int) -> list[tuple[int, Verb]]:
    """Some of everything, with the seconds that pass before it: five tasks whose ids are known."""
    one, two, three, four, five = (5 * number + place for place in range(1, 6))
    big = "x" * 20_000
    return [
        (0, lambda sq: tasks.enqueue_all(sq, "backend", [tasks.Draft("a", timeout=TIMEOUT)] * 4)),
        (0, lambda sq: tasks.enqueue(sq, "backend", big, timeout=TIMEOUT, key=f"key {number}")),
        (0, lambda sq: tasks.claim(sq, "backend", "ann")),
        (0, lambda sq: tasks.progress(sq, one, "half")),
        (0, lambda sq: tasks.complete(sq, one, big, data={"n": number}, attempt=1)),
        (0, lambda sq: tasks.claim(sq, "backend", "bob")),
        (0, lambda sq: tasks.fail(sq, two, "no", attempt=1)),
        (0, lambda sq: tasks.requeue(sq, two, feedback="again", front=True)),
        (0, lambda sq: tasks.claim(sq, "backend", "bob")),
        (0, lambda sq: tasks.release(sq, two, "later", attempt=2)),
        (0, lambda sq: tasks.edit(sq, two, prompt="b")),
        (0, lambda sq: tasks.cancel(sq, two)),
        (0, lambda sq: tasks.claim(sq, "backend", "cleo")),
        (TIMEOUT, sweep),
        (TIMEOUT, sweep),
        (0, lambda sq: late(sq, three)),
        (0, lambda sq: tasks.accept(sq, three)),
        (0, lambda sq: inbox.review_all(sq, [one, two])),
        (0, lambda sq: tasks.claim(sq, "backend", "dora", task_id=four)),
        (0, lambda sq: tasks.complete(sq, four, "done", attempt=1)),
        (0, lambda sq: tasks.claim(sq, "backend", "dora")),
        (0, lambda sq: tasks.complete(sq, five, "done", attempt=1)),
        (10, lambda sq: purge.purge(sq, older_than=5 * SECOND, unreviewed=10**9)),
    ]


class Moment(NamedTuple):
    """Where the life stood before a verb: its file, what everything read as, the time, and the calls until then."""

    file: Path
    rows: dict[str, Any]
    now: int
    calls: Counter[str]


class Life:
    """A life of a project, and every moment of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.disk = Disk()
        self.clock = HastyClock(NOON)
        self.verbs = [step for number in range(CYCLES) for step in cycle(number)]
        self.root = folder / "life"
        schema.create(database_of(self.root), "test", self.clock)
        self._with(lambda sq: queues.create(sq, "backend"))
        self.moments = [self._moment()]
        self.disk.calls.clear()
        for seconds, verb in self.verbs:
            self.clock.move(seconds)
            before = Counter(self.disk.calls)
            self._with(verb)
            self.moments[-1] = self.moments[-1]._replace(calls=before, now=self.clock.at)
            after = Counter(self.disk.calls)
            self.moments.append(self._moment())
            self.disk.calls = after

    def _with(self, verb: Verb) -> None:
        """One verb as a command does it: open, do, close. It is acknowledged before the file is closed."""
        sq = project.open(self.root, env={}, clock=self.clock)
        try:
            verb(sq)
        finally:
            with suppress(SparkQError):
                sq.close()

    def _moment(self) -> Moment:
        file = self.folder / f"moment-{len(list(self.folder.glob('moment-*')))}"
        shutil.copyfile(database_of(self.root), file)
        return Moment(file, self._dumped(), self.clock.at, Counter(self.disk.calls))

    def _dumped(self) -> dict[str, Any]:
        sq = project.open(self.root, env={}, clock=self.clock)
        try:
            return all_rows(sq)
        finally:
            sq.close()

    def at(self, kind: str, number: int) -> int | None:
        """The verb that makes the Nth call of a kind; None beyond the last call."""
        within = [at for at, moment in enumerate(self.moments[:-1]) if moment.calls[kind] < number]
        last = self.disk.calls[kind]
        return within[-1] if number <= last else None

    def suffer(self, fault: str, number: int) -> tuple[str, list[str]]:
        """What came of a fault at the Nth call: `refused`, `endured` or `beyond`, and everything that was wrong."""
        kind, error, lasting = FAULTS[fault]
        at = self.at(kind, number)
        if at is None:
            return "beyond", []
        moment, after = self.moments[at], self.moments[at + 1]
        self._placed(moment, self.folder / f"{number}")
        verb = self.verbs[at][1]
        wrong: list[str] = []
        calls, failed = self.disk.calls, self.disk.failed
        self.disk.calls = Counter()
        self.disk.fault = (kind, number - moment.calls[kind], error, lasting)
        came = "endured"
        try:
            self._with(verb)
        except SparkQError as refusal:
            came = "refused"
            if refusal.kind not in (Kind.STORAGE, Kind.BUSY) or not refusal.hint:
                wrong.append(f"refused as {refusal.kind}: {refusal}")
        except Exception as defect:
            came = "refused"
            wrong.append(f"a defect: {type(defect).__name__}: {defect}")
        self.disk.fault = None
        if self.disk.failed == failed:
            wrong.append("the fault was never met")
        rows = self._reopened(wrong)
        if came == "endured" and rows != after.rows:
            wrong.append("it was acknowledged and is not there")
        elif rows not in (moment.rows, after.rows):
            wrong.append("it is neither as before nor as after")
        if rows == moment.rows:
            self._with(verb)
            if self._reopened(wrong) != after.rows:
                wrong.append("done once more, it is not as it should be")
        self.disk.calls = calls
        return came, [f"{fault}, number {number}: {problem}" for problem in wrong]

    def _placed(self, moment: Moment, root: Path) -> None:
        """The project as it was at a moment, in a folder that no connection has ever seen."""
        shutil.rmtree(self.root)
        self.root, self.clock.at = root, moment.now
        database_of(root).parent.mkdir(parents=True)
        shutil.copyfile(moment.file, database_of(root))

    def _reopened(self, wrong: list[str]) -> dict[str, Any]:
        sq = project.open(self.root, env={}, clock=self.clock)
        try:
            wrong += unsound(sq)
            return all_rows(sq)
        finally:
            sq.close()


def main(folder: str, fault: str, last: str, step: str) -> None:
    """Tell how many faults were refused, endured or beyond the last call, and all that was wrong."""
    assert WAIT_SECONDS == 10
    life = Life(Path(folder))
    came: Counter[str] = Counter()
    wrong: list[str] = []
    for number in range(1, int(last) + 1, int(step)):
        how, bad = life.suffer(fault, number)
        came[how] += 1
        wrong += bad
    print(json.dumps([came, wrong, dict(life.disk.calls)]))


if __name__ == "__main__":
    main(*sys.argv[1:])
