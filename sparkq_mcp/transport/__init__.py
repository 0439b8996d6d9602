"""How MCP messages travel: over standard input and output, and over HTTP."""
