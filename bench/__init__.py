"""How fast it is, beside the physical limit and beside what a user would pick instead: `make bench`."""
