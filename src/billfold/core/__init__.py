"""Core: computes. No socket, file, database, clock, entropy source, async or web import."""
