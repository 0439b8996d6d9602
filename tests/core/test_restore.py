"""A lost database: the copies of it, and the way back, on which nothing is lost."""

import shutil
import stat
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import apsw
import pytest

from sparkq_core import events, project, queues, tasks
from sparkq_core.config import copies, ignoring
from sparkq_core.errors import (
    BackupsExist,
    Corrupt,
    DatabaseGone,
    InvalidValue,
    LogRemoved,
    Moved,
    NewerSchema,
    Replaced,
    StorageError,
)
from sparkq_core.installation import backup, restore, setup
from sparkq_core.maintenance.daily_backup import MOST_REMOVED, back_up_in_turn
from sparkq_core.project import SparkQ
from sparkq_core.storage import database, header
from sparkq_core.storage.schema import VERSION
from tests.harness.all_rows import all_rows
from tests.harness.clocks import HOUR, SetClock
from tests.harness.projects import database_of, open_new_project, second_handle
from tests.harness.task_steps import add, queued_ids, refusal_of
from tests.promises import holds

DAY = 24 * HOUR


@pytest.fixture
def git_root(root: Path) -> Path:
    """The project is a Git repository, as far as SparkQ looks."""
    (root / ".git").mkdir()
    return root


def lose(sq: SparkQ) -> None:
    """Remove the data, as `git clean -fdx` does."""
    shutil.rmtree(sq.config.root / "sparkq")


def rescued(sq: SparkQ) -> list[Path]:
    """The rescue copies."""
    return sorted(copies.rescue(sq.config).glob("*"))


@holds("rescue")
def test_a_lost_database_is_copied_once_from_the_handle_that_is_still_open(
    git_root: Path, sq: SparkQ, queue: str, clock: SetClock
) -> None:
    add(sq, "one", "two")
    other = second_handle(sq)
    other.version()
    before = all_rows(sq)
    lose(sq)

    refusals = [refusal_of(partial(tasks.get, handle, 1)) for handle in (sq, other, sq)]

    (copy,) = rescued(sq)
    assert copy.is_relative_to(git_root / ".git/sparkq/rescue")
    assert {type(refusal) for refusal in refusals} == {Replaced}
    assert all(refusal and str(copy) in refusal.message and "sparkq restore" in refusal.hint for refusal in refusals)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (copy, copy.parent)] == [0o600, 0o700]
    with pytest.raises(DatabaseGone, match="is gone") as gone:
        second_handle(sq)
    assert (str(copy) in gone.value.message, gone.value.hint) == (True, "Put it back: sparkq restore")

    restore.restore(sq.config, copy, clock)
    assert sq.is_replaced()
    back = second_handle(sq)
    assert all_rows(back) == before
    for handle in (back, other):
        handle.close()


@holds("rescue")
def test_what_is_committed_just_after_the_file_was_removed_is_in_a_copy(git_root: Path, sq: SparkQ, queue: str) -> None:
    """The process that commits has looked for the file just before; another one has noticed and made its copy already."""
    other = second_handle(sq)
    other.version()
    with sq.db.write() as tx:
        events.note(tx, 0, "reloaded", text="acknowledged")
        lose(sq)
        first = other.rescue()
    other.close()

    newest = [apsw.Connection(str(copy)).execute("SELECT text FROM events").fetchall()[-1:] for copy in rescued(sq)]
    assert first in rescued(sq)
    assert [("acknowledged",)] in newest


@pytest.mark.skipif(not header.LOCKS.exists(), reason="the system does not say who uses a file")
@holds("nothing-lost", "clear-file-errors")
@pytest.mark.parametrize("sides", [("-wal", "-shm"), ("-wal",), ("-shm",)])
def test_where_the_log_was_removed_while_it_is_used_nobody_begins_another(
    sq: SparkQ, queue: str, sides: tuple[str, ...]
) -> None:
    """As `rm -rf` leaves it for a moment. Whoever has it open goes on, and brings everything into the file at its end."""
    add(sq, "before")
    whole = sq.config.database
    for side in sides:
        whole.with_name(f"{whole.name}{side}").unlink()

    with pytest.raises(LogRemoved, match="its log was removed"):
        second_handle(sq)
    assert add(sq, "after") == [2]
    sq.close()

    back = second_handle(sq)
    assert queued_ids(back) == [1, 2]
    back.close()


