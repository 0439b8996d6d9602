"""Which changed files a check itself reads: who changes them decides what the check proves.

It is a mark for the reviewer, by names only: those in the command, and those that test runners, build tools and CI read. A
new test file is not marked, since good work adds tests.
"""

import re
import shlex
from collections.abc import Iterable
from pathlib import PurePosixPath

from sparkq_core.changes.diff import FileChange

MOST = 5
"""Most names of a mark."""

SETTINGS = re.compile(
    r"""(?ix) (?: gnumakefile | makefile | .+\.mk | justfile | taskfile\.ya?ml | rakefile | noxfile\.py | conftest\.py
    | pyproject\.toml | setup\.cfg | setup\.py | tox\.ini | pytest\.ini | \.coveragerc | package\.json | tsconfig.*\.json
    | (?: jest | vitest | vite | playwright | karma | cypress | eslint | \.eslintrc | \.mocharc | babel ) [.\w-]*
    | cargo\.toml | build\.rs | go\.mod | cmakelists\.txt | pom\.xml | .+\.gradle(?:\.kts)? | gemfile | \.rspec | phpunit[.\w-]*
    | jenkinsfile | \.gitlab-ci\.yml | azure-pipelines\.yml | \.pre-commit-config\.yaml )"""
)
"""File names that decide how tests run."""

CI = (".github", ".circleci", ".ci", ".buildkite")
TESTS = re.compile(r"(?i)tests?|specs?|__tests__|testdata|fixtures|__snapshots__")
"""Folders of tests."""

TEST = re.compile(r"test_.+|.+[._-](?:test|spec)s?\.\w+|.+(?<=[a-z])Tests?\.\w+")


def touched(command: str, files: Iterable[FileChange], folder: str = "") -> tuple[str, ...]:
    """Return the changed files that the check `command`, which runs in `folder` of the work tree, reads: at most MOST."""
    words = _paths(command, folder)
    return tuple(file.path for file in files if _is_read(file, words))[:MOST]


def _paths(command: str, folder: str) -> tuple[PurePosixPath, ...]:
    """Return the words of a command that may be files, as paths in the work tree."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    top = PurePosixPath(folder)
    named = [top / word.partition("::")[0] for word in words if not word.startswith(("-", "/"))]
    return tuple(path for path in named if path != top)


def _is_read(file: FileChange, words: tuple[PurePosixPath, ...]) -> bool:
    names = [PurePosixPath(name) for name in (file.path, file.old_path) if name is not None]
    if any(SETTINGS.fullmatch(name.name) or name.parts[0] in CI for name in names):
        return True
    if file.status == "A":
        return any(name in words for name in names)
    return any(_is_test(name) or not {name, *name.parents}.isdisjoint(words) for name in names)


def _is_test(name: PurePosixPath) -> bool:
    return TEST.fullmatch(name.name) is not None or any(TESTS.fullmatch(part) for part in name.parts[:-1])
