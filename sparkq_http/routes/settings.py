"""Settings and maintenance: show, change and reload the configuration, and purge old tasks."""

from typing import Any

from anyio import to_thread
from pydantic import Field
from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import catalogue, scripts, wire
from sparkq_core.clock import DAY
from sparkq_core.config.settings import SCALARS
from sparkq_core.installation import configure, setup
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_http.answer import Answer, Refused, Router
from sparkq_http.parameters import BODILESS, Body, Live, Open, Reloadable, queue_name

router = Router(prefix="/api", tags=["settings"])

AT_THE_KEYBOARD = ("hooks.", "server.", "database.", "logs.", "queue_runner.lock_dir", "script_dirs")
"""Settings that run programs, open ports or name files. They cannot be changed over HTTP."""


class Setting(TypedDict, closed=True):
    """A setting: its value, the source of the value, and the values that are allowed."""

    key: str
    value: Any
    source: str
    changeable: bool
    doc: NotRequired[str | None]
    minimum: NotRequired[int | None]
    maximum: NotRequired[int | None]
    choices: NotRequired[list[str] | None]


class Settings(TypedDict, closed=True):
    """All settings. `file` is the sparkq.yml, or null if the settings are in the database."""

    settings: list[Setting]
    file: str | None


class Changed(TypedDict, closed=True):
    """The new value of a setting, and where it is saved."""

    key: str
    value: Any
    source: str


class Reloaded(TypedDict, closed=True):
    """The file that was read, and the number of scripts."""

    config: str | None
    scripts: int


class Purged(TypedDict, closed=True):
    """The number of tasks that were deleted, or would be deleted by a run that is not dry. `archived` counts those as old
    in archived queues, which are kept."""

    reviewed: int
    unreviewed: int
    total: int
    archived: int
    dry_run: bool


class SettingChange(Body):
    """One setting by its dotted key, such as `purge.older_than_days`."""

    key: str
    value: Any


class PurgeWanted(Body):
    """Ages in days (default: those of the configuration). `queue` is a name or an id. `dry_run` only counts."""

    dry_run: bool = False
    queue: str | None = None
    older_than_days: int | None = Field(default=None, ge=0, le=36500)
    unreviewed_days: int | None = Field(default=None, ge=0, le=36500)


def changeable(key: str) -> bool:
    """True if a setting can be changed over HTTP."""
    return not key.startswith(AT_THE_KEYBOARD)


@wire.excludes_none
def setting(sq: SparkQ, key: str, value: Any) -> Setting:
    """Convert a setting, with the source of its value and the values that are allowed."""
    spec = SCALARS.get(key)
    return {
        "key": key,
        "value": value,
        "source": sq.config.origins.get(key, "default"),
        "changeable": changeable(key),
        "doc": spec.doc if spec else None,
        "minimum": spec.low if spec else None,
        "maximum": spec.high if spec else None,
        "choices": list(spec.choices) if spec and spec.choices else None,
    }


@router.get("/config")
async def get_config(sq: Open) -> Answer[Settings]:
    """List all settings with their values, and the source of each value."""
    values = setup.effective_values(sq)
    values |= {f"tools.{name}": tool._asdict() for name, tool in catalogue.tools(sq).items()}
    listed = [setting(sq, key, value) for key, value in values.items()]
    return Answer({"settings": listed, "file": str(sq.config.file) if sq.config.file else None})


@router.patch("/config")
async def change_config(project: Reloadable, feed: Live, body: SettingChange) -> Answer[Changed]:
    """Change a setting in sparkq.yml, whose comments are kept, or in the database if there is no file."""
    if not changeable(body.key):
        raise Refused(403, "at_the_keyboard", f"{body.key} cannot be changed over HTTP.", "Use `sparkq config set`.")
    source = await to_thread.run_sync(configure.change, project.sq, body.key, body.value)
    await feed.catch_up()
    return Answer({"key": body.key, "value": body.value, "source": source})


@router.post("/reload", dependencies=[BODILESS])
async def reload(project: Reloadable, feed: Live) -> Answer[Reloaded]:
    """Reload the configuration and the script headers, in every server. An invalid configuration changes nothing."""
    config = project.read_config()
    index = await to_thread.run_sync(scripts.index, config.root, config.settings.script_dirs)
    configure.reload(project.sq)
    await feed.catch_up()
    return Answer({"config": str(config.file) if config.file else None, "scripts": len(index)})


@router.post("/purge")
async def purge_now(sq: Open, body: PurgeWanted | None = None) -> Answer[Purged]:
    """Delete old finished tasks. Unreviewed tasks are kept longer. Queued and running tasks are never deleted.

    Tasks of an archived queue are deleted only if `queue` is that queue.
    """
    options = body or PurgeWanted()
    purged = await to_thread.run_sync(lambda: _purged(sq, options))
    return Answer(
        {
            "reviewed": purged.reviewed,
            "unreviewed": purged.unreviewed,
            "total": purged.total,
            "archived": purged.archived,
            "dry_run": options.dry_run,
        }
    )


def _purged(sq: SparkQ, options: PurgeWanted) -> purge.Purged:
    older = None if options.older_than_days is None else options.older_than_days * DAY
    unreviewed = None if options.unreviewed_days is None else options.unreviewed_days * DAY
    queue = None if options.queue is None else queue_name(sq, options.queue)
    return purge.purge(sq, older_than=older, unreviewed=unreviewed, queue=queue, dry_run=options.dry_run)
