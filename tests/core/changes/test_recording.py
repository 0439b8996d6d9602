"""What each task changed, exactly: whose work it is, and when it is recorded."""

import threading
from pathlib import Path
from types import SimpleNamespace

import pytest

from sparkq_core import changes, project, queues, tasks
from sparkq_core.changes import recorder, recording, store, view
from sparkq_core.changes.git import Deadline
from sparkq_core.changes.view import NoChange
from sparkq_core.project import SparkQ
from tests.core.changes.steps import after, append, before, changed, claim, complete, fake_git, review_lines
from tests.harness.clocks import SetClock
from tests.harness.git_steps import commit, git, start
from tests.harness.projects import open_new_project, second_handle
from tests.harness.task_steps import add


def edit(folder: Path, number: int) -> None:
    """Do the work of one of five tasks that run one after another in one tree, of which only the last commits."""
    match number:
        case 1:
            append(folder / "one.txt", "four\n")
        case 2:
            (folder / "new.py").write_text("x = 1\n" * 30)
        case 3:
            append(folder / "one.txt", "five\n")
            (folder / "two.txt").unlink()
        case 4:
            append(folder / "new.py", "y = 2\n")
        case 5:
            append(folder / "one.txt", "six\n")
            commit(folder)


FIVE = [
    [("M", "one.txt", 1, 0)],
    [("A", "new.py", 30, 0)],
    [("M", "one.txt", 1, 0), ("D", "two.txt", 0, 10)],
    [("M", "new.py", 1, 0)],
    [("M", "one.txt", 1, 0)],
]


def five_tasks(sq: SparkQ, folder: Path) -> None:
    """Do the work of five tasks in a work tree."""
    for number in range(1, 6):
        task_id = claim(sq, folder)
        edit(folder, number)
        complete(sq, task_id, folder)


def test_five_tasks_in_one_tree_have_each_their_own_change(sq: SparkQ, repository: Path) -> None:
    five_tasks(sq, repository)

    assert [changed(sq, number) for number in range(1, 6)] == FIVE
    assert review_lines(sq) == [
        "1 file, +1 −0", "1 file, +30 −0", "2 files, +1 −10", "1 file, +1 −0", "1 file, +1 −0"
    ]  # fmt: skip


def test_the_work_tree_is_that_of_the_worker(sq: SparkQ, repository: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "--quiet", str(linked), "-b", "feature")
    append(repository / "one.txt", "of somebody in the main work tree\n")

    five_tasks(sq, linked)

    assert [changed(sq, number) for number in range(1, 6)] == FIVE
    assert (after(sq)["branch"], after(sq)["work_tree"]) == ("feature", str(linked))
    assert view.where(view.of(sq, 1)) == f"in {linked}, on feature"


def test_a_change_is_shown_after_its_work_tree_is_gone(sq: SparkQ, repository: Path) -> None:
    inside = repository / ".claude/worktrees/x"
    git(repository, "worktree", "add", "--quiet", str(inside), "-b", "x")
    five_tasks(sq, inside)
    assert after(sq)["work_tree"] == ".claude/worktrees/x"

    git(repository, "worktree", "remove", "--force", str(inside))

    assert [changed(sq, number) for number in range(1, 6)] == FIVE


def test_a_work_tree_inside_another_is_not_part_of_it(sq: SparkQ, repository: Path) -> None:
    inside = repository / ".claude/worktrees/x"
    number = claim(sq)
    git(repository, "worktree", "add", "--quiet", str(inside), "-b", "x")
    (inside / "one.txt").unlink()
    start(repository / "vendor")
    commit(repository / "vendor")
    complete(sq, number)

    assert changed(sq) == []


def test_in_a_bare_layout_each_work_tree_finds_the_project(tmp_path: Path, clock: SetClock) -> None:
    layout = tmp_path / "layout"
    git(tmp_path, "init", "--quiet", "--bare", str(layout / ".bare"))
    (layout / ".git").write_text("gitdir: ./.bare\n")
    made = tmp_path / "made"
    start(made)
    (made / "one.txt").write_text("one\n")
    (made / "two.txt").write_text("line\n" * 10)
    commit(made)
    git(made, "push", "--quiet", str(layout / ".bare"), "HEAD:main")
    for name in ("main", "feature"):
        git(layout, "worktree", "add", "--quiet", name, *(["main"] if name == "main" else ["-b", name, "main"]))
        git(layout / name, "config", "user.name", "Ann")
        git(layout / name, "config", "user.email", "ann@example.org")
    opened = open_new_project(layout / "main", clock)
    queues.create(opened, "backend")

    from_feature = project.open(layout / "feature", env={}, clock=clock)
    five_tasks(from_feature, layout / "feature")

    assert from_feature.config.root == layout / "main"
    assert [changed(opened, number) for number in range(1, 6)] == FIVE
    from_feature.close()
    opened.close()


