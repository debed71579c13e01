"""Token Status List: the packed array, and the signed token around it."""
