"""`import sparkq_core` as a library."""

import doctest
import subprocess
import sys

import pytest

import sparkq_core
from sparkq_core.project import SparkQ
from tests.harness.projects import TOP


def test_the_example_of_the_package_runs(sq: SparkQ, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(sq.config.root)

    ran = doctest.testmod(sparkq_core)

    assert (ran.failed, ran.attempted > 5) == (0, True)


def test_the_readme_shows_the_example_of_the_package() -> None:
    _, arrow, example = str(sparkq_core.__doc__).partition(">>> ")

    assert f"```pycon\n{arrow}{example.rstrip()}\n```" in (TOP / "README.md").read_text()


@pytest.mark.parametrize("name", sparkq_core.__all__)
def test_every_promised_name_is_there(name: str) -> None:
    assert getattr(sparkq_core, name) is not None


def test_a_name_that_is_not_promised_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        getattr(sparkq_core, "not" + "hing")


def test_importing_the_package_loads_none_of_its_modules() -> None:
    code = "import sys, sparkq_core; print([name for name in sys.modules if name.startswith('sparkq_core.')])"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"
