"""Changing one setting where it lives: in sparkq.yml with its comments left alone, or in the config table."""

import json
from typing import Any

from sparkq_core import config as configuration
from sparkq_core import settings_file
from sparkq_core.errors import InvalidConfig
from sparkq_core.events import note
from sparkq_core.project import BEFORE_THE_TABLE, SparkQ
from sparkq_core.settings import SCALARS

STORE = "INSERT INTO config (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value"


def value_of(key: str, raw: str) -> Any:
    """What a person typed for setting `key`: a number, true or false, JSON for tables and lists, else text."""
    if key in SCALARS:
        return configuration.typed(SCALARS[key], raw)
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return [part.strip() for part in raw.split(",")] if key == "script_dirs" else raw


def change(sq: SparkQ, key: str, value: Any) -> str:
    """Give setting `key` a new value and return where it now stands. Running servers take it up with `reload`.

    Raises InvalidConfig before anything is written, StorageError.
    """
    configuration.build({key: (value, "The new value")})
    file = sq.config.file
    if file is None:
        if key.startswith(BEFORE_THE_TABLE):
            raise InvalidConfig(
                f"{key} cannot stand in the database: it is needed to open it.",
                "Write the settings to a file first, then set it there: sparkq config-export sparkq.yml",
            )
        with sq.db.write() as tx:
            tx.run(STORE, {"key": key, "value": json.dumps(value, ensure_ascii=False)})
            note(tx, sq.clock.now(), "reloaded")
        return configuration.TABLE
    with settings_file.alone(file):
        known = configuration.read_file(file)
        configuration.build(known | {key: (value, "The new value")})  # beside a broken line nobody would take it up
        settings_file.replace(file, settings_file.changed(file, {key: value}))
    reload(sq)
    return str(file)


def reload(sq: SparkQ) -> None:
    """Tell running servers, through the event feed, to read configuration and scripts anew."""
    with sq.db.write() as tx:
        note(tx, sq.clock.now(), "reloaded")
