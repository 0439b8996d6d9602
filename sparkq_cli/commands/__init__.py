"""One room a command or noun; `sparkq_cli.main` lists them."""
