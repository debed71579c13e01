"""OpenID for Verifiable Presentations 1.0: a requester asks, a holder reviews and answers, the requester verifies."""
