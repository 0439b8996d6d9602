"""What a browser needs to install the page: its manifest and its icons."""

from anyio import to_thread
from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from sparkq_http import icons
from sparkq_http.answer import Refused
from sparkq_http.parameters import Open

router = APIRouter(tags=["page"], include_in_schema=False)


@router.get("/manifest.webmanifest")
async def manifest(sq: Open) -> Response:
    """Return the manifest, named after the project: each has its own server."""
    name = sq.config.name
    pictures = [{"src": f"/icons/{size}.png", "sizes": f"{size}x{size}", "type": "image/png"} for size in icons.SIZES]
    pictures.append({"src": "/icons/any.svg", "sizes": "any", "type": "image/svg+xml"})
    content = {
        "name": f"SparkQ: {name}", "short_name": name, "start_url": "/", "scope": "/", "display": "standalone",
        "background_color": "#1f2328", "theme_color": "#1f2328", "icons": pictures,
    }  # fmt: skip
    return JSONResponse(content, media_type="application/manifest+json")


@router.get("/icons/{name}")
async def icon(name: str) -> Response:
    """Return an icon."""
    if name == "any.svg":
        return Response(icons.SVG, media_type="image/svg+xml")
    size = next((size for size in icons.SIZES if name == f"{size}.png"), None)
    if size is None:
        raise Refused(404, "no_such_file", "This icon does not exist.", "See /manifest.webmanifest.")
    return Response(await to_thread.run_sync(icons.png, size), media_type="image/png")
