"""`sparkq demo`: the whole loop on real work. What it shows is what the files really are, and it leaves nothing behind."""

import shutil
import subprocess
from pathlib import Path

import pytest

from sparkq_mcp import demo as demo_tools
from sparkq_mcp.demo import code_to_look_at
from tests.harness.projects import TOP
from tests.harness.shell import SPARKQ, Done, Shell
from tests.promises import holds

FILES = {
    "shop/__init__.py": "",
    "shop/cart.py": "def total(prices):\n    found = 0\n    for price in prices:\n        found += price\n    return found\n",
    "shop/words.py": "def short():\n    return 1\n",
    "top.py": "import shop\n",
    "venv/lib/stranger.py": "def of_somebody_else():\n    pass\n",
}
LONGER = "\n\ndef longest_of_all(n):\n" + "".join(f"    n += {number}\n" for number in range(20)) + "    return n\n"


@pytest.fixture
def code(tmp_path: Path) -> Path:
    """A small package in a Git repository of one commit."""
    folder = tmp_path / "code"
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    git = ["git", "-c", "user.name=ann", "-c", "user.email=ann@example.org"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "Open the shop"]):
        subprocess.run([*git, *command], cwd=folder, check=True)
    return folder


def demo(tmp_path: Path, *arguments: str | Path, **environment: str) -> Done:
    """Run it in a folder of its own, with a folder for temporary files of its own; both stay as they were."""
    here, temporary = tmp_path / "here", tmp_path / "temporary"
    for folder in (here, temporary):
        folder.mkdir(exist_ok=True)
    done = Shell(here, tmp_path / "home").run(SPARKQ, "demo", *arguments, TMPDIR=str(temporary), **environment)
    assert list(here.iterdir()) == []
    assert list(temporary.iterdir()) == []
    return done


def tree(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


@holds("command-demo")
def test_the_demo_shows_what_the_files_are_and_follows_their_change_and_what_fails(tmp_path: Path, code: Path) -> None:
    before = tree(code)
    done = demo(tmp_path, code)

    assert (done.code, done.err) == (0, "")
    assert tree(code) == before
    for part in ("$ sparkq queue create", "$ sparkq enqueue", "-> list_queues(", "-> claim(", "Read only."):
        assert part in done.out
    assert done.out.count("-> complete(") == 4
    for line in (
        '$ sparkq queue create survey --instructions "Read only. Report what the script printed."\n',
        "# count-files.py is a script of 15 lines: Count the Python files and lines of each package\n"
        "$ sparkq enqueue --file count-files.py --tool run-python --queue survey\n",
        "$ sparkq setup",
        "$ sparkq connect claude-code",
    ):
        assert line in done.out
    review = done.out.split("3. You come back and review")[1]
    for result in (
        "shop: 3 files, 7 lines",
        "(top level): 1 files, 1 lines",
        "4 files in 2 packages",
        "total in shop/cart.py:1 has 5 lines; 2 functions were measured",
        "sparkq --help: ok",
        "sparkq-mcp --help: ok",
        "Open the shop",
    ):
        assert result in review
    assert review.count("succeeded") >= 4

    (code / "shop" / "words.py").write_text(FILES["shop/words.py"] + LONGER)
    (code / "shop" / "new.py").write_text("NEW = 1\n")
    (code / "shop" / "old.py").write_text("print 'of Python 2'\n")
    shutil.rmtree(code / ".git")
    subprocess.run(["git", "init", "--quiet"], cwd=code, check=True)  # it has no commits
    done = demo(tmp_path, code)
    review = done.out.split("3. You come back and review")[1]

    assert "shop: 5 files, 33 lines" in review
    assert "6 files in 2 packages" in review
    assert "longest_of_all in shop/words.py:5 has 22 lines; 3 functions were measured" in review
    assert "survey: 3 succeeded, 1 failed" in review
    assert "exit code 128" in review
    assert done.out.count("-> fail(") == 1
    assert done.code == 0


@holds("command-demo")
def test_its_project_is_its_own_wherever_it_is(tmp_path: Path, code: Path) -> None:
    """The folder for temporary files may be in a repository with a project, and the environment may name one."""
    project = tmp_path / "project"
    subprocess.run(["git", "init", "--quiet", project], check=True)
    assert Shell(project, tmp_path / "home").run(SPARKQ, "setup", "--yes").code == 0
    before = tree(project)

    database = str(project / "sparkq/data/sparkq.db")
    done = demo(project, code, SPARKQ_CONFIG=str(project / "sparkq.yml"), SPARKQ_DATABASE__PATH=database)

    assert (done.code, done.err) == (0, "")
    assert tree(project) == before


def test_a_folder_without_python_is_refused(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    nothing.mkdir()

    done = demo(tmp_path, nothing)

    assert done.code == 2
    assert str(nothing) in done.err
    assert "Traceback" not in done.err


def test_where_nothing_is_to_be_looked_at_it_looks_at_its_own_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "home/notes.py").touch()
    (tmp_path / "gone").mkdir()
    (tmp_path / "empty").mkdir()
    looked_at = []
    for place in ("home", "gone", "empty"):
        monkeypatch.chdir(tmp_path / place)
        if place == "gone":
            (tmp_path / place).rmdir()
        looked_at.append(code_to_look_at(None, tmp_path / "demo"))

    assert looked_at == [TOP] * 3


@pytest.mark.anyio
async def test_a_script_that_hangs_is_ended_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_tools, "TASK_SECONDS", 1)

    result = await demo_tools.execute(tmp_path, {"tool_name": "run-bash", "prompt": "exec sleep 60"})

    assert result == (124, "not finished after 1 s")


@pytest.mark.anyio
async def test_the_longest_files_are_the_persons_own(code: Path) -> None:
    status, listed = await demo_tools.execute(code, {"tool_name": "run-bash", "prompt": demo_tools.LONGEST_FILES})

    assert (status, [line.split()[1] for line in listed.splitlines()]) == (
        0,
        ["./shop/cart.py", "./shop/words.py", "./top.py"],
    )
