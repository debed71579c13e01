"""Credential: nothing is kept that fails a check, the issuer hears of it, and a crash loses and doubles nothing."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from billfold.adapters.vault.vault import Vault
from billfold.core.status.status_token import STATUS_LIST_MEDIA_TYPE
from billfold.core.trust.certificate import x5c_entry
from tests.support.holders import new_wallet, pair, reopened
from tests.support.organisations import new_key
from tests.support.stub_issuer import BADGE, FIELDS, PATH, Draft, StubIssuer, new_organisation
from tests.support.stub_server import Reply, as_json, error

STATUS = f"{PATH}/status"


def _drafts(change: Callable[[Draft], Draft]) -> Callable[[StubIssuer], None]:
    def apply(issuer: StubIssuer) -> None:
        issuer.draft = change

    return apply


def _claims(**changes: object) -> Callable[[StubIssuer], None]:
    return _drafts(lambda draft: draft.with_claims(**changes))


def _header(**changes: object) -> Callable[[StubIssuer], None]:
    return _drafts(lambda draft: replace(draft, header={**draft.header, **changes}))


def _responds(make: Callable[[str], Any]) -> Callable[[StubIssuer], None]:
    def apply(issuer: StubIssuer) -> None:
        issuer.respond = make

    return apply


def _two(text: str) -> dict[str, Any]:
    return {"credentials": [{"credential": text}, {"credential": text}]}


def _with_kb(text: str) -> dict[str, Any]:
    return {"credentials": [{"credential": f"{text}a.b.c"}], "notification_id": "n0"}


def _foreign_key(draft: Draft) -> Draft:
    return draft.with_claims(cnf={"jwk": new_key().public().to_jwk()})


def _by_another(draft: Draft) -> Draft:
    return replace(draft, signer=new_key())


def _lacking_surname(draft: Draft) -> Draft:
    return replace(draft, fields={"given_name": "Erika"})


def _self_signed(issuer: StubIssuer) -> None:
    def change(draft: Draft) -> Draft:
        header = {**draft.header, "x5c": [x5c_entry(issuer.who.root)]}
        return replace(draft, header=header, signer=issuer.who.root_key)

    issuer.draft = change


def _root_along(issuer: StubIssuer) -> None:
    _header(x5c=[*issuer.who.x5c, x5c_entry(issuer.who.root)])(issuer)


def _untrusted(issuer: StubIssuer) -> None:
    other = new_organisation(uri_names=(issuer.identifier,))
    issuer.draft = lambda draft: replace(draft, header={**draft.header, "x5c": other.x5c}, signer=other.leaf_key)


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        pytest.param(_drafts(_foreign_key), "response_error", "key that this wallet sent", id="credresp-foreign-key"),
        pytest.param(_claims(cnf=None), "response_error", "key that this wallet sent", id="no-key-bound"),
        pytest.param(_claims(vct="urn:other"), "response_error", "type that was asked for", id="credresp-wrong-vct"),
        pytest.param(_responds(_with_kb), "response_error", "without key binding", id="credresp-with-kb"),
        pytest.param(
            _drafts(_lacking_surname), "response_error", "every mandatory claim", id="credresp-mandatory-claim"
        ),
        pytest.param(_claims(iss="https://other.example"), "wrong_issuer", "iss among", id="ikd-x5c-iss"),
        pytest.param(_claims(exp=1), "expired", "exp in the future", id="sdjwt-expired"),
        pytest.param(_drafts(_by_another), "jose_error", "signature by this key", id="sdjwt-signature"),
        pytest.param(_header(typ="JWT"), "wrong_typ", "typ dc", id="sdjwt-typ"),
        pytest.param(_header(x5c=None), "no_chain", "x5c as a list", id="sdjwt-no-x5c-haip"),
        pytest.param(_untrusted, "untrusted", "trusted anchor", id="sdjwt-x5c-untrusted"),
        pytest.param(_self_signed, "trust_error", "self-signed", id="sdjwt-x5c-self-signed-haip"),
        pytest.param(_root_along, "trust_error", "without the trust anchor", id="sdjwt-x5c-root-haip"),
        pytest.param(lambda i: i.statuses.update({0: 1}), "revoked", "not revoked", id="sl-invalid"),
        pytest.param(lambda i: i.statuses.update({0: 3}), "unknown_status", "status 0, 1 or 2", id="sl-application"),
        pytest.param(
            _claims(status={"status_list": {"uri": "http://status.example/1", "idx": 0}}),
            "status_list_error",
            "https",
            id="sl-uri-http",
        ),
        pytest.param(
            _claims(status={"status_list": {"idx": 0}}), "status_list_error", "uri as a string", id="sl-uri-missing"
        ),
    ],
)
async def test_a_cred_that_fails_a_check_is_not_kept_and_the_issuer_hears_of_it(
    issuer: StubIssuer, change: Callable[[StubIssuer], object], code: str, message: str
) -> None:
    change(issuer)
    async with new_wallet(issuer.trust()) as wallet:
        result = await pair(wallet, issuer.link)
        assert not wallet.creds()
        assert [(missing.code, missing.comes_later) for missing in result.missing] == [(code, False)]
        assert message in result.missing[0].reason
    assert [event["event"] for event in issuer.events] == ["credential_failure"]
    assert not any(value in str(issuer.events) for value in FIELDS.values())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(_responds(lambda _: {"credentials": [], "transaction_id": "t"}), "either", id="credresp-both"),
        pytest.param(_responds(lambda _: {}), "either credentials or", id="credresp-neither"),
        pytest.param(_responds(lambda _: {"transaction_id": "t"}), "interval", id="credresp-no-interval"),
        pytest.param(
            _responds(lambda _: {"transaction_id": "t", "interval": 0}), "interval", id="credresp-interval-zero"
        ),
        pytest.param(_responds(lambda text: {"credentials": [text]}), "by the standard", id="credresp-string-elements"),
        pytest.param(_responds(_two), "1 to 1 credentials, got 2", id="credresp-too-many"),
        pytest.param(_responds(lambda _: ["x"]), "JSON object", id="credresp-no-object"),
    ],
)
async def test_a_response_that_breaks_the_standard_brings_nothing(
    issuer: StubIssuer, change: Callable[[StubIssuer], object], message: str
) -> None:
    change(issuer)
    async with new_wallet(issuer.trust()) as wallet:
        result = await pair(wallet, issuer.link)
        assert not wallet.creds()
    assert message in result.missing[0].reason


def _status(reply: Callable[[StubIssuer], Reply]) -> Callable[[StubIssuer], None]:
    def apply(issuer: StubIssuer) -> None:
        issuer.server.routes["GET", STATUS] = lambda _: reply(issuer)

    return apply


def _token(header: dict[str, Any] | None = None, **changes: object) -> Callable[[StubIssuer], None]:
    return _status(lambda i: Reply(200, i.status_token(header, **changes).encode(), STATUS_LIST_MEDIA_TYPE))


def _status_by_another(issuer: StubIssuer) -> None:
    other = new_organisation(uri_names=(issuer.identifier,))
    _token({"x5c": other.x5c})(issuer)


@pytest.mark.parametrize(
    ("change", "message", "later"),
    [
        pytest.param(lambda i: i.server.routes.pop(("GET", STATUS)), "status 404", True, id="sl-unreachable"),
        pytest.param(
            _status(lambda _: Reply(302, headers={"location": STATUS})), "redirects", True, id="sl-redirect-loop"
        ),
        pytest.param(_status(lambda _: as_json({})), "statuslist", False, id="sl-content-type"),
        pytest.param(_token({"typ": "JWT"}), "typ", False, id="sl-typ"),
        pytest.param(_token({"x5c": None}), "x5c", False, id="sl-no-x5c-haip"),
        pytest.param(_token(sub="http://localhost/other"), "sub as the address", False, id="sl-sub"),
        pytest.param(_token(iat=None), "iat", False, id="sl-no-iat"),
        pytest.param(_token(exp=1), "exp in the future", False, id="sl-expired"),
        pytest.param(_token(status_list={"bits": 3, "lst": "eJw"}), "bits", False, id="sl-bits"),
        pytest.param(
            lambda i: _claims(status={"status_list": {"uri": f"{i.identifier}/status", "idx": 64}})(i),
            "index below 64",
            False,
            id="sl-index-out",
        ),
        pytest.param(_status_by_another, "trusted anchor", False, id="sl-untrusted"),
    ],
)
async def test_a_cred_whose_status_cannot_be_told_is_not_kept(
    issuer: StubIssuer, change: Callable[[StubIssuer], object], message: str, later: bool
) -> None:
    change(issuer)
    async with new_wallet(issuer.trust()) as wallet:
        result = await pair(wallet, issuer.link)
        assert not wallet.creds()
    assert message in result.missing[0].reason
    assert result.missing[0].comes_later is later


async def test_a_suspended_cred_is_kept_as_such(issuer: StubIssuer) -> None:
    """Row sl-suspended: not valid now, and not lost either."""
    issuer.statuses[0] = 2
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        assert [cred.state for cred in wallet.creds()] == ["suspended"]


async def test_an_issuer_that_is_not_listed_is_held_to_the_certificate_that_signed_first(issuer: StubIssuer) -> None:
    async with new_wallet() as wallet:
        assert len((await pair(wallet, issuer.link)).received) == 1
        _untrusted(issuer)
        issuer.entitlements[0]["revision"] = 2
        (synced,) = await wallet.sync()
        assert [missing.code for missing in synced.missing] == ["untrusted"]
        assert [cred.state for cred in wallet.creds()] == ["active"]


@pytest.mark.parametrize(
    "change", [pytest.param(_self_signed, id="leaf"), pytest.param(_root_along, id="sdjwt-x5c-root-haip")]
)
async def test_a_self_signed_certificate_is_not_pinned(
    issuer: StubIssuer, change: Callable[[StubIssuer], object]
) -> None:
    change(issuer)
    async with new_wallet() as wallet:
        result = await pair(wallet, issuer.link)
        assert not wallet.creds()
    assert "without self-signed certificates" in result.missing[0].reason


@pytest.mark.parametrize(
    ("proof_types", "message"),
    [
        pytest.param({"attestation": {"proof_signing_alg_values_supported": ["ES256"]}}, "type jwt", id="other-type"),
        pytest.param({"jwt": {"proof_signing_alg_values_supported": ["ES512"]}}, "by ES256", id="other-algorithm"),
        pytest.param(
            {"jwt": {"proof_signing_alg_values_supported": ["ES256"], "key_attestations_required": {}}},
            "without an attestation",
            id="attestation",
        ),
    ],
)
async def test_a_cred_type_whose_key_proofs_are_beyond_this_wallet_does_not_come(
    issuer: StubIssuer, proof_types: dict[str, Any], message: str
) -> None:
    issuer.metadata["credential_configurations_supported"][BADGE]["proof_types_supported"] = proof_types
    async with new_wallet(issuer.trust()) as wallet:
        result = await pair(wallet, issuer.link)
    assert message in result.missing[0].reason


async def test_a_cred_that_is_bound_to_no_key_is_kept_and_needs_no_proof(issuer: StubIssuer) -> None:
    configuration = issuer.metadata["credential_configurations_supported"][BADGE]
    del configuration["cryptographic_binding_methods_supported"], configuration["proof_types_supported"]
    key = new_key().public()
    issuer.server.routes["POST", f"{PATH}/credential"] = lambda asked: (
        issuer.issue(key, cnf=None) if "proofs" not in asked.json() else error("invalid_proof")
    )
    async with new_wallet(issuer.trust()) as wallet:
        assert len((await pair(wallet, issuer.link)).received) == 1


class Killed(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("after", [True, False], ids=["after-the-write", "before-the-write"])
@pytest.mark.parametrize("write", range(1, 8))
async def test_a_crash_at_any_write_loses_and_doubles_nothing(
    issuer: StubIssuer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: int, after: bool
) -> None:
    """Killed at each write in turn, then opened again: every Cred is there once, or comes with the next sync."""
    issuer.entitlements.append({"credential_configuration_id": BADGE, "credential_identifier": "e2", "revision": 1})
    path, writes, good = tmp_path / "wallet.vault", 0, Vault.change

    def dying(self: Vault, change: Callable[[Any], Any]) -> None:
        nonlocal writes
        writes += 1
        if writes == write and not after:
            raise Killed
        good(self, change)
        if writes == write:
            raise Killed

    wallet = new_wallet(issuer.trust(), path)
    monkeypatch.setattr(Vault, "change", dying)
    with pytest.raises(Killed):
        await pair(wallet, issuer.link)
    monkeypatch.setattr(Vault, "change", good)
    await wallet.close()

    async with reopened(path, issuer.trust()) as again:
        await again.sync()
        paired = write > 1 or after  # the first write keeps the tokens
        held = [cred.fields for cred in again.creds()]
        assert len(held) == (2 if paired else 0)
        if paired:
            told = [event["notification_id"] for event in issuer.events]
            kept = [cred.notification_id for cred in again._parts.vault.contents.creds]
            assert set(kept) <= set(told)
