"""Setting a project up: which files that makes and changes. Asks nothing and prints nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core import catalogue, project
from sparkq_core.clock import Clock
from sparkq_core.config import loading as configuration
from sparkq_core.config import location, reading, writing
from sparkq_core.config.settings import BUILT_IN_CLASSES, BUILT_IN_TOOLS, HOOKS, SCALARS, Config, Settings
from sparkq_core.config.writing import as_yaml
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema

IGNORED_HEAD = "# SparkQ's data"
IGNORED = ("sparkq/data/", "sparkq/logs/", "sparkq/run/")

EXPLAINED = {
    "script_dirs": "Folders whose scripts `sparkq scripts` lists.",
    "task_classes": "Timeout of each class in seconds: a task is warned after it, and failed after twice as long.",
    "tools": f"More tools, or other instructions for the built-in ones ({', '.join(BUILT_IN_TOOLS)}).",
    "hooks": "Commands to run on events, without a shell, with the task as JSON on stdin.",
}
"""The sentences of the settings that are lists and tables."""

HEADER = """\
# SparkQ: the settings of this project. Every setting is shown with its value; deleting a line means its default.
# Relative paths start at this file's folder. SPARKQ_SECTION__KEY variables override this file.
"""


class Step(NamedTuple):
    """One thing that setup did or found: `created`, `changed` or `kept`, and the path."""

    done: str
    path: Path


def root_for(start: Path, env: Mapping[str, str]) -> tuple[Path, bool]:
    """Where `sparkq setup` in folder `start` would set up, and whether a project is there already.

    Raises InvalidValue for a home folder, NoProject when SPARKQ_CONFIG names no file.
    """
    found = _place(start, env)
    return found.root, found.file is not None or (found.root / location.DATABASE).is_file()


def _place(start: Path, env: Mapping[str, str]) -> location.Location:
    found = location.find(start, env)
    if found.file is None and found.root in location.home(env):
        raise InvalidValue(
            f"{found.root} is the home folder, or above it: settings there are never read.",
            "Go to the folder of a project, or make one: mkdir my-project && cd my-project && sparkq setup",
        )
    return found


def defaults(root: Path) -> dict[str, Any]:
    """The values of a new project's settings by dotted key."""
    values = {key: spec.default for key, spec in SCALARS.items()}
    values["project.name"] = root.name or "project"
    values["script_dirs"] = ["scripts"]
    return values | _built_in_classes()


def _built_in_classes() -> dict[str, int]:
    return {f"task_classes.{name}": built_in.timeout for name, built_in in BUILT_IN_CLASSES.items()}


