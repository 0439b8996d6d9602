"""The location of a project, its sparkq.yml, and its effective settings."""
