"""Reads a sparkq.yml strictly: no aliases, no duplicate keys, only plain data."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sparkq_core.config.settings import SCALARS, TABLES
from sparkq_core.errors import InvalidConfig
from sparkq_core.text import safe

MAX_FILE = 256 * 1024
MAX_DEPTH = 20
COMPARE = "Compare it with a valid one: sparkq config-export --defaults"

Given = dict[str, tuple[Any, str]]
"""The settings that are given, by dotted key: each value with its origin ("sparkq.yml:12")."""


def read_file(file: Path) -> Given:
    """Read the settings of a sparkq.yml, each with its `file:line`. Raises InvalidConfig."""
    try:
        with file.open("rb") as stream:
            raw = stream.read(MAX_FILE + 1)
        text = raw.decode()
    except OSError as error:
        raise InvalidConfig(f"{file} cannot be read: {error.strerror}.", "Check the file's permissions.") from error
    except UnicodeDecodeError as error:
        raise InvalidConfig(f"{file} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8.") from error
    if len(raw) > MAX_FILE:
        raise InvalidConfig(
            f"{file} is larger than {MAX_FILE:,} bytes.",
            "Check that it is the right file: a configuration is a page or two.",
        )
    return parse(text, file.name)


def parse(text: str, name: str) -> Given:
    """Parse the settings of a YAML text. Errors call it `name`. Raises InvalidConfig."""
    from yaml import YAMLError, compose  # 20 ms at import: only projects with a file pay it

    try:
        from yaml import CSafeLoader as Loader
    except ImportError:  # a PyYAML built without libyaml
        from yaml import SafeLoader as Loader  # type: ignore[assignment]  # the same, in Python
    try:
        _shallow(text, name, Loader)
        node = compose(text, Loader)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(error, "problem", None) or "not YAML"
        raise InvalidConfig(f"{name}{line}: {safe(str(problem))}.", COMPARE) from error
    given: Given = {}
    if node is not None and not _empty(node):
        for key, value, origin in _pairs(node, name, "the file"):
            _collect(given, key, value, origin, name)
    return given


def _shallow(text: str, name: str, loader: Any) -> None:
    """Refuse aliases, and a nesting so deep that composing it would crash the process. Raises InvalidConfig."""
    from yaml import AliasEvent, CollectionEndEvent, CollectionStartEvent, parse

    depth = 0
    event: Any
    for event in parse(text, loader):
        line = f"{name}:{event.start_mark.line + 1}"
        if isinstance(event, AliasEvent):
            raise InvalidConfig(f"{line}: YAML aliases are not supported.", "Write the value out.")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise InvalidConfig(f"{line}: nested too deeply.", COMPARE)


def _empty(node: Any) -> bool:
    return bool(node.tag.endswith(":null"))


def _collect(given: Given, key: str, node: Any, origin: str, name: str) -> None:
    """Add the settings of a section as `section.key`. An empty section has its defaults."""
    if "." in key:
        raise InvalidConfig(
            f"{origin}: {safe(key)!r} is not a setting.", "Write the section, and the key indented below it."
        )
    if key not in TABLES and not any(known.startswith(f"{key}.") for known in SCALARS):
        given[key] = (_value(node, name), origin)
    elif not _empty(node):
        for inner_key, inner, inner_origin in _pairs(node, name, key):
            given[f"{key}.{inner_key}"] = (_value(inner, name), inner_origin)


def _pairs(node: Any, name: str, what: str) -> Iterator[tuple[str, Any, str]]:
    """Yield each key of a mapping, its value, and its origin."""
    line = f"{name}:{node.start_mark.line + 1}"
    if node.id != "mapping":
        raise InvalidConfig(f"{line}: {safe(what)} must be `key: value` lines.", COMPARE)
    keys: set[str] = set()
    for key_node, value in node.value:
        origin = f"{name}:{key_node.start_mark.line + 1}"
        if key_node.id != "scalar" or key_node.value == "<<":
            raise InvalidConfig(
                f"{origin}: a key must be a plain word.", "Merge keys and composite keys are not supported."
            )
        if key_node.value in keys:
            raise InvalidConfig(f"{origin}: {safe(key_node.value)!r} is given twice.", "Keep one of the two.")
        keys.add(key_node.value)
        yield key_node.value, value, origin


def _value(node: Any, name: str) -> Any:
    line = f"{name}:{node.start_mark.line + 1}"
    if node.id == "mapping":
        return {key: _value(inner, name) for key, inner, _ in _pairs(node, name, "the value")}
    if node.id == "sequence":
        return [_value(item, name) for item in node.value]
    kind = node.tag.rpartition(":")[2]
    if kind == "int":
        if not re.fullmatch(r"[-+]?(0|[1-9][0-9_]{0,17})", node.value):
            raise InvalidConfig(
                f"{line}: {safe(node.value)[:40]!r} is not a plain number.", "Put it in quotes if it is text."
            )
        return int(node.value.replace("_", ""))
    if kind == "float":
        if not re.fullmatch(r"[-+]?[0-9]{1,18}\.[0-9]{0,18}", node.value):
            raise InvalidConfig(
                f"{line}: {safe(node.value)[:40]!r} is not a plain number.", "Put it in quotes if it is text."
            )
        return float(node.value)
    if kind == "bool":
        return node.value.lower() in ("true", "yes", "on")
    if kind == "null":
        return None
    if kind in ("str", "timestamp"):
        return node.value
    raise InvalidConfig(
        f"{line}: the tag {safe(node.tag)!r} is not supported.", "Use plain text, numbers, true and false."
    )
