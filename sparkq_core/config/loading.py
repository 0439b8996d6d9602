"""sparkq.yml, the environment and the config table -> one frozen Config."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkq_core.config import cache, location
from sparkq_core.config.reading import TABLES, Found, read_file
from sparkq_core.config.settings import (
    BUILT_IN_CLASSES,
    HOOKS,
    SCALARS,
    WEEK_SECONDS,
    Config,
    Scalar,
    Settings,
    TaskClass,
    Tool,
)
from sparkq_core.errors import InvalidConfig
from sparkq_core.text import nearest, safe

COMMANDS = {
    "script_dirs": "sparkq config set script_dirs scripts,bin",
    "task_classes": "sparkq config set task_classes.NAME SECONDS",
    "tools": """sparkq config set tools.NAME '{"how": "What its worker does.", "task_class": "MEDIUM_SCRIPT"}'""",
    "hooks": """sparkq config set hooks.on_failed '["program", "argument"]'""",
}
"""How a list or an entry of a table is set by command: whole, and as JSON."""
TABLE = "the config table"
"""Where a setting stands without a sparkq.yml."""
TRUE, FALSE = ("true", "1", "yes", "y", "on"), ("false", "0", "no", "n", "off")
_LABEL = re.compile(r"[^\W_]([\w-]{0,61}[^\W_])?")
_UNUSABLE = re.compile("[\0\ud800-\udfff]")


def environment() -> Mapping[str, str]:
    """The process's environment: the one place where SparkQ reads it."""
    return os.environ


def load(
    start: Path | None = None,
    env: Mapping[str, str] | None = None,
    stored: Mapping[str, str] | None = None,
    *,
    remember: bool = False,
) -> Config:
    """The configuration of the project around `start` (default: the working directory).

    Defaults, then `stored` (the config table: only without a sparkq.yml), then the file, then SPARKQ_SECTION__KEY
    variables. With `remember` a file that has not changed since it was last read is not parsed again. Raises
    InvalidConfig, naming file, line and key, and NoProject.
    """
    env = environment() if env is None else env
    where = location.find(start or location.here(), env)
    found: Found = {}
    if where.file is not None:
        found = _remembered(where.file) if remember else read_file(where.file)
    elif stored:
        found = {key: (_stored(key, value), TABLE) for key, value in stored.items()}
    found |= _from_environment(env)
    return Config(
        build(found),
        where.root,
        where.file,
        {key: source for key, (_, source) in found.items()},
        location.repository(where.root) is not None,
    )


def _remembered(file: Path) -> Found:
    try:
        state = cache.identity(file)
    except OSError:
        return read_file(file)
    known = cache.recall(file, state)
    if known is not None:
        return known
    found = read_file(file)
    cache.keep(file, state, found)
    return found


def _stored(key: str, value: str) -> Any:
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise InvalidConfig(
            f"the config table: {safe(key)} is not JSON.", "Give it a value: sparkq config set KEY VALUE"
        ) from error


def build(found: Found) -> Settings:
    """Settings from values by dotted key; the rest is default. Raises InvalidConfig."""
    settings = _each(found)
    classes = {**BUILT_IN_CLASSES, **settings.task_classes}
    for name, tool in settings.tools.items():
        if tool.task_class not in classes:
            raise InvalidConfig(
                f"{found[f'tools.{name}'][1]}: tools.{safe(name)} has task class {_shown(tool.task_class)}, "
                "which there is not.",
                nearest(tool.task_class, classes),
            )
    return settings


def check(key: str, value: Any, source: str) -> None:
    """Whether setting `key` can have `value`, whatever the others are. Raises InvalidConfig."""
    _each({key: (value, source)})


def _each(found: Found) -> Settings:
    known = SCALARS
    settings = Settings()
    for key, (value, source) in found.items():
        section, _, rest = key.partition(".")
        if key in known:
            good = checked(known[key], value, source)
            if rest:
                settings = settings._replace(**{section: getattr(settings, section)._replace(**{rest: good})})
            else:
                settings = settings._replace(**{key: good})
        elif key == "script_dirs":
            settings = settings._replace(script_dirs=_texts(key, value, source))
        elif section in TABLES and rest:
            settings = settings._replace(
                **{section: getattr(settings, section) | {rest: _entry(section, rest, value, source)}}
            )
        else:
            raise InvalidConfig(f"{source}: {safe(key)!r} is not a setting.", _meant(key, known))
    return settings


def checked(spec: Scalar, value: Any, source: str) -> Any:
    """`value` if it fits the setting `spec`; numbers and booleans may come as text from the environment."""
    if spec.kind is str:
        if not isinstance(value, str):
            raise InvalidConfig(f"{source}: {spec.key} must be text, not {_shown(value)}.", "Put it in quotes.")
        if _UNUSABLE.search(value):
            raise InvalidConfig(f"{source}: {spec.key} has a NUL or a lone surrogate.", "Remove it.")
        if spec.choices and value not in spec.choices:
            raise InvalidConfig(f"{source}: {spec.key} is {_shown(value)}.", f"It can be {', '.join(spec.choices)}.")
        if spec.path:
            _is_path(spec.key, value, source)
        if spec.host and not _is_host(value):
            raise InvalidConfig(
                f"{source}: {spec.key} is {_shown(value)}, neither an IP address nor a host name.",
                "Write 127.0.0.1 for this machine alone; the port is a setting of its own.",
            )
        return value
    if spec.kind is bool:
        if not isinstance(value, bool):
            raise InvalidConfig(
                f"{source}: {spec.key} must be true or false, not {_shown(value)}.", "Write true or false."
            )
        return value
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidConfig(f"{source}: {spec.key} must be a whole number, not {_shown(value)}.", f"{spec.doc}")
    if (spec.low is not None and value < spec.low) or (spec.high is not None and value > spec.high):
        raise InvalidConfig(f"{source}: {spec.key} is {value}.", f"It can be {spec.low} to {spec.high}.")
    return value


