"""The open project of the routes, which can load a changed configuration."""

import logging
from collections.abc import Callable
from pathlib import Path

from sparkq_core import project
from sparkq_core.config import ignoring
from sparkq_core.config.settings import Config
from sparkq_core.project import SparkQ

log = logging.getLogger("sparkq.http")
Opener = Callable[[], SparkQ]


class ReloadableProject:
    """One project for all requests. `opener` opens it with the options of the command line, again at each reload."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self._sq = opener()

    @property
    def sq(self) -> SparkQ:
        """The open project, opened again after its database was replaced, for example by a restored backup.

        Raises NoProject and StorageError.
        """
        if self._sq.is_replaced():
            if (copy := self._sq.leave()) is not None:
                log.warning("the database was replaced: what it had is in %s", copy)
            self._sq = self._opener()
            log.warning("the database was replaced: %s is open now", self._sq.db.path)
        return self._sq

    @property
    def root(self) -> Path:
        """The project's folder, also when it is gone."""
        return self._sq.config.root

    def is_removed(self) -> bool:
        """True if there is no database where it was opened."""
        return not self._sq.db.path.exists()

    def hide_from_git(self) -> None:
        """Hide the data from Git again, after the files that do it were removed. Raises StorageError."""
        ignoring.guard(self._sq.config)

    def rescue(self) -> Path | None:
        """Copy the open database if it was removed or replaced, once, and return the copy."""
        return self._sq.rescue()

    def reload(self) -> None:
        """Load a changed configuration. If it is invalid, log that and keep the present one."""
        self._sq = project.renewed(self.sq, self._opener, log)

    def read_config(self) -> Config:
        """Read the configuration, without using it. Raises InvalidConfig."""
        opened = self._opener()
        opened.close()
        return opened.config
