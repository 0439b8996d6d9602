"""Every setting of a project, as data: type, default, limits and the sentence that explains it.

The validation, sparkq.yml.example, `sparkq setup`, `sparkq config show` and the reference all read these classes.
"""

import os
from pathlib import Path
from typing import Any, NamedTuple

WEEK_SECONDS = 604_800
OFF = "off"
"""The value of a setting that can be turned off. YAML reads the word as false."""
TABLES = ("task_classes", "tools", "hooks")
"""The settings that are tables, with entries that a project names."""
HOOKS = ("on_succeeded", "on_failed", "on_stale", "on_question", "on_queue_empty", "on_review_needed")


class Project(NamedTuple):
    """The name of the project."""

    name: str = ""


class Server(NamedTuple):
    """The web page and REST API of `sparkq start`."""

    host: str = "127.0.0.1"
    port: int = 5005
    mcp: bool = True


class Database(NamedTuple):
    """The file that contains everything."""

    path: str = "sparkq/data/sparkq.db"
    synchronous: str = "full"


class Backup(NamedTuple):
    """The daily backups of every long-lived process."""

    keep: int = 7


class Logs(NamedTuple):
    """The log of the background server."""

    path: str = "sparkq/logs/sparkq.log"


class Purge(NamedTuple):
    """The ages at which finished tasks are deleted."""

    older_than_days: int = 3
    unreviewed_days: int = 30
    keep_lines: bool = True


class Reviews(NamedTuple):
    """What an accepted task leaves."""

    path: str = "off"


class QueueRunner(NamedTuple):
    """The runner for chats without MCP, and the sweeps of every long-lived process."""

    poll_interval_seconds: int = 30
    auto_fail_interval_seconds: int = 30
    lock_dir: str = "sparkq/run"


class TaskClass(NamedTuple):
    """A task class sets the timeout of its tasks, in seconds."""

    timeout: int
    description: str = ""


class Tool(NamedTuple):
    """A tool tells a worker how to execute a task, and sets the task's class."""

    how: str
    task_class: str


BUILT_IN_CLASSES = {
    "FAST_SCRIPT": TaskClass(30, "Quick shell operations"),
    "MEDIUM_SCRIPT": TaskClass(300, "Ordinary scripts"),
    "LLM_LITE": TaskClass(300, "Quick work of a language model"),
    "LLM_HEAVY": TaskClass(900, "Long analysis or code changes by a language model"),
}
"""The task classes of every project, in the order of sparkq.yml; a project's settings may change and add some."""

BUILT_IN_TOOLS = {
    "run-bash": Tool(
        "The prompt is a Bash command or script: run it in the repository and report what it printed and its exit code.",
        "MEDIUM_SCRIPT",
    ),
    "run-python": Tool(
        "The prompt is Python code or names a Python script: run it in the repository and report what it printed and "
        "its exit code.",
        "MEDIUM_SCRIPT",
    ),
    "llm-haiku": Tool("A quick task for you: answer or make the small change that the prompt asks for.", "LLM_LITE"),
    "llm-sonnet": Tool(
        "Work for you: do in the repository what the prompt asks for, check it, and report what changed.", "LLM_HEAVY"
    ),
    "llm-codex": Tool(
        "Code work: write or change the code that the prompt asks for, run the tests that touch it, and report what "
        "changed.",
        "LLM_HEAVY",
    ),
}
"""The tools of every project; its settings may change and add some."""


class Settings(NamedTuple):
    """A whole sparkq.yml."""

    project: Project = Project()
    env: str = "dev"
    server: Server = Server()
    database: Database = Database()
    backup: Backup = Backup()
    logs: Logs = Logs()
    purge: Purge = Purge()
    reviews: Reviews = Reviews()
    queue_runner: QueueRunner = QueueRunner()
    changes: str = "full"
    queue: str = ""
    script_dirs: tuple[str, ...] = ("scripts",)
    task_classes: dict[str, TaskClass] = {}
    tools: dict[str, Tool] = {}
    hooks: dict[str, tuple[str, ...]] = {}


class Scalar(NamedTuple):
    """One setting with a single value: its dotted key, the sentence that explains it, and its limits.

    A `host` is an IP address or the name of a machine. One that is `optional` may be off.
    """

    key: str
    doc: str
    low: int | None = None
    high: int | None = None
    choices: tuple[str, ...] = ()
    host: bool = False
    path: bool = False
    optional: bool = False

    @property
    def default(self) -> Any:
        """The value without a sparkq.yml."""
        section, _, name = self.key.partition(".")
        value = getattr(Settings(), section)
        return getattr(value, name) if name else value

    @property
    def kind(self) -> type:
        """Text, whole number or boolean."""
        return type(self.default)


