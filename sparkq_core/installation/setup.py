"""Sets a project up: creates and changes its files. It asks nothing and prints nothing."""

from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core import catalogue, hooks, project, times
from sparkq_core.clock import Clock
from sparkq_core.config import copies, ignoring, location, ownership, reading, writing
from sparkq_core.config import loading as configuration
from sparkq_core.config.settings import BUILT_IN_CLASSES, BUILT_IN_TOOLS, HOOKS, LAST_READ, SCALARS, Config, Settings
from sparkq_core.config.writing import as_yaml
from sparkq_core.errors import BackupsExist, InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.storage import schema

EXPLAINED = {
    "script_dirs": "Folders whose scripts `sparkq scripts` lists.",
    "task_classes": "Timeout of each class in seconds: a task is warned after it, and failed after twice as long.",
    "tools": f"More tools, or other instructions for the built-in ones ({', '.join(BUILT_IN_TOOLS)}).",
    "hooks": "Commands to run on events, without a shell, with the task as JSON on stdin.",
}
"""The sentences that explain the settings that are lists and tables."""

HEADER = """\
# SparkQ: the settings of this project. Every setting is shown with its value; deleting a line means its default.
# Relative paths start at this file's folder. SPARKQ_SECTION__KEY variables override this file.
"""


class Step(NamedTuple):
    """One thing that setup did or found: `created`, `changed` or `kept`, and the path."""

    done: str
    path: Path


def root_for(start: Path, env: Mapping[str, str]) -> tuple[Path, bool]:
    """Return the folder that `sparkq setup` in folder `start` would set up, and True if a project is there already.

    Raises InvalidValue for a home folder, NoProject if SPARKQ_CONFIG is not a file.
    """
    project_at = _located(start, env)
    return project_at.root, project_at.file is not None or (project_at.root / location.DATABASE).is_file()


def _located(start: Path, env: Mapping[str, str]) -> location.Location:
    project_at = location.find(start, env)
    if project_at.file is None and project_at.root in location.home(env):
        raise InvalidValue(
            f"{project_at.root} is the home folder or a parent of it: settings there are never read.",
            "Change to the folder of a project, or make one: mkdir my-project && cd my-project && sparkq setup",
        )
    ownership.check([project_at.root], env)
    return project_at


def defaults(root: Path) -> dict[str, Any]:
    """Return the settings of a new project by dotted key."""
    values = {key: spec.default for key, spec in SCALARS.items()}
    values["project.name"] = root.name or "project"
    values["script_dirs"] = ["scripts"]
    return values | _built_in_classes()


def _built_in_classes() -> dict[str, int]:
    return {f"task_classes.{name}": built_in.timeout for name, built_in in BUILT_IN_CLASSES.items()}


