"""Web Push: the encrypted message and the sender's signature on it."""
