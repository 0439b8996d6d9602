"""What the other processes of a test do: `python -m tests.harness.worker_roles WHAT FOLDER …`, talking in lines of JSON.

Each says "ready" and waits for a line, so that all of them begin at the same moment.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from sparkq_core import project, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.errors import ClaimLost, SparkQError
from sparkq_core.maintenance import rounds
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep
from sparkq_core.storage import schema
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of
from tests.harness.task_steps import add


def tell(value: object) -> None:
    print(json.dumps(value), flush=True)


def told() -> str:
    """The next line of the test that started this process."""
    return sys.stdin.readline().strip()


def ready() -> None:
    tell("ready")
    told()


def drain(sq: SparkQ, worker: str) -> None:
    """Claim and complete until nothing is left; tell which tasks these were."""
    ready()
    done = []
    while (claim := tasks.claim(sq, "backend", worker)) is not None:
        tasks.complete(sq, claim.task.id, f"done by {worker}", attempt=claim.task.attempts)
        done.append(claim.task.id)
    tell(done)


def sweeps(sq: SparkQ, clock: SetClock) -> None:
    """For each line with a list of moments: sweep at each, and tell which tasks that warned and failed."""
    tell("ready")
    while line := told():
        warned, failed = [], []
        for moment in json.loads(line):
            clock.at = moment
            swept = sweep(sq)
            warned += [task.id for task in swept.warned]
            failed += [task.id for task in swept.failed]
        tell([warned, failed])


def completes(sq: SparkQ) -> None:
    """For each line with a list of tasks: complete each, and tell at once whether that was acknowledged."""
    tell("ready")
    while line := told():
        for task_id in json.loads(line):
            try:
                tasks.complete(sq, task_id, f"done {task_id}", attempt=1)
            except ClaimLost:
                tell(False)
            else:
                tell(True)


def creates(root: Path) -> None:
    """Create the project, tell whether this process made it, and use it."""
    ready()
    made = schema.create(database_of(root), "test", SystemClock())
    sq = project.open(root, env={})
    tell([made, sq.db.rows("SELECT count(*) FROM project")])


def opens(root: Path) -> None:
    """Open the project, which migrates an older file; tell its version."""
    ready()
    tell(project.open(root, env={}).db.rows("PRAGMA user_version"))


def enqueues(sq: SparkQ) -> None:
    """Enqueue one task and tell its id."""
    ready()
    tell(add(sq, "one"))


def on_request(sq: SparkQ) -> None:
    """For each line with a verb and its arguments: do it, and tell what came of it, or the code of the refusal."""
    ready()
    while line := told():
        try:
            tell([True, one_verb(sq, *json.loads(line))])
        except SparkQError as refusal:
            tell([False, refusal.code])


def one_verb(sq: SparkQ, verb: str, *words: Any) -> Any:
    """Enqueue, claim or settle."""
    if verb == "enqueue":
        return tasks.enqueue(sq, "backend", words[0], key=words[1], timeout=words[2]).task.id
    if verb == "claim":
        claim = tasks.claim(sq, "backend", "a-hand")
        return claim and [claim.task.id, claim.task.attempts]
    return getattr(tasks, verb)(sq, words[0], words[2], attempt=words[1]).task.status


def keeps_up(sq: SparkQ) -> None:
    """Sweep, and what else long-lived processes do, again and again until nobody listens."""
    ready()
    while True:
        tell(len(rounds.upkeep(sq).failed))


def forks(sq: SparkQ) -> None:
    """Fork inside a transaction: the child must work on a connection of its own."""
    with sq.db.write() as tx:
        tx.run("UPDATE project SET name = 'of the parent'")
        child = os.fork()
        if child == 0:
            names = sq.db.rows("SELECT name FROM project")
            os._exit(0 if names == [("test",)] else 1)
        _, status = os.waitpid(child, 0)
    if (child := os.fork()) == 0:
        add(sq, "of the child")
        sq.close()
        os._exit(0)
    _, later = os.waitpid(child, 0)
    add(sq, "of the parent")
    sq.close()
    tell([os.waitstatus_to_exitcode(status), os.waitstatus_to_exitcode(later)])


def main(what: str, folder: str, *args: str) -> None:
    root = Path(folder)
    clock = SetClock()
    match what:
        case "drain":
            drain(project.open(root, env={}, clock=clock), *args)
        case "sweeps":
            sweeps(project.open(root, env={}, clock=clock), clock)
        case "completes":
            completes(project.open(root, env={}, clock=clock))
        case "creates":
            creates(root)
        case "on_request":
            on_request(project.open(root, env={}))
        case "keeps_up":
            keeps_up(project.open(root, env={}))
        case "enqueues":
            enqueues(project.open(root, env={}))
        case "opens":
            opens(root)
        case "forks":
            forks(project.open(root, env={}, clock=clock))


if __name__ == "__main__":
    main(*sys.argv[1:])
