"""Settings and care: the configuration in force, changing it, reading it anew, deleting what is old."""

from typing import Any

from anyio import to_thread
from pydantic import Field
from typing_extensions import NotRequired, TypedDict  # noqa: UP035  # pydantic reads no other before Python 3.12

from sparkq_core import catalogue, scripts, wire
from sparkq_core.config.settings import SCALARS
from sparkq_core.installation import configure, setup
from sparkq_core.maintenance import purge
from sparkq_core.project import SparkQ
from sparkq_http.answer import Answer, Refused, Router
from sparkq_http.parameters import BODILESS, Body, Live, Open, Reloadable

router = Router(prefix="/api", tags=["settings"])

AT_THE_KEYBOARD = ("hooks.", "server.", "database.", "logs.", "queue_runner.lock_dir", "script_dirs")
"""Settings that run programs, open doors or name files: changed on the command line or in the file, not from a page."""

DAY_MS = 86_400_000


class Setting(TypedDict, closed=True):
    """A setting: its value, where that comes from, and which values it can have."""

    key: str
    value: Any
    source: str
    changeable: bool
    doc: NotRequired[str | None]
    minimum: NotRequired[int | None]
    maximum: NotRequired[int | None]
    choices: NotRequired[list[str] | None]


class Settings(TypedDict, closed=True):
    """Every setting; `file` is the sparkq.yml, null when the settings are in the database."""

    settings: list[Setting]
    file: str | None


class Changed(TypedDict, closed=True):
    """A setting's new value, and where it is kept now."""

    key: str
    value: Any
    source: str


class Reloaded(TypedDict, closed=True):
    """The file that was read, and how many scripts were found."""

    config: str | None
    scripts: int


class Purged(TypedDict, closed=True):
    """How many tasks were deleted, or would be."""

    reviewed: int
    unreviewed: int
    total: int
    dry_run: bool


class SettingChange(Body):
    """One setting by its dotted key, such as `purge.older_than_days`."""

    key: str
    value: Any


class PurgeWanted(Body):
    """Ages in days, else those of the configuration; `dry_run` only counts."""

    dry_run: bool = False
    older_than_days: int | None = Field(default=None, ge=0, le=36500)
    unreviewed_days: int | None = Field(default=None, ge=0, le=36500)


def changeable(key: str) -> bool:
    """Whether a setting may be changed from here."""
    return not key.startswith(AT_THE_KEYBOARD)


@wire.without_absent
def setting(sq: SparkQ, key: str, value: Any) -> Setting:
    """Convert a setting, with where it comes from and which values it can have."""
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
    """Every setting in force, and where each comes from."""
    values = setup.in_force(sq)
    values |= {f"tools.{name}": one._asdict() for name, one in catalogue.tools(sq).items()}
    listed = [setting(sq, key, value) for key, value in values.items()]
    return Answer({"settings": listed, "file": str(sq.config.file) if sq.config.file else None})


@router.patch("/config")
async def change_config(project: Reloadable, feed: Live, body: SettingChange) -> Answer[Changed]:
    """Change one setting where it lives: in sparkq.yml with its comments left alone, or in the database."""
    if not changeable(body.key):
        raise Refused(403, "at_the_keyboard", f"{body.key} cannot be changed from here.", "Use `sparkq config set`.")
    where = await to_thread.run_sync(configure.change, project.sq, body.key, body.value)
    await feed.catch_up()
    return Answer({"key": body.key, "value": body.value, "source": where})


@router.post("/reload", dependencies=[BODILESS])
async def reload(project: Reloadable, feed: Live) -> Answer[Reloaded]:
    """Read the configuration and the script headers anew, here and in every other server. A broken one changes nothing."""
    config = project.read_config()
    found = await to_thread.run_sync(scripts.index, config.root, config.settings.script_dirs)
    configure.reload(project.sq)
    await feed.catch_up()
    return Answer({"config": str(config.file) if config.file else None, "scripts": len(found)})


@router.post("/purge")
async def purge_now(sq: Open, body: PurgeWanted | None = None) -> Answer[Purged]:
    """Delete old finished tasks. Never a queued or running one; results that nobody reviewed are kept longer."""
    asked = body or PurgeWanted()
    gone = await to_thread.run_sync(lambda: _purged(sq, asked))
    return Answer(
        {"reviewed": gone.reviewed, "unreviewed": gone.unreviewed, "total": gone.total, "dry_run": asked.dry_run}
    )


def _purged(sq: SparkQ, asked: PurgeWanted) -> purge.Purged:
    older = None if asked.older_than_days is None else asked.older_than_days * DAY_MS
    unreviewed = None if asked.unreviewed_days is None else asked.unreviewed_days * DAY_MS
    return purge.purge(sq, older_than=older, unreviewed=unreviewed, dry_run=asked.dry_run)
