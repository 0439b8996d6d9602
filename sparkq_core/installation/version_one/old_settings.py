"""Converts the settings of SparkQ 1: those of its sparkq.yml, and those that its page had stored in the database."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from sparkq_core.config import loading as configuration
from sparkq_core.config.reading import Given
from sparkq_core.config.settings import BUILT_IN_CLASSES, BUILT_IN_TOOLS, SCALARS
from sparkq_core.errors import InvalidConfig
from sparkq_core.text import safe

LOOPBACK = ("127.0.0.1", "::1", "localhost")
SAME = (
    "project.name",
    "server.port",
    "database.path",
    "purge.older_than_days",
    "queue_runner.auto_fail_interval_seconds",
)
RENAMED = {"queue_runner.poll_interval": "queue_runner.poll_interval_seconds"}
STORED = ("purge", "queue_runner")
"""The sections of the file that the database could override."""

Old = Mapping[str, tuple[Mapping[str, Any], ...]]
"""The rows of the old database's tables `config`, `tools` and `task_classes`."""


class Converted(NamedTuple):
    """Settings by dotted key, sentences about those that changed, and the old keys that have no place here."""

    values: dict[str, Any]
    notes: tuple[str, ...]
    left: tuple[str, ...]


def convert(given: Given, old: Old) -> Converted:
    """Convert the old settings, `given` by the file and stored in the database, which overrides it."""
    return _Conversion({key: value for key, (value, _) in given.items()} | _stored(old)).run()


def _stored(old: Old) -> dict[str, Any]:
    """Return the settings of the old database by dotted key."""
    stored: dict[str, Any] = {}
    for row in old.get("config", ()):
        section = row.get("namespace")
        if section in STORED and row.get("key") == "config" and isinstance(value := _json(row.get("value")), dict):
            stored |= {f"{section}.{key}": each for key, each in value.items()}
    for table in ("task_classes", "tools"):
        for row in old.get(table, ()):
            entry = {key: row.get(key) for key in ("timeout", "description", "task_class") if row.get(key) is not None}
            stored[f"{table}.{row.get('name')}"] = entry
    return stored


def _json(text: Any) -> Any:
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


class _Conversion:
    def __init__(self, old: dict[str, Any]) -> None:
        self._old = old
        self._values: dict[str, Any] = {}
        self._notes: list[str] = []
        self._left: list[str] = []

    def run(self) -> Converted:
        classes = [key for key in self._old if key.startswith("task_classes.")]
        for key in [*classes, *(key for key in self._old if key not in classes)]:  # tools name their classes
            self._convert(key, self._old[key])
        return Converted(self._values, tuple(self._notes), tuple(sorted(self._left)))

    def _convert(self, key: str, value: Any) -> None:
        section, _, name = key.partition(".")
        if key == "server.host":
            self._host(value)
        elif key in SAME or key in RENAMED:
            self._keep(RENAMED.get(key, key), value, key)
        elif key in ("project_script_dirs", "script_dirs"):
            self._keep("script_dirs", value, key)
        elif section == "task_classes" and name:
            self._class(key, value)
        elif section == "tools" and name:
            self._tool(key, name, value)
        elif key in SCALARS:
            self._keep(key, value, key)
        else:
            self._left.append(key)

    def _keep(self, key: str, value: Any, old_key: str) -> bool:
        """Take a value over if this version accepts it."""
        if value is None or value == "":
            return False
        try:
            configuration.check(key, value, old_key)
        except InvalidConfig as error:
            self._notes.append(f"{error.message} The default is used.")
            return False
        self._values[key] = value
        return True

    def _host(self, value: Any) -> None:
        if value in LOOPBACK:
            self._keep("server.host", value, "server.host")
        else:
            self._notes.append(
                f"server.host was {safe(str(value))[:60]} and is now 127.0.0.1: only this machine reaches the server. "
                "If you set another address, it asks its clients for a token."
            )

    def _class(self, key: str, value: Any) -> None:
        entry = value if isinstance(value, dict) else {"timeout": value}
        timeout, description = entry.get("timeout"), entry.get("description")
        self._keep(key, {"timeout": timeout, "description": description} if description else timeout, key)

    def _tool(self, key: str, name: str, value: Any) -> None:
        """Take a tool over: its description is what its worker reads. A built-in one keeps the text of this version."""
        entry = value if isinstance(value, dict) else {}
        built_in = BUILT_IN_TOOLS.get(name)
        task_class = entry.get("task_class") or (built_in.task_class if built_in else "MEDIUM_SCRIPT")
        if f"task_classes.{task_class}" not in (*self._values, *(f"task_classes.{name}" for name in BUILT_IN_CLASSES)):
            self._notes.append(
                f"{safe(key)} had the unknown task class {safe(str(task_class))[:60]}: it has MEDIUM_SCRIPT."
            )
            task_class = "MEDIUM_SCRIPT"
        if built_in is not None and task_class == built_in.task_class:
            return
        how = built_in.how if built_in else entry.get("how") or entry.get("description") or f"Execute it with {name}."
        self._keep(key, {"how": how, "task_class": task_class}, key)
