"""The scripts and styles of the page."""

from fastapi import APIRouter
from starlette.responses import Response

from sparkq_http.answer import Refused
from sparkq_http.assets import media_type
from sparkq_http.parameters import Files, Open

router = APIRouter(prefix="/assets", tags=["page"], include_in_schema=False)


@router.get("/{version}/{name:path}")
async def asset(sq: Open, files: Files, version: str, name: str) -> Response:
    """Return a file. With the URL of another version it is returned too, but not cached."""
    content = files.content(name)
    if content is None:
        raise Refused(404, "no_such_file", "This file does not exist.", "Reload the page.")
    caching = files.cache_control(version, sq.config.settings.env)
    return Response(content, media_type=media_type(name), headers={"Cache-Control": caching})
