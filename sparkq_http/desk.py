"""The open project behind the routes, and how it takes up a changed configuration."""

import logging
from collections.abc import Callable

from sparkq_core.errors import SparkQError
from sparkq_core.project import SparkQ

log = logging.getLogger("sparkq.http")
Opener = Callable[[], SparkQ]


class Desk:
    """One project for all requests. `opener` opens it as the command line wants it, each time that it is asked."""

    def __init__(self, opener: Opener) -> None:
        self._opener = opener
        self.sq = opener()

    def reload(self) -> None:
        """Read the configuration anew. One that cannot be understood is logged, and the present one stays."""
        try:
            opened = self._opener()
        except SparkQError as error:
            log.warning("the configuration stays as it was: %s", error.message)
            return
        opened.close()
        self.sq = self.sq._replace(config=opened.config)
        log.info("configuration read anew")