SCALARS = {
    scalar.key: scalar
    for scalar in (
        Scalar("project.name", "Name of the project. Empty: the name of its folder."),
        Scalar(
            "env",
            "With dev and test, browsers load the page again each time; with prod they may cache it.",
            choices=("dev", "test", "prod"),
        ),
        Scalar(
            "server.host",
            "Address to listen on. Any address but loopback needs a token: a client that can enqueue tasks controls Claude.",
            host=True,
        ),
        Scalar("server.port", "TCP port.", 1, 65535),
        Scalar("server.mcp", "Serve MCP at /mcp beside the page."),
        Scalar("database.path", "SQLite file. Relative paths start at this file's folder.", path=True),
        Scalar(
            "database.synchronous",
            "full: acknowledged results survive a power loss. normal: they survive only a crash of programs.",
            choices=("full", "normal"),
        ),
        Scalar(
            "backup.keep",
            "Daily backups that are kept, in .git/sparkq/backups or without Git in sparkq/backups. 0: none are made.",
            0,
            365,
        ),
        Scalar("logs.path", "Log file of `sparkq start`.", path=True),
        Scalar("purge.older_than_days", "Days after your review after which a finished task is deleted.", 0, 36500),
        Scalar(
            "purge.unreviewed_days",
            "Days after which a finished task is deleted even if nobody has reviewed it.",
            0,
            36500,
        ),
        Scalar(
            "purge.keep_lines",
            "A purged task leaves one line: id, title, queue, outcome and the beginning of the result. false: it leaves nothing.",
        ),
        Scalar(
            "reviews.path",
            "Folder in which each task that you accept leaves its text and its patch: 0042-title.md and .patch. off: none.",
            path=True,
            optional=True,
        ),
        Scalar("queue_runner.poll_interval_seconds", "Seconds between two polls of `sparkq runner`.", 1, 3600),
        Scalar("queue_runner.auto_fail_interval_seconds", "Seconds between two sweeps for stale tasks.", 1, 3600),
        Scalar(
            "queue_runner.lock_dir",
            "Folder of the lock files. In a folder outside the project, each project has its own subfolder.",
            path=True,
        ),
        Scalar(
            "changes",
            "full: keep what each task changes in the Git repository, for `sparkq diff`. sizes: only numbers. off: nothing.",
            choices=("full", "sizes", "off"),
        ),
        Scalar("queue", "Queue of commands without --queue. Empty: the only one. SPARKQ_QUEUE overrides it."),
    )
}
"""Every single-valued setting, in the order of sparkq.yml."""


LAST_READ = ", as it was last read"
"""The end of the origin of a setting of a sparkq.yml that is not there now."""


class Config(NamedTuple):
    """The effective settings, the origin of each, and the paths in them.

    `watches_git` is true if there is a Git repository, and claims and outcomes record its state.
    """

    settings: Settings
    root: Path
    file: Path | None
    origins: dict[str, str]
    watches_git: bool = False

    @property
    def name(self) -> str:
        return self.settings.project.name or self.root.name or "project"

    @property
    def is_remembered(self) -> bool:
        """True if there is no sparkq.yml now, and the settings that it had stand in for it."""
        return any(origin.endswith(LAST_READ) for origin in self.origins.values())

    @property
    def database(self) -> Path:
        return self.path(self.settings.database.path)

    @property
    def run_dir(self) -> Path:
        """The folder of this project's locks, also if `queue_runner.lock_dir` is shared with other projects."""
        folder = self.path(self.settings.queue_runner.lock_dir)
        if folder.resolve().is_relative_to(self.root.resolve()):
            return folder
        from hashlib import sha256  # 2 ms at import, and rarely needed

        return folder / f"sparkq-{sha256(os.fsencode(self.database.resolve())).hexdigest()[:12]}"

    @property
    def reviews(self) -> Path | None:
        """The folder of what accepted tasks leave, None if they leave nothing."""
        return None if self.settings.reviews.path == OFF else self.path(self.settings.reviews.path)

    @property
    def log(self) -> Path:
        return self.path(self.settings.logs.path)

    def path(self, value: str) -> Path:
        """Resolve a path of the configuration; a relative one starts at the project's root."""
        return self.root / Path(value).expanduser()
