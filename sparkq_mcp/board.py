"""The board: queues and latest results as a picture, in hosts that support MCP Apps; plain text elsewhere."""

from pathlib import Path

from mcp.server.apps import Apps

BOARD = "ui://sparkq/board"


def board() -> Apps:
    """The extension that carries the board. One self-contained page: it fetches nothing."""
    apps = Apps()
    html = Path(__file__).with_name("board.html").read_text(encoding="utf-8")
    apps.add_html_resource(
        BOARD, html, title="SparkQ board", description="Queues and their newest results.", prefers_border=True
    )
    return apps
