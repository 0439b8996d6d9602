"""The script index: which files it reads, which it leaves alone, and the task that asks for one to be run."""

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from sparkq_core.errors import InvalidValue, NoSuchScript
from sparkq_core.scripts import HEADER_BYTES, Parameter, Script, by_name, index, matching, prompt
from tests.harness.projects import TOP
from tests.promises import holds

GIB = 1024**3
NOBODY = 65534


@pytest.fixture
def folder(root: Path) -> Path:
    """The project's folder of scripts."""
    scripts = root / "scripts"
    scripts.mkdir()
    return scripts


def put(path: Path, name: str, *lines: str) -> Path:
    """A script whose header has this name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"# {line}\n" for line in (f"name: {name}", *lines)))
    return path


def names(root: Path, *folders: str) -> list[str]:
    """The names in the index of these folders."""
    return [script.name for script in index(root, folders or ("scripts",))]


@holds("script-index")
def test_scripts_are_found_in_all_folders_below_by_name(root: Path, folder: Path) -> None:
    put(folder / "z.sh", "build")
    put(folder / "nightly/a/b.py", "clean")
    put(folder / "a.rb", "deploy")

    scripts = index(root, ["scripts"])

    assert [(script.name, script.path, script.tool) for script in scripts] == [
        ("build", "scripts/z.sh", "run-bash"),
        ("clean", "scripts/nightly/a/b.py", "run-python"),
        ("deploy", "scripts/a.rb", "run-bash"),
    ]


def test_files_of_other_kinds_and_hidden_folders_are_passed_over(root: Path, folder: Path) -> None:
    put(folder / "notes.md", "notes")
    put(folder / "script", "script")
    put(folder / "x.sh.bak", "backup")
    put(folder / ".git/hooks/x.sh", "hook")
    put(folder / "node_modules/a/x.js", "library")
    put(folder / "__pycache__/x.py", "cache")
    (folder / "plain.sh").write_text("echo no header\n")
    (folder / "empty.sh").touch()

    assert names(root) == []


def test_several_folders_are_one_index_and_each_file_stands_in_it_once(root: Path, folder: Path) -> None:
    put(folder / "a.sh", "a")
    put(folder / "inner/b.sh", "b")
    put(root / "tools/c.sh", "c")

    assert names(root, "scripts", "tools", "scripts/inner", "./scripts") == ["a", "b", "c"]


def test_a_folder_that_is_not_there_is_an_empty_one(root: Path, folder: Path) -> None:
    put(folder / "a.sh", "a")
    put(root / "file.sh", "x")

    assert names(root, "nowhere", "file.sh", "scripts") == ["a"]


def test_a_folder_outside_the_project_is_named_in_full(root: Path, tmp_path: Path) -> None:
    put(tmp_path / "shared/a.sh", "a")

    assert [script.path for script in index(root, ["../shared"])] == [str(tmp_path / "shared/a.sh")]


def test_a_link_out_of_the_folder_is_not_followed(root: Path, folder: Path, tmp_path: Path) -> None:
    secret = put(tmp_path / "elsewhere/secret.sh", "secret")
    put(root / "beside.sh", "beside")
    (folder / "file.sh").symlink_to(secret)
    (folder / "beside.sh").symlink_to("../beside.sh")
    (folder / "inner").symlink_to(secret.parent)
    (folder / "again.sh").symlink_to(folder / "file.sh")
    put(folder / "own.sh", "own")

    assert names(root) == ["own"]


def test_a_link_inside_the_folder_is_the_same_script_once(root: Path, folder: Path) -> None:
    put(folder / "real.sh", "real")
    (folder / "alias.sh").symlink_to("real.sh")

    assert names(root) == ["real"]


def test_links_that_lead_in_a_circle_or_nowhere_are_passed_over(root: Path, folder: Path) -> None:
    (folder / "a.sh").symlink_to("b.sh")
    (folder / "b.sh").symlink_to("a.sh")
    (folder / "self.sh").symlink_to("self.sh")
    (folder / "gone.sh").symlink_to("nowhere.sh")
    (folder / "up").symlink_to("..")
    put(folder / "own.sh", "own")

    assert names(root) == ["own"]


def test_binary_files_are_passed_over(root: Path, folder: Path) -> None:
    (folder / "nul.py").write_bytes(b"# name: nul\n\0")
    (folder / "random.sh").write_bytes(bytes(range(256)) * 64)
    put(folder / "own.sh", "own")

    assert names(root) == ["own"]


def test_bytes_that_are_no_utf8_are_no_hindrance(root: Path, folder: Path) -> None:
    (folder / "latin.sh").write_bytes("# name: latin\n# description: Größe\n".encode("latin-1"))

    (script,) = index(root, ["scripts"])

    assert (script.name, script.description) == ("latin", "Gr\ufffd\ufffde")


def test_of_a_huge_file_only_the_beginning_is_read(root: Path, folder: Path) -> None:
    """A file of 1 GiB on paper: reading it whole would take its size in memory, which the process must not have."""
    script = put(folder / "huge.sh", "huge")
    with script.open("a") as stream:
        stream.write("#\n" * HEADER_BYTES)
        stream.truncate(GIB)
    with (folder / "hole.sh").open("w") as stream:
        stream.truncate(GIB)
    code = f"""
