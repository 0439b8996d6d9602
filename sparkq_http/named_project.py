"""Refuses requests that are meant for another project: another project's server may have taken the port.

A client says which project it means by `?project=ID` or the header `SparkQ-Project: ID`, on any route. Without these, it
means the project that is served.
"""

from contextlib import suppress
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Receive, Scope, Send

from sparkq_core import project
from sparkq_core.errors import SparkQError
from sparkq_core.text import cut, safe
from sparkq_http.answer import Refused
from sparkq_http.project import ReloadableProject

PARAMETER, HEADER = b"project=", b"sparkq-project"
MAX_SHOWN = 40


class NamedProject:
    """Answers a request that names another project with 421, and passes the others on without the name."""

    def __init__(self, app: ASGIApp, served: ReloadableProject) -> None:
        self._app = app
        self._served = served

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        wanted = [value.decode("latin-1") for name, value in scope["headers"] if name == HEADER]
        query: bytes = scope["query_string"]
        if PARAMETER in query:
            parts = query.split(b"&")
            named = b"&".join(part for part in parts if part.startswith(PARAMETER))
            wanted += [value for _, value in parse_qsl(named.decode("latin-1"))]
            scope = {**scope, "query_string": b"&".join(part for part in parts if not part.startswith(PARAMETER))}
        try:
            for each in wanted:
                self._check(each)
        except Refused as refused:
            await refused.answer()(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _check(self, wanted: str) -> None:
        with suppress(SparkQError):  # the route says what is wrong with the database
            sq = self._served.sq
            present = project.id_of(sq)
            if wanted != present:
                raise Refused(
                    421,
                    "other_project",
                    f"The project {safe(sq.config.name)} ({present}) is served here, not {cut(safe(wanted), MAX_SHOWN)}.",
                    "In the folder of your project, `sparkq status` shows its address; `server.port` gives it its own port.",
                )
