"""The web page: one document, whose scripts call the REST API of this server."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from sparkq_http.assets import asset_url

router = APIRouter(tags=["page"], include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SparkQ</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<script src="{theme}"></script>
<script type="module" src="{script}"></script>
</head>
<body>
<a class="skip" href="#main" data-act="skip">Skip to the content</a>
<header class="bar">
<a class="brand" href="#/inbox">SparkQ <span id="project"></span></a>
<nav aria-label="Views"><ul id="views"></ul></nav>
<div class="tools">
<button type="button" data-act="add" class="primary">Add tasks</button>
<button type="button" data-act="palette" class="quiet" title="Ctrl+K">Commands</button>
<button type="button" data-act="sheet" class="quiet" aria-label="Keyboard shortcuts" title="?">?</button>
<button type="button" data-act="theme" class="quiet" aria-label="Theme" title="t">◐</button>
</div>
</header>
<p id="banner" role="status" hidden>The server does not answer. This page reconnects by itself.</p>
<main id="main" tabindex="-1"><noscript><p>This page needs JavaScript. In a terminal: <code>sparkq review</code></p></noscript></main>
<div id="toasts" role="status" aria-live="polite"></div>
</body>
</html>
"""


@router.get("/")
@router.get("/ui")
async def page() -> HTMLResponse:
    """Return the document. It has no task text, which comes as JSON and is inserted as text."""
    return HTMLResponse(
        PAGE.format(style=asset_url("app.css"), theme=asset_url("theme.js"), script=asset_url("app.js"))
    )
