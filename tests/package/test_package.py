"""What is in the release, and that it works where nothing else is."""

import ast
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.harness.distribution import Distribution, run
from tests.harness.projects import TOP
from tests.harness.shell import Shell
from tests.promises import holds

PACKAGES = ("sparkq_core", "sparkq_mcp", "sparkq_cli", "sparkq_http")
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]
IMPORTED_AS = {
    "typing-extensions": "typing_extensions",
    "pyyaml": "yaml",
    "inotify-simple": "inotify_simple",
    "markdown-it-py": "markdown_it",
    "httptools": "uvicorn.protocols.http.httptools_impl",
}


@pytest.fixture
def contents(distribution: Distribution) -> set[str]:
    return set(zipfile.ZipFile(distribution.wheel).namelist())


def tracked(*suffixes: str) -> set[str]:
    """The files of the packages that Git keeps."""
    listed = run("git", "-C", TOP, "ls-files", *PACKAGES).splitlines()
    return {task for task in listed if task.endswith(suffixes)}


def test_the_wheel_has_every_file_of_the_packages_and_nothing_else(contents: set[str]) -> None:
    ours = {entry for entry in contents if not entry.partition("/")[0].endswith((".dist-info", ".data"))}

    assert ours - {"sparkq_core/WORKER_PLAYBOOK.md"} == tracked("")
    assert "sparkq_core/WORKER_PLAYBOOK.md" in ours
    assert any(process.startswith("sparkq_core/storage/migrations/") for process in ours)


def test_the_metadata_tell_a_stranger_what_it_is(distribution: Distribution) -> None:
    wheel = zipfile.ZipFile(distribution.wheel)
    (name,) = (entry for entry in wheel.namelist() if entry.endswith("/METADATA"))
    metadata = message_from_bytes(wheel.read(name))

    assert metadata["Name"] == "sparkq"
    assert metadata["License-Expression"] == "MIT"
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Queue work for Claude" in metadata["Summary"]
    assert any(
        classifier.startswith("Programming Language :: Python :: 3.")
        for classifier in metadata.get_all("Classifier", [])
    )
    assert any(entry.endswith("/licenses/LICENSE") for entry in wheel.namelist())


def test_the_source_distribution_makes_the_same_wheel(distribution: Distribution, tmp_path: Path) -> None:
    with tarfile.open(distribution.sdist) as packed:
        packed.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    assert not [file for file in source.rglob("*.db") if "golden" not in file.parts]

    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path / "dist", cwd=source)

    (again,) = (tmp_path / "dist").glob("*.whl")
    assert {entry.filename: entry.CRC for entry in zipfile.ZipFile(again).infolist()} == {
        entry.filename: entry.CRC for entry in zipfile.ZipFile(distribution.wheel).infolist()
    }


def test_every_dependency_is_imported_and_has_a_lower_bound() -> None:
    trees = [ast.parse(file.read_text()) for package in PACKAGES for file in (TOP / package).rglob("*.py")]
    imported = {
        name
        for tree in trees
        for node in ast.walk(tree)
        for name in (
            [name.name for name in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    }
    for dependency in PROJECT["dependencies"]:
        name = re.split(r"[<>=~]", dependency)[0]
        module = IMPORTED_AS.get(name, name)
        assert any(f"{name}.".startswith(f"{module}.") for name in imported), f"{name} is not used"
        assert ">=" in dependency, f"{name} has no lower bound"


@pytest.fixture
def elsewhere(bin_folder: Path, tmp_path: Path) -> Shell:
    """A repository outside the checkout, with the installed commands on its path."""
    (tmp_path / "repository").mkdir()
    (tmp_path / "home").mkdir()
    return Shell(tmp_path / "repository", tmp_path / "home")


@holds("cli-manual")
@pytest.mark.skipif(shutil.which("man") is None, reason="man is not installed")
def test_man_finds_the_page_beside_the_installed_commands(elsewhere: Shell, bin_folder: Path) -> None:
    done = typed(elsewhere, bin_folder, "sh", "-c", "man -w sparkq && man -E UTF-8 sparkq | col -b")

    assert done.stdout.startswith(str(bin_folder.parent / "share/man/man1/sparkq.1")), done.stderr
    assert "sparkq queue create" in done.stdout


def typed(shell: Shell, bin_folder: Path, *command: str, timeout: int = 60) -> "subprocess.CompletedProcess[str]":
    """A command line in a login shell that knows nothing of the checkout."""
    environment = {"PATH": f"{bin_folder}:/usr/bin:/bin", "HOME": str(shell.home), "LANG": "C.UTF-8"}
    return subprocess.run(
        command, cwd=shell.folder, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )


@pytest.mark.parametrize("name", PROJECT["scripts"])
def test_every_installed_command_says_what_it_is(bin_folder: Path, elsewhere: Shell, name: str) -> None:
    done = typed(elsewhere, bin_folder, name, "--help")

    assert (done.returncode, done.stderr) == (0, "")
    assert "usage" in done.stdout.lower()


@holds("page-offline")
def test_what_a_page_needs_is_served_from_the_wheel(bin_folder: Path, elsewhere: Shell) -> None:
    code = (
        "from importlib.resources import files; from sparkq_mcp import resources; "
        "print(len((files('sparkq_core') / 'WORKER_PLAYBOOK.md').read_text()) > 1000, "
        "bool(list((files('sparkq_core.storage') / 'migrations').iterdir())))"
    )
    done = typed(elsewhere, bin_folder, str(bin_folder / "python"), "-c", code)

    assert done.stdout == "True True\n", done.stderr
