"""Who may talk to the server: only requests that name this machine, so that a rebound DNS name reads nothing."""

from starlette.types import ASGIApp, Receive, Scope, Send

from sparkq_core import wire

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class Guard:
    """Answers 421 to a Host that is not loopback with the server's port."""

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._app = app
        self._hosts = {f"{name}:{port}" for name in LOOPBACK} | (set(LOOPBACK) if port == 80 else set())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or self._allowed(scope):
            await self._app(scope, receive, send)
            return
        body = wire.compact(
            {
                "error": "misdirected",
                "message": "This server answers on loopback only.",
                "hint": "Use http://127.0.0.1 and its port.",
            }
        )
        head = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 421, "headers": head})
        await send({"type": "http.response.body", "body": body.encode()})

    def _allowed(self, scope: Scope) -> bool:
        hosts = [value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"]
        return len(hosts) == 1 and hosts[0] in self._hosts
