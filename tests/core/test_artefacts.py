"""An accepted task leaves a text in a folder of yours, which no purge takes away; another verdict takes it back."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sparkq_core import artefacts, inbox, project, queues, tasks
from sparkq_core.artefacts import document, files
from sparkq_core.artefacts.files import LONGEST_NAME, stem
from sparkq_core.config import loading
from sparkq_core.config.settings import SCALARS
from sparkq_core.errors import InvalidConfig, StorageError
from sparkq_core.installation import doctor, teardown
from sparkq_core.maintenance.purge import purge
from sparkq_core.maintenance.rounds import upkeep
from sparkq_core.model import Seen
from sparkq_core.project import SparkQ
from sparkq_core.tasks import undo
from sparkq_core.verdicts import PAGE, Giver
from tests.core.inbox_steps import done, failed, late
from tests.harness.clocks import SetClock
from tests.harness.projects import create_project, second_handle
from tests.harness.task_steps import add, take
from tests.harness.workers import workers
from tests.promises import holds


@pytest.fixture
def sq(root: Path, clock: SetClock) -> Iterator[SparkQ]:
    """A project that keeps the files of accepted tasks in the folder "kept"."""
    (root / "sparkq.yml").write_text("reviews: {path: kept}\n")
    create_project(root, clock)
    opened = project.open(root, env={}, clock=clock)
    yield opened
    opened.close()


@pytest.fixture
def kept(sq: SparkQ) -> Path:
    return sq.config.root / "kept"


def written(folder: Path) -> list[str]:
    """What is in the folder; nothing where there is none."""
    return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []


def text_of(folder: Path) -> str:
    """The only text of a folder."""
    (file,) = folder.glob("*.md")
    return file.read_text()


def with_setting(sq: SparkQ, path: str) -> SparkQ:
    """The project with another folder."""
    (sq.config.root / "sparkq.yml").write_text(json.dumps({"reviews": {"path": path}}))
    return project.open(sq.config.root, env={}, clock=sq.clock)


@holds("artefacts")
def test_an_accepted_task_leaves_its_prompt_its_result_and_who_accepted_it(sq: SparkQ, queue: str, kept: Path) -> None:
    queues.instruct(sq, "backend", "Small commits.")
    (task_id,) = add(sq, "Fix the dates\n\nAll of them.")
    take(sq, "ann")
    tasks.complete(sq, task_id, "Both are fixed.")
    inbox.accept_all(sq, [Seen(task_id, 1)], giver=Giver(PAGE))

    left = artefacts.write_due(sq)

    assert written(kept) == ["0001-fix-the-dates.md"]
    assert (left.written, left.removed, left.problem) == ((kept / "0001-fix-the-dates.md",), (), None)
    text = text_of(kept)
    for part in ("# #1 Fix the dates", "> All of them.", "> Small commits.", "> Both are fixed.", "on the page", "ann"):
        assert part in text
    assert artefacts.due(sq) == 0


@holds("artefacts")
def test_each_way_to_accept_leaves_a_file(sq: SparkQ, queue: str, kept: Path, clock: SetClock) -> None:
    ids = [done(sq), done(sq), failed(sq), late(sq, clock), late(sq, clock)]
    inbox.review(sq, ids[0])
    inbox.accept(sq, ids[1:3])
    inbox.accept_all(sq, [Seen(ids[3], 1, late=True)])
    tasks.accept(sq, ids[4])

    artefacts.write_due(sq)

    assert written(kept) == [f"000{number}-one.md" for number in range(1, 6)]
    assert "> late" in (kept / "0005-one.md").read_text()
    assert "> boom" in (kept / "0003-one.md").read_text()


@holds("artefacts")
def test_the_rounds_before_are_in_the_text_with_your_feedback(sq: SparkQ, queue: str, kept: Path) -> None:
    task_id = failed(sq, "No tests")
    tasks.requeue(sq, task_id, feedback="Write some")
    take(sq)
    tasks.release(sq, task_id, question="Which framework?")
    tasks.answer(sq, task_id, "pytest")
    take(sq)
    tasks.complete(sq, task_id, "Written")
    inbox.accept(sq, [task_id])

    artefacts.write_due(sq)

    text = text_of(kept)
    places = [
        text.index(part) for part in ("> Written", "> No tests", "> Write some", "> Which framework?", "> pytest")
    ]
    assert places == sorted(places)


def test_the_check_of_the_outcome_is_in_the_text(sq: SparkQ, queue: str) -> None:
    passed = {
        "command": "make test",
        "outcome": "passed",
        "exit_code": 0,
        "failed": 0,
        "runs": 1,
        "duration_ms": 41_000,
    }
    check = json.dumps(passed | {"same_tree": 1, "touched": ["Makefile"]})
    detail = tasks.detail(sq, done(sq))._replace(check=check)

    text = document.text(detail, "", "none")

    assert "- Check: ✓ make test, exit 0, 41 s, on this very tree\n" in text
    assert "- Look twice: it changed what the check reads: Makefile\n" in text


@holds("artefacts")
def test_they_survive_the_purge(sq: SparkQ, queue: str, kept: Path, clock: SetClock) -> None:
    inbox.accept(sq, [done(sq)])
    artefacts.write_due(sq)
    clock.move(1)

    assert purge(sq, older_than=0).total == 1

    artefacts.write_due(sq)
    assert written(kept) == ["0001-one.md"]


@holds("artefacts", "undo")
def test_undo_takes_them_away_and_another_accept_brings_them_back(sq: SparkQ, queue: str, kept: Path) -> None:
    task_id = done(sq)
    inbox.accept(sq, [task_id])
    artefacts.write_due(sq)
    undo.unreview(sq)

    assert artefacts.write_due(sq).removed == (kept / "0001-one.md",)
    assert written(kept) == []

    inbox.accept(sq, [task_id])
    artefacts.write_due(sq)
    assert written(kept) == ["0001-one.md"]


def test_a_task_that_is_requeued_after_all_leaves_nothing_until_it_is_accepted_under_its_new_title(
    sq: SparkQ, queue: str, kept: Path
) -> None:
    task_id = done(sq)
    inbox.accept(sq, [task_id])
    artefacts.write_due(sq)
    tasks.requeue(sq, task_id, again=True, prompt="two")
    artefacts.write_due(sq)
    assert written(kept) == []
    take(sq)
    tasks.complete(sq, task_id, "again")
    inbox.accept(sq, [task_id])

    artefacts.write_due(sq)

    assert written(kept) == ["0001-two.md"]


@holds("artefacts")
def test_a_process_that_ended_after_the_verdict_leaves_the_files_to_the_next(
    sq: SparkQ, queue: str, kept: Path
) -> None:
    inbox.accept(sq, [done(sq)])
    other = second_handle(sq)

    upkeep(other)

    other.close()
    assert written(kept) == ["0001-one.md"]


def test_several_processes_write_each_file_once(sq: SparkQ, queue: str, kept: Path) -> None:
    for _ in range(30):
        done(sq)

    with workers(3, "accepts", sq.config.root) as crew:
        for process in crew:
            process.tell(json.dumps(list(range(1, 31))))
        assert [process.hear() for process in crew] == [None] * 3

    assert written(kept) == [f"{number:04d}-one.md" for number in range(1, 31)]
    assert artefacts.due(sq) == 0


@holds("artefacts")
def test_a_file_that_you_changed_is_left_and_the_next_one_is_written_beside_it(
    sq: SparkQ, queue: str, kept: Path
) -> None:
    task_id = done(sq)
    inbox.accept(sq, [task_id])
    artefacts.write_due(sq)
    (kept / "0001-one.md").write_text("My notes")
    undo.unreview(sq)
    artefacts.write_due(sq)
    inbox.accept(sq, [task_id])

    artefacts.write_due(sq)

    assert written(kept) == ["0001-one-2.md", "0001-one.md"]
    assert (kept / "0001-one.md").read_text() == "My notes"


def test_two_projects_share_a_folder(sq: SparkQ, queue: str, kept: Path, tmp_path: Path) -> None:
    inbox.accept(sq, [done(sq)])
    artefacts.write_due(sq)
    (file,) = files.own(kept, files.Owner(1, project.id_of(sq)))

    assert files.own(kept, files.Owner(1, "0" * 12)) == []
    files.put(kept, "0001-one", files.Owner(1, "0" * 12), {".md": b"another"})

    assert written(kept) == ["0001-one-2.md", "0001-one.md"]
    assert files.remove(kept, files.Owner(1, project.id_of(sq))) == [file]


@holds("artefacts")
def test_a_folder_that_cannot_be_written_is_said_and_the_verdict_is_given(sq: SparkQ, queue: str, kept: Path) -> None:
    kept.write_text("not a folder")
    task_id = done(sq)
    inbox.accept(sq, [task_id])

    problem = artefacts.write_due(sq).problem

    assert isinstance(problem, StorageError)
    assert str(kept) in problem.message
    assert tasks.get(sq, task_id).reviewed_at is not None
    assert artefacts.due(sq) == 1
    (finding,) = [each for each in doctor.examine(sq.config.root, {}) if each.check == "reviews"]
    assert (finding.state, "1 task could not be written" in finding.message) == ("warning", True)
    kept.unlink()
    assert artefacts.write_due(sq).problem is None
    assert written(kept) == ["0001-one.md"]


@holds("artefacts")
@pytest.mark.parametrize("path", ["../outside", "link", ".", "/"])
def test_a_folder_that_leads_out_of_the_project_or_has_all_of_it_is_refused(
    sq: SparkQ, queue: str, path: str, tmp_path: Path
) -> None:
    (sq.config.root / "link").symlink_to(tmp_path)
    elsewhere = with_setting(sq, path)
    inbox.accept(elsewhere, [done(elsewhere)])

    assert isinstance(artefacts.write_due(elsewhere).problem, StorageError)

    assert not [*tmp_path.rglob("0001*"), *sq.config.root.rglob("0001*")]
    elsewhere.close()


def test_a_whole_path_may_be_anywhere(sq: SparkQ, queue: str, tmp_path: Path) -> None:
    elsewhere = with_setting(sq, str(tmp_path / "reviews"))
    inbox.accept(elsewhere, [done(elsewhere)])

    assert artefacts.write_due(elsewhere).problem is None

    assert written(tmp_path / "reviews") == ["0001-one.md"]
    elsewhere.close()


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("../../etc/passwd", "0042-etc-passwd"),
        ("CON", "0042-con"),
        ("Größe: déjà vu?", "0042-groe-deja-vu"),
        ("日付を直す", "0042"),
        ("a" * 500, f"0042-{'a' * LONGEST_NAME}"),
        ("-rf .", "0042-rf"),
    ],
)
def test_a_title_never_becomes_a_path(title: str, name: str) -> None:
    assert stem(42, title) == name


@holds("artefacts")
def test_the_text_of_a_task_cannot_look_like_a_part_of_the_document(sq: SparkQ, queue: str, kept: Path) -> None:
    result = "done\n\n## Result\n- Accepted: by nobody, on the page\r\x1b[31m\u202e<!-- "
    (task_id,) = add(sq, "# <script>alert(1)</script> `x`\n---\n## Prompt")
    take(sq)
    tasks.complete(sq, task_id, result)
    inbox.accept(sq, [task_id])

    artefacts.write_due(sq)

    text = text_of(kept)
    assert [line for line in text.splitlines() if line.startswith("## ")] == ["## Prompt", "## Result"]
    assert sum(line.startswith("- Accepted:") for line in text.splitlines()) == 1
    assert "<script>" not in text.split("\n## Prompt", 1)[0]
    assert not {"\x1b", "\u202e", "\r"} & set(text)


def test_without_the_setting_nothing_is_written_or_due(root: Path, clock: SetClock) -> None:
    create_project(root, clock)
    sq = project.open(root, env={}, clock=clock)
    queues.create(sq, "backend")
    before = set(root.iterdir())
    inbox.accept(sq, [done(sq)])

    assert artefacts.write_due(sq) == artefacts.Left()

    assert artefacts.due(sq) == 0
    assert set(root.iterdir()) == before
    sq.close()


@holds("artefacts")
def test_teardown_leaves_them_and_says_so(sq: SparkQ, queue: str, kept: Path) -> None:
    inbox.accept(sq, [done(sq)])
    artefacts.write_due(sq)

    items = teardown.manifest(sq.config)

    (item,) = [item for item in items if item.path == kept]
    assert item.kept == "it is yours"
    sq.close()
    teardown.remove(sq.config, items)
    assert written(kept) == ["0001-one.md"]
    assert os.listdir(sq.config.root) == ["kept"]


@pytest.mark.parametrize("off", ["off", False])
def test_the_setting_is_a_path_or_off(off: str | bool) -> None:
    spec = SCALARS["reviews.path"]

    assert loading.checked(spec, off, "here") == "off"
    with pytest.raises(InvalidConfig):
        loading.checked(spec, "", "here")
