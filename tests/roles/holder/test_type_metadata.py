"""Type Metadata: a type's own words name the Cred, and a Cred that does not follow its type is not kept."""

import json
from typing import Any

import pytest

from billfold.core.sdjwt.type_metadata import integrity
from tests.support.holders import new_wallet, pair
from tests.support.stub_issuer import PATH, StubIssuer
from tests.support.stub_server import Reply, as_json

TYPE, PARENT = f"{PATH}/types/badge", f"{PATH}/types/parent"


def document(issuer: StubIssuer, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  # JSON of a test
    """Return the type's document, with *changes*."""
    return {
        "vct": f"{issuer.identifier}/types/badge",
        "display": [{"locale": "de", "name": "Dienstausweis"}, {"locale": "en-GB", "name": "Staff badge"}],
        "claims": [
            {"path": ["email"], "display": [{"locale": "en", "label": "E-mail address"}]},
            {"path": ["given_name"], "display": [{"locale": "en", "label": "Given name"}], "sd": "always"},
        ],
        **changes,
    }


def serve(issuer: StubIssuer, path: str, found: dict[str, Any]) -> bytes:
    """Serve *found* at *path*, and return its bytes."""
    data = json.dumps(found).encode()
    issuer.server.routes["GET", path] = lambda _: Reply(200, data)
    return data


async def test_the_types_own_words_come_before_the_issuers(issuer: StubIssuer) -> None:
    data = serve(issuer, TYPE, document(issuer))
    issuer.draft = lambda draft: draft.with_claims(**{"vct#integrity": integrity(data)})
    async with new_wallet(issuer.trust()) as wallet:
        (cred,) = (await pair(wallet, issuer.link)).received
        assert cred.type_name == "Staff badge"
        assert [field.label for field in cred.fields] == ["E-mail address", "Given name", "family_name"]


async def test_what_a_type_inherits_names_its_fields_too(issuer: StubIssuer) -> None:
    parent = f"{issuer.identifier}/types/parent"
    surname = {"path": ["family_name"], "display": [{"locale": "en", "label": "Family name"}]}
    data = serve(issuer, PARENT, {"vct": parent, "claims": [surname]})
    serve(issuer, TYPE, document(issuer, extends=parent, **{"extends#integrity": integrity(data)}))
    async with new_wallet(issuer.trust()) as wallet:
        (cred,) = (await pair(wallet, issuer.link)).received
        assert {field.name: field.label for field in cred.fields}["family_name"] == "Family name"


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(Reply(404, b"{}"), id="absent"),
        pytest.param(Reply(200, b"<html>", "text/html"), id="a-page"),
        pytest.param(Reply(302, b"", headers={"location": "http://localhost:1/"}), id="elsewhere"),
        pytest.param(Reply(503), id="busy"),
    ],
)
async def test_a_type_that_does_not_answer_leaves_the_issuers_words(issuer: StubIssuer, reply: Reply) -> None:
    issuer.server.routes["GET", TYPE] = lambda _: reply
    async with new_wallet(issuer.trust()) as wallet:
        (cred,) = (await pair(wallet, issuer.link)).received
        assert (cred.type_name, cred.fields[0].label) == ("Badge", "Surname")


async def test_a_type_that_is_no_address_is_not_looked_for(issuer: StubIssuer) -> None:
    configuration = issuer.metadata["credential_configurations_supported"]["badge"]
    configuration["vct"] = "urn:acme:badge"
    issuer.draft = lambda draft: draft.with_claims(vct="urn:acme:badge")
    async with new_wallet(issuer.trust()) as wallet:
        assert len((await pair(wallet, issuer.link)).received) == 1


def _mandatory_child(issuer: StubIssuer) -> dict[str, Any]:
    parent = f"{issuer.identifier}/types/parent"
    serve(issuer, PARENT, {"vct": parent, "claims": [{"path": ["email"], "mandatory": True}]})
    return document(issuer, extends=parent, claims=[{"path": ["email"], "mandatory": False}])


def _narrowed_child(issuer: StubIssuer) -> dict[str, Any]:
    parent = f"{issuer.identifier}/types/parent"
    serve(issuer, PARENT, {"vct": parent, "claims": [{"path": ["email"], "sd": "always"}]})
    return document(issuer, extends=parent, claims=[{"path": ["email"], "sd": "never"}])


