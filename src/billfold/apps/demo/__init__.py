"""The demo: two organisations that issue, one that only requests, and some people, on this computer alone."""
