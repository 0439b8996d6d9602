"""A newer SparkQ migrates the project while an older one goes on writing: nothing is lost, and the older one is told."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from sparkq_core import project, queues, tasks
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema
from tests.harness.projects import TOP, database_of
from tests.promises import holds
from tests.proof.counts import Counts
from tests.proof.door_workers import CoreWorker, Refused
from tests.proof.extent import extent
from tests.proof.finished_run import moves, twice, unsound

ROUNDS = extent(3, 20, 100)
SECONDS = 60
MIGRATION = """-- Whose idea a task was: rows from before this column are the owner's.
ALTER TABLE tasks ADD COLUMN idea_of TEXT NOT NULL DEFAULT 'owner';
CREATE TABLE ideas (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
INSERT INTO ideas (text) SELECT title FROM tasks;
"""
OPENS = "import sys, pathlib; from sparkq_core import project; project.open(pathlib.Path(sys.argv[1]), env={}).close()"


def newer(folder: Path) -> Path:
    """The core of the next version, which has one migration more."""
    shutil.copytree(TOP / "sparkq_core", folder / "sparkq_core")
    core = folder / "sparkq_core"
    (core / "storage" / "migrations" / f"{schema.VERSION + 1:04}_ideas.sql").write_text(MIGRATION)
    return folder


@holds("migrations")
def test_what_an_older_process_writes_while_a_newer_one_migrates_is_kept_or_refused(
    sq: SparkQ, queue: str, tmp_path: Path, counts: Counts
) -> None:
    later = newer(tmp_path / "newer")
    written = 0
    for number in range(ROUNDS):
        root = tmp_path / f"round-{number}"
        root.mkdir()
        schema.create(database_of(root), "test", sq.clock)
        begun = project.open(root, env={})
        queues.create(begun, "backend")
        hands = [CoreWorker(root) for _ in range(2)]
        acknowledged: list[tuple[int, str]] = []
        refusals: list[str] = []
        migrating = subprocess.Popen(
            [sys.executable, "-c", OPENS, str(root)], env={**os.environ, "PYTHONPATH": str(later)}, cwd=later
        )
        try:
            end = time.monotonic() + SECONDS
            while len(refusals) < len(hands):
                assert time.monotonic() < end, "the older processes go on in the newer schema"
                for hand in hands:
                    prompt = f"{len(acknowledged)} of round {number}"
                    try:
                        acknowledged.append((hand.enqueue(prompt, prompt), prompt))
                    except Refused as refusal:
                        refusals.append(str(refusal))
        finally:
            for hand in hands:
                hand.end()
            assert migrating.wait(SECONDS) == 0

        assert set(refusals) == {"newer_schema"}
        assert begun.db.connection().pragma("user_version") == schema.VERSION + 1
        assert (unsound(begun), twice(moves(begun))) == ([], [])
        stored: dict[int, str] = dict(begun.db.rows("SELECT task_id, text FROM prompts"))
        assert stored == dict(acknowledged), "all that was acknowledged and nothing else"
        assert begun.db.rows("SELECT count(*) FROM tasks WHERE idea_of = 'owner'") == [(len(stored),)]
        assert tasks.list_page(begun).total == len(stored), "the older one may still look"
        begun.close()
        written += len(stored)
    counts(migrations_under_load=ROUNDS, written_before_it=written)
