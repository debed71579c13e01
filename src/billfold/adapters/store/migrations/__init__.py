"""The schema's history: one forward-only line, the same for both engines."""
