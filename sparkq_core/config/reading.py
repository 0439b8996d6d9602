"""The text of a sparkq.yml -> its values, read strictly: no aliases, no duplicate keys, only plain data."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sparkq_core.config.settings import SCALARS
from sparkq_core.errors import InvalidConfig
from sparkq_core.text import safe

MAX_FILE = 256 * 1024
MAX_DEPTH = 20
TABLES = ("task_classes", "tools", "hooks")
SHOWN = "`sparkq config-export --defaults` prints one that is right."

Found = dict[str, tuple[Any, str]]
"""Values by dotted key, each with where it stands ("sparkq.yml:12")."""


def read_file(file: Path) -> Found:
    """The values of a sparkq.yml by dotted key, each with `file:line`. Raises InvalidConfig."""
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
            f"{file} is larger than {MAX_FILE:,} bytes.", "A configuration is a page or two: is it the right file?"
        )
    return parse(text, file.name)


def parse(text: str, name: str) -> Found:
    """The values of a YAML text by dotted key. No aliases, no duplicate keys, only plain data. Raises InvalidConfig."""
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
        raise InvalidConfig(f"{name}{line}: {safe(str(problem))}.", f"Compare it: {SHOWN}") from error
    found: Found = {}
    if node is not None and not _empty(node):
        for key, one, line in _pairs(node, name, "the file"):
            _collect(found, key, one, line, name)
    return found


def _shallow(text: str, name: str, loader: Any) -> None:
    """Refuses aliases, and a nesting so deep that composing it would end the process. Raises InvalidConfig."""
    from yaml import AliasEvent, CollectionEndEvent, CollectionStartEvent, parse

    depth = 0
    event: Any
    for event in parse(text, loader):
        line = f"{name}:{event.start_mark.line + 1}"
        if isinstance(event, AliasEvent):
            raise InvalidConfig(f"{line}: aliases are not read.", "Write the value out.")
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise InvalidConfig(f"{line}: nested too deeply.", f"Compare it: {SHOWN}")


def _empty(node: Any) -> bool:
    return bool(node.tag.endswith(":null"))


def _collect(found: Found, key: str, node: Any, line: str, name: str) -> None:
    """Settings of a section become `section.key`; an empty section means its defaults."""
    if "." in key:
        raise InvalidConfig(
            f"{line}: {safe(key)!r} is not a setting.", "Write the section, and the key indented below it."
        )
    if key not in TABLES and not any(known.startswith(f"{key}.") for known in SCALARS):
        found[key] = (_value(node, name), line)
    elif not _empty(node):
        for inner, one, at in _pairs(node, name, key):
            found[f"{key}.{inner}"] = (_value(one, name), at)


def _pairs(node: Any, name: str, what: str) -> Iterator[tuple[str, Any, str]]:
    """Keys, values, and where each key stands."""
    line = f"{name}:{node.start_mark.line + 1}"
    if node.id != "mapping":
        raise InvalidConfig(f"{line}: {safe(what)} must be `key: value` lines.", f"Compare it: {SHOWN}")
    keys: set[str] = set()
    for key_node, value in node.value:
        at = f"{name}:{key_node.start_mark.line + 1}"
        if key_node.id != "scalar" or key_node.value == "<<":
            raise InvalidConfig(f"{at}: a key must be a plain word.", "Merge keys and composite keys are not read.")
        if key_node.value in keys:
            raise InvalidConfig(f"{at}: {safe(key_node.value)!r} stands twice.", "Keep one of the two.")
        keys.add(key_node.value)
        yield key_node.value, value, at


def _value(node: Any, name: str) -> Any:
    line = f"{name}:{node.start_mark.line + 1}"
    if node.id == "mapping":
        return {key: _value(one, name) for key, one, _ in _pairs(node, name, "the value")}
    if node.id == "sequence":
        return [_value(one, name) for one in node.value]
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
    raise InvalidConfig(f"{line}: the tag {safe(node.tag)!r} is not read.", "Only plain text, numbers, true and false.")
