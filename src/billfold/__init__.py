"""Billfold: issue, hold, share and verify digital credentials on open standards."""

__version__ = "0.1.0"
