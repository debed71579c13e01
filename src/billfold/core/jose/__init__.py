"""Signed and encrypted envelopes: JWS, JWE and JWK Sets."""
