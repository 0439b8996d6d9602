"""What long-lived processes do by themselves: sweeps, hooks, purges, watching for writes."""