def test_what_nobody_was_asked_for_is_nobodys(sq: SparkQ, repository: Path) -> None:
    complete(sq, claim(sq))
    append(repository / "two.txt", "mine\n")
    (repository / "mine.txt").write_text("mine\n")
    number = claim(sq)
    append(repository / "one.txt", "its own\n")
    complete(sq, number)

    assert changed(sq, number) == [("M", "one.txt", 1, 0)]
    assert before(sq, number)["between"] == 2
    assert review_lines(sq) == ["nothing changed", "1 file, +1 −0"]
    assert view.notes(view.of(sq, number)) == [
        "2 files changed before the claim, by none of the tasks; they are not part of this."
    ]


def test_what_a_timed_out_task_may_have_done_is_not_called_nobodys(
    sq: SparkQ, repository: Path, clock: SetClock
) -> None:
    claim(sq)
    append(repository / "one.txt", "of a worker that never reported\n")
    clock.move(40 * 60)
    assert tasks.get(sq, 1).status == "running"
    clock.move(40 * 60)
    assert tasks.get(sq, 1).timed_out
    number = claim(sq)

    assert "between" not in before(sq, number)


def test_what_changed_long_after_an_attempt_is_not_its_work(sq: SparkQ, repository: Path, clock: SetClock) -> None:
    complete(sq, claim(sq))
    clock.move(2 * 60)
    append(repository / "one.txt", "mine\n")
    changes.record(sq, repository, ended=[changes.Execution(1, 1)])

    assert changed(sq) == []


def test_a_worker_in_another_repository_is_measured_there(sq: SparkQ, tmp_path: Path) -> None:
    other = tmp_path / "other"
    start(other)
    (other / "theirs.txt").write_text("one\n")
    commit(other)
    number = claim(sq, other)
    append(other / "theirs.txt", "two\n")
    complete(sq, number, other)

    assert changed(sq) == [("M", "theirs.txt", 1, 0)]
    assert view.where(view.of(sq, 1)) == f"in {other}, on main"


def test_a_worker_in_a_repository_inside_the_projects_is_measured_there(sq: SparkQ, repository: Path) -> None:
    inside = repository / "vendor/library"
    (inside / "src").mkdir(parents=True)
    start(inside)
    (inside / "src/lib.txt").write_text("one\n")
    commit(inside)
    number = claim(sq, inside)
    append(inside / "src/lib.txt", "two\n")
    commit(inside)
    complete(sq, number, inside)

    assert (after(sq)["work_tree"], changed(sq)) == ("vendor/library", [("M", "src/lib.txt", 1, 0)])
    assert review_lines(sq) == ["1 file, +1 −0"]


def test_a_chat_that_went_into_a_repository_inside_loses_no_exact_change(sq: SparkQ, repository: Path) -> None:
    inside = repository / "library"
    start(inside)
    commit(inside)
    number = claim(sq)
    append(repository / "one.txt", "more\n")
    complete(sq, number)
    changes.record(sq, inside, ended=[changes.Execution(number, 1)])

    assert changed(sq) == [("M", "one.txt", 1, 0)]


def test_tasks_that_ran_at_the_same_time_in_one_tree_say_so(sq: SparkQ, repository: Path, clock: SetClock) -> None:
    first = claim(sq)
    clock.move(1000)
    second = claim(sq, worker="bob")
    append(repository / "one.txt", "of either\n")
    clock.move(1000)
    complete(sq, first)
    clock.move(1000)
    complete(sq, second)
    third = claim(sq)
    complete(sq, third)

    assert [after(sq, number).get("shared") for number in (first, second, third)] == [[second], [first], None]
    assert review_lines(sq)[:2] == ["1 file, +1 −0, shared with #2", "1 file, +1 −0, shared with #1"]


