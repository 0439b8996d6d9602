"""The hooks of a project: whether you have allowed them, and how their last runs ended.

Hooks are commands of a file that anyone may have written. They run only after you said yes to exactly this content, and
only for events after that.
"""

from collections.abc import Mapping
from typing import NamedTuple

from sparkq_core import events
from sparkq_core.config import consent
from sparkq_core.config.consent import Consent, Hooks
from sparkq_core.config.settings import Config
from sparkq_core.errors import InvalidValue
from sparkq_core.project import SparkQ
from sparkq_core.storage.database import Reader


class HookRun(NamedTuple):
    """How a hook ended: `problem` is None if it succeeded; `stderr` is the end of what it printed there.

    `exit_code` is None if it could not be started or was stopped.
    """

    id: int
    hook: str
    task_id: int | None
    started_at: int
    finished_at: int
    exit_code: int | None
    problem: str | None
    stderr: str


START_HERE = "UPDATE project SET hooked_event = (SELECT coalesce(max(id), 0) FROM events)"
RECORD = """
INSERT INTO hook_runs (hook, task_id, started_at, finished_at, exit_code, problem, stderr)
VALUES (:hook, :task_id, :started_at, :finished_at, :exit_code, :problem, :stderr)
"""
FORGET = "DELETE FROM hook_runs WHERE id <= (SELECT max(id) FROM hook_runs) - :kept"
RUNS = """
SELECT id, hook, task_id, started_at, finished_at, exit_code, problem, stderr FROM hook_runs
WHERE id > :after ORDER BY id
"""
LAST_RUN = "SELECT coalesce(max(id), 0) FROM hook_runs"
KEPT_RUNS = 50
RULE = "Hooks run commands by themselves, so only the user allows them."


def allowed(config: Config, env: Mapping[str, str]) -> Consent | None:
    """Return your yes to exactly the hooks that this configuration has, or None."""
    return consent.find(config.root, config.settings.hooks, env)


def waiting(config: Config, env: Mapping[str, str]) -> str | None:
    """Return the sentence that says that hooks wait for your yes, or None if none do."""
    count = len(config.settings.hooks)
    if not count or allowed(config, env) is not None:
        return None
    origin = config.file.name if config.file is not None else "this project"
    return f"{count} hook{'s' if count > 1 else ''} of {origin} wait{'' if count > 1 else 's'} for your yes"


def allow(sq: SparkQ, by: str, env: Mapping[str, str]) -> Consent:
    """Let the present hooks run, for events from now on. `by` is the command that asked you.

    Raises AtTheKeyboard in an agent's shell, InvalidValue if there are no hooks, StorageError.
    """
    consent.check_keyboard(env, RULE, way="")
    if not sq.config.settings.hooks:
        raise InvalidValue(
            "This project has no hooks.", 'Set one: sparkq config set hooks.on_failed \'["program", "argument"]\''
        )
    present = allowed(sq.config, env)
    if present is not None:
        return present
    begin(sq)
    given = Consent(sq.clock.now(), by)
    consent.give(sq.config.root, sq.config.settings.hooks, given, env)
    return given


def allow_own(sq: SparkQ, before: Hooks, changed: Hooks, by: str, env: Mapping[str, str]) -> None:
    """Let hooks run that you have just `changed` with the command `by`, unless hooks that you never allowed are among
    them. Raises StorageError.
    """
    earlier = not before or consent.find(sq.config.root, before, env) is not None
    if changed and changed != before and earlier and consent.agent(env) is None:
        settings = sq.config.settings._replace(hooks=dict(changed))
        allow(sq._replace(config=sq.config._replace(settings=settings)), by, env)


def begin(sq: SparkQ) -> None:
    """Let hooks begin with the events after now, and tell running servers to read the configuration again."""
    with sq.db.write() as tx:
        events.note(tx, sq.clock.now(), "reloaded")
        tx.run(START_HERE)


def deny(sq: SparkQ, env: Mapping[str, str]) -> bool:
    """Withdraw every yes to hooks of this project. Returns False if there was none. Raises StorageError."""
    return consent.withdraw(sq.config.root, env)


def record(sq: SparkQ, run: HookRun) -> None:
    """Keep how a hook ended; of all runs, the newest KEPT_RUNS are kept."""
    with sq.db.write() as tx:
        tx.run(RECORD, {name: value for name, value in run._asdict().items() if name != "id"})
        tx.run(FORGET, {"kept": KEPT_RUNS})


def runs(db: Reader, after: int = 0) -> tuple[HookRun, ...]:
    """Return the runs that are kept and newer than run `after`, oldest first."""
    return tuple(HookRun(*row) for row in db.rows(RUNS, {"after": after}))


def last_run(db: Reader) -> int:
    """Return the id of the newest run, 0 if there is none."""
    row = db.row(LAST_RUN)
    return int(row[0]) if row else 0