def values(start: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """What setup in folder `start` shows: the settings of its project as they are, or the defaults of a new one."""
    found = _place(start, env)
    if found.file is not None:
        present = writing.values_in(reading.read_file(found.file))
        configuration.load(start, env)
        return defaults(found.root) | present
    config = project.effective(start, env)
    stored = {key for key, origin in config.origins.items() if origin == configuration.TABLE}
    return defaults(found.root) | {key: value for key, value in _as_written(config.settings).items() if key in stored}


def in_force(sq: SparkQ) -> dict[str, Any]:
    """The settings in force by dotted key; of a task class only its timeout."""
    classes = {f"task_classes.{name}": one.timeout for name, one in catalogue.classes(sq).items()}
    return _as_written(sq.config.settings) | classes


def exported(sq: SparkQ) -> dict[str, Any]:
    """The settings in force by dotted key, whole, as `render` writes them."""
    return in_force(sq) | _as_written(sq.config.settings)


def _as_written(settings: Settings) -> dict[str, Any]:
    """Settings by dotted key, as a sparkq.yml says them."""
    found: dict[str, Any] = {}
    for key in SCALARS:
        head, _, rest = key.partition(".")
        value = getattr(settings, head)
        found[key] = getattr(value, rest) if rest else value
    found["script_dirs"] = list(settings.script_dirs)
    for name, one in settings.task_classes.items():
        found[f"task_classes.{name}"] = one._asdict() if one.description else one.timeout
    found |= {f"tools.{name}": one._asdict() for name, one in settings.tools.items()}
    return found | {f"hooks.{name}": list(one) for name, one in settings.hooks.items()}


def setup(
    start: Path, values: Mapping[str, Any], clock: Clock, env: Mapping[str, str]
) -> tuple[Config, tuple[Step, ...]]:
    """Set the project of folder `start` up: its settings file with `values`, the database, what Git should ignore.

    An existing database is kept as it is; in an existing settings file only the values that differ are changed.
    Raises InvalidConfig and InvalidValue before anything is written, NoProject, and StorageError.
    """
    found = _place(start, env)
    file = found.file or found.root / location.FILE
    configuration.build({key: (value, "The new value") for key, value in values.items()})
    with writing.alone(file):
        steps = [_write(file, _settings(file, values))]
    config = configuration.load(start, env)
    made = schema.create(config.database, config.name, clock)
    steps.append(Step("created" if made else "kept", config.database))
    if location.repository(config.root) is not None:
        steps.append(_ignore(config.root))
    return config, tuple(steps)


def _settings(file: Path, values: Mapping[str, Any]) -> str:
    """The text of the settings file with `values`: a new one, or the one that is there with what differs changed."""
    if not file.exists():
        return render(values)
    shown = defaults(file.parent) | writing.values_in(reading.read_file(file))
    return writing.changed(
        file, {key: value for key, value in values.items() if key not in shown or shown[key] != value}
    )


def _write(file: Path, text: str) -> Step:
    before = writing.read(file)
    if before == text:
        return Step("kept", file)
    writing.replace(file, text)
    return Step("created" if before is None else "changed", file)


def _ignore(root: Path) -> Step:
    file = root / ".gitignore"
    before = writing.read(file) or ""
    missing = [one for one in IGNORED if one not in before.splitlines() and f"/{one}" not in before.splitlines()]
    if not missing or "/sparkq/" in before.splitlines() or "sparkq/" in before.splitlines():
        return Step("kept", file)
    start = before if not before or before.endswith("\n") else f"{before}\n"
    return _write(file, f"{start}{IGNORED_HEAD}\n" + "".join(f"{one}\n" for one in missing))


def render(values: Mapping[str, Any]) -> str:
    """A commented sparkq.yml with these values by dotted key; settings that are not named have their defaults."""
    lines = [HEADER.rstrip("\n")]
    section = ""
    for key, spec in SCALARS.items():
        head, _, rest = key.rpartition(".")
        if head != section:
            lines += ["", f"{head}:"] if head else [""]
            section = head
        indent = "  " if head else ""
        lines.append(f"{indent}# {explained(key)}")
        lines.append(f"{indent}{rest}: {as_yaml(values.get(key, spec.default))}")
    lines += [
        "",
        f"# {EXPLAINED['script_dirs']}",
        f"script_dirs: {as_yaml(values.get('script_dirs', ['scripts']))}",
    ]
    lines += [
        "",
        f"# {EXPLAINED['task_classes']}",
        "task_classes:",
    ]
    classes = {key: value for key, value in values.items() if key.startswith("task_classes.")} or _built_in_classes()
    lines += [f"  {as_yaml(key.partition('.')[2])}: {as_yaml(value)}" for key, value in classes.items()]
    lines += [
        "",
        f"# {EXPLAINED['tools']}",
        _table(
            "tools",
            values,
            "#   run-make: {how: 'Run this make target and report its output.', task_class: MEDIUM_SCRIPT}",
        ),
        "",
        f"# {EXPLAINED['hooks']}",
        f"# Events: {', '.join(HOOKS)}.",
        _table("hooks", values, "#   on_failed: [notify-send, A SparkQ task failed]"),
    ]
    return "\n".join(lines) + "\n"


def explained(key: str) -> str:
    """What a setting means, by its dotted key, and what it can be."""
    spec = SCALARS.get(key)
    if spec is None:
        return EXPLAINED[key.partition(".")[0]]
    return f"{spec.doc}{_limits(spec.low, spec.high, spec.choices)}"


def _table(name: str, values: Mapping[str, Any], example: str) -> str:
    entries = [
        f"  {as_yaml(key.partition('.')[2])}: {as_yaml(one)}"
        for key, one in values.items()
        if key.startswith(f"{name}.")
    ]
    return "\n".join([f"{name}:", *entries]) if entries else f"# {name}:\n{example}"


def _limits(low: int | None, high: int | None, choices: tuple[str, ...]) -> str:
    if choices:
        return f" ({', '.join(choices)})"
    return "" if low is None or high is None else f" ({low} to {high})"
