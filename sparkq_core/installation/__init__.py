"""A project as an installation: setup, teardown, doctor, backup, settings, MCP clients."""
