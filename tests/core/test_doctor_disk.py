"""The doctor looks whether the database can be written, at the room on its disk, and at what the next purge deletes."""

import os
from pathlib import Path

import pytest

from sparkq_core import tasks
from sparkq_core.clock import DAY
from sparkq_core.errors import DiskFull
from sparkq_core.installation import disk_check
from sparkq_core.installation.findings import FAILURE, OK, WARNING
from sparkq_core.maintenance.purge import purge_in_turn
from sparkq_core.project import SparkQ
from sparkq_core.storage import space
from tests.core.examination import examined, wrong
from tests.harness.clocks import SECOND, SetClock
from tests.harness.disks import fill, make_read_only, small_disk
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add, claimed_task
from tests.promises import holds


@holds("doctor-disk")
def test_a_full_disk_is_a_failure(tmp_path: Path, clock: SetClock) -> None:
    with small_disk(tmp_path / "small") as root:
        open_new_project(root, clock).close()
        assert examined(root)["disk space"].state == WARNING

        fill(root)
        finding = examined(root)["disk space"]
        with pytest.raises(DiskFull):
            second_handle(open_new_project(root, clock)).db.rows("SELECT 1")

    assert (finding.state, "is full: " in finding.message) == (FAILURE, True)
    assert finding.fix == "Free some space, or set database.path to another disk."


@holds("doctor-disk")
def test_a_read_only_disk_is_a_failure(tmp_path: Path, clock: SetClock) -> None:
    with small_disk(tmp_path / "small") as root:
        open_new_project(root, clock).close()
        make_read_only(root)

        finding = examined(root)["writing"]

    assert finding.state == FAILURE
    assert finding.message == f"the file system of {root / 'sparkq/data'} is mounted read-only"


def test_a_disk_with_little_room_is_a_warning(healthy: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    assert examined(healthy.config.root)["disk space"].message.endswith(" GB free")
    monkeypatch.setattr(disk_check, "LOW", 1 << 60)

    finding = examined(healthy.config.root)["disk space"]

    assert (finding.state, " MB left" in finding.message) == (WARNING, True)


@holds("doctor-disk", "space-goes-back")
def test_space_that_an_earlier_file_keeps_is_a_warning(
    healthy: SparkQ, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    healthy.db.connection().pragma("auto_vacuum", 0)
    healthy.db.connection().execute("VACUUM")
    tasks.delete(healthy, add(healthy, "x" * 1_000_000)[0])
    assert examined(healthy.config.root)["disk space"].state == OK, "too little to care"
    monkeypatch.setattr(disk_check, "WASTE", 900_000)

    finding = examined(healthy.config.root)["disk space"]
    assert (finding.state, "sparkq purge --vacuum" in finding.fix) == (WARNING, True)
    assert "deletes no task" in finding.fix

    space.write_again(healthy.db)
    assert examined(healthy.config.root)["disk space"].state == OK


@holds("purge-is-said")
def test_unread_results_that_will_be_purged_are_a_warning(healthy: SparkQ, clock: SetClock) -> None:
    tasks.complete(healthy, claimed_task(healthy).id, "unread")
    assert examined(healthy.config.root)["purge"].message == "nothing unread will be deleted"
    clock.move(31 * DAY / SECOND)
    purge_in_turn(healthy)

    finding = examined(healthy.config.root)["purge"]

    assert (finding.state, finding.fix) == (WARNING, "Review what is unread, or keep a copy: sparkq export FILE")
    assert finding.message.startswith("1 unread result will be purged, not before ")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
@holds("doctor-git")
def test_a_repository_of_another_user_is_a_warning(healthy: SparkQ) -> None:
    root = healthy.config.root
    (root / "sparkq.yml").write_text("env: dev\n")
    (root / ".git").mkdir()
    os.chown(root / ".git", 65534, 65534)

    finding = examined(root)["git"]

    assert (finding.state, finding.message) == (
        WARNING,
        f"not checked: Git refuses {root}, which belongs to another user",
    )
    assert finding.fix == f"git config --global --add safe.directory {root}"
    assert wrong(examined(root)) == {"git": WARNING}
