"""One room a noun; each has a `router`, and being here is enough to be served."""
