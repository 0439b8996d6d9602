"""The login of a browser, with the server's token: by the form of the token page, or by the link that `sparkq start` prints.

The token leaves the address at once: whatever it is, the answer leads to an address without it.
"""

from typing import Annotated
from urllib.parse import parse_qs

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from sparkq_http import peer
from sparkq_http.answer import Refused
from sparkq_http.token import cookie_name, is_token
from sparkq_http.token_page import is_wanted, token_page

router = APIRouter(tags=["login"], include_in_schema=False)

WRONG = "The token is wrong."


@router.get("/login")
async def login(request: Request, token: Annotated[str, Query(max_length=200)] = "", refused: bool = False) -> Response:
    """Set the token as a cookie of this browser and redirect to the page. If no token is needed, only redirect."""
    if _is_right(request, token):
        return _logged_in(request)
    if not is_wanted(request.method, request.headers):
        raise Refused(401, "no_token", WRONG, "Read it in server.token of the run folder.")
    if token:
        return RedirectResponse("/login?refused=1", 303)
    return token_page(WRONG if refused else "This server needs its token.")


@router.post("/login")
async def log_in(request: Request) -> Response:
    """Set the token of the form as a cookie of this browser and redirect to the page."""
    fields = parse_qs((await request.body()).decode("ascii", "replace"), errors="replace")
    return _logged_in(request) if _is_right(request, fields.get("token", [""])[0].strip()) else token_page(WRONG)


def _is_right(request: Request, token: str) -> bool:
    """True if this is the token, or none is needed."""
    token_of_server: str | None = request.app.state.token
    is_known = request.app.state.users and peer.noted(request.scope) is not None
    return token_of_server is None or is_known or is_token(token, token_of_server)


def _logged_in(request: Request) -> Response:
    done = RedirectResponse("/", 303)
    token: str | None = request.app.state.token
    if token is not None and not (request.app.state.users and peer.noted(request.scope) is not None):
        done.set_cookie(cookie_name(request.app.state.port), token, httponly=True, samesite="lax", path="/")
    return done
