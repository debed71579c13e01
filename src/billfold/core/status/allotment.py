"""Allotment: which entry of a status list the n-th credential gets, so that neighbours in time are no neighbours there.

Source: Token Status List draft 20 sections 12.5 and 13.2, HAIP 1.0 section 6.1 (an unpredictable index). Counting up
would show the order of issuance, and probing for a free entry gets dearer as the list fills. So positions are counted
up and then permuted: a Feistel network of four rounds with HMAC-SHA-256 (Luby and Rackoff, 1988), walked along its
cycle until it falls inside a list whose size is no power of four.
"""

import hmac
from typing import Final

_ROUNDS: Final = 4


def entry_at(key: bytes, *, size: int, position: int) -> int:
    """Return the entry that *position* stands for in a list of *size* entries; each entry has one position.

    Args:
        key: secret, and another one for each list.
        position: from 0, below *size*.
    """
    if not 0 <= position < size:
        raise ValueError(f"expected a position below {size}, got {position}")
    half_bits = max(1, ((size - 1).bit_length() + 1) // 2)
    entry = _permute(key, half_bits, position)
    while entry >= size:
        entry = _permute(key, half_bits, entry)
    return entry


def _permute(key: bytes, half_bits: int, value: int) -> int:
    mask = (1 << half_bits) - 1
    left, right = value >> half_bits, value & mask
    for number in range(_ROUNDS):
        mixed = hmac.digest(key, bytes([number]) + right.to_bytes(8, "big"), "sha256")
        left, right = right, left ^ int.from_bytes(mixed[:8], "big") & mask
    return left << half_bits | right