def _loop(issuer: StubIssuer) -> dict[str, Any]:
    own, parent = f"{issuer.identifier}/types/badge", f"{issuer.identifier}/types/parent"
    serve(issuer, PARENT, {"vct": parent, "extends": own})
    return document(issuer, extends=parent)


def _other_hash(issuer: StubIssuer) -> dict[str, Any]:
    parent = f"{issuer.identifier}/types/parent"
    serve(issuer, PARENT, {"vct": parent})
    return document(issuer, extends=parent, **{"extends#integrity": integrity(b"{}")})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(lambda i: document(i, vct="urn:other"), "type that was asked for", id="tm-vct-mismatch"),
        pytest.param(_loop, "never itself", id="tm-extends-loop"),
        pytest.param(lambda i: document(i, extends=f"{i.identifier}{TYPE[5:]}"), "never itself", id="tm-extends-self"),
        pytest.param(_other_hash, "fits its integrity string", id="tm-extends-integrity"),
        pytest.param(_mandatory_child, "mandatory claims mandatory", id="tm-extends-mandatory"),
        pytest.param(_narrowed_child, "keeps sd always", id="tm-extends-sd"),
        pytest.param(
            lambda i: document(i, claims=[{"path": ["email", None]}]), "expected an array", id="path-of-another-kind"
        ),
        pytest.param(lambda i: document(i, claims=[{"path": ["email"], "svg_id": "1a"}]), "svg_id", id="tm-svg-id"),
        pytest.param(
            lambda i: document(i, claims=[{"path": ["email"], "sd": "never"}]), "in the clear", id="tm-sd-never"
        ),
        pytest.param(
            lambda i: document(i, claims=[{"path": ["iss"], "sd": "always"}]), "selectively", id="tm-sd-always"
        ),
        pytest.param(
            lambda i: document(i, claims=[{"path": ["phone"], "mandatory": True}]),
            "every mandatory claim",
            id="tm-mandatory-holder",
        ),
        pytest.param(lambda i: document(i, claims=[{"path": []}]), "at least one step", id="tm-path-empty"),
        pytest.param(lambda i: document(i, claims=[{"path": ["email", -1]}]), "negative", id="tm-path-negative"),
    ],
)
async def test_a_cred_that_does_not_fit_its_type_is_not_kept(issuer: StubIssuer, make: Any, message: str) -> None:  # noqa: ANN401  # a function of a test
    serve(issuer, TYPE, make(issuer))
    async with new_wallet(issuer.trust()) as wallet:
        result = await pair(wallet, issuer.link)
        assert wallet.creds() == ()
        assert message in result.missing[0].reason
    assert [event["event"] for event in issuer.events] == ["credential_failure"]


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        pytest.param(integrity(b"another"), "fits its integrity", id="tm-integrity"),
        pytest.param("md5-AAAA", "sha256, sha384 or sha512", id="tm-integrity-format"),
        pytest.param("sha256", "sha256, sha384 or sha512", id="tm-integrity-format-bare"),
        pytest.param(5, "as a text", id="integrity-number"),
    ],
)
async def test_a_type_that_is_not_what_the_cred_says_is_refused(
    issuer: StubIssuer, stated: object, message: str
) -> None:
    serve(issuer, TYPE, document(issuer))
    issuer.draft = lambda draft: draft.with_claims(**{"vct#integrity": stated})
    async with new_wallet(issuer.trust()) as wallet:
        assert message in (await pair(wallet, issuer.link)).missing[0].reason


async def test_the_hash_is_taken_over_the_bytes_that_came(issuer: StubIssuer) -> None:
    """Row tm-integrity-reserialised."""
    data = serve(issuer, TYPE, document(issuer))
    issuer.server.routes["GET", TYPE] = lambda _: Reply(200, json.dumps(json.loads(data), indent=2).encode())
    issuer.draft = lambda draft: draft.with_claims(**{"vct#integrity": integrity(data)})
    async with new_wallet(issuer.trust()) as wallet:
        assert "fits its integrity" in (await pair(wallet, issuer.link)).missing[0].reason


async def test_a_type_that_is_no_object_is_refused(issuer: StubIssuer) -> None:
    """Row tm-not-json."""
    issuer.server.routes["GET", TYPE] = lambda _: as_json([])
    async with new_wallet(issuer.trust()) as wallet:
        assert "one JSON object" in (await pair(wallet, issuer.link)).missing[0].reason
