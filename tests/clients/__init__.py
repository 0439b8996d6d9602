"""Claude Code itself, with a model that follows a script."""
