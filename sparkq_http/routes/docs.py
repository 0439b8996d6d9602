"""The reference of this door: a page that reads /openapi.json, works offline, and can send each request."""

from fastapi import APIRouter
from starlette.responses import HTMLResponse

from sparkq_http.parameters import Files

router = APIRouter(tags=["page"], include_in_schema=False)

PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>SparkQ: REST reference</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{style}">
<script type="module" src="{script}"></script>
</head>
<body>
<header><h1><a href="/">SparkQ</a> <small>REST reference</small></h1><input id="filter" type="search" placeholder="Filter routes" aria-label="Filter routes"></header>
<main id="routes"><noscript>This page needs JavaScript. Without it, read <a href="/openapi.json">/openapi.json</a>.</noscript></main>
</body>
</html>
"""


@router.get("/docs")
async def docs(files: Files) -> HTMLResponse:
    """The page."""
    files.look()
    return HTMLResponse(PAGE.format(style=files.url("reference.css"), script=files.url("reference.js")))
