"""Changes sparkq.yml as text: one writer at a time replaces the whole file and keeps every other character."""

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sparkq_core.config import cache, location, reading
from sparkq_core.errors import InvalidConfig, StorageError
from sparkq_core.files import durable, lock
from sparkq_core.text import safe

LOCK = "settings.lock"
"""In the folder of the cache, not in `queue_runner.lock_dir`: a setting cannot guard its own change."""

_PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})


@contextmanager
def alone(file: Path) -> Iterator[None]:
    """Lock the settings `file` for the block, so that no other process of SparkQ changes it meanwhile.

    Raises StorageError.
    """
    guard = lock_of(file)
    location.check_writable(guard)
    with lock.holding(guard):
        yield


def lock_of(file: Path) -> Path:
    """Return the lock of a settings `file`."""
    return (file.parent / cache.PATH).with_name(LOCK)


def read(file: Path) -> str | None:
    """Read `file` with its line ends; None if it does not exist. Bytes that are not UTF-8 become lone surrogates.

    Raises StorageError.
    """
    try:
        return file.read_bytes().decode("utf-8", "surrogateescape")
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StorageError(f"{file} cannot be read: {error.strerror}.", "Check the file's permissions.") from error


def replace(file: Path, text: str) -> None:
    """Replace the text of `file` in one step, durably. Its permissions stay, and a symlink stays a symlink.

    Raises StorageError.
    """
    real = file.resolve()
    try:
        with durable.building(real, 0o666) as built:
            built.write_bytes(text.encode("utf-8", "surrogateescape"))
            if real.exists():
                shutil.copymode(real, built)
            durable.put(built, real)
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}.", "Check the folder's permissions.") from error


def changed(file: Path, values: Mapping[str, Any]) -> str:
    """Return the text of the settings `file` with `values` by dotted key, and every other character as it was.

    Raises InvalidConfig, also if the file is written in a way that does not allow that.
    """
    present = values_in(reading.read_file(file))
    text = file.read_bytes().decode()
    for key, value in values.items():
        text, present = _spliced(text, key, value), present | {key: value}
        if not _says(text, present):
            raise InvalidConfig(
                f"{file.name} is written in a way that cannot be changed safely.", f"Change {safe(key)} in an editor."
            )
    return text


def values_in(given: reading.Given) -> dict[str, Any]:
    """Return the given values without their origins."""
    return {key: value for key, (value, _) in given.items()}


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return values_in(reading.parse(text, "")) == wanted
    except InvalidConfig:
        return False


def _spliced(text: str, key: str, value: Any) -> str:
    """Return the text with `value` for `key`, and every other character as it was."""
    from yaml import SafeLoader, compose  # the pure loader: its marks count characters

    section, _, name = key.partition(".")
    node = compose(
        text.replace("\t", " "), SafeLoader
    )  # which refuses tabs that libyaml, which reads the file, accepts
    written = as_yaml(value)
    outer = _member(node, section)
    inner = _member(outer, name) if name else outer
    if inner is not None:
        end = _end(inner)
        while text[end - 1] == "\n":  # a block text includes the end of its last line
            end -= 1
        return text[: inner.start_mark.index] + written + text[end:]
    base = text if not text or text.endswith("\n") else f"{text}\n"
    if not name:
        return f"{base}{as_yaml(key)}: {written}\n"
    line = f"{as_yaml(name)}: {written}"
    if outer is not None and outer.id == "mapping" and outer.value and not outer.flow_style:
        column = outer.value[0][0].start_mark.column
        end = _end(outer.value[-1][1])
        if base[end - 1] != "\n":  # a block text ends at the start of the next line, anything else within its own
            end = base.index("\n", end) + 1
        return f"{base[:end]}{' ' * column}{line}\n{base[end:]}"
    if outer is None:
        return f"{base}{section}:\n  {line}\n"
    return text


def _end(node: Any) -> int:
    """Return the index behind a node's last character. A block's own mark is behind the comments that follow it."""
    if node.id == "scalar" or node.flow_style:
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if node.id == "mapping" else last)


def _member(node: Any, key: str) -> Any:
    if node is None or node.id != "mapping":
        return None
    return next((value for name, value in node.value if name.value == key), None)


def as_yaml(value: Any) -> str:
    """Write a key or a value as YAML: plain if it cannot be misread, else as JSON, which is YAML too."""
    if isinstance(value, str) and _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
        return value
    return json.dumps(value, ensure_ascii=False)
