"""Finds and opens the project of a server over stdio."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sparkq_core.project import SparkQ


class ProjectOpener:
    """Opens the project of folder `path`, else of CLAUDE_PROJECT_DIR (set by Claude Code), else of the working directory.

    A call raises NoProject if the working directory was removed, and the errors of `project.open`. It imports the core
    when it is first used: many servers start where nothing was set up, and are to be small.
    """

    def __init__(self, path: Path | None, environment: Mapping[str, str]) -> None:
        self._path = path
        self._environment = environment

    def __call__(self) -> "SparkQ":
        from sparkq_core import project

        return project.open(self._start(), env=self._environment)

    def is_set_up(self) -> bool:
        """True if a project has been set up, even one that cannot be opened: its tools say why. Opens no database, which
        may be locked."""
        from sparkq_core.config import loading
        from sparkq_core.errors import NoProject, SparkQError

        try:
            return os.path.exists(loading.load(self._start(), self._environment, remember=True).database)
        except NoProject:
            return False
        except SparkQError:
            return True

    def _start(self) -> Path:
        from sparkq_core.config import location

        start = self._path or Path(self._environment.get("CLAUDE_PROJECT_DIR", ""))
        return start if start.is_absolute() else location.here() / start
