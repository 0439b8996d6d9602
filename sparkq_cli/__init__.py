"""The door for people: the `sparkq` command."""
