"""DCQL: what a requester asks for, and which credential answers it."""
