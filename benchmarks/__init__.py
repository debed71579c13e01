"""Measurements of what the budgets are about. `python -m benchmarks` writes docs/benchmarks.md."""
