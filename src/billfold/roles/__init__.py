"""Roles: decide. Use cases; the store, keys, clock and entropy they need come in as `Parts`."""
