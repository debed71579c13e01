"""Signed issuer metadata: what makes an issuer's identity proven.

Source: OpenID4VCI 1.0 section 12.2.3; HAIP 1.0 section 4.1 (x5c without anchor, signer not self-signed).
Billfold adds that every endpoint's host is a DNS name of the leaf, so that a signer speaks for its own hosts only.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import msgspec

from billfold.core.encoding import Json
from billfold.core.jose.jws import Jws, check_times, numeric_date, signing_input
from billfold.core.keys import VERIFYING_ALGORITHMS
from billfold.core.oauth.urls import host_of
from billfold.core.openid4vci.metadata import CredentialIssuerMetadata, read_metadata
from billfold.core.trust.chain import Anchor, Chain, Purpose, verify_chain
from billfold.errors import MetadataError

TYP: Final = "openidvci-issuer-metadata+jwt"
MEDIA_TYPE: Final = "application/jwt"
MAX_SIGNED_BYTES: Final = 6 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SignedMetadata:
    """Metadata and the chain that proves whose it is."""

    metadata: CredentialIssuerMetadata
    chain: Chain


def signed_metadata_input(
    metadata: CredentialIssuerMetadata, *, x5c: Sequence[str], algorithm: str, now: datetime, lifetime: timedelta
) -> bytes:
    """Return the bytes to sign with the leaf's key.

    Args:
        x5c: leaf first, without the anchor.
        algorithm: the JOSE name of the leaf key's algorithm.
    """
    members: dict[str, Json] = msgspec.to_builtins(metadata)
    issued_at, expires_at = int(now.timestamp()), int((now + lifetime).timestamp())
    times: dict[str, Json] = {"iss": metadata.credential_issuer, "sub": metadata.credential_issuer}
    times |= {"iat": issued_at, "exp": expires_at}
    return signing_input({"typ": TYP, "alg": algorithm, "x5c": list(x5c)}, {**members, **times})


def verify_signed_metadata(
    text: str,
    identifier: str,
    *,
    anchors: Collection[Anchor],
    now: datetime,
    leeway: timedelta = timedelta(seconds=60),
    allow_loopback_http: bool = False,
    haip: bool = False,
) -> SignedMetadata:
    """Verify signed metadata that was fetched for *identifier*.

    Steps: (1) parse, `typ`; (2) chain up to one of *anchors*, meant for metadata; (3) signature; (4) `sub`, `iat`,
    `exp`; (5) the members, as of plain metadata; (6) the hosts of all endpoints are the leaf's.

    Args:
        anchors: those that count for *identifier*.

    Raises:
        JoseError: malformed, another `typ` or `alg`, a bad signature, or outside its time.
        TrustError: the chain; with code `untrusted` where plain metadata may be fetched instead.
        MetadataError: `sub`, a member or a host is wrong.
    """
    jws = Jws.parse(text, max_bytes=MAX_SIGNED_BYTES)
    jws.require_typ(TYP)
    chain = verify_chain(jws.header.get("x5c"), anchors, now=now, purpose=Purpose.METADATA)
    jws.verify(chain.public_key, VERIFYING_ALGORITHMS)
    claims = jws.claims()
    if claims.get("sub") != identifier:
        raise MetadataError("expected sub as the identifier that was used")
    numeric_date(claims, "iat", required=True)
    check_times(claims, now=now, leeway=leeway)
    metadata = read_metadata(claims, identifier, allow_loopback_http=allow_loopback_http, haip=haip)
    urls = [identifier, *metadata.authorization_servers, *(url for _, url in metadata.endpoints())]
    if not {host_of(url) for url in urls} <= set(chain.dns_names):
        raise MetadataError("expected all endpoints on hosts that the signer's certificate names")
    return SignedMetadata(metadata, chain)
