"""The files of the page, each under an address that changes with its content."""

from fastapi import APIRouter
from starlette.responses import Response

from sparkq_http import assets
from sparkq_http.answer import Refused
from sparkq_http.parameters import Open

router = APIRouter(prefix="/assets", tags=["page"], include_in_schema=False)


@router.get("/{version}/{name:path}")
async def asset(sq: Open, version: str, name: str) -> Response:
    """One file. An address of another version still gives it, but is not cached."""
    file = assets.files().get(name)
    if file is None:
        raise Refused(404, "no_such_file", "There is no such file.", "Load the page anew.")
    kept = assets.cache_control(version, sq.config.settings.env)
    return Response(file.read_bytes(), media_type=assets.media_type(name), headers={"Cache-Control": kept})
