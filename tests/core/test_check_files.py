"""Which changed files are marked because the check itself reads them."""

import pytest

from sparkq_core.changes.check_files import touched
from sparkq_core.changes.diff import FileChange
from tests.promises import holds


def marks(command: str, path: str, status: str = "M", *, folder: str = "", old: str | None = None) -> bool:
    return bool(touched(command, [FileChange(path, status, 1, 1, old)], folder))


@holds("check")
@pytest.mark.parametrize(
    "path",
    [
        *(
            "Makefile",
            "sub/Makefile",
            "pyproject.toml",
            "package.json",
            "tox.ini",
            "jest.config.js",
            "vitest.config.ts",
        ),
        *("tests/test_dates.py", "src/dates_test.go", "src/dates.test.ts", "spec/dates_spec.rb", "DatesTest.java"),
        *("tests/data/sample.txt", "conftest.py", "src/__tests__/x.js", ".github/workflows/ci.yml", ".ci/run"),
    ],
)
def test_what_tests_and_builds_read_is_marked(path: str) -> None:
    assert marks("make test", path)


@pytest.mark.parametrize(
    "path", ["src/dates.py", "README.md", "latest.py", "contest/x.py", "docs/testing.md", "attest.go"]
)
def test_other_files_are_not_marked(path: str) -> None:
    assert not marks("make test", path)


@holds("check")
def test_the_files_that_the_command_names_are_marked() -> None:
    assert marks("sh ./scripts/verify.sh --fast", "scripts/verify.sh", "A")
    assert marks("pytest checks/unit::test_x", "checks/unit/a.py")
    assert marks("./verify.sh", "sub/verify.sh", folder="sub")
    assert marks("./verify.sh 'open quote", "verify.sh")
    assert not marks("./verify.sh", "sub/verify.sh")


def test_a_new_test_is_good_work_but_a_new_setting_is_marked() -> None:
    assert not marks("make test", "tests/test_new.py", "A")
    assert marks("make test", "tests/conftest.py", "A")
    assert marks("make test", "old/away.py", "R", old="tests/test_dates.py")
    assert marks("make test", "tests/test_dates.py", "D")


def test_few_names_are_enough() -> None:
    files = [FileChange(f"tests/test_{number}.py", "M", 1, 1) for number in range(9)]

    assert len(touched("make test", files)) == 5
