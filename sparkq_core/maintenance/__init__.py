"""The background work of long-lived processes: sweeps, hooks, purges, watching for writes."""
