"""Apps: speak. The edges; parse, call one use case, render; no decisions."""
