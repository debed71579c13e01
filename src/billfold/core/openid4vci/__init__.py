"""OpenID for Verifiable Credential Issuance 1.0, and the pairing profile on top of it."""
