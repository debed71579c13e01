"""The issuer's decisions: who may pair, what is signed for whom, and what its status is."""
