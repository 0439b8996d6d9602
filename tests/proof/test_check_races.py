"""Checks while files change under them: workers of every door in work trees of their own, whose files never rest."""

import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from sparkq_core import inbox, project, queues, tasks
from sparkq_core.changes import store
from sparkq_core.changes.git import Deadline, beside_stores
from sparkq_core.project import SparkQ
from sparkq_core.queues import checks
from tests.harness.check_steps import with_check
from tests.harness.git_steps import git
from tests.harness.projects import second_handle
from tests.harness.shell import Shell
from tests.http.caller import Served
from tests.http.conftest import new_project
from tests.promises import holds
from tests.proof.counts import Counts as Figures
from tests.proof.door_workers import ChatWorker, CommandWorker, CoreWorker, DoorWorker, Held, Refused, RestWorker
from tests.proof.extent import extent
from tests.proof.finished_run import moves, twice, unsound

TASKS = extent(6, 80, 800)
COMMAND = "grep -q ^good one.txt"
MOST = 3
LIMIT = 3
QUEUE = "backend"
SPENT = "Fail the task"
SHORTEST, LONGEST = 0.1, 1.0
"""Seconds between two changes of a file: between a check and the outcome after it there is one often, but not always."""
PATIENCE = 20
"""Seconds a task may take on a busy machine."""

PROOFS = """
SELECT id, (SELECT tree FROM checks WHERE task_id = tasks.id AND attempt = tasks.attempts AND outcome = 'passed'
    AND same_tree = 1 ORDER BY number DESC LIMIT 1) FROM tasks WHERE status = 'succeeded'
"""
FAILURES = "SELECT count(*) FROM checks WHERE outcome = 'failed' GROUP BY task_id, attempt"


@pytest.fixture
def strict(root: Path) -> Iterator[SparkQ]:
    """A strict queue with a check, and the tasks, in a repository."""
    first = project.open(new_project(root), env={})
    queues.create(first, QUEUE)
    sq = with_check(first, COMMAND, queue=QUEUE)
    checks.set_command(sq, QUEUE, COMMAND, MOST)
    queues.limit_reviews(sq, QUEUE, LIMIT)
    tasks.enqueue_all(sq, QUEUE, [tasks.Draft(f"task {number}") for number in range(TASKS)])
    yield sq
    sq.close()
    first.close()


@holds("check")
def test_a_task_is_only_completed_on_files_that_passed_however_they_change(
    strict: SparkQ, tmp_path: Path, counts: Figures
) -> None:
    root, home = strict.config.root, tmp_path / "home"
    over = threading.Event()
    refusals: Counter[str] = Counter()
    with ExitStack() as at_the_end:
        served = Served(root)
        at_the_end.callback(served.stop)
        workers: list[DoorWorker] = [
            CoreWorker(root),
            CommandWorker(root, home),
            RestWorker(served.port),
            ChatWorker(root),
        ]
        folders = [tmp_path / f"tree-{number}" for number in range(len(workers))]
        for folder, worker in zip(folders, workers, strict=True):
            git(root, "worktree", "add", "--quiet", "--detach", str(folder))
            at_the_end.callback(worker.end)
        with ThreadPoolExecutor(2 * len(workers) + 1) as pool:
            others = [pool.submit(never_rests, folder, over) for folder in folders]
            others.append(pool.submit(accepts_everything, strict, over))
            try:
                works = [
                    pool.submit(works_until_it_is_empty, worker, Shell(folder, home), strict, refusals)
                    for worker, folder in zip(workers, folders, strict=True)
                ]
                shares = [work.result() for work in works]
            finally:
                over.set()
            for other in others:
                other.result()

    done = strict.db.rows(PROOFS)
    assert [files(strict, tree)[:4] for _, tree in done] == ["good"] * len(done)
    assert max((times for (times,) in strict.db.rows(FAILURES)), default=0) <= MOST
    log = moves(strict)
    assert (twice(log), unsound(strict)) == ([], [])
    assert sum(shares, Counter()) == Counter(task.status for task in tasks.list_page(strict, limit=1000).tasks)
    assert sum(map(Counter.total, shares)) == TASKS
    assert refusals["tree_changed"], "no file changed between a check and its outcome: that was no race"
    counts({"tasks": TASKS, "completed": len(done), **refusals})


def works_until_it_is_empty(worker: DoorWorker, shell: Shell, sq: SparkQ, refusals: Counter[str]) -> Counter[str]:
    """Claim, check and complete, and again; fail what has failed its check too often. Returns how its tasks ended."""
    ended: Counter[str] = Counter()
    until = time.monotonic() + PATIENCE * TASKS
    while queues.counts(sq.db, sq.clock.now())[1].queued:
        assert time.monotonic() < until, "the queue does not get empty"
        held = worker.claim()
        if held is None:  # the person has not kept up
            time.sleep(SHORTEST)
            continue
        ended[settles(worker, shell, held, refusals)] += 1
    return ended


def settles(worker: DoorWorker, shell: Shell, held: Held, refusals: Counter[str]) -> str:
    """Complete a task as soon as its check has passed on its files, or fail it. Returns its outcome.

    After the first pass the file is changed for certain, however seldom it is otherwise.
    """
    has_passed = False
    while True:
        checked = shell.sparkq("check", str(held.task), "--attempt", str(held.attempt))
        if checked.code == 0 and not has_passed:
            has_passed = True
            (shell.folder / "one.txt").write_text(f"good after the check of {held.task}\n")
        try:
            worker.settle("complete", held, "done")
        except Refused as refusal:
            refusals[str(refusal)] += 1
            if SPENT in checked.out + checked.err:
                worker.settle("fail", held, "the check does not pass")
                return "failed"
        else:
            return "succeeded"


def never_rests(folder: Path, over: threading.Event) -> None:
    """Write the file that is checked, good or bad, and never the same text twice."""
    chance = random.Random(folder.name)
    number = 0
    while not over.wait(chance.uniform(SHORTEST, LONGEST)):
        number += 1
        (folder / "one.txt").write_text(f"{chance.choice(['good', 'good', 'bad'])} {number} in {folder.name}\n")


def accepts_everything(sq: SparkQ, over: threading.Event) -> None:
    """The person accepts whatever there is to review."""
    person = second_handle(sq)
    while not over.wait(SHORTEST):
        for finished in inbox.unreviewed(person).tasks:
            inbox.review(person, finished.task.id)
    person.close()


def files(sq: SparkQ, tree: str) -> str:
    """The file that is checked, as it is in a tree of the store."""
    reader = beside_stores(sq.config.root, [store.path(sq.config)], Deadline.after(60))
    return reader("cat-file", "blob", f"{tree}:one.txt").decode()
