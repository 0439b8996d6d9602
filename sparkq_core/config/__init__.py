"""Where a project is, its sparkq.yml, and the settings in force."""
