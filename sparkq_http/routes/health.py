"""The health and the version of the server."""

from typing_extensions import TypedDict  # pydantic reads no other before Python 3.12

from sparkq_core import __version__, project, queues
from sparkq_http.answer import Answer, Router
from sparkq_http.parameters import Open

router = Router(tags=["health"])


class Health(TypedDict, closed=True):
    """The status of the server, and its project."""

    status: str
    project: str
    project_id: str
    version: str


class Version(TypedDict, closed=True):
    """The version of SparkQ."""

    version: str


@router.get("/health", include_in_schema=False)
@router.get("/api/health")
async def health(sq: Open) -> Answer[Health]:
    """Check the server and its database, and show the project. With `?project=ID` every route refuses another one."""
    queues.all_of(sq)
    return Answer({"status": "ok", "project": sq.config.name, "project_id": project.id_of(sq), "version": __version__})


@router.get("/api/version")
async def version() -> Answer[Version]:
    """Show the version of SparkQ."""
    return Answer({"version": __version__})
