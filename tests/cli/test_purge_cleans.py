"""A purge by hand cleans the file at once, and says which copies still have the texts."""

from sparkq_core import inbox, tasks
from sparkq_core.clock import DAY, day
from sparkq_core.config import copies
from sparkq_core.maintenance.daily_backup import back_up_in_turn
from sparkq_core.project import SparkQ
from tests.harness.shell import Shell
from tests.harness.task_steps import add, take
from tests.harness.waiting import until
from tests.promises import holds

MARKER = b"zqxmarker"


def reviewed(sq: SparkQ) -> None:
    """A large task that succeeded and was reviewed a moment ago."""
    add(sq, f"one\n{MARKER.decode()}{'x' * 500_000}")
    take(sq)
    tasks.complete(sq, 1, "done")
    inbox.review(sq, 1)
    last = sq.clock.now()
    until(lambda: sq.clock.now() > last)


def files(sq: SparkQ) -> bytes:
    return b"".join(file.read_bytes() for file in sq.db.path.parent.glob("sparkq.db*"))


@holds("deleted-text-goes", "space-goes-back")
def test_a_purge_removes_the_texts_from_the_file_and_gives_the_space_back(shell: Shell, sq: SparkQ) -> None:
    reviewed(sq)
    assert MARKER in files(sq)
    large = len(files(sq))

    assert shell.ok("purge", "--older-than", "0s", "--yes") == "1 finished task deleted, 0 of them unreviewed.\n"

    assert MARKER not in files(sq)
    assert len(files(sq)) < large - 500_000


@holds("deleted-text-goes")
def test_a_purge_says_which_copies_still_have_the_texts_and_until_when(shell: Shell, sq: SparkQ) -> None:
    reviewed(sq)
    assert back_up_in_turn(sq) is not None

    said = shell.ok("purge", "--older-than", "0s", "--yes").splitlines()

    assert said[1:] == [
        "1 daily backup made before may have their texts: sparkq restore --list",
        "  The last daily backup of them is removed when 7 newer ones have been made: on"
        f" {day(sq.clock.now() + 7 * DAY)} or later.",
    ]
    assert MARKER in copies.automatic(sq.config)[0].read_bytes()
    shell.ok("backup")
    assert "copies of the database" not in shell.ok("purge", "--older-than", "0s", "--yes"), "nothing was deleted"


@holds("deleted-text-goes")
def test_a_purge_says_that_a_reader_keeps_the_texts_in_the_log(shell: Shell, sq: SparkQ) -> None:
    reviewed(sq)
    with sq.db.read() as tx:
        tx.rows("SELECT count(*) FROM tasks")
        said = shell.ok("purge", "--older-than", "0s", "--yes")

    assert "Other processes use sparkq.db: the last of the texts leaves its log when it is quiet." in said


@holds("space-goes-back")
def test_vacuum_writes_the_file_again_and_deletes_no_task(shell: Shell, sq: SparkQ) -> None:
    reviewed(sq)
    sq.db.connection().pragma("auto_vacuum", 0)
    sq.db.connection().execute("VACUUM")
    tasks.delete(sq, add(sq, "x" * 900_000)[0])

    done = shell.facts("purge", "--vacuum")

    assert done["after"] < done["before"] - 800_000
    assert tasks.get(sq, 1).reviewed_at
    assert shell.ok("purge", "--vacuum").startswith("sparkq.db: 0.")
    for also in (["--dry-run"], ["--older-than", "3d"], ["--queue", "backend"]):
        assert "--vacuum deletes no task." in shell.refused(2, "purge", "--vacuum", *also)