def _is_path(key: str, value: str, source: str) -> None:
    """Raises InvalidConfig for a text that names no place."""
    try:
        named = bool(value.strip() and Path(value).expanduser())
    except RuntimeError:  # ~somebody, and nobody has that name
        named = False
    if not named:
        raise InvalidConfig(f"{source}: {key} is {_shown(value)}, which leads nowhere.", "Write the whole path.")


def _is_host(value: str) -> bool:
    """Whether `value` can be an address to listen on: an IP address or a host name."""
    if ":" in value:
        from ipaddress import IPv6Address  # only this form pays its import

        try:
            IPv6Address(value)
        except ValueError:
            return False
        return True
    parts = value.removesuffix(".").split(".")
    if parts[-1].isdigit():  # no host name ends so
        return len(parts) == 4 and all(re.fullmatch(r"(0|[1-9][0-9]{0,2})", one) and int(one) < 256 for one in parts)
    return len(value) <= 253 and all(_LABEL.fullmatch(one) for one in parts)


def _texts(key: str, value: Any, source: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and one for one in value):
        raise InvalidConfig(
            f"{source}: {key} must be a list of texts, not {_shown(value)}.", f"Write {key}: [one, two]."
        )
    if any(_UNUSABLE.search(one) for one in value):
        raise InvalidConfig(f"{source}: {key} has a NUL or a lone surrogate.", "Remove it.")
    return tuple(value)


def _entry(table: str, name: str, value: Any, source: str) -> Any:
    if table == "hooks":
        if name not in HOOKS:
            raise InvalidConfig(f"{source}: {safe(name)!r} is not a hook.", nearest(name, HOOKS))
        if value == []:
            raise InvalidConfig(
                f"{source}: hooks.{name} names no program.", f"Write hooks.{name}: [program, argument], or take it out."
            )
        return _texts(f"hooks.{name}", value, source)
    if table == "task_classes":
        entry = {"timeout": value} if isinstance(value, int) else value
        timeout = _member(entry, "timeout", int, f"task_classes.{name}", source)
        if isinstance(timeout, bool) or not 1 <= timeout <= WEEK_SECONDS:
            raise InvalidConfig(
                f"{source}: task_classes.{name}.timeout is {timeout}.", f"It can be 1 to {WEEK_SECONDS} seconds."
            )
        _only(entry, {"timeout", "description"}, f"task_classes.{name}", source)
        return TaskClass(timeout, _member(entry, "description", str, f"task_classes.{name}", source, ""))
    _only(value, {"how", "task_class"}, f"tools.{name}", source)
    return Tool(
        _member(value, "how", str, f"tools.{name}", source),
        _member(value, "task_class", str, f"tools.{name}", source, "MEDIUM_SCRIPT"),
    )


def _member(entry: Any, name: str, kind: type, key: str, source: str, default: Any = None) -> Any:
    value = entry.get(name, default) if isinstance(entry, dict) else None
    if not isinstance(value, kind):
        raise InvalidConfig(
            f"{source}: {key} needs {name} ({'a whole number' if kind is int else 'a text'}).",
            f"Write {key}: {{{name}: …}}.",
        )
    return value


def _only(entry: Any, allowed: set[str], key: str, source: str) -> None:
    unknown = set(entry) - allowed if isinstance(entry, dict) else set()
    if unknown:
        raise InvalidConfig(
            f"{source}: {key} has no {safe(str(min(unknown)))!r}.", f"It can have {', '.join(sorted(allowed))}."
        )


def _shown(value: Any) -> str:
    return safe(json.dumps(value, ensure_ascii=False, default=str))[:60]


def _meant(key: str, known: Mapping[str, Scalar]) -> str:
    return nearest(key, [*known, "script_dirs", *TABLES])


def _from_environment(env: Mapping[str, str]) -> Found:
    known = SCALARS
    found: Found = {}
    for name, raw in env.items():
        if not name.startswith("SPARKQ_") or name == "SPARKQ_CONFIG":
            continue
        key = name.removeprefix("SPARKQ_").lower().replace("__", ".")
        table = key.partition(".")[0]
        if table in (*TABLES, "script_dirs"):
            raise InvalidConfig(
                f"The environment variable {safe(name)} is not read: {table} is a {'table' if table in TABLES else 'list'}.",
                f"Set it in sparkq.yml, or: {COMMANDS[table]}",
            )
        if key not in known:
            if "__" in name:
                raise InvalidConfig(f"The environment variable {safe(name)} is not a setting.", _meant(key, known))
            continue
        found[key] = (typed(known[key], raw), f"the environment variable {name}")
    return found


def typed(spec: Scalar, raw: str) -> Any:
    """Text from the environment or the command line as the type of its setting, where it can be read as that."""
    if spec.kind is int and re.fullmatch(r"-?[0-9]{1,18}", raw):
        return int(raw)
    if spec.kind is bool and raw.lower() in (*TRUE, *FALSE):
        return raw.lower() in TRUE
    return raw
