"""The open project behind the routes, and how it takes up a changed configuration."""

import logging
from collections.abc import Callable

from sparkq_core import project
from sparkq_core.config.settings import Config
from sparkq_core.project import SparkQ

log = logging.getLogger("sparkq.http")
Opener = Callable[[], SparkQ]


class ReloadableProject:
    """One project for all requests. `opener` opens it as the command line wants it, each time that it is asked."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self.sq = opener()

    def reload(self) -> None:
        """Take up a changed configuration. One that cannot be understood is logged, and the present one stays."""
        self.sq = project.renewed(self.sq, self._opener, log)

    def read_config(self) -> Config:
        """Read the configuration as it is now, without using it. Raises InvalidConfig."""
        opened = self._opener()
        opened.close()
        return opened.config
