"""The page that asks a browser on another machine for the token, instead of JSON.

It is one document with its style, because every other file needs the token. Its form is posted, so that no address and no
history has the token. A browser names the origin of a posted form only where it may name referrers: the document says so.
"""

import base64
import hashlib
from html import escape

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse

STYLE = """
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 32rem; margin: 12vh auto 0; padding: 0 1rem; }
form { display: flex; gap: .5rem; margin: 1rem 0; flex-wrap: wrap; }
label { flex-basis: 100%; }
input, button { font: inherit; padding: .5rem .75rem; min-height: 44px; box-sizing: border-box; }
input { flex: 1 1 12rem; min-width: 0; }
"""
STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{STYLE_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="same-origin">
<title>SparkQ: token</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>SparkQ</h1>
<p>{reason}</p>
<form action="/login" method="post">
<label for="token">Token</label>
<input id="token" name="token" type="password" autocomplete="current-password" maxlength="200" required autofocus>
<button>Open</button>
</form>
<p>It is in the file <code>server.token</code> of the project's run folder, on the machine of the server: there,
<code>sparkq start</code> prints its path.</p>
</main>
</body>
</html>
"""


def is_wanted(method: str, headers: Headers) -> bool:
    """True if a browser opens an address, and would show JSON to a person."""
    return method in ("GET", "HEAD") and "text/html" in headers.get("accept", "")


def token_page(reason: str) -> HTMLResponse:
    """Return the page with the reason for it, and status 401."""
    return HTMLResponse(
        PAGE.format(style=STYLE, reason=escape(reason)),
        401,
        {"Content-Security-Policy": POLICY, "WWW-Authenticate": "Bearer"},
    )