import resource
resource.setrlimit(resource.RLIMIT_AS, ({GIB // 2}, {GIB // 2}))
from pathlib import Path
from sparkq_core.scripts import index
print([one.name for one in index(Path({str(root)!r}), ["scripts"])])
"""

    done = subprocess.run([sys.executable, "-c", code], cwd=TOP, capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr) == ("['huge']\n", "")


def test_a_header_beyond_the_beginning_is_not_seen(root: Path, folder: Path) -> None:
    (folder / "late.sh").write_text("#\n" * (HEADER_BYTES // 2) + "# name: late\n")
    (folder / "cut.sh").write_text("# name: cut\n# description: " + "é" * HEADER_BYTES)

    (script,) = index(root, ["scripts"])

    assert script.name == "cut"
    assert len(script.description.encode()) < HEADER_BYTES + 100


@contextmanager
def not_root() -> Iterator[None]:
    """Without root's right to read everything."""
    before = os.geteuid()
    os.seteuid(NOBODY if before == 0 else before)
    try:
        yield
    finally:
        os.seteuid(before)


def test_files_and_folders_that_cannot_be_read_are_passed_over() -> None:
    with TemporaryDirectory() as name:  # the folder of pytest is closed to others
        root = Path(name)
        root.chmod(0o755)
        put(root / "scripts/own.sh", "own")
        put(root / "scripts/locked.sh", "locked").chmod(0)
        put(root / "scripts/shut/inner.sh", "inner").parent.chmod(0)
        put(root / "scripts/listed/inner.sh", "inner").parent.chmod(0o744)

        with not_root():
            listed = names(root)

    assert listed == ["own"]


def test_anything_but_a_file_is_skipped(root: Path, folder: Path) -> None:
    """Opening a pipe would wait for a writer that never comes."""
    os.mkfifo(folder / "pipe.sh")
    (folder / "folder.sh").mkdir()
    put(folder / "folder.sh/own.sh", "own")

    assert names(root) == ["own"]


@holds("script-index")
def test_indexing_runs_nothing_and_changes_nothing(root: Path, folder: Path) -> None:
    script = folder / "trap.sh"
    script.write_text("#!/bin/sh\n# name: trap\ntouch ran\n")
    script.chmod(stat.S_IRWXU)
    before = script.stat()

    assert names(root) == ["trap"]
    assert {file.name for file in root.rglob("*")} == {"scripts", "trap.sh"}
    assert (script.stat().st_mtime_ns, script.stat().st_mode) == (before.st_mtime_ns, before.st_mode)


@holds("script-index")
def test_the_index_is_of_the_moment(root: Path, folder: Path) -> None:
    script = put(folder / "a.sh", "before")
    assert names(root) == ["before"]

    put(script, "after")
    put(folder / "b.sh", "new")
    assert names(root) == ["after", "new"]

    script.unlink()
    assert names(root) == ["new"]


SCRIPTS = (
    Script("build", "scripts/build.sh", "run-bash", description="Make the Größe", tags=("ci",)),
    Script("deploy", "scripts/deploy.sh", "run-bash", description="Put it there", tags=("ops", "Production")),
)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["build", "deploy"]),
        (["ops"], ["deploy"]),
        (["PROD"], ["deploy"]),
        (["größe"], ["build"]),
        (["GRÖSSE"], ["build"]),
        (["put", "ops"], ["deploy"]),
        (["put", "ci"], []),
        (["buil"], ["build"]),
        (["scripts/"], []),
    ],
    ids=str,
)
def test_words_choose_by_tag_name_and_description(words: list[str], expected: list[str]) -> None:
    assert [script.name for script in matching(SCRIPTS, words)] == expected


