"""SD-JWT against every example of RFC 9901 and the SD-JWT VC draft, by their numbers in the vectors' READMEs."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billfold.core.encoding import b64url_decode
from billfold.core.jose.jws import Jws, attach
from billfold.core.keys import PublicKey
from billfold.core.sdjwt.disclosure import Disclosure, digest_of
from billfold.core.sdjwt.key_binding import kb_signing_input, verify_key_binding
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.sdjwt.sd_jwt_vc import verify_with_key
from billfold.errors import CredentialError, JoseError
from tests.support.vectors import VECTORS, load_json, load_text

EXAMPLES = sorted(
    (folder.parent.name, folder.name)
    for parent in ("sd-jwt", "sd-jwt-vc")
    for folder in (VECTORS / parent).iterdir()
    if (folder / "payload.json").exists()
)
WITH_DISCLOSURES = [example for example in EXAMPLES if VECTORS.joinpath(*example, "disclosures.json").exists()]
PRESENTED = [example for example in EXAMPLES if VECTORS.joinpath(*example, "presentation.txt").exists()]
ISSUED = [example for example in EXAMPLES if VECTORS.joinpath(*example, "issuance.txt").exists()]
BOUND = [example for example in PRESENTED if VECTORS.joinpath(*example, "kb_jwt_payload.json").exists()]
KEYS = load_json("sd-jwt", "keys.json")
NOW = datetime.fromtimestamp(1748537243, UTC)

type_of = "/".join


def key(name: str) -> PublicKey:
    return PublicKey.from_jwk({member: KEYS[name][member] for member in ("kty", "crv", "x", "y")})


ISSUER_KEY = key("issuer_public_jwk")


@pytest.mark.parametrize("example", WITH_DISCLOSURES, ids=type_of)
def test_reads_each_printed_disclosure(example: tuple[str, str]) -> None:
    """Assertion 1: digest over the text as it stands, contents as printed."""
    for row in load_json(*example, "disclosures.json"):
        found = Disclosure.parse(row["disclosure"])
        assert found.digest == row["digest"]
        contents = [found.salt, found.value] if found.name is None else [found.salt, found.name, found.value]
        assert contents == row["contents"]


@pytest.mark.parametrize("example", PRESENTED, ids=type_of)
def test_processes_each_presentation_to_its_verified_claims(example: tuple[str, str]) -> None:
    """Assertions 2 and 3."""
    sd_jwt = SdJwt.parse(load_text(*example, "presentation.txt"))
    sd_jwt.jws.verify(ISSUER_KEY, ["ES256"])
    assert sd_jwt.jws.claims() == load_json(*example, "payload.json")
    path = VECTORS.joinpath(*example, "verified_claims.json")
    if path.exists():
        assert sd_jwt.process().claims == json.loads(path.read_bytes())


@pytest.mark.parametrize("example", ISSUED, ids=type_of)
def test_processes_each_issuance_to_the_input_claims(example: tuple[str, str]) -> None:
    sd_jwt = SdJwt.parse(load_text(*example, "issuance.txt"))
    sd_jwt.jws.verify(ISSUER_KEY, ["ES256"])
    claims = sd_jwt.process().claims
    given = load_json(*example, "user_claims.json")
    assert {name: claims.get(name) for name in given} == given
    assert sd_jwt.key_binding_jwt is None


@pytest.mark.parametrize("example", BOUND, ids=type_of)
def test_verifies_each_key_binding(example: tuple[str, str]) -> None:
    """Assertion 4."""
    sd_jwt = SdJwt.parse(load_text(*example, "presentation.txt"))
    cnf = sd_jwt.jws.claims()["cnf"]
    assert isinstance(cnf, dict)
    payload = load_json(*example, "kb_jwt_payload.json")
    verify_key_binding(
        sd_jwt,
        PublicKey.from_jwk(cnf["jwk"]),
        aud=payload["aud"],
        nonce=payload["nonce"],
        now=datetime.fromtimestamp(payload["iat"], UTC),
        window=timedelta(),
    )
    assert sd_jwt.sd_hash() == payload["sd_hash"]


@pytest.mark.parametrize("example", BOUND, ids=type_of)
def test_a_key_binding_made_here_says_the_same_as_the_printed_one(example: tuple[str, str]) -> None:
    payload = load_json(*example, "kb_jwt_payload.json")
    presentation = SdJwt.parse(load_text(*example, "presentation.txt")).presentation
    now = datetime.fromtimestamp(payload["iat"], UTC)
    data = kb_signing_input(presentation, aud=payload["aud"], nonce=payload["nonce"], now=now)
    built = Jws.parse(attach(data, bytes(64)))
    assert built.claims() == payload
    assert built.header == load_json(*example, "kb_jwt_header.json")


def test_decoy_digests_disturb_nothing() -> None:
    """Assertion 5."""
    sd_jwt = SdJwt.parse(load_text("sd-jwt", "simple_structured", "presentation.txt"))
    decoys = {
        row["digest"] if isinstance(row, dict) else row
        for row in load_json("sd-jwt", "simple_structured", "decoy_digests.json")
    }
    assert decoys
    assert not decoys & {disclosure.digest for disclosure in sd_jwt.disclosures}
    assert sd_jwt.process().claims == load_json("sd-jwt", "simple_structured", "verified_claims.json")


@pytest.mark.parametrize("example", ISSUED, ids=type_of)
def test_choosing_everything_gives_the_very_text_that_was_issued(example: tuple[str, str]) -> None:
    """Assertion 6: nothing is encoded anew."""
    text = load_text(*example, "issuance.txt")
    sd_jwt = SdJwt.parse(text)
    assert sd_jwt.select([*sd_jwt.process().disclosed]) == text


@pytest.mark.parametrize("example", [example for example in PRESENTED if example in ISSUED], ids=type_of)
def test_selecting_what_an_example_presents_gives_its_presentation(example: tuple[str, str]) -> None:
    """As a set: the order of disclosures is the holder's choice."""
    issued = SdJwt.parse(load_text(*example, "issuance.txt"))
    presented = SdJwt.parse(load_text(*example, "presentation.txt"))
    wanted = {disclosure.encoded for disclosure in presented.disclosures}
    paths = [path for path, disclosure in issued.process().disclosed.items() if disclosure.encoded in wanted]
    selected = issued.select(paths)
    assert set(selected.split("~")) == set(presented.presentation.split("~"))
    assert SdJwt.parse(selected).process().claims == presented.process().claims


