"""Loads the effective settings: defaults, the config table or sparkq.yml, and the environment."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkq_core.config import cache, location, version_one
from sparkq_core.config.reading import Given, read_file
from sparkq_core.config.settings import (
    BUILT_IN_CLASSES,
    HOOKS,
    LAST_READ,
    OFF,
    SCALARS,
    TABLES,
    WEEK_SECONDS,
    Config,
    Scalar,
    Settings,
    TaskClass,
    Tool,
)
from sparkq_core.errors import InvalidConfig, InvalidName
from sparkq_core.text import checked_label, nearest, safe

COMMANDS = {
    "script_dirs": "sparkq config set script_dirs scripts,bin",
    "task_classes": "sparkq config set task_classes.NAME SECONDS",
    "tools": """sparkq config set tools.NAME '{"how": "What its worker does.", "task_class": "MEDIUM_SCRIPT"}'""",
    "hooks": """sparkq config set hooks.on_failed '["program", "argument"]'""",
}
"""The commands that set a list or an entry of a table: whole, and as JSON."""
TABLE = "the config table"
"""The origin of a setting that is stored in the database."""
TRUE, FALSE = ("true", "1", "yes", "y", "on"), ("false", "0", "no", "n", "off")
_LABEL = re.compile(r"[^\W_]([\w-]{0,61}[^\W_])?")
_UNUSABLE = re.compile("[\0\ud800-\udfff]")


def environment() -> Mapping[str, str]:
    """Return the process's environment: SparkQ reads it only here."""
    return os.environ


def load(
    start: Path | None = None,
    env: Mapping[str, str] | None = None,
    stored: Mapping[str, str] | None = None,
    *,
    remember: bool = False,
) -> Config:
    """Load the configuration of the project around `start` (default: the working directory).

    Each overrides the one before: the defaults, the file, SPARKQ_SECTION__KEY variables. Without a file, the settings that
    it had when it was last read stand in for it (it may be on another branch), and `stored` (the config table) overrides
    them. With `remember`, a file that is unchanged since it was last read is not parsed again.
    Raises InvalidConfig, which names file, line and key, VersionOne, NoProject and OtherOwner.
    """
    env = environment() if env is None else env
    project = location.find(start or location.here(), env)
    given: Given = {}
    if project.file is not None:
        try:
            given = _remembered(project.file) if remember else read_file(project.file)
        except InvalidConfig:
            if project.file.exists():
                raise
            return load(start, env, stored, remember=remember)  # a checkout took it away after it was found
    else:
        given = last_read(project.root) | {key: (_stored(key, value), TABLE) for key, value in (stored or {}).items()}
    given |= _from_environment(env)
    try:
        settings = build(given)
    except InvalidConfig as error:
        if project.file is not None and version_one.is_settings(given):
            raise version_one.refusal(project.file) from error
        raise
    return Config(
        settings,
        project.root,
        project.file,
        {key: origin for key, (_, origin) in given.items()},
        watches_git=settings.changes != "off" and location.repository(project.root, env) is not None,
    )


def last_read(root: Path) -> Given:
    """Return the settings that the sparkq.yml of a project had when it was last read; none if that is not known.

    Those that this version does not know are left out: nobody could correct them in a file that is not there.
    """
    remembered = cache.last(root).items()
    return {
        key: (value, f"{origin}{LAST_READ}") for key, (value, origin) in remembered if _is_valid(key, value, origin)
    }


def _is_valid(key: str, value: Any, origin: str) -> bool:
    try:
        check(key, value, origin)
    except InvalidConfig:
        return False
    return True


def _remembered(file: Path) -> Given:
    try:
        state = cache.identity(file)
    except OSError:
        return read_file(file)
    remembered = cache.recall(file, state)
    if remembered is not None:
        return remembered
    given = read_file(file)
    cache.keep(file, state, given)
    return given