def test_a_script_is_named_by_its_name_or_its_path() -> None:
    assert by_name(SCRIPTS, "deploy") is by_name(SCRIPTS, "scripts/deploy.sh") is SCRIPTS[1]


def test_an_unknown_script_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(NoSuchScript, match="deply") as refusal:
        by_name(SCRIPTS, "deply")
    assert "deploy" in refusal.value.hint
    with pytest.raises(NoSuchScript) as refusal:
        by_name((), "deploy")
    assert "# name:" in refusal.value.hint


def test_a_name_that_two_scripts_have_is_refused_with_both_paths() -> None:
    twins = (*SCRIPTS, Script("deploy", "tools/deploy.py", "run-python"))

    with pytest.raises(InvalidValue, match="2 scripts are called 'deploy'") as refusal:
        by_name(twins, "deploy")
    assert "scripts/deploy.sh, tools/deploy.py" in refusal.value.hint
    assert by_name(twins, "tools/deploy.py").tool == "run-python"


DEPLOY = SCRIPTS[1]._replace(
    inputs=(Parameter("ENV", True, "where"), Parameter("VERSION", False)),
    outputs=(Parameter("URL", True, "the address"), Parameter("LOG", False)),
)


def test_the_task_of_a_script_says_what_to_run_with_what_and_what_to_report() -> None:
    assert prompt(DEPLOY, {"ENV": "staging", "VERSION": ""}) == (
        "Run the script scripts/deploy.sh\n\nPut it there\n\nInputs:\n- ENV = staging\n- VERSION = \n"
        "\nReport:\n- URL: the address\n- LOG\n"
    )
    assert prompt(Script("x", "x.sh", "run-bash"), {}) == "Run the script x.sh\n"


@pytest.mark.parametrize("given", [{}, {"VERSION": "1"}, {"env": "staging"}], ids=str)
def test_a_required_input_that_is_missing_is_refused_by_name(given: dict[str, str]) -> None:
    with pytest.raises(InvalidValue, match="deploy needs ENV") as refusal:
        prompt(DEPLOY, given)
    assert "--arg ENV=" in refusal.value.hint


def test_an_input_that_the_script_does_not_have_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no input 'REGION'") as refusal:
        prompt(DEPLOY, {"ENV": "staging", "REGION": "eu"})
    assert "ENV, VERSION" in refusal.value.hint
    with pytest.raises(InvalidValue) as refusal:
        prompt(SCRIPTS[0], {"X": "1"})
    assert "no inputs" in refusal.value.hint


@holds("script-index")
def test_a_file_without_a_suffix_is_a_script_if_its_first_line_says_so(root: Path, folder: Path) -> None:
    for name, first in (("deploy", "#!/bin/sh"), ("clean", "#!/usr/bin/env python3"), ("LICENSE", "# name: none")):
        (folder / name).write_text(f"{first}\n# description: Do it\n")

    assert [(script.name, script.tool) for script in index(root, ["scripts"])] == [
        ("clean", "run-python"),
        ("deploy", "run-bash"),
    ]
