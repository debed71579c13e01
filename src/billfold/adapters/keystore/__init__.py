"""Keys: what is derived from the master key, and what is encrypted under it."""
