"""The login of a browser, with the server's token."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from sparkq_http import peer
from sparkq_http.answer import Refused
from sparkq_http.token import cookie_name, is_token
from sparkq_http.token_page import is_wanted, token_page

router = APIRouter(tags=["login"], include_in_schema=False)


@router.get("/login")
async def login(request: Request, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    """Set the token as a cookie of this browser and redirect to the page. If no token is needed, only redirect."""
    token_of_server: str | None = request.app.state.token
    done = RedirectResponse("/", 303)
    if token_of_server is None or (request.app.state.users and peer.noted(request.scope) is not None):
        return done
    if not is_token(token, token_of_server):
        if is_wanted(request.method, request.headers):
            return token_page("The token is wrong." if token else "This server needs its token.")
        raise Refused(401, "no_token", "The token is wrong.", "Read it in server.token of the run folder.")
    port: int = request.app.state.port
    done.set_cookie(cookie_name(port), token_of_server, httponly=True, samesite="lax", path="/")
    return done