def test_tasks_in_two_work_trees_at_the_same_time_share_nothing(
    sq: SparkQ, repository: Path, tmp_path: Path, clock: SetClock
) -> None:
    linked = tmp_path / "linked"
    git(repository, "worktree", "add", "--quiet", str(linked), "-b", "feature")
    first, second = claim(sq), claim(sq, linked, "bob")
    append(repository / "one.txt", "of the first\n")
    append(linked / "two.txt", "of the second\n")
    clock.move(1000)
    complete(sq, first)
    complete(sq, second, linked)

    assert [changed(sq, 1), changed(sq, 2)] == [[("M", "one.txt", 1, 0)], [("M", "two.txt", 1, 0)]]
    assert [after(sq, number).get("shared") for number in (first, second)] == [None, None]


def test_one_tree_serves_an_outcome_and_the_claim_made_with_it(sq: SparkQ, repository: Path) -> None:
    number = claim(sq)
    add(sq, "two")
    append(repository / "one.txt", "x\n")
    done = tasks.complete(sq, number, "done", next_for="ann")
    assert done.claimed is not None
    begun = changes.Execution(done.claimed.task.id, done.claimed.task.attempts)
    changes.record(sq, repository, ended=[changes.Execution(number, 1)], begun=begun)
    append(repository / "two.txt", "y\n")
    complete(sq, begun.task)

    assert after(sq, number)["tree"] == before(sq, begun.task)["tree"]
    assert "between" not in before(sq, begun.task)
    assert changed(sq, begun.task) == [("M", "two.txt", 1, 0)]


def test_each_attempt_has_its_own_change(sq: SparkQ, repository: Path) -> None:
    claim(sq)
    append(repository / "one.txt", "first\n")
    tasks.fail(sq, 1, "boom")
    changes.record(sq, repository, ended=[changes.Execution(1, 1)])
    tasks.requeue(sq, 1)
    tasks.claim(sq, "backend", "ann")
    changes.record(sq, repository, begun=changes.Execution(1, 2))
    (repository / "two.txt").unlink()
    complete(sq, 1)

    assert changed(sq) == [("D", "two.txt", 0, 10)]
    assert [file.path for file in view.files(sq, view.of(sq, 1, 1))] == ["one.txt"]


def test_what_a_killed_process_left_is_swept(sq: SparkQ, repository: Path) -> None:
    left = store.path(sq.config) / "tmp-1-abc"
    left.mkdir(parents=True)
    (left / "index.lock").touch()

    complete(sq, claim(sq))

    assert not left.exists()
    assert "tree" in after(sq)


def test_only_one_snapshot_of_a_project_is_taken_at_once(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recording, "SECONDS", 0.3)
    with store.working(store.path(sq.config), Deadline.after(1.0)) as held:
        assert held is not None
        number = claim(sq)

    assert "tree" not in (before(sq, number) or {})
    monkeypatch.setattr(recording, "SECONDS", 60.0)
    complete(sq, number)
    assert "exact" not in after(sq)


def test_no_folder_is_made_where_a_moved_project_was(sq: SparkQ, repository: Path) -> None:
    number = claim(sq)
    away = repository.rename(repository.with_name("away"))

    with pytest.raises(FileNotFoundError), store.working(store.path(sq.config), Deadline.after(1.0)):
        pass

    assert not repository.exists(), "it could not be moved back"
    away.rename(repository)
    complete(sq, number)
    assert "tree" in after(sq)


def test_the_store_is_the_owners_alone(sq: SparkQ, repository: Path) -> None:
    (repository / "new.txt").write_text("x\n")
    complete(sq, claim(sq))

    assert store.path(sq.config).stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("setting", ["sizes", "off"])
def test_less_can_be_recorded(sq: SparkQ, repository: Path, setting: str) -> None:
    (repository / "sparkq.yml").write_text(f"changes: {setting}\n")
    less = second_handle(sq)
    number = claim(less)
    append(repository / "one.txt", "x\n")
    complete(less, number)

    assert not store.path(sq.config).exists()
    assert review_lines(less) == (["about 1 file, +1 −0"] if setting == "sizes" else [""])
    with pytest.raises(NoChange):
        view.of(less, number)
    less.close()


def test_over_http_there_are_sizes_with_what_was_changed_before(sq: SparkQ, repository: Path) -> None:
    append(repository / "one.txt", "mine\n")
    add(sq, "one")
    tasks.claim(sq, "backend", "ann")
    changes.record(sq, None, begun=changes.Execution(1, 1))
    tasks.complete(sq, 1, "only looked")
    changes.record(sq, None, ended=[changes.Execution(1, 1)])

    assert before(sq) == {"branch": "main", "head": git(repository, "rev-parse", "HEAD"), "dirty": True}
    assert review_lines(sq) == ["about 1 file, +1 −0 with changes from before"]


