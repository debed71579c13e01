"""Presentation requests and presentations for tests of the core, made with fresh keys around ``NOW``."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from billfold.core.dcql.query import DcqlQuery, parse_query
from billfold.core.encoding import Json
from billfold.core.jose.jws import attach, signing_input
from billfold.core.keys import PrivateKey
from billfold.core.openid4vp.client_id import x509_hash_client_id
from billfold.core.openid4vp.request import PresentationRequest, RequesterText, ResponseKey, make_nonce, request_claims
from billfold.core.sdjwt.issue import SALT_BYTES, Members, encode_header, prepare
from billfold.core.sdjwt.key_binding import kb_signing_input
from billfold.core.sdjwt.sd_jwt import Path, SdJwt
from billfold.core.sdjwt.sd_jwt_vc import VerifiedSdJwtVc, verify_sd_jwt_vc
from billfold.core.trust.chain import BILLFOLD_REQUESTER_EKU
from tests.support.organisations import ISSUER, NOW, Organisation, new_key, organisation

VCT = "https://issuer.example/types/badge"
HOST = "requester.example"
RESPONSE_URI = f"https://{HOST}/response/1"
NONCE = make_nonce(b"n" * 32)
STATE = "some-state"
FIELDS: dict[str, Json] = {"given_name": "Erika", "family_name": "Doe", "age": 41, "email": "e@example.com"}

REQUESTER = organisation(uri_names=(), dns_names=(HOST,), eku=BILLFOLD_REQUESTER_EKU)
CLIENT_ID = x509_hash_client_id(REQUESTER.leaf)
RESPONSE_KEY = new_key()


def credential(
    issuer: Organisation, holder: PrivateKey, *, salts: bytes = b"s", fields: Mapping[str, Json] = FIELDS, **extra: Json
) -> str:
    """Return an SD-JWT VC of type ``VCT``, bound to *holder*; *extra* claims stand in the clear, None removes one."""
    moment = int(NOW.timestamp())
    clear: dict[str, Json] = {
        "iss": ISSUER,
        "vct": VCT,
        "iat": moment,
        "exp": int((NOW + timedelta(days=300)).timestamp()),
        "cnf": {"jwk": holder.public().to_jwk()},
        **extra,
    }
    clear = {name: value for name, value in clear.items() if value is not None}
    header = encode_header({"alg": "ES256", "typ": "dc+sd-jwt", "x5c": issuer.x5c})
    claims = Members(clear, fields)
    entropy = (salts * SALT_BYTES)[:SALT_BYTES] * len(fields)
    prepared = prepare(claims, header_b64u=header, entropy=entropy)
    return prepared.attach(issuer.leaf_key.sign(prepared.signing_input))


def verified(text: str, issuer: Organisation) -> VerifiedSdJwtVc:
    """Return what the holder knows of a credential it received."""
    return verify_sd_jwt_vc(SdJwt.parse(text), anchors=issuer.anchors, now=NOW)


def present(issued: str, paths: Sequence[Path], holder: PrivateKey, *, aud: str = CLIENT_ID, nonce: str = NONCE) -> str:
    """Return the credential *issued* with the disclosures at *paths* and a key binding."""
    presentation = SdJwt.parse(issued).select(paths)
    text = kb_signing_input(presentation, aud=aud, nonce=nonce, now=NOW)
    return presentation + attach(text, holder.sign(text))


def credential_query(query_id: str, *names: str, **members: Any) -> dict[str, Any]:  # noqa: ANN401  JSON of a test
    """Return a credential query for ``VCT`` that asks for the claims *names*."""
    claims = {"claims": [{"path": [name]} for name in names]} if names else {}
    return {"id": query_id, "format": "dc+sd-jwt", "meta": {"vct_values": [VCT]}, **claims, **members}


def dcql(*queries: dict[str, Any], sets: Sequence[dict[str, Any]] = ()) -> DcqlQuery:
    """Return a query of *queries* and credential *sets*."""
    return parse_query({"credentials": list(queries), **({"credential_sets": list(sets)} if sets else {})})


def request_for(query: DcqlQuery, *, encrypted: bool = True) -> PresentationRequest:
    """Return a request that a wallet has read and checked."""
    key = ResponseKey(RESPONSE_KEY.public(), "enc-1", "A256GCM") if encrypted else None
    return PresentationRequest(
        client_id=CLIENT_ID,
        response_uri=RESPONSE_URI,
        response_mode="direct_post.jwt" if encrypted else "direct_post",
        nonce=NONCE,
        state=STATE,
        dcql_query=query,
        response_key=key,
        requester_name="Acme",
        stated_name=None,
        purpose=None,
        retention=None,
        proven=True,
        chain=None,
        claims={},
    )


SIMPLE_QUERY = dcql(credential_query("badge", "given_name"))


def members(**changes: object) -> dict[str, Any]:
    """Return the members of a good request, with *changes*; None leaves one out."""
    made = request_claims(
        client_id=CLIENT_ID,
        response_uri=RESPONSE_URI,
        nonce=NONCE,
        state=STATE,
        dcql_query=SIMPLE_QUERY,
        encryption_key=RESPONSE_KEY.public(),
        encryption_kid="enc-1",
        now=NOW,
        lifetime=timedelta(minutes=10),
        text=RequesterText("Acme Ltd", {"en": "To let you in"}, timedelta(minutes=10)),
    )
    return {name: value for name, value in {**made, **changes}.items() if value is not None}


def with_metadata(**changes: object) -> dict[str, Any]:
    """Return the members of a good request, with *changes* to `client_metadata`."""
    changed = {**members()["client_metadata"], **changes}
    return members(client_metadata={name: value for name, value in changed.items() if value is not None})


def with_keys(*entries: dict[str, Any]) -> dict[str, Any]:
    """Return the members of a good request, but for its encryption keys."""
    return with_metadata(jwks={"keys": list(entries)})


def encryption_jwk(**changes: object) -> dict[str, Any]:
    """Return the encryption key as a JWK, with *changes*; None leaves a member out."""
    entry = {**RESPONSE_KEY.public().to_jwk(), "kid": "enc-1", "use": "enc", "alg": "ECDH-ES", **changes}
    return {name: value for name, value in entry.items() if value is not None}


def signed(
    payload: dict[str, Any],
    header: dict[str, Any] | None = None,
    who: Organisation = REQUESTER,
    by: PrivateKey | None = None,
) -> str:
    """Return *payload* as a signed request object, with changes to its *header*; None leaves a member out."""
    head = {"typ": "oauth-authz-req+jwt", "alg": "ES256", "x5c": who.x5c, **(header or {})}
    text = signing_input({name: value for name, value in head.items() if value is not None}, payload)
    return attach(text, (by or who.leaf_key).sign(text))
