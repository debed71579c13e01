"""What the protocol endpoints of issuer and verifier share: one small ASGI app with every header in hand."""
