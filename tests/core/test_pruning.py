"""The store of changes has what attempts need, and never more than its limit."""

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import changes, inbox, purged, queues, tasks
from sparkq_core.changes import pruning, recording, snapshot, store, view
from sparkq_core.changes.git import Deadline, GitFailed, work_tree
from sparkq_core.changes.view import NoChange
from sparkq_core.clock import DAY
from sparkq_core.installation import backup, restore, store_check
from sparkq_core.installation.findings import OK, WARNING
from sparkq_core.maintenance import rounds
from sparkq_core.maintenance.purge import purge
from sparkq_core.project import SparkQ
from tests.core.examination import examined
from tests.harness.clocks import SetClock
from tests.harness.git_steps import commit, start
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine that is busy with tests Git may take longer than a person would wait."""
    monkeypatch.setattr(recording, "SECONDS", 60.0)
    monkeypatch.setattr(pruning, "SECONDS", 60.0)
    monkeypatch.setattr(pruning, "LOCK_SECONDS", 60.0)


@pytest.fixture
def sq(root: Path, clock: SetClock) -> Iterator[SparkQ]:
    """A project in a repository, with three tasks, of which each replaced a file, which is not committed."""
    start(root)
    (root / "committed.txt").write_text("x\n")
    commit(root)
    opened = open_new_project(root, clock)
    (root / "sparkq/.gitignore").write_text("*\n")
    queues.create(opened, "backend")
    for number in (1, 2, 3):
        work(opened, number, clock)
    yield opened
    opened.close()


def work(sq: SparkQ, number: int, clock: SetClock) -> None:
    """Do a task that writes 20 kB that cannot be compressed, and removes what the one before it wrote."""
    add(sq, f"Task {number}")
    tasks.claim(sq, "backend", "ann")
    changes.record(sq, sq.config.root, begun=changes.Execution(number, 1))
    (sq.config.root / f"{number - 1}.bin").unlink(missing_ok=True)
    (sq.config.root / f"{number}.bin").write_bytes(os.urandom(20_000))
    clock.move(1)
    tasks.complete(sq, number, "done")
    changes.record(sq, sq.config.root, ended=[changes.Execution(number, 1)])


def let_time_pass(sq: SparkQ) -> None:
    """Make every object of the store two hours old."""
    for _, file, _ in store.objects(store.path(sq.config)):
        stamp = file.stat().st_mtime - 7200
        os.utime(file, (stamp, stamp))


def shown(sq: SparkQ, number: int) -> list[str]:
    """The files that a task changed, as far as the store has them."""
    return [file.path for file in view.files(sq, view.of(sq, number)) if file.status == "A"]


def purge_last(sq: SparkQ, clock: SetClock) -> None:
    """Purge task 3, the only one that was reviewed: only it needs its last tree and 3.bin."""
    inbox.review(sq, 3)
    clock.move(1)
    assert purge(sq, older_than=0).total == 1


def test_what_only_purged_tasks_needed_is_removed(sq: SparkQ, clock: SetClock) -> None:
    let_time_pass(sq)
    before = store.size(store.path(sq.config))
    purge_last(sq, clock)

    pruned = pruning.prune(sq)

    assert pruned.files == 2
    assert store.size(store.path(sq.config)) == before - pruned.bytes < before - 20_000
    assert [shown(sq, 1), shown(sq, 2)] == [["1.bin"], ["2.bin"]]
    assert pruning.prune(sq) == (0, 0)


def test_without_a_purge_and_below_the_limit_git_is_not_asked(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    let_time_pass(sq)
    monkeypatch.setattr(pruning, "work_tree", lambda *_: pytest.fail("Git was asked"))

    assert pruning.prune(sq) == (0, 0)


def test_a_store_that_is_too_large_keeps_the_newest(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    let_time_pass(sq)
    monkeypatch.setattr(store, "MAX_BYTES", 70_000)
    monkeypatch.setattr(pruning, "TARGET", 40_000)

    assert pruning.prune(sq).files > 0

    assert store.size(store.path(sq.config)) <= 70_000
    assert shown(sq, 3) == ["3.bin"]
    with pytest.raises(NoChange, match="not kept any more") as refusal:
        shown(sq, 1)
    assert "Known is: 1 file, +0 −0." in refusal.value.hint


def test_what_is_young_stays_for_the_attempt_that_is_not_recorded_yet(sq: SparkQ, clock: SetClock) -> None:
    purge_last(sq, clock)

    assert pruning.prune(sq).files == 0, "everything was written a moment ago"
    let_time_pass(sq)
    here = work_tree(sq.config.root, Deadline.after(60.0))
    assert here is not None
    snapshot.take(here, store.path(sq.config), [], Deadline.after(60.0))
    assert pruning.prune(sq).files == 0, "the snapshot met the same file and the same tree again"
    let_time_pass(sq)
    assert pruning.prune(sq).files == 2


def test_leftovers_of_killed_processes_are_removed(sq: SparkQ) -> None:
    left = store.path(sq.config) / "ab/tmp_obj_x1y2z3"
    left.parent.mkdir(exist_ok=True)
    left.write_bytes(b"half")
    let_time_pass(sq)

    assert pruning.prune(sq).files == 1
    assert not left.exists()
    assert [shown(sq, number) for number in (1, 2, 3)] == [["1.bin"], ["2.bin"], ["3.bin"]]


def test_if_git_cannot_say_what_is_needed_nothing_is_removed(
    sq: SparkQ, clock: SetClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    let_time_pass(sq)
    purge_last(sq, clock)
    before = store.size(store.path(sq.config))
    repository = sq.config.root / ".git"

    repository.rename(tmp_path / "away")
    assert pruning.prune(sq) == (0, 0)
    (tmp_path / "away").rename(repository)
    monkeypatch.setattr(pruning, "SECONDS", 0.0)
    assert pruning.prune(sq) == (0, 0)

    assert store.size(store.path(sq.config)) == before


def test_while_a_snapshot_is_taken_pruning_waits(sq: SparkQ, clock: SetClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "LOCK_SECONDS", 0.05)
    let_time_pass(sq)
    purge_last(sq, clock)

    with store.working(store.path(sq.config), Deadline.after(1.0)) as held:
        assert held is not None
        waiting = threading.Thread(target=pruning.prune, args=(sq,))
        waiting.start()
        waiting.join()
    assert pruning.prune(sq).files == 2, "nothing was removed meanwhile"


def test_the_rounds_prune_after_a_purge(sq: SparkQ, clock: SetClock) -> None:
    let_time_pass(sq)
    purge_last(sq, clock)
    before = store.size(store.path(sq.config))

    rounds.upkeep(sq)

    assert store.size(store.path(sq.config)) < before


def test_a_purge_of_long_ago_is_not_looked_after_again(sq: SparkQ, clock: SetClock) -> None:
    let_time_pass(sq)
    purge_last(sq, clock)
    clock.move(2 * DAY / 1000)

    assert pruning.prune(sq) == (0, 0)


def test_the_line_of_a_purged_task_has_numbers_and_no_tree(sq: SparkQ, clock: SetClock) -> None:
    purge_last(sq, clock)

    line = purged.of_task(sq.db, 3)
    assert line is not None
    assert line.change is not None
    assert json.loads(line.change).keys() == {
        "branch", "head", "work_tree", "files", "insertions", "deletions", "exact"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "share"),
    [(0, "less than 0.1 MB"), (49_999, "less than 0.1 MB"), (50_001, "0.1 MB"), (2_749_000, "2.7 MB")],
)
def test_a_store_is_never_said_to_take_nothing(taken: int, share: str) -> None:
    assert store.share(taken) == f"{share} of 200 MB"


def test_the_doctor_says_how_large_the_store_is(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = store.size(store.path(sq.config)) / 1_000_000
    finding = examined(sq.config.root)["changes"]
    assert finding.message == f"{taken:,.1f} MB of 200 MB kept in {store.path(sq.config)}"

    monkeypatch.setattr(store_check, "LATE", 1000)
    finding = examined(sq.config.root)["changes"]
    assert (finding.state, finding.fix) == (WARNING, "sparkq start")

    (sq.config.root / "sparkq.yml").write_text("changes: sizes\n")
    monkeypatch.setattr(store_check, "LATE", store.MAX_BYTES)
    assert examined(sq.config.root)["changes"].message.startswith("sizes: what tasks change is not kept any more; ")


def test_the_doctor_names_a_store_that_cannot_be_used(sq: SparkQ, tmp_path: Path) -> None:
    store.path(sq.config).rename(tmp_path / "away")
    assert examined(sq.config.root)["changes"].state == OK

    store.path(sq.config).symlink_to(tmp_path / "away")
    finding = examined(sq.config.root)["changes"]
    assert (finding.state, "is not a folder" in finding.message) == (WARNING, True)


def test_a_store_is_half_full_above_half_of_its_limit(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = store.path(sq.config) / "0a"
    folder.mkdir(exist_ok=True)
    (folder / ("b" * 38)).write_bytes(os.urandom(100_000))
    for limit, expected in ((store.size(store.path(sq.config)) * 2 + 4, False), (100_000, True)):
        monkeypatch.setattr(store, "MAX_BYTES", limit)
        assert store.is_half_full(store.path(sq.config)) is expected


def test_a_restored_database_says_what_is_not_kept_any_more(sq: SparkQ, tmp_path: Path, clock: SetClock) -> None:
    copy = tmp_path / "copy.db"
    backup.copy(sq, copy)
    let_time_pass(sq)
    purge_last(sq, clock)
    pruning.prune(sq)
    sq.close()
    restore.restore(sq.config, copy, clock)

    restored = second_handle(sq)
    with pytest.raises(NoChange, match="not kept any more"):
        shown(restored, 3)
    assert shown(restored, 2) == ["2.bin"]
    work(restored, 4, clock)
    assert shown(restored, 4) == ["4.bin"]
    restored.close()


def test_what_a_snapshot_that_failed_has_half_written_is_removed_at_once(sq: SparkQ) -> None:
    half = store.path(sq.config) / "ab/tmp_obj_x1y2z3"
    half.parent.mkdir(exist_ok=True)

    def fail() -> None:
        half.write_bytes(b"half")
        raise GitFailed("the disk is full")

    with pytest.raises(GitFailed), store.working(store.path(sq.config), Deadline.after(60.0)):
        fail()

    assert not half.exists()
