"""The issuer's protocol endpoints, one module each."""
