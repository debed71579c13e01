"""The parts of a pairing code: made from its id by HMAC, so that they can be shown again and need not be stored."""

from dataclasses import dataclass

from billfold.adapters.store.pairing_codes import CodeHashes
from billfold.core.encoding import b64url_encode
from billfold.core.openid4vci.offer import offer_link
from billfold.roles.parts import Parts, crockford, sha256

TX_CODE_DIGITS = 6
SHORT_CODE_CHARACTERS = 12


@dataclass(frozen=True, slots=True)
class Codes:
    """What one pairing code consists of; all of it is secret."""

    pre_authorized_code: str
    offer_token: str
    short_code: str
    tx_code: str

    def hashes(self, *, with_tx_code: bool) -> CodeHashes:
        """Return what the store keeps."""
        return CodeHashes(
            code=sha256(self.pre_authorized_code),
            offer=sha256(self.offer_token),
            short_code=sha256(self.short_code),
            tx_code=tx_code_hash(self.pre_authorized_code, self.tx_code) if with_tx_code else None,
        )


def codes_of(parts: Parts, code_id: str) -> Codes:
    """Return the parts of the code *code_id*, the same every time."""
    digits = int.from_bytes(parts.master_key.code("tx_code", code_id), "big") % 10**TX_CODE_DIGITS
    return Codes(
        pre_authorized_code=b64url_encode(parts.master_key.code("pre-authorized_code", code_id)),
        offer_token=b64url_encode(parts.master_key.code("offer", code_id)[:16]),
        short_code=crockford(parts.master_key.code("short_code", code_id), SHORT_CODE_CHARACTERS),
        tx_code=f"{digits:0{TX_CODE_DIGITS}}",
    )


def tx_code_hash(pre_authorized_code: str, tx_code: str) -> bytes:
    """Return the hash of a Transaction Code, salted with the code it goes with: six digits alone are soon guessed."""
    return sha256(f"{pre_authorized_code}\0{tx_code}")


def offer_url(issuer_identifier: str, offer_token: str) -> str:
    """Return where the offer is fetched."""
    return f"{issuer_identifier}/offers/{offer_token}"


def links(parts: Parts, issuer_identifier: str, codes: Codes) -> tuple[str, str]:
    """Return the link for any wallet, and the one that opens ours."""
    return (
        offer_link(offer_url(issuer_identifier, codes.offer_token)),
        f"{parts.addresses.wallet}/#c={codes.short_code}",
    )
