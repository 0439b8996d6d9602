"""Programs of others that judge the server, and a slow Git."""

from pathlib import Path

import pytest

from tests.harness import downloads


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder of the MCP tools that are written for Node.js, Node.js itself among them."""
    return downloads.node()


@pytest.fixture(scope="session")
def uv() -> Path:
    """The folder of uv, which starts Python programs as Claude Desktop and registry clients do."""
    return downloads.uv()
