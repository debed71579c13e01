"""OAuth 2.0 as both protocols use it: forms, tokens, DPoP proofs, metadata and server nonces."""