def _stored(key: str, value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise InvalidConfig(
            f"{TABLE}: {safe(key)} is not JSON.", "Set it again: sparkq config set KEY VALUE"
        ) from error


def build(given: Given) -> Settings:
    """Build the settings from the `given` ones, with defaults for the others. Raises InvalidConfig."""
    settings = _validated(given)
    classes = {**BUILT_IN_CLASSES, **settings.task_classes}
    for name, tool in settings.tools.items():
        if tool.task_class not in classes:
            _, origin = given[f"tools.{name}"]
            raise InvalidConfig(
                f"{origin}: tools.{safe(name)} has the unknown task class {_shown(tool.task_class)}.",
                nearest(tool.task_class, classes),
            )
    return settings


def check(key: str, value: Any, origin: str) -> None:
    """Refuse a `value` that setting `key` cannot have, regardless of other settings. Raises InvalidConfig."""
    _validated({key: (value, origin)})


def _validated(given: Given) -> Settings:
    settings = Settings()
    for key, (value, origin) in given.items():
        section, _, name = key.partition(".")
        if key in SCALARS:
            valid = checked(SCALARS[key], value, origin)
            if name:
                settings = settings._replace(**{section: getattr(settings, section)._replace(**{name: valid})})
            else:
                settings = settings._replace(**{key: valid})
        elif key == "script_dirs":
            settings = settings._replace(script_dirs=_texts(key, value, origin))
        elif section in TABLES and name:
            table = getattr(settings, section) | {name: _entry(section, name, value, origin)}
            settings = settings._replace(**{section: table})
        else:
            raise InvalidConfig(f"{origin}: {safe(key)!r} is not a setting.", _meant(key))
    return settings


def checked(spec: Scalar, value: Any, origin: str) -> Any:
    """Return `value` if the setting `spec` can have it. Raises InvalidConfig."""
    if value is False and (spec.optional or OFF in spec.choices):
        value = OFF
    if spec.kind is str:
        if not isinstance(value, str):
            raise InvalidConfig(f"{origin}: {spec.key} must be text, not {_shown(value)}.", "Put it in quotes.")
        if _UNUSABLE.search(value):
            raise InvalidConfig(f"{origin}: {spec.key} contains a NUL or a lone surrogate.", "Remove it.")
        if spec.choices and value not in spec.choices:
            raise InvalidConfig(
                f"{origin}: {spec.key} cannot be {_shown(value)}.", f"Use one of: {', '.join(spec.choices)}."
            )
        if spec.path and not (spec.optional and value == OFF):
            _check_path(spec.key, value, origin)
        if spec.host and not _is_host(value):
            raise InvalidConfig(
                f"{origin}: {spec.key} is {_shown(value)}, which is neither an IP address nor a host name.",
                "Use 127.0.0.1 for this machine only. The port is a separate setting: server.port.",
            )
        return value
    if spec.kind is bool:
        if not isinstance(value, bool):
            raise InvalidConfig(
                f"{origin}: {spec.key} must be true or false, not {_shown(value)}.", "Write true or false."
            )
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidConfig(f"{origin}: {spec.key} must be a whole number, not {_shown(value)}.", _range(spec))
    if (spec.low is not None and value < spec.low) or (spec.high is not None and value > spec.high):
        raise InvalidConfig(f"{origin}: {spec.key} cannot be {value}.", _range(spec))
    return value


def _range(spec: Scalar) -> str:
    """Return the hint of a number: what it can be."""
    return f"Use a whole number from {spec.low} to {spec.high}."


def _check_path(key: str, value: str, origin: str) -> None:
    """Refuse a text that is not a path. Raises InvalidConfig."""
    try:
        is_path = bool(value.strip() and Path(value).expanduser())
    except RuntimeError:  # ~somebody, and nobody has that name
        is_path = False
    if not is_path:
        raise InvalidConfig(f"{origin}: {key} is {_shown(value)}, which is not a path.", "Write the whole path.")


def _is_host(value: str) -> bool:
    """True if `value` is an IP address or a host name."""
    if ":" in value:
        from ipaddress import IPv6Address  # only this form needs it

        try:
            IPv6Address(value)
        except ValueError:
            return False
        return True
    parts = value.removesuffix(".").split(".")
    if parts[-1].isdigit():  # a host name never ends in a number
        return len(parts) == 4 and all(re.fullmatch(r"(0|[1-9][0-9]{0,2})", part) and int(part) < 256 for part in parts)
    return len(value) <= 253 and all(_LABEL.fullmatch(part) for part in parts)


def _texts(key: str, value: Any, origin: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text for text in value):
        raise InvalidConfig(
            f"{origin}: {key} must be a list of texts, not {_shown(value)}.", f"Write {key}: [one, two]."
        )
    if any(_UNUSABLE.search(text) for text in value):
        raise InvalidConfig(f"{origin}: {key} contains a NUL or a lone surrogate.", "Remove it.")
    return tuple(value)


def _entry(table: str, name: str, value: Any, origin: str) -> Any:
    if table == "hooks":
        if name not in HOOKS:
            raise InvalidConfig(f"{origin}: {safe(name)!r} is not a hook.", nearest(name, HOOKS))
        if value == []:
            raise InvalidConfig(
                f"{origin}: hooks.{name} does not name a program.",
                f"Write hooks.{name}: [program, argument], or remove the line.",
            )
        return _texts(f"hooks.{name}", value, origin)
    _label(table, name, origin)
    if table == "task_classes":
        entry = {"timeout": value} if isinstance(value, int) else value
        timeout = _member(entry, "timeout", int, f"task_classes.{name}", origin)
        if isinstance(timeout, bool) or not 1 <= timeout <= WEEK_SECONDS:
            raise InvalidConfig(
                f"{origin}: task_classes.{name}.timeout cannot be {timeout}.", f"Use 1 to {WEEK_SECONDS} seconds."
            )
        _only(entry, {"timeout", "description"}, f"task_classes.{name}", origin)
        return TaskClass(timeout, _member(entry, "description", str, f"task_classes.{name}", origin, ""))
    _only(value, {"how", "task_class"}, f"tools.{name}", origin)
    return Tool(
        _member(value, "how", str, f"tools.{name}", origin),
        _member(value, "task_class", str, f"tools.{name}", origin, "MEDIUM_SCRIPT"),
    )


def _label(table: str, name: str, origin: str) -> None:
    """Refuse a name that a tool or a task class cannot have. Raises InvalidConfig."""
    try:
        checked_label(name, {"tools": "tool"}.get(table, "task class"))
    except InvalidName as error:
        raise InvalidConfig(f"{origin}: {error.message}", error.hint) from error


def _member(entry: Any, name: str, kind: type, key: str, origin: str, default: Any = None) -> Any:
    value = entry.get(name, default) if isinstance(entry, dict) else None
    if not isinstance(value, kind):
        raise InvalidConfig(
            f"{origin}: {key} needs {name} ({'a whole number' if kind is int else 'a text'}).",
            f"Write {key}: {{{name}: …}}.",
        )
    return value


def _only(entry: Any, allowed: set[str], key: str, origin: str) -> None:
    unknown = set(entry) - allowed if isinstance(entry, dict) else set()
    if unknown:
        raise InvalidConfig(
            f"{origin}: {key} has the unknown key {safe(str(min(unknown)))!r}.",
            f"Known: {', '.join(sorted(allowed))}.",
        )


def _shown(value: Any) -> str:
    return safe(json.dumps(value, ensure_ascii=False, default=str))[:60]


def _meant(key: str) -> str:
    return nearest(key, [each for each in (*SCALARS, "script_dirs", *TABLES) if each != key])


def _from_environment(env: Mapping[str, str]) -> Given:
    given: Given = {}
    for name, raw in env.items():
        if not name.startswith("SPARKQ_") or name == "SPARKQ_CONFIG":
            continue
        key = name.removeprefix("SPARKQ_").lower().replace("__", ".")
        table = key.partition(".")[0]
        if table in (*TABLES, "script_dirs"):
            raise InvalidConfig(
                f"The environment variable {safe(name)} is not supported: {table} is a {'table' if table in TABLES else 'list'}.",
                f"Set it in sparkq.yml, or: {COMMANDS[table]}",
            )
        if key not in SCALARS:
            if "__" in name:
                raise InvalidConfig(f"The environment variable {safe(name)} is not a setting.", _meant(key))
            continue
        given[key] = (typed(SCALARS[key], raw), f"the environment variable {name}")
    return given


def typed(spec: Scalar, raw: str) -> Any:
    """Convert text from the environment or the command line to the type of its setting; else return it as it is."""
    if spec.kind is int and re.fullmatch(r"-?[0-9]{1,18}", raw):
        return int(raw)
    if spec.kind is bool and raw.lower() in (*TRUE, *FALSE):
        return raw.lower() in TRUE
    return raw
