"""Whether the server lives, and what it is."""

from fastapi import APIRouter

from sparkq_core import __version__, queues
from sparkq_http.answer import Answer
from sparkq_http.parameters import Open
from sparkq_http.shapes import project as shapes

router = APIRouter(tags=["health"])


@router.get("/health", response_model=shapes.Health, include_in_schema=False)
@router.get("/api/health", response_model=shapes.Health)
async def health(sq: Open) -> Answer:
    """Whether the server and its database answer."""
    queues.all_of(sq)
    return Answer({"status": "ok", "project": sq.config.name, "version": __version__})


@router.get("/api/version", response_model=shapes.Version)
async def version() -> Answer:
    """The version of SparkQ that serves."""
    return Answer({"version": __version__})
