"""The web page: one document, whose scripts call the REST API of this server."""

from contextlib import suppress

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from sparkq_core import __version__, events, project
from sparkq_core.errors import SparkQError
from sparkq_http.parameters import Files, Reloadable

router = APIRouter(tags=["page"], include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en" data-project="{project}" data-version="{version}" data-event="{event}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>SparkQ</title>
<link rel="icon" href="data:,">
<link rel="manifest" href="/manifest.webmanifest" crossorigin="use-credentials">
<link rel="stylesheet" href="{shell}">
<link rel="stylesheet" href="{review}">
<link rel="stylesheet" href="{dialogs}">
<script src="{theme}"></script>
{preloads}
<script type="module" src="{script}"></script>
</head>
<body>
<a class="skip" href="#main" data-act="skip">Skip to the content</a>
<header class="bar">
<a class="brand" href="#/inbox">SparkQ <span id="project"></span></a>
<button type="button" data-act="add" class="primary">Add tasks</button>
<nav aria-label="Views"><ul id="views"></ul><div id="queues"></div></nav>
<div class="tools">
<button type="button" data-act="palette" class="quiet" title="Ctrl+K">Commands</button>
<button type="button" data-act="sheet" class="quiet" aria-label="Keyboard shortcuts" title="?">?</button>
<button type="button" data-act="theme" class="quiet" aria-label="Theme" title="t">◐</button>
<a href="/docs" title="REST reference">API</a>
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
async def page(served: Reloadable, files: Files) -> HTMLResponse:
    """Return the document. It has no task text, which comes as JSON and is inserted as text.

    It names every script that the page begins with, which the browser would otherwise find one after another.
    """
    project_id, event = "", 0
    with suppress(SparkQError):  # the page shows what is wrong with the database
        project_id, event = project.id_of(served.sq), events.last(served.sq)
    files.look()
    styles = {"shell": files.url("shell.css"), "review": files.url("review.css"), "dialogs": files.url("dialogs.css")}
    scripts = {"theme": files.url("theme.js"), "script": files.url("app.js")}
    preloads = "\n".join(f'<link rel="modulepreload" href="{files.url(name)}">' for name in files.modules("app.js"))
    return HTMLResponse(
        PAGE.format(project=project_id, version=__version__, event=event, preloads=preloads, **styles, **scripts)
    )
