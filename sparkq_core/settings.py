"""Every setting of a project, as data: type, default, limits and the sentence that explains it.

The validation, sparkq.yml.example, `sparkq setup`, `sparkq config show` and the reference all read these classes.
"""

from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any

WEEK_SECONDS = 604_800


def setting(
    default: Any, doc: str, *, low: int | None = None, high: int | None = None, choices: tuple[str, ...] = ()
) -> Any:
    """A field with its default, its sentence, and its limits (in the unit that its name says)."""
    meta = {"doc": doc, "low": low, "high": high, "choices": choices}
    if callable(default):
        return field(default_factory=default, metadata=meta)
    return field(default=default, metadata=meta)


@dataclass(frozen=True, slots=True)
class Project:
    """What the project is called."""

    name: str = setting("", "Name of the project. Empty: the name of its folder.")


@dataclass(frozen=True, slots=True)
class Server:
    """The web page and REST API of `sparkq start`."""

    host: str = setting(
        "127.0.0.1", "Address to listen on. Anything but loopback needs a token: who can enqueue steers Claude."
    )
    port: int = setting(5005, "TCP port.", low=1, high=65535)
    mcp: bool = setting(True, "Serve MCP at /mcp beside the page.")


@dataclass(frozen=True, slots=True)
class Database:
    """The one file that holds everything."""

    path: str = setting("sparkq/data/sparkq.db", "SQLite file. Relative paths start at this file's folder.")
    synchronous: str = setting(
        "full",
        "full: an acknowledged result survives power loss. normal: it survives only a crash of programs.",
        choices=("full", "normal"),
    )


@dataclass(frozen=True, slots=True)
class Logs:
    """What the background server writes."""

    path: str = setting("sparkq/logs/sparkq.log", "Log file of `sparkq start`.")


@dataclass(frozen=True, slots=True)
class Purge:
    """When finished tasks are deleted."""

    older_than_days: int = setting(
        3, "Days after which a finished task that you have reviewed is deleted.", low=0, high=36500
    )
    unreviewed_days: int = setting(
        30, "Days after which a finished task is deleted although nobody has reviewed it.", low=0, high=36500
    )


@dataclass(frozen=True, slots=True)
class QueueRunner:
    """The runner for chats without MCP, and the sweeps of every long-lived process."""

    poll_interval_seconds: int = setting(
        30, "Seconds between two looks of `sparkq runner` at its queue.", low=1, high=3600
    )
    auto_fail_interval_seconds: int = setting(30, "Seconds between two sweeps for stale tasks.", low=1, high=3600)
    lock_dir: str = setting("sparkq/run", "Folder of the runners' lock files.")


@dataclass(frozen=True, slots=True)
class TaskClass:
    """What a task class gives its tasks."""

    timeout: int
    description: str = ""


@dataclass(frozen=True, slots=True)
class Tool:
    """What a tool tells its worker, and the class of its tasks."""

    how: str
    task_class: str


@dataclass(frozen=True, slots=True)
class Settings:
    """A whole sparkq.yml."""

    project: Project = setting(Project, "")
    env: str = setting(
        "dev",
        "dev and test make browsers fetch the page anew each time; prod lets them cache it.",
        choices=("dev", "test", "prod"),
    )
    server: Server = setting(Server, "")
    database: Database = setting(Database, "")
    logs: Logs = setting(Logs, "")
    purge: Purge = setting(Purge, "")
    queue_runner: QueueRunner = setting(QueueRunner, "")
    git: bool = setting(True, "Note branch, commit and size of the change at each claim and result (reads Git only).")
    script_dirs: tuple[str, ...] = setting(("scripts",), "Folders whose scripts `sparkq scripts` lists.")
    task_classes: dict[str, TaskClass] = setting(
        dict, "Task classes beside or instead of the built-in ones: timeout in seconds."
    )
    tools: dict[str, Tool] = setting(
        dict, "Tools beside or instead of the built-in ones: the sentence that tells the worker how to execute."
    )
    hooks: dict[str, tuple[str, ...]] = setting(
        dict,
        "Commands to run on on_succeeded, on_failed, on_stale and on_queue_empty, without a shell, the task as JSON on stdin.",
    )


HOOKS = ("on_succeeded", "on_failed", "on_stale", "on_queue_empty")
SECTIONS = (Project, Server, Database, Logs, Purge, QueueRunner)


@dataclass(frozen=True, slots=True)
class Scalar:
    """One setting with a single value, by its dotted key."""

    key: str
    kind: type
    default: Any
    doc: str
    low: int | None
    high: int | None
    choices: tuple[str, ...]


def _scalar(key: str, spec: "Field[Any]") -> Scalar:
    meta = spec.metadata
    default = spec.default_factory() if spec.default_factory is not MISSING else spec.default
    return Scalar(key, type(default), default, meta["doc"], meta["low"], meta["high"], meta["choices"])


def scalars() -> dict[str, Scalar]:
    """Every single-valued setting by dotted key, in the order of sparkq.yml."""
    found: dict[str, Scalar] = {}
    for spec in fields(Settings):
        section = spec.default_factory if spec.default_factory in SECTIONS else None
        if section is not None:
            found |= {f"{spec.name}.{one.name}": _scalar(f"{spec.name}.{one.name}", one) for one in fields(section)}
        elif spec.name in ("env", "git"):
            found[spec.name] = _scalar(spec.name, spec)
    return found


@dataclass(frozen=True, slots=True)
class Config:
    """The settings in force, where they came from, and the paths they mean."""

    settings: Settings
    root: Path
    file: Path | None
    sources: dict[str, str]
    in_git: bool = False

    @property
    def watches_git(self) -> bool:
        """Whether claims and results note what Git says."""
        return self.in_git and self.settings.git

    @property
    def name(self) -> str:
        return self.settings.project.name or self.root.name or "project"

    @property
    def database(self) -> Path:
        return self.path(self.settings.database.path)

    @property
    def run_dir(self) -> Path:
        return self.path(self.settings.queue_runner.lock_dir)

    @property
    def log(self) -> Path:
        return self.path(self.settings.logs.path)

    def path(self, value: str) -> Path:
        """A path of the configuration; relative ones start at the project's root."""
        return self.root / Path(value).expanduser()
