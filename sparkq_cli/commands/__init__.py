"""One module for each command or noun; `sparkq_cli.command_list` lists them."""
