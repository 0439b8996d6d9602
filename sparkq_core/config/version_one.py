"""Recognises a sparkq.yml of SparkQ 1, whose settings this version does not have."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sparkq_core.config.settings import SCALARS
from sparkq_core.errors import VersionOne

MARKS = (
    "database.mode",
    "project.prd_path",
    "project.repo_path",
    "project_script_dirs",
    "queue_runner.base_url",
    "sparkq_scripts_dir",
)
"""Settings that only SparkQ 1 had. Its setup wrote some of them to every file."""

COMMON = (
    "database.path",
    "env",
    "project.name",
    "purge.older_than_days",
    "queue_runner.auto_fail_interval_seconds",
    "server.host",
    "server.port",
)
"""Settings that both versions have. A file with any other of this version was not written for SparkQ 1."""

WAY = "Bring it over to this version: sparkq setup --from-v1"
KEEPS = "The old settings and the old database are kept beside the new ones."


def is_settings(given: Mapping[str, tuple[Any, str]]) -> bool:
    """True if these settings of a file were written for SparkQ 1, and not for this version with a key too many."""
    if any((key in SCALARS and key not in COMMON) or key.startswith("hooks.") for key in given):
        return False
    return any(mark in given for mark in MARKS) or any(
        key.startswith("tools.") and isinstance(value, dict) and "description" in value and "how" not in value
        for key, (value, _) in given.items()
    )


def refusal(path: Path) -> VersionOne:
    """Return the error for a settings file or a database of SparkQ 1."""
    return VersionOne(f"This is a project of SparkQ 1: {path} was written by it.", f"{WAY}. {KEEPS}")
