"""Where a browser hands over the token of a server that other machines can reach."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from sparkq_http.answer import Refused
from sparkq_http.token import cookie, same

router = APIRouter(tags=["login"], include_in_schema=False)


@router.get("/login")
async def login(request: Request, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Keep the token as a cookie of this browser and go to the page; without need of a token just go there."""
    wanted: str | None = request.app.state.token
    done = RedirectResponse("/", 303)
    if wanted is None:
        return done
    if not same(token, wanted):
        raise Refused(401, "no_token", "This is not the token.", "It stands in server.token of the run folder.")
    port: int = request.app.state.port
    done.set_cookie(cookie(port), wanted, httponly=True, samesite="lax", path="/")
    return done
