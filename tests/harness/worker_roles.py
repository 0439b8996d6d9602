"""Run another process of a test: `python -m tests.harness.worker_roles ROLE FOLDER …`, which talks in lines of JSON.

Each prints "ready" and waits for a line, so that all of them begin at the same moment.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

from sparkq_core import artefacts, inbox, project, tasks
from sparkq_core.clock import SystemClock
from sparkq_core.errors import ClaimLost, SparkQError, WrongState
from sparkq_core.maintenance import rounds
from sparkq_core.project import SparkQ
from sparkq_core.stale import sweep
from sparkq_core.storage import schema
from sparkq_core.tasks import undo
from tests.harness.clocks import SetClock
from tests.harness.projects import database_of
from tests.harness.task_steps import add


def report(value: object) -> None:
    print(json.dumps(value), flush=True)


def next_line() -> str:
    """Return the next line of the test that started this process."""
    return sys.stdin.readline().strip()


def ready() -> None:
    report("ready")
    next_line()


def drain(sq: SparkQ, worker: str) -> None:
    """Claim and complete until the queue is empty; print the ids of the tasks."""
    ready()
    done = []
    while (claim := tasks.claim(sq, "backend", worker)) is not None:
        tasks.complete(sq, claim.task.id, f"done by {worker}", attempt=claim.task.attempts)
        done.append(claim.task.id)
    report(done)


def sweeps(sq: SparkQ, clock: SetClock) -> None:
    """For each line with a list of moments: sweep at each, and print which tasks that warned and failed."""
    report("ready")
    while line := next_line():
        warned, failed = [], []
        for moment in json.loads(line):
            clock.at = moment
            swept = sweep(sq)
            warned += [task.id for task in swept.warned]
            failed += [task.id for task in swept.failed]
        report([warned, failed])


def completes(sq: SparkQ) -> None:
    """For each line with a list of tasks: complete each, and print at once whether that was acknowledged."""
    report("ready")
    while line := next_line():
        for task_id in json.loads(line):
            try:
                tasks.complete(sq, task_id, f"done {task_id}", attempt=1)
            except ClaimLost:
                report(False)
            else:
                report(True)


def decides(sq: SparkQ, name: str) -> None:
    """For each line with a list of [task, verb]: answer, edit or cancel each; print which were acknowledged."""
    report("ready")
    while line := next_line():
        done = []
        for task_id, verb in json.loads(line):
            try:
                if verb == "answer":
                    tasks.answer(sq, task_id, f"by {name}", attempt=1)
                elif verb == "edit":
                    tasks.edit(sq, task_id, prompt=f"by {name}")
                else:
                    tasks.cancel(sq, task_id)
            except SparkQError:
                continue
            done.append([task_id, verb])
        report(done)


def undoes(sq: SparkQ) -> None:
    """For each line with a task: undo the last verdict on it, and print whether that was done."""
    report("ready")
    while line := next_line():
        try:
            undo.unreview(sq, [int(line)])
        except WrongState:
            report(False)
        else:
            report(True)


def accepts(sq: SparkQ) -> None:
    """For each line with a list of tasks: accept each, and write what they leave; print the first problem."""
    report("ready")
    while line := next_line():
        problems = []
        for task_id in json.loads(line):
            inbox.accept(sq, [task_id])
            problems.append(artefacts.write_due(sq).problem)
        report(next((problem.message for problem in problems if problem), None))


def creates(root: Path) -> None:
    """Create the project, print whether this process made it, and use it."""
    ready()
    made = schema.create(database_of(root), "test", SystemClock())
    sq = project.open(root, env={})
    report([made, sq.db.rows("SELECT count(*) FROM project")])


def opens(root: Path) -> None:
    """Open the project, which migrates an older file; print its version."""
    ready()
    report(project.open(root, env={}).db.rows("PRAGMA user_version"))


def enqueues(sq: SparkQ) -> None:
    """Enqueue one task and print its id."""
    ready()
    report(add(sq, "one"))


def on_request(sq: SparkQ) -> None:
    """For each line with a verb and its arguments: call it, and print its result, or the code of the refusal."""
    ready()
    while line := next_line():
        try:
            report([True, one_verb(sq, *json.loads(line))])
        except SparkQError as refusal:
            report([False, refusal.code])


def one_verb(sq: SparkQ, verb: str, *words: Any) -> Any:
    """Enqueue, claim or settle."""
    if verb == "enqueue":
        return tasks.enqueue(sq, "backend", words[0], key=words[1], timeout=words[2]).task.id
    if verb == "claim":
        claim = tasks.claim(sq, "backend", "a-hand")
        return claim and [claim.task.id, claim.task.attempts]
    return getattr(tasks, verb)(sq, words[0], words[2], attempt=words[1]).task.status


def keeps_up(sq: SparkQ) -> None:
    """Do the upkeep of long-lived processes, again and again until the reader is gone."""
    ready()
    while True:
        report(len(rounds.upkeep(sq).failed))


def rounds_on_request(sq: SparkQ) -> None:
    """For each line: do one round of the upkeep."""
    ready()
    while next_line():
        report(len(rounds.upkeep(sq).failed))


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
    report([os.waitstatus_to_exitcode(status), os.waitstatus_to_exitcode(later)])


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
        case "decides":
            decides(project.open(root, env={}, clock=clock), *args)
        case "undoes":
            undoes(project.open(root, env={}, clock=clock))
        case "accepts":
            accepts(project.open(root, env={}, clock=clock))
        case "creates":
            creates(root)
        case "on_request":
            on_request(project.open(root, env={}))
        case "keeps_up":
            keeps_up(project.open(root, env={}))
        case "rounds_on_request":
            rounds_on_request(project.open(root, env={}))
        case "enqueues":
            enqueues(project.open(root, env={}))
        case "opens":
            opens(root)
        case "forks":
            forks(project.open(root, env={}, clock=clock))


if __name__ == "__main__":
    main(*sys.argv[1:])
