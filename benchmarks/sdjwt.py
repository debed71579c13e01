"""SD-JWT VC with 10 fields: issue and verify, beside the reference library and the bare ES256 signature."""

import secrets
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from jwcrypto.jwk import JWK
from sd_jwt.common import SDObj
from sd_jwt.issuer import SDJWTIssuer
from sd_jwt.verifier import SDJWTVerifier

from benchmarks.profiling import note_of
from benchmarks.rows import Row
from billfold.core.encoding import Json
from billfold.core.keys import PrivateKey
from billfold.core.sdjwt.issue import Members, encode_header, entropy_bytes, prepare
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.sd_jwt_vc import verify_with_key

ROUNDS, IN_ROUND = 15, 100
FIELDS: dict[str, Json] = {f"field_{number}": f"value of field {number}" for number in range(10)}
_ES256 = ec.ECDSA(hashes.SHA256())


def measure() -> Iterator[Row]:
    """Time everything in turns, so that a slow moment of the machine hits all alike."""
    crypto_key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    key = PrivateKey.from_crypto(crypto_key)
    reference_key = JWK(**key.to_jwk())
    clear = _clear(now)
    issued, reference = _issue(key, clear), _reference_issue(reference_key, clear)
    message = secrets.token_bytes(600)
    signature = crypto_key.sign(message, _ES256)
    public, crypto_public = key.public(), crypto_key.public_key()
    times = _in_turns(
        {
            "issue": lambda: _issue(key, clear),
            "issue, reference": lambda: _reference_issue(reference_key, clear),
            "sign": lambda: crypto_key.sign(message, _ES256),
            "verify": lambda: verify_with_key(SdJwt.parse(issued), public, now=now),
            "verify, reference": lambda: SDJWTVerifier(reference, lambda *_: reference_key),
            "check": lambda: crypto_public.verify(signature, message, _ES256),
        }
    )
    bare, reference_us = times["sign"], times["issue, reference"]
    issuing = (
        _bare("issue an SD-JWT VC with 10 fields", "≤ 2× a bare signature", times["issue"], bare, 2),
        _reference("the same, beside the reference library", "≥ 4× as fast", times["issue"], reference_us, 4),
    )
    for row in issuing:
        note = "" if row.met else note_of(lambda: _issue(key, clear))
        yield msgspec.structs.replace(row, note=note)
    yield _bare("verify it", "", times["verify"], times["check"], None)
    beside = _reference("the same, beside the reference library", "", times["verify"], times["verify, reference"], None)
    yield msgspec.structs.replace(beside, note="the library checks signature and digests only")


def _clear(now: datetime) -> dict[str, Json]:
    moment = int(now.timestamp())
    holder = PrivateKey.from_crypto(ec.generate_private_key(ec.SECP256R1()))
    return {
        "iss": "https://issuer.example/o/acme",
        "vct": "https://issuer.example/o/acme/types/badge",
        "iat": moment,
        "exp": int((now + timedelta(days=300)).timestamp()),
        "cnf": {"jwk": holder.public().to_jwk()},
        "status": {"status_list": {"uri": "https://issuer.example/o/acme/status/1", "idx": 4711}},
    }


_HEADER = encode_header({"alg": "ES256", "typ": "dc+sd-jwt"})


def _issue(key: PrivateKey, clear: dict[str, Json]) -> str:
    members = Members(clear, FIELDS)
    prepared = prepare(members, header_b64u=_HEADER, entropy=secrets.token_bytes(entropy_bytes(members)))
    return prepared.attach(key.sign(prepared.signing_input))


def _reference_issue(key: JWK, clear: dict[str, Json]) -> str:
    claims = {**clear, **{SDObj(name): value for name, value in FIELDS.items()}}
    text: str = SDJWTIssuer(claims, key, sign_alg="ES256", extra_header_parameters={"typ": "dc+sd-jwt"}).sd_jwt_issuance
    return text


def _in_turns(work: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median over rounds of each one's time, in microseconds."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(ROUNDS):
        for name, run in work.items():
            began = time.process_time_ns()
            for _ in range(IN_ROUND):
                run()
            times[name].append((time.process_time_ns() - began) / IN_ROUND / 1000)
    return {name: statistics.median(found) for name, found in times.items()}


def _bare(name: str, goal: str, ours: float, bare: float, most: float | None) -> Row:
    ratio = ours / bare
    comparison = f"bare ES256 by cryptography, {bare:.0f} µs"
    return Row(name, goal, ours, "µs", comparison, ratio, None if most is None else ratio <= most)


def _reference(name: str, goal: str, ours: float, reference: float, least: float | None) -> Row:
    ratio = reference / ours
    comparison = f"sd-jwt 0.10, {reference:.0f} µs"
    return Row(name, goal, ours, "µs", comparison, ratio, None if least is None else ratio >= least)
