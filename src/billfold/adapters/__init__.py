"""Adapters: do. One effect each: the store, the keystore, the guarded HTTP client."""
