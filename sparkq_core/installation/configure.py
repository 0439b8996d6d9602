"""Changes one setting: in sparkq.yml, with its comments kept, or in the config table."""

import json
from typing import Any

from sparkq_core import hooks
from sparkq_core.config import consent, location, reading, writing
from sparkq_core.config import loading as configuration
from sparkq_core.config.settings import SCALARS, TABLES
from sparkq_core.errors import InvalidConfig
from sparkq_core.events import note
from sparkq_core.project import BEFORE_THE_TABLE, CONFIG_ROWS, SparkQ
from sparkq_core.text import safe

PARTS = {"tools": ("how", "task_class"), "task_classes": ("timeout", "description")}
STORE = "INSERT INTO config (key, value) VALUES (:key, :value) ON CONFLICT (key) DO UPDATE SET value = :value"


def value_of(key: str, raw: str) -> Any:
    """Read the text that was typed for setting `key`: a number, true or false, JSON for tables and lists, else text.

    Raises InvalidConfig for an entry of a table that is not JSON.
    """
    if key in SCALARS:
        return configuration.typed(SCALARS[key], raw)
    try:
        return json.loads(raw)
    except (ValueError, RecursionError) as error:
        table, _, rest = key.partition(".")
        if table in TABLES and rest:
            _whole(key)
            raise InvalidConfig(
                f"{safe(key)} must be JSON, and {safe(raw)[:60]!r} is not.",
                f"JSON has its texts in quotes: {_command(table, rest)}",
            ) from error
        return [part.strip() for part in raw.split(",")] if key == "script_dirs" else raw


def _whole(key: str) -> None:
    """Refuse a part of an entry, such as tools.NAME.how. Raises InvalidConfig."""
    table, _, rest = key.partition(".")
    name, _, part = rest.rpartition(".")
    if name and part in PARTS.get(table, ()):
        raise InvalidConfig(f"{safe(key)} is not a setting.", f"Set the whole entry: {_command(table, name)}")


def _command(table: str, name: str) -> str:
    return configuration.COMMANDS[table].replace("NAME", safe(name)).replace("on_failed", safe(name))


def change(sq: SparkQ, key: str, value: Any) -> str:
    """Give setting `key` a new value and return its new origin. Running servers load it after the `reloaded` event.

    A hook that is set here is allowed to run, unless there are others that you have not allowed.
    Raises InvalidConfig and, for a hook in an agent's shell, AtTheKeyboard before anything is written; StorageError.
    """
    _whole(key)
    configuration.check(key, value, "The new value")
    env = configuration.environment()
    if key.startswith("hooks."):
        consent.check_keyboard(env, hooks.RULE, way="")
    file = sq.config.file
    if file is None:
        if key.startswith(BEFORE_THE_TABLE):
            raise InvalidConfig(
                f"{key} cannot be in the database: it is needed to open it.",
                "Write the settings to a file first, then set it there: "
                f"sparkq config-export {safe(str(sq.config.root / location.FILE))}",
            )
        stored = {
            name: (json.loads(text), configuration.TABLE)
            for name, text in sq.db.rows(CONFIG_ROWS)
            if not name.startswith(BEFORE_THE_TABLE)
        }
        known = configuration.last_read(sq.config.root) | stored
        changed = configuration.build(known | {key: (value, "The new value")})
        with sq.db.write() as tx:
            tx.run(STORE, {"key": key, "value": json.dumps(value, ensure_ascii=False)})
            note(tx, sq.clock.now(), "reloaded")
        hooks.allow_own(sq, configuration.build(known).hooks, changed.hooks, "sparkq config set", env)
        return configuration.TABLE
    if key == "database.path" and not sq.config.path(value).is_file():
        from shlex import quote

        raise InvalidConfig(
            f"There is no database at {safe(value)}: every command would fail.",
            f"Put it there first: sparkq backup {quote(safe(value))}",
        )
    with writing.alone(file):
        known = reading.read_file(file)
        # Beside a broken line nothing could read it.
        changed = configuration.build(known | {key: (value, "The new value")})
        before = configuration.build({name: each for name, each in known.items() if name.startswith("hooks.")})
        writing.replace(file, writing.changed(file, {key: value}))
    reload(sq)
    hooks.allow_own(sq, before.hooks, changed.hooks, "sparkq config set", env)
    return str(file)


def reload(sq: SparkQ) -> None:
    """Tell running servers, through the event feed, to read configuration and scripts again."""
    with sq.db.write() as tx:
        note(tx, sq.clock.now(), "reloaded")
