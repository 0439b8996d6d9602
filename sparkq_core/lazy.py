"""Packages whose modules are imported when one of their names is first used: a command pays only for those it needs."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any


class Package(ModuleType):
    """A package in which a module may be called as its function: `tasks.claim` is the function, also if the module was imported."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (isinstance(value, ModuleType) and name in self.__all__):
            super().__setattr__(name, value)


def names(package: str, modules: Mapping[str, str]) -> Callable[[str], Any]:
    """Return the `__getattr__` of a package: `modules` has the names of its `__all__` by the module that defines them.

    A name that is called otherwise in its module is written `name=there`.
    """
    defined = {}
    for module, listed in modules.items():
        for each in listed.split():
            name, _, there = each.partition("=")
            defined[name] = (f"{package}.{module}", there or name)
    this = sys.modules[package]
    this.__class__ = Package

    def get(name: str) -> Any:
        if name not in defined:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, there = defined[name]
        value = getattr(import_module(module), there)
        setattr(this, name, value)  # from now on the package has it, without this function
        return value

    return get