def test_what_a_task_over_http_may_have_done_is_neither_nobodys_nor_anothers(
    sq: SparkQ, repository: Path, clock: SetClock
) -> None:
    def over_http(number: int) -> None:
        tasks.claim(sq, "backend", "web")
        changes.record(sq, None, begun=changes.Execution(number, 1))
        append(repository / "one.txt", "of the one over HTTP\n")
        clock.move(1)
        tasks.complete(sq, number, "done")
        changes.record(sq, None, ended=[changes.Execution(number, 1)])

    complete(sq, claim(sq))
    clock.move(1)
    add(sq, "two")
    over_http(2)
    clock.move(1)
    number = claim(sq)
    clock.move(1)
    add(sq, "four")
    over_http(4)
    complete(sq, number)

    assert "between" not in before(sq, number)
    assert after(sq, number)["shared"] == [4]


def test_without_a_repository_nothing_is_recorded(tmp_path: Path, clock: SetClock) -> None:
    folder = tmp_path / "plain"
    folder.mkdir()
    sq = open_new_project(folder, clock)
    queues.create(sq, "backend")
    complete(sq, claim(sq))

    assert (before(sq), after(sq)) == (None, None)
    sq.close()


@pytest.mark.parametrize(
    "script", ["exit 1", "echo", "echo one line", "kill -9 $$", "printf 'a\\nb\\nc\\nd\\ne'", "sleep 5"]
)
def test_a_git_that_says_something_else_is_no_hindrance(
    sq: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str
) -> None:
    monkeypatch.setattr(recording, "SECONDS", 0.3)
    fake_git(tmp_path / "bin", script, monkeypatch)

    complete(sq, claim(sq))

    assert tasks.get(sq, 1).status == "succeeded"
    assert "tree" not in (after(sq) or {})


def test_a_change_is_not_called_lost_because_git_is_too_slow(sq: SparkQ, repository: Path) -> None:
    number = claim(sq)
    append(repository / "one.txt", "more\n")
    complete(sq, number)

    with pytest.raises(view.NoChange, match=r"cannot be shown now: .*(slow|no time left)"):
        view.files(sq, view.of(sq, number), seconds=0.0)


def test_without_git_on_the_machine_the_queue_works(
    sq: SparkQ, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    complete(sq, claim(sq))

    assert (before(sq), after(sq)) == (None, None)


def test_why_there_is_no_change_is_said(sq: SparkQ, repository: Path, clock: SetClock) -> None:
    add(sq, "one")
    said = {}
    for step in ("queued", "running", "just finished", "without trees", "lost"):
        if step == "running":
            tasks.claim(sq, "backend", "ann")
        elif step == "just finished":
            tasks.complete(sq, 1, "done")
        elif step == "without trees":
            clock.move(10)
        elif step == "lost":
            append(repository / "one.txt", "x\n")
            number = claim(sq)
            append(repository / "one.txt", "y\n")
            complete(sq, number)
            for _, file, _ in [*store.objects(store.path(sq.config))]:
                file.unlink()
        with pytest.raises(NoChange) as refusal:
            changed(sq, 2 if step == "lost" else 1)
        said[step] = f"{refusal.value.message} {refusal.value.hint}"

    assert "has not been claimed yet" in said["queued"]
    assert "It is running" in said["running"]
    assert "look again in a moment" in said["just finished"]
    assert "called over HTTP" in said["without trees"]
    assert "is not kept any more" in said["lost"]
    assert "1 file, +1 −0" in said["lost"]


@pytest.mark.parametrize(
    "state", [None, "{}", '{"branch":"main","head":"x"}', '{"files":0,"insertions":0,"deletions":0}']
)
def test_without_a_change_there_is_no_summary(state: str | None) -> None:
    assert changes.summary(state) == ""


def test_a_record_lets_the_answer_of_its_call_go_out_first(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    order: list[str] = []
    monkeypatch.setattr(recorder, "record", lambda *_, **__: order.append("recorded"))

    def wait(seconds: float) -> None:
        assert seconds == recorder.ANSWER_SECONDS
        answered.wait(60)
        order.append("waited")

    monkeypatch.setattr(recorder, "time", SimpleNamespace(sleep=wait))
    records = changes.Recorder()
    records.add(sq, sq.config.root, begun=changes.Execution(1, 1))
    order.append("answered")
    answered.set()

    assert records.finish(60)
    assert order == ["answered", "waited", "recorded"]
