"""One module for each noun. Each has a `router`, and is served because it is here."""
