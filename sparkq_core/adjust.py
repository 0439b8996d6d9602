"""Changing one setting where it lives: in sparkq.yml with its comments left alone, or in the config table."""

import json
import os
import shutil
from typing import Any

from sparkq_core import config as configuration
from sparkq_core.errors import InvalidConfig, StorageError
from sparkq_core.events import note
from sparkq_core.lifecycle import yaml_scalar
from sparkq_core.project import SparkQ
from sparkq_core.settings import SCALARS
from sparkq_core.text import safe

STORE = "INSERT INTO config (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value"


def value_of(key: str, raw: str) -> Any:
    """What a person typed for setting `key`: a number, true or false, JSON for tables and lists, else text."""
    if key in SCALARS:
        return configuration.typed(SCALARS[key], raw)
    try:
        return json.loads(raw)
    except ValueError:
        return [part.strip() for part in raw.split(",")] if key == "script_dirs" else raw


def change(sq: SparkQ, key: str, value: Any) -> str:
    """Give setting `key` a new value and return where it now stands. Running servers take it up with `reload`.

    Raises InvalidConfig before anything is written, StorageError.
    """
    configuration.build({key: (value, "The new value")})
    file = sq.config.file
    if file is None:
        with sq.db.write() as tx:
            tx.run(STORE, {"key": key, "value": json.dumps(value, ensure_ascii=False)})
            note(tx, sq.clock.now(), "reloaded")
        return "the config table"
    real = file.resolve()
    known = configuration.read_file(file)
    configuration.build(known | {key: (value, "The new value")})  # beside a broken line nobody would take it up
    before = values_in(known)
    text = real.read_bytes().decode()
    changed = spliced(text, key, value)
    if not _says(changed, before | {key: value}):
        raise InvalidConfig(
            f"{file.name} is written in a way that cannot be changed safely.", f"Change {safe(key)} in an editor."
        )
    beside = real.with_name(f".{file.name}.new")
    try:
        beside.write_bytes(changed.encode())
        shutil.copymode(real, beside)
        os.replace(beside, real)
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}.", "Check the folder's permissions.") from error
    reload(sq)
    return str(file)


def values_in(found: configuration.Found) -> dict[str, Any]:
    """The values that a file gives, without where they stand in it."""
    return {key: value for key, (value, _) in found.items()}


def _says(text: str, wanted: dict[str, Any]) -> bool:
    try:
        return values_in(configuration.parse(text, "")) == wanted
    except InvalidConfig:
        return False


def reload(sq: SparkQ) -> None:
    """Tell running servers, through the event feed, to read configuration and scripts anew."""
    with sq.db.write() as tx:
        note(tx, sq.clock.now(), "reloaded")


def spliced(text: str, key: str, value: Any) -> str:
    """A sparkq.yml in which `key` has `value` and every other character is as it was."""
    from yaml import SafeLoader, compose  # the pure loader: its marks count characters

    section, _, rest = key.partition(".")
    node = compose(text, SafeLoader)
    written = yaml_scalar(value)
    outer = _member(node, section)
    inner = _member(outer, rest) if rest else outer
    if inner is not None:
        end = inner.end_mark.index
        return text[: inner.start_mark.index] + written + text[end:]
    base = text if not text or text.endswith("\n") else f"{text}\n"
    if not rest:
        return f"{base}{key}: {written}\n"
    if outer is not None and outer.id == "mapping" and outer.value and not outer.flow_style:
        column = outer.value[0][0].start_mark.column
        end = outer.value[-1][1].end_mark.index
        if base[end - 1] != "\n":  # a block text ends at the start of the next line, anything else within its own
            end = base.index("\n", end) + 1
        return f"{base[:end]}{' ' * column}{rest}: {written}\n{base[end:]}"
    if outer is None:
        return f"{base}{section}:\n  {rest}: {written}\n"
    return text


def _member(node: Any, key: str) -> Any:
    if node is None or node.id != "mapping":
        return None
    return next((value for name, value in node.value if name.value == key), None)
