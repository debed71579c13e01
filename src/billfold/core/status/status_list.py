"""Status List: the statuses of many credentials, packed into one byte array.

Source: Token Status List, draft-ietf-oauth-status-list-20, sections 4.1, 4.2 and 8.3.
Shape: entry ``i`` of width ``bits`` starts at bit ``i * bits`` of ``packed``,
counting bytes upwards and, inside a byte, from the least significant bit.
Pure: fetching, caching and the token's signature belong to ``status_token``.
"""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass

from billfold.core.encoding import Json, b64url_decode, b64url_encode
from billfold.errors import StatusIndexError, StatusListError

MAX_PACKED_BYTES = 8 * 1024 * 1024  # inflated; holds 64 Mi one-bit entries
# Section 4.1 recommends level 9; on ten million entries that takes ten times as long, to save a tenth of the bytes.
COMPRESSION_LEVEL = 7


@dataclass(frozen=True, slots=True)
class StatusList:
    """An inflated Status List: entries of *bits* (1, 2, 4 or 8) in *packed*."""

    bits: int
    packed: bytes

    @classmethod
    def parse(cls, claim: Mapping[str, Json]) -> "StatusList":
        """Read the ``status_list`` claim of a Status List Token (section 4.2).

        Raises:
            StatusListError: *claim* is malformed, or inflates past ``MAX_PACKED_BYTES``.
        """
        bits, lst = claim.get("bits"), claim.get("lst")
        if type(bits) is not int or bits not in (1, 2, 4, 8):  # JSON true equals 1
            raise StatusListError(f"expected bits of 1, 2, 4 or 8, got {bits!r}")
        if not isinstance(lst, str):
            raise StatusListError(f"expected lst as a string, got {type(lst).__name__}")
        inflater = zlib.decompressobj()
        try:
            packed = inflater.decompress(b64url_decode(lst), MAX_PACKED_BYTES + 1)
        except (ValueError, zlib.error) as exc:
            raise StatusListError("expected lst as base64url of zlib data") from exc
        if len(packed) > MAX_PACKED_BYTES or not inflater.eof or inflater.unused_data:
            raise StatusListError(f"expected one zlib stream of up to {MAX_PACKED_BYTES} bytes")
        return cls(bits, packed)

    def to_claim(self) -> dict[str, Json]:
        """Return the ``status_list`` claim (section 4.2), compressed."""
        return {"bits": self.bits, "lst": b64url_encode(zlib.compress(self.packed, COMPRESSION_LEVEL))}

    def __len__(self) -> int:
        return len(self.packed) * 8 // self.bits

    def status_at(self, index: int) -> int:
        """Return the status value of entry *index*, counted from 0 (section 8.3).

        Raises:
            StatusIndexError: there is no such entry; the credential must be rejected.
        """
        if not 0 <= index < len(self):
            raise StatusIndexError(f"expected index below {len(self)}, got {index}")
        byte, shift = divmod(index * self.bits, 8)
        return self.packed[byte] >> shift & (1 << self.bits) - 1


def pack(bits: int, size: int, statuses: Mapping[int, int]) -> bytes:
    """Return *size* entries of *bits* each as bytes; every index that *statuses* leaves out is 0 (section 4.1).

    Raises:
        StatusListError: *bits* is not 1, 2, 4 or 8, the list does not fill whole bytes or is too long, or a
            status does not fit.
        StatusIndexError: an index is outside the list.
    """
    if bits not in (1, 2, 4, 8):
        raise StatusListError(f"expected bits of 1, 2, 4 or 8, got {bits}")
    if size < 0 or size * bits % 8 or size * bits // 8 > MAX_PACKED_BYTES:
        raise StatusListError(f"expected whole bytes, at most {MAX_PACKED_BYTES}, got {size} entries")
    packed = bytearray(size * bits // 8)
    mask = (1 << bits) - 1
    for index, status in statuses.items():
        if not 0 <= index < size:
            raise StatusIndexError(f"expected index below {size}, got {index}")
        if not 0 <= status <= mask:
            raise StatusListError(f"expected status of at most {mask}, got {status}")
        byte, shift = divmod(index * bits, 8)
        packed[byte] |= status << shift
    return bytes(packed)
