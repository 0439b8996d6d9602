"""Setting a project up: which files that makes and changes. Asks nothing and prints nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from sparkq_core import catalogue, place, schema, settings_file
from sparkq_core import config as configuration
from sparkq_core.clock import Clock
from sparkq_core.project import SparkQ
from sparkq_core.settings import SCALARS, Config
from sparkq_core.settings_file import as_yaml

SEEDED_CLASSES = {"FAST_SCRIPT": 30, "MEDIUM_SCRIPT": 300, "LLM_LITE": 300, "LLM_HEAVY": 900}
IGNORED_HEAD = "# SparkQ's data"
IGNORED = ("sparkq/data/", "sparkq/logs/", "sparkq/run/")

HEADER = """\
# SparkQ: the settings of this project. Every setting is shown with its value; deleting a line means its default.
# Relative paths start at this file's folder. SPARKQ_SECTION__KEY variables go before this file.
"""


class Step(NamedTuple):
    """One thing that setup did or found: `created`, `changed` or `kept`, and the path."""

    done: str
    path: Path


def root_for(start: Path, env: Mapping[str, str]) -> tuple[Path, bool]:
    """Where `sparkq setup` in folder `start` would set up, and whether a project is there already."""
    found = place.find(start, env)
    if found.file is not None:
        return found.root, True
    return found.root, (found.root / place.DATABASE).is_file()


def defaults(root: Path) -> dict[str, Any]:
    """The values of a new project's settings by dotted key."""
    values = {key: spec.default for key, spec in SCALARS.items()}
    values["project.name"] = root.name or "project"
    values["script_dirs"] = ["scripts"]
    return values | {f"task_classes.{name}": timeout for name, timeout in SEEDED_CLASSES.items()}


def values(root: Path, env: Mapping[str, str]) -> dict[str, Any]:
    """What setup shows: the settings of the project at `root` as they are, or the defaults of a new one."""
    file = root / place.FILE
    if not file.is_file():
        return defaults(root)
    present = {key: value for key, (value, _) in configuration.read_file(file).items()}
    configuration.load(root, {key: value for key, value in env.items() if key != "SPARKQ_CONFIG"})
    return defaults(root) | present


def in_force(sq: SparkQ) -> dict[str, Any]:
    """The settings in force by dotted key, as `render` writes them."""
    settings = sq.config.settings
    found: dict[str, Any] = {}
    for key in SCALARS:
        head, _, rest = key.partition(".")
        value = getattr(settings, head)
        found[key] = getattr(value, rest) if rest else value
    found["script_dirs"] = list(settings.script_dirs)
    found |= {f"task_classes.{name}": one.timeout for name, one in catalogue.classes(sq).items()}
    found |= {f"tools.{name}": one._asdict() for name, one in settings.tools.items()}
    return found | {f"hooks.{name}": list(one) for name, one in settings.hooks.items()}


def setup(
    root: Path, values: Mapping[str, Any], clock: Clock, env: Mapping[str, str]
) -> tuple[Config, tuple[Step, ...]]:
    """Write sparkq.yml with `values`, create the database, and keep its folder out of Git.

    An existing database is kept as it is; sparkq.yml is replaced only when its text changes. Raises InvalidConfig
    before anything is written, and StorageError.
    """
    file = root / place.FILE
    text = render(values)
    configuration.build(configuration.parse(text, place.FILE))
    steps = [_write(file, text)]
    config = configuration.load(root, {key: value for key, value in env.items() if key != "SPARKQ_CONFIG"})
    made = schema.create(config.database, config.name, clock)
    steps.append(Step("created" if made else "kept", config.database))
    if place.repository(root) is not None:
        steps.append(_ignore(root))
    return config, tuple(steps)


def _write(file: Path, text: str) -> Step:
    before = settings_file.read(file)
    if before == text:
        return Step("kept", file)
    settings_file.replace(file, text)
    return Step("created" if before is None else "changed", file)


def _ignore(root: Path) -> Step:
    file = root / ".gitignore"
    before = settings_file.read(file) or ""
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
        lines.append(f"{indent}# {spec.doc}{_limits(spec.low, spec.high, spec.choices)}")
        lines.append(f"{indent}{rest}: {as_yaml(values.get(key, spec.default))}")
    lines += [
        "",
        "# Folders whose scripts `sparkq scripts` lists.",
        f"script_dirs: {as_yaml(values.get('script_dirs', ['scripts']))}",
    ]
    lines += [
        "",
        "# Seconds that a task of each class may take: warned after that time, failed after twice of it.",
        "task_classes:",
    ]
    classes = {
        key.partition(".")[2]: one for key, one in values.items() if key.startswith("task_classes.")
    } or SEEDED_CLASSES
    lines += [f"  {name}: {as_yaml(one)}" for name, one in classes.items()]
    lines += [
        "",
        "# More tools, or other words for the built-in ones (run-bash, run-python, llm-haiku, llm-sonnet, llm-codex).",
        _table(
            "tools",
            values,
            "#   run-make: {how: 'Run this make target and report its output.', task_class: MEDIUM_SCRIPT}",
        ),
        "",
        "# Commands to run on events, without a shell, with the task as JSON on stdin:",
        "# on_succeeded, on_failed, on_stale, on_queue_empty.",
        _table("hooks", values, "#   on_failed: [notify-send, A SparkQ task failed]"),
    ]
    return "\n".join(lines) + "\n"


def _table(name: str, values: Mapping[str, Any], example: str) -> str:
    entries = [
        f"  {key.partition('.')[2]}: {as_yaml(one)}" for key, one in values.items() if key.startswith(f"{name}.")
    ]
    return "\n".join([f"{name}:", *entries]) if entries else f"# {name}:\n{example}"


def _limits(low: int | None, high: int | None, choices: tuple[str, ...]) -> str:
    if choices:
        return f" ({', '.join(choices)})"
    return "" if low is None or high is None else f" ({low} to {high})"
