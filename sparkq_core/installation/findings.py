"""The finding of one check of the doctor, and the project that is checked."""

from collections.abc import Mapping
from typing import NamedTuple

from sparkq_core.config.settings import Config
from sparkq_core.errors import SparkQError
from sparkq_core.storage.database import Database

OK, WARNING, FAILURE = "ok", "warning", "failure"


class Finding(NamedTuple):
    """The result of one check: `ok`, `warning` or `failure`. `fix` is the next step."""

    check: str
    state: str
    message: str
    fix: str = ""


class Patient(NamedTuple):
    """The project that is checked. `db` is None if the database cannot be opened, and `trouble` says why."""

    config: Config
    db: Database | None
    trouble: SparkQError | None
    env: Mapping[str, str]