def values(start: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings that setup in folder `start` shows: its project's, or the defaults of a new one."""
    project_at = _located(start, env)
    if project_at.file is not None:
        present = writing.values_in(reading.read_file(project_at.file))
        configuration.load(start, env)
        return defaults(project_at.root) | present
    config = project.effective(start, env)
    stored = {key for key, origin in config.origins.items() if origin.endswith((configuration.TABLE, LAST_READ))}
    own = {key: value for key, value in _as_written(config.settings).items() if key in stored}
    return defaults(project_at.root) | own


def effective_values(sq: SparkQ) -> dict[str, Any]:
    """Return the effective settings by dotted key; of a task class only its timeout."""
    classes = {f"task_classes.{name}": task_class.timeout for name, task_class in catalogue.classes(sq).items()}
    return _as_written(sq.config.settings) | classes


def exported(sq: SparkQ) -> dict[str, Any]:
    """Return the effective settings by dotted key, complete, as `render` writes them."""
    return effective_values(sq) | _as_written(sq.config.settings)


def _as_written(settings: Settings) -> dict[str, Any]:
    """Return settings by dotted key, each value as sparkq.yml has it."""
    written: dict[str, Any] = {}
    for key in SCALARS:
        section, _, name = key.partition(".")
        value = getattr(settings, section)
        written[key] = getattr(value, name) if name else value
    written["script_dirs"] = list(settings.script_dirs)
    for name, task_class in settings.task_classes.items():
        written[f"task_classes.{name}"] = task_class._asdict() if task_class.description else task_class.timeout
    written |= {f"tools.{name}": tool._asdict() for name, tool in settings.tools.items()}
    return written | {f"hooks.{name}": list(command) for name, command in settings.hooks.items()}


def setup(
    start: Path, values: Mapping[str, Any], clock: Clock, env: Mapping[str, str], *, empty: bool = False
) -> tuple[Config, tuple[Step, ...]]:
    """Set up the project of folder `start`: its settings file with `values`, the database, and what hides it from Git.

    An existing database is kept as it is; in an existing settings file only the values that differ are changed.
    Raises InvalidConfig and InvalidValue before anything is written, and BackupsExist where the database is gone and has
    copies, unless an `empty` one is wanted. Also raises NoProject, StorageError.
    """
    project_at = _located(start, env)
    file = project_at.file or project_at.root / location.FILE
    if not empty:
        refuse_over_copies(configuration.load(start, env))
    configuration.build({key: (value, "The new value") for key, value in values.items()})
    with writing.alone(file):
        before = _hooks_in(file)
        steps = [_write(file, _settings(file, values))]
    config = configuration.load(start, env)
    hidden = [Step("created", file) for file in ignoring.guard(config)]
    made = schema.create(config.database, config.name, clock)
    steps += [Step("created" if made else "kept", config.database), *hidden]
    if location.repository(config.root, env) is not None:
        steps += _ignore(config)
    if config.settings.hooks != before:
        with closing(project.open(start, env=env, clock=clock)) as sq:
            hooks.allow_own(sq, before, config.settings.hooks, "sparkq setup", env)
    return config, tuple(steps)


def refuse_over_copies(config: Config) -> None:
    """Refuse to make an empty database where the earlier one has copies. Raises BackupsExist."""
    if config.database.exists() or not (found := copies.found(config)):
        return
    raise BackupsExist(
        f"The database is gone, but there {'are' if len(found) > 1 else 'is'} {len(found)} "
        f"{'copies' if len(found) > 1 else 'copy'} of it, the newest from {times.dated(found[0].at)}.",
        "Put one back: sparkq restore. Or make an empty database: sparkq setup --empty",
    )


def check_begin(start: Path, env: Mapping[str, str], *, empty: bool = False) -> None:
    """Refuse a setup that could not be done, before anything is asked: where the folder cannot be written, the database is
    damaged, or it is gone and has copies, unless an `empty` one is wanted.

    Raises StorageError, BackupsExist, and what opening a project raises.
    """
    project_at = _located(start, env)
    file = project_at.file or project_at.root / location.FILE
    for written in (writing.lock_of(file), *(() if file.exists() else (file,))):
        location.check_writable(written)
    config = configuration.load(start, env)
    if config.database.exists():
        project.open(start, env=env).close()
    elif not empty:
        refuse_over_copies(config)


def _hooks_in(file: Path) -> Mapping[str, tuple[str, ...]]:
    if not file.exists():
        return {}
    given = reading.read_file(file)
    return configuration.build({key: each for key, each in given.items() if key.startswith("hooks.")}).hooks


def _settings(file: Path, values: Mapping[str, Any]) -> str:
    """Return the text of the settings file: a new one, or the present one with the values that differ changed."""
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


def _ignore(config: Config) -> list[Step]:
    """Add the lines to the repository's .gitignore that SparkQ's files in other folders need."""
    file = config.root / ignoring.FILE
    before = writing.read(file) or ""
    missing = [line for line in ignoring.lines(config) if line not in before.splitlines()]
    if not missing:
        return []
    start = before if not before or before.endswith("\n") else f"{before}\n"
    return [_write(file, f"{start}{ignoring.HEAD}\n" + "".join(f"{line}\n" for line in missing))]


def render(values: Mapping[str, Any]) -> str:
    """Write a commented sparkq.yml with these values by dotted key, and with defaults for the other settings."""
    lines = [HEADER.rstrip("\n")]
    section = ""
    for key, spec in SCALARS.items():
        parent, _, name = key.rpartition(".")
        if parent != section:
            lines += ["", f"{parent}:"] if parent else [""]
            section = parent
        indent = "  " if parent else ""
        lines.append(f"{indent}# {explained(key)}")
        lines.append(f"{indent}{name}: {as_yaml(values.get(key, spec.default))}")
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
    """Return the sentence that explains the setting `key`, and its limits."""
    spec = SCALARS.get(key)
    if spec is None:
        return EXPLAINED[key.partition(".")[0]]
    return f"{spec.doc}{_limits(spec.low, spec.high, spec.choices)}"


def _table(name: str, values: Mapping[str, Any], example: str) -> str:
    entries = [
        f"  {as_yaml(key.partition('.')[2])}: {as_yaml(value)}"
        for key, value in values.items()
        if key.startswith(f"{name}.")
    ]
    return "\n".join([f"{name}:", *entries]) if entries else f"# {name}:\n{example}"


def _limits(low: int | None, high: int | None, choices: tuple[str, ...]) -> str:
    if choices:
        return f" ({', '.join(choices)})"
    return "" if low is None or high is None else f" ({low} to {high})"
