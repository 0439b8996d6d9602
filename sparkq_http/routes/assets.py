"""The scripts and styles of the page."""

from fastapi import APIRouter
from starlette.responses import Response

from sparkq_http import assets
from sparkq_http.answer import Refused
from sparkq_http.parameters import Open

router = APIRouter(prefix="/assets", tags=["page"], include_in_schema=False)


@router.get("/{version}/{name:path}")
async def asset(sq: Open, version: str, name: str) -> Response:
    """Return a file. With the URL of another version it is returned too, but not cached."""
    file = assets.files().get(name)
    if file is None:
        raise Refused(404, "no_such_file", "This file does not exist.", "Reload the page.")
    caching = assets.cache_control(version, sq.config.settings.env)
    return Response(file.read_bytes(), media_type=assets.media_type(name), headers={"Cache-Control": caching})
