"""Notices: what goes out to people's devices and mailboxes."""
