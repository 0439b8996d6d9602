"""Makes the golden database of today's schema: `python -m tests.golden.make`, in the checkout.

Run it once for each new migration, before its release, and commit what it writes: `schema-NNNN.db`, a database as this
version of SparkQ leaves it behind, and `schema-NNNN.json`, what its tasks and queues read as. Later versions must
open, migrate and read it (tests/core/test_upgrade.py). A golden file of a released schema is never made again: it is
what people have on their disks. While its schema is not released, make it again whenever its migration changes.

Everything goes through the public core on a clock that stands still, so that the same code makes the same project.
"""

import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

from sparkq_core import inbox, queues, search, sessions, tasks, wire
from sparkq_core.errors import ClaimLost
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from sparkq_core.search import indexing
from sparkq_core.storage import schema
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import database_of, open_new_project
from tests.harness.task_steps import add, claimed_task, take, timed_out_task

FOLDER = Path(__file__).parent
DAY = 24 * HOUR


def live(sq: SparkQ, clock: SetClock) -> None:
    """Let everything happen that can happen to a project."""
    sessions.create(sq, "feature-x")
    sessions.create(sq, "over")
    sessions.end(sq, "over")
    queues.create(sq, "backend", instructions="Run make test.")
    queues.create(sq, "docs", instructions="Plain words.", session="feature-x")
    queues.instruct(sq, "docs", "Plainer words.")
    queues.create(sq, "ended")
    queues.end(sq, "ended")
    queues.create(sq, "archived")
    queues.archive(sq, "archived")
    _purged(sq, clock)
    _finished(sq, clock)
    _open(sq)


def _purged(sq: SparkQ, clock: SetClock) -> None:
    task = claimed_task(sq, "purged long ago")
    tasks.complete(sq, task.id, "gone")
    inbox.review(sq, task.id)
    clock.move(4 * DAY)
    purge.purge_in_turn(sq)


def _finished(sq: SparkQ, clock: SetClock) -> None:
    reviewed = claimed_task(sq, "Größe 🎉\n\nsecond line")
    tasks.progress(sq, reviewed.id, "half way")
    clock.move(7)
    tasks.complete(sq, reviewed.id, "done, see <b>here</b>", data={"files": [1, None, "é"]})
    inbox.review(sq, reviewed.id)
    late = timed_out_task(sq, clock)
    _too_late(sq, late.id, "accepted")
    tasks.accept(sq, late.id)
    waiting = timed_out_task(sq, clock)
    _too_late(sq, waiting.id, "waits to be accepted")
    inbox.look(sq)
    clock.move(1)
    failed = claimed_task(sq, "fails")
    tasks.fail(sq, failed.id, "boom", error_type="environment")
    tasks.cancel(sq, add(sq, "cancelled")[0], "not needed")
    indexing.update(sq)


def _too_late(sq: SparkQ, task_id: int, text: str) -> None:
    try:
        tasks.complete(sq, task_id, text, attempt=1)
    except ClaimLost:
        return
    raise AssertionError("the result was not late")


def _open(sq: SparkQ) -> None:
    requeued = claimed_task(sq, "requeued")
    tasks.fail(sq, requeued.id, "the first try broke")
    tasks.requeue(sq, requeued.id, feedback="start the database", prompt="requeued, better", front=True)
    tasks.enqueue(sq, "docs", "keyed", key="k-1", tool="run-bash", task_class="FAST_SCRIPT", timeout=7, source="cli")
    released = claimed_task(sq, "given back")
    tasks.release(sq, released.id, "later")
    asked = claimed_task(sq, "asked twice")
    tasks.release(sq, asked.id, question="A or B?")
    tasks.answer(sq, asked.id, "B")
    take(sq, task_id=asked.id)
    tasks.release(sq, asked.id, question="Now or later?")
    edited = add(sq, "edited")[0]
    tasks.edit(sq, edited, prompt="edited, better", tool="llm-haiku")
    add(sq, "waits", queue="docs")
    running = claimed_task(sq, "running", worker="bob")
    tasks.progress(sq, running.id)
    checks.set_command(sq, "docs", "make docs", 2)
    checked = take(sq, "cleo", queue="docs")
    for exit_code in (1, 0):
        run = tasks.begin_check(sq, checked.task.id, sq.config.root)
        tasks.end_check(sq, run, exit_code, b"1 page\n")
    take(sq, "cleo", queue="docs")


def recorded(sq: SparkQ) -> dict[str, Any]:
    """What everything reads as through the doors."""
    now = sq.clock.now()
    listed = tasks.list_page(sq, sort="oldest", limit=1000).tasks
    return {
        "now": now,
        "queues": wire.queues(queues.all_of(sq, archived=True)),
        "sessions": wire.sessions(sessions.all_of(sq)),
        "tasks": [wire.task_history(tasks.detail(sq, task.id), now) for task in listed],
        "lines": {name: [task.id for task in tasks.peek(sq, name, 100).tasks] for name in ("backend", "docs")},
        "inbox": [finished.task.id for finished in inbox.unreviewed(sq).tasks],
        "found": sorted(task.id for task in search.find_page(sq, "better", limit=1000).tasks),
    }


def main() -> None:
    """Write both files of today's schema."""
    name = f"schema-{schema.VERSION:04}"
    with tempfile.TemporaryDirectory() as folder:
        clock = SetClock()
        sq = open_new_project(Path(folder), clock)
        live(sq, clock)
        text = json.dumps(recorded(sq), ensure_ascii=False, indent=1, sort_keys=True)
        sq.close()  # the last to close brings the write-ahead log home
        shutil.copyfile(database_of(Path(folder)), FOLDER / f"{name}.db")
    (FOLDER / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
    print(f"{name}.db and {name}.json are made.")


if __name__ == "__main__":
    main()
