"""The verifier's decisions: what is asked, and whether what comes back is good."""
