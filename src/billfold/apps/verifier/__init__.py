"""The verifier's protocol endpoints, one module each."""