@holds("clear-file-errors")
def test_a_file_that_goes_while_it_is_opened_is_gone_and_not_a_fault_of_the_disk(
    git_root: Path, sq: SparkQ, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup.copy(sq, backup.default_target(sq))
    sq.close()
    monkeypatch.setattr(database, "check_database", lambda *_: lose(sq))  # it is called just before the file is opened

    with pytest.raises(DatabaseGone, match="There is one copy"):
        second_handle(sq)


@holds("rescue")
def test_a_project_whose_folder_was_moved_is_not_said_to_be_lost(git_root: Path, sq: SparkQ, queue: str) -> None:
    away = git_root.with_name("away")
    git_root.rename(away)

    refusal = refusal_of(lambda: tasks.get(sq, 1))
    assert isinstance(refusal, Moved)
    assert "start this process again in the folder where it is now" in refusal.hint
    with pytest.raises(FileNotFoundError):
        copies.made(git_root / ".git/sparkq/rescue")
    with pytest.raises(StorageError):
        ignoring.guard(sq.config)
    assert not git_root.exists(), "it could not be moved back"

    away.rename(git_root)
    assert add(sq, "one") == [1]


@holds("rescue")
def test_a_database_that_was_torn_down_is_not_copied(git_root: Path, sq: SparkQ, queue: str) -> None:
    with sq.db.write() as tx:
        tx.run("UPDATE project SET removed_at = 1")
    lose(sq)

    assert isinstance(refusal_of(lambda: tasks.get(sq, 1)), Replaced)
    assert not (git_root / ".git/sparkq").exists()


@holds("rescue")
def test_two_states_of_a_file_are_two_copies_and_without_git_they_are_in_the_project(sq: SparkQ, queue: str) -> None:
    add(sq, "one")
    other = second_handle(sq)
    other.version()
    whole = database_of(sq.config.root)
    away = whole.with_name("away.db")
    whole.rename(away)
    assert sq.rescue() is not None
    away.rename(whole)
    assert sq.rescue() is None
    add(sq, "two")
    whole.rename(away)

    assert sq.rescue() in rescued(sq)
    assert refusal_of(lambda: tasks.get(other, 1))
    assert len(rescued(sq)) == 2
    assert rescued(sq)[0].parent == sq.config.root / "sparkq/rescue"
    other.close()


@holds("restore")
def test_restoring_sets_aside_what_was_there_and_uses_no_id_again(
    git_root: Path, sq: SparkQ, queue: str, clock: SetClock
) -> None:
    add(sq, "one")
    target = backup.default_target(sq)
    backup.copy(sq, target)
    add(sq, "two", "three")
    before = all_rows(sq)

    done = restore.restore(sq.config, target, clock)

    back = second_handle(sq)
    assert queued_ids(back) == [1]
    assert add(back, "four") == [4]
    assert done.before is not None
    assert not list(database_of(git_root).parent.glob("*.old"))
    assert sq.rescue() == done.before, "a process that had it open needs no copy of its own"
    undone = restore.restore(sq.config, done.before, clock)
    back = second_handle(sq)
    assert {name: rows for name, rows in all_rows(back).items() if name != "sqlite_sequence"} == {
        name: rows for name, rows in before.items() if name != "sqlite_sequence"
    }
    assert undone.before != done.before
    listed = restore.contents(sq.config)
    assert sorted((each.copy.kind, each.tasks, each.trouble) for each in listed) == [
        ("backup", 1, ""),
        ("rescue", 2, ""),
        ("rescue", 3, ""),
    ]
    back.close()


@holds("restore")
def test_what_another_process_acknowledges_while_a_backup_is_restored_is_in_one_of_the_files(
    sq: SparkQ, queue: str, clock: SetClock
) -> None:
    add(sq, *("x" * 3000 for _ in range(30)))
    target = backup.default_target(sq)
    backup.copy(sq, target)
    acknowledged: list[int] = []
    started = threading.Event()

    def work() -> None:
        handle = second_handle(sq)
        try:
            while True:
                acknowledged.extend(add(handle, "new"))
                started.set()
        except Replaced:
            handle.close()

    worker = threading.Thread(target=work)
    worker.start()
    started.wait()
    done = restore.restore(sq.config, target, clock)
    worker.join()

    assert done.before is not None
    (newest,) = apsw.Connection(str(done.before)).execute("SELECT max(id) FROM tasks").fetchall()[0]
    assert newest == acknowledged[-1]
    assert len(rescued(sq)) == 1


class Meanwhile(SetClock):
    """A clock on which something happens while a statement waits for the lock."""

    happens: Callable[[], object] | None = None

    def pause(self, tries: int = 0) -> None:
        if self.happens is not None:
            self.happens()
            self.happens = None
        super().pause(tries)


@holds("restore")
def test_a_writer_that_waited_for_the_lock_while_the_file_was_replaced_writes_nothing(root: Path) -> None:
    clock = Meanwhile()
    sq = open_new_project(root, clock)
    queues.create(sq, "backend")
    add(sq, "one")
    path = database_of(root)
    backup.copy(sq, path.with_name("other.db"))
    holder = apsw.Connection(str(path))
    holder.execute("BEGIN IMMEDIATE")

    waited: list[bool] = []

    def replaced() -> None:
        waited.append(True)
        path.with_name("other.db").replace(path)
        holder.execute("ROLLBACK")

    clock.happens = replaced
    assert isinstance(refusal_of(lambda: add(sq, "two")), Replaced)

    assert waited == [True]
    (newest,) = holder.execute("SELECT max(id) FROM tasks").fetchall()[0]
    assert newest == 1, "nothing was acknowledged, and nothing is in the file that is gone"
    holder.close()
    sq.close()


@holds("restore", "git-commands")
def test_what_was_restored_is_hidden_from_git_at_once(git_root: Path, sq: SparkQ, queue: str, clock: SetClock) -> None:
    """`git clean -fdx` has removed the .gitignore too, and the next `git stash -u` would take the database away."""
    target = backup.default_target(sq)
    backup.copy(sq, target)
    lose(sq)

    restore.restore(sq.config, target, clock)

    assert (git_root / "sparkq/.gitignore").read_text() == ignoring.TEXT


@holds("restore")
@pytest.mark.parametrize("kind", ["missing", "text", "foreign", "newer", "damaged", "itself"])
def test_a_file_that_cannot_be_the_database_changes_nothing(
    sq: SparkQ, queue: str, clock: SetClock, tmp_path: Path, kind: str
) -> None:
    add(sq, *("x" * 3000 for _ in range(30)))
    source = tmp_path / "copy.db"
    if kind == "text":
        source.write_text("once upon a time " * 500)
    elif kind != "missing":
        backup.copy(sq, source)
    if kind == "foreign":
        apsw.Connection(str(source)).pragma("application_id", 1)
    if kind == "newer":
        apsw.Connection(str(source)).pragma("user_version", VERSION + 1)
    if kind == "damaged":
        whole = source.read_bytes()
        middle = len(whole) // 2 // 4096 * 4096
        source.write_bytes(whole[:middle] + b"\xa5" * 4096 + whole[middle + 4096 :])
    source = sq.config.database if kind == "itself" else source
    before = all_rows(sq)

    with pytest.raises((InvalidValue, Corrupt, NewerSchema)) as refusal:
        restore.restore(sq.config, source, clock)

    assert refusal.value.hint
    assert all_rows(sq) == before
    assert rescued(sq) == []


@holds("restore")
def test_a_damaged_database_is_set_aside_byte_by_byte(sq: SparkQ, queue: str, clock: SetClock) -> None:
    add(sq, "one")
    target = backup.default_target(sq)
    backup.copy(sq, target)
    sq.close()
    sq.config.database.write_bytes(b"not a database" * 1000)

    done = restore.restore(sq.config, target, clock)

    assert done.before is not None
    assert done.before.read_bytes() == b"not a database" * 1000
    assert sorted(each.trouble != "" for each in restore.contents(sq.config)) == [False, True]
    back = second_handle(sq)
    assert queued_ids(back) == [1]
    back.close()


@holds("restore")
def test_setup_makes_no_empty_database_over_the_copies_of_a_lost_one(git_root: Path, sq: SparkQ, queue: str) -> None:
    backup.copy(sq, backup.default_target(sq))
    sq.close()
    lose(sq)

    with pytest.raises(BackupsExist, match="1 copy") as refusal:
        setup.setup(git_root, setup.defaults(git_root), sq.clock, {})
    assert "sparkq restore" in refusal.value.hint
    assert [file.name for file in git_root.iterdir()] == [".git"]

    setup.setup(git_root, setup.defaults(git_root), sq.clock, {}, empty=True)
    assert database_of(git_root).exists()


@holds("daily-backup")
def test_one_backup_a_day_is_made_while_something_changes_and_the_newest_are_kept(
    git_root: Path, sq: SparkQ, queue: str, clock: SetClock
) -> None:
    other = second_handle(sq)
    yours = backup.default_target(sq)
    backup.copy(sq, yours)
    made = []
    for day in range(10):
        add(sq, f"day {day}")
        made += [back_up_in_turn(handle) for handle in (sq, other)]
        clock.move(DAY)

    assert [copy is None for copy in made] == [False, True] * 10
    assert back_up_in_turn(sq) is None, "nothing has changed"
    kept = copies.automatic(sq.config)
    assert list(kept) == made[6::2]
    assert yours.exists()
    assert kept[-1].parent == git_root / ".git/sparkq/backups"
    opened = apsw.Connection(str(kept[-1]))
    assert opened.execute("SELECT count(*) FROM tasks").fetchall() == [(10,)]
    other.close()


@holds("daily-backup")
def test_a_wrong_clock_does_not_push_out_good_backups_and_a_failure_is_tried_again(
    sq: SparkQ, queue: str, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(7):
        add(sq, "one")
        back_up_in_turn(sq)
        clock.move(DAY)
    good = copies.automatic(sq.config)
    clock.move(40 * DAY)
    add(sq, "in the future")
    ahead = back_up_in_turn(sq)
    clock.move(-40 * DAY)
    add(sq, "back again")
    assert back_up_in_turn(sq) is not None

    assert set(good[MOST_REMOVED:]) <= set(copies.automatic(sq.config))
    for _ in range(7):
        clock.move(DAY)
        add(sq, "more")
        back_up_in_turn(sq)
    assert ahead not in copies.automatic(sq.config)

    add(sq, "last")
    clock.move(DAY)
    monkeypatch.setattr(copies, "made", lambda folder: folder / "nowhere")
    assert refusal_of(lambda: back_up_in_turn(sq))
    monkeypatch.undo()
    assert back_up_in_turn(sq) is None
    clock.move(HOUR)
    assert back_up_in_turn(sq) is not None


def test_each_database_of_a_repository_has_a_folder_of_its_own(tmp_path: Path, clock: SetClock) -> None:
    """Two projects below one root, and a linked work tree with a project that the main one does not have."""
    main = tmp_path / "main"
    (main / ".git/worktrees/linked").mkdir(parents=True)
    (main / ".git/worktrees/linked/commondir").write_text("../..\n")
    linked = tmp_path / "linked"
    linked.mkdir()
    (linked / ".git").write_text(f"gitdir: {main}/.git/worktrees/linked\n")
    roots = [main, main / "a", main / "b", linked]
    folders = []
    for root in roots:
        root.mkdir(exist_ok=True)
        (root / "sparkq.yml").write_text("env: dev\n")
        sq = project.open_with(open_new_project(root, clock).config._replace(root=root), start=root, env={})
        folders.append(copies.folder(sq.config))
        queues.create(sq, "backend")

    assert len(set(folders)) == len(roots)
    assert {folder.parent for folder in folders} == {main / ".git", main / ".git/sparkq"}


@holds("restore")
def test_without_any_other_copy_a_lost_database_comes_back_from_what_a_restore_set_aside(
    git_root: Path, sq: SparkQ, queue: str, clock: SetClock, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.db"
    add(sq, "one")
    backup.copy(sq, mine)
    add(sq, "two")
    aside = restore.restore(sq.config, mine, clock).before
    mine.unlink()

    assert restore.newest(sq.config, restore.contents(sq.config)) is None, "it would take the restore back"
    lose(sq)
    default = restore.newest(sq.config, restore.contents(sq.config))
    assert default is not None
    assert (default.copy.path, default.tasks) == (aside, 2)