@pytest.mark.parametrize("row", load_json("sd-jwt", "disclosure_encoding.json"), ids=lambda row: row["note"])
def test_reads_each_way_of_encoding_a_disclosure(row: dict[str, Any]) -> None:
    """RFC 9901 4.2.1 to 4.2.6."""
    found = Disclosure.parse(row["disclosure"])
    contents = [found.salt, found.value] if found.name is None else [found.salt, found.name, found.value]
    assert contents == row["contents"]
    assert found.digest == row["sha256_digest"]


def test_encodings_of_one_claim_have_four_digests() -> None:
    """Assertion 7."""
    rows = load_json("sd-jwt", "disclosure_encoding.json")[:4]
    found = [Disclosure.parse(row["disclosure"]) for row in rows]
    assert {(disclosure.name, disclosure.value) for disclosure in found} == {("family_name", "Möbius")}
    assert len({disclosure.digest for disclosure in found}) == 4


@pytest.mark.parametrize("name", ["address_flat", "address_structured", "address_recursive"])
def test_each_printed_digest_is_embedded_somewhere(name: str) -> None:
    """Assertion 8."""
    rows = load_json("sd-jwt", name, "disclosures.json")
    places = json.dumps(load_json("sd-jwt", name, "payload.json"))
    places += "".join(b64url_decode(row["disclosure"]).decode() for row in rows)
    assert all(row["digest"] in places for row in rows)


JSON_FORMS = ["json_flattened_issuance", "json_flattened_presentation", "json_general_presentation"]


@pytest.mark.parametrize("name", JSON_FORMS)
def test_the_json_form_holds_the_parts_of_the_compact_form(name: str) -> None:
    """RFC 9901 8: only the compact form is read here; the parts of the JSON form make one."""
    document = load_json("sd-jwt", "json_serialization", f"{name}.json")
    signature = document["signatures"][0] if "signatures" in document else document
    unprotected = signature["header"]
    compact = f"{signature['protected']}.{document['payload']}.{signature['signature']}"
    text = "~".join((compact, *unprotected["disclosures"], unprotected.get("kb_jwt", "")))
    expected = load_json("sd-jwt", "json_serialization", f"{name}.processed.json")
    sd_jwt = SdJwt.parse(text)
    assert sd_jwt.process().claims == expected
    if sd_jwt.key_binding_jwt is not None:
        assert Jws.parse(sd_jwt.key_binding_jwt).claims()["sd_hash"] == digest_of(sd_jwt.presentation, "sha-256")


@pytest.mark.parametrize("name", ["basic", "no_key_binding", "pid"])
def test_verifies_the_examples_of_sd_jwt_vc(name: str) -> None:
    sd_jwt = SdJwt.parse(load_text("sd-jwt-vc", name, "presentation.txt"))
    payload: dict[str, Any] = load_json("sd-jwt-vc", name, "payload.json")
    found = verify_with_key(sd_jwt, ISSUER_KEY, now=NOW)
    assert found.claims == load_json("sd-jwt-vc", name, "verified_claims.json")
    assert (found.vct, found.issuer, found.chain) == (payload["vct"], payload.get("iss", ""), None)
    assert (found.holder_key is not None) == ("cnf" in payload)
    assert (found.status is not None) == ("status" in payload)


def test_a_general_sd_jwt_is_no_sd_jwt_vc() -> None:
    sd_jwt = SdJwt.parse(load_text("sd-jwt", "simple", "presentation.txt"))
    with pytest.raises(JoseError, match="expected typ dc"):
        verify_with_key(sd_jwt, ISSUER_KEY, now=NOW)


def test_flipping_any_character_of_the_issuer_signed_part_is_refused() -> None:
    text = load_text("sd-jwt", "simple", "issuer_signed_jwt.txt")
    for position in range(0, len(text), 7):
        changed = text[:position] + ("A" if text[position] != "A" else "B") + text[position + 1 :]
        with pytest.raises(CredentialError):
            Jws.parse(changed).verify(ISSUER_KEY, ["ES256"])
