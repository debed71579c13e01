"""Background work: what must happen later is a row in the store, and this takes it from there."""
