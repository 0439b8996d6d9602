"""The board: a page with the queues and their latest results, in hosts that support MCP Apps."""

from pathlib import Path

from mcp.server.apps import Apps

BOARD = "ui://sparkq/board"


def board() -> Apps:
    """Return the extension with the board, one self-contained page that fetches nothing."""
    apps = Apps()
    html = Path(__file__).with_name("board.html").read_text(encoding="utf-8")
    apps.add_html_resource(
        BOARD, html, title="SparkQ board", description="Queues and their newest results.", prefers_border=True
    )
    return apps
