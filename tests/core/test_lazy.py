"""Packages whose modules are imported when one of their names is first used."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import sparkq_core

LAZY = ("artefacts", "changes", "model", "plans", "tasks", "wire")


def checked_imports(package: str) -> dict[str, tuple[str, str]]:
    """What a type checker takes the names of a package for: the module of each, and how it is called there."""
    tree = ast.parse((Path(sparkq_core.__file__).parent / package / "__init__.py").read_text(encoding="utf-8"))
    (block,) = [node for node in tree.body if isinstance(node, ast.If)]
    return {
        alias.asname or alias.name: (str(each.module), alias.name)
        for each in block.body
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }


@pytest.mark.parametrize("package", LAZY)
def test_a_name_is_what_type_checkers_take_it_for(package: str) -> None:
    door = importlib.import_module(f"sparkq_core.{package}")
    checked = checked_imports(package)

    assert sorted(door.__all__) == sorted(checked)
    for name, (module, there) in checked.items():
        assert getattr(door, name) is getattr(importlib.import_module(module), there)


@pytest.mark.parametrize("package", LAZY)
def test_a_package_imports_none_of_its_modules(package: str) -> None:
    code = (
        f"import sys, sparkq_core.{package}; print([n for n in sys.modules if n.startswith('sparkq_core.{package}.')])"
    )

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


def test_a_module_does_not_take_the_place_of_its_function() -> None:
    code = "import sparkq_core.tasks.claim; from sparkq_core import tasks; print(tasks.claim.__name__, callable(tasks.claim))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "claim True\n"


def test_a_module_that_is_not_a_name_of_its_package_is_found_in_it() -> None:
    code = "import sparkq_core.tasks.settle; from sparkq_core import tasks; print(tasks.settle.__name__)"

    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
        == "sparkq_core.tasks.settle\n"
    )


def test_an_unknown_name_is_an_attribute_error() -> None:
    from sparkq_core import tasks

    with pytest.raises(AttributeError, match=r"module 'sparkq_core\.tasks' has no attribute 'nothing'"):
        getattr(tasks, "not" + "hing")
