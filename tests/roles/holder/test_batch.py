"""Batch: as many instances as the issuer gives at once, a fresh one for every share, and new ones in time."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from billfold.core.encoding import json_decode_object
from billfold.core.jose.jws import Jws
from billfold.core.keys import PublicKey
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.trust.trust_list import TrustList
from billfold.errors import StateError
from billfold.holder import Wallet
from tests.support.holders import new_wallet, pair, reopened
from tests.support.organisations import new_key
from tests.support.stub_issuer import PATH, StubIssuer
from tests.support.stub_requester import StubRequester, new_requester
from tests.support.stub_server import Asked, Reply, StubServer, as_json

BATCH = 4


@pytest.fixture
def requester(server: StubServer, issuer: StubIssuer) -> StubRequester:  # noqa: ARG001  # its routes come first
    return new_requester(server)


@pytest.fixture
async def wallet(issuer: StubIssuer, requester: StubRequester) -> AsyncIterator[Wallet]:
    """A paired wallet whose issuer gives several instances at once."""
    issuer.metadata["batch_credential_issuance"] = {"batch_size": BATCH}
    async with new_wallet(TrustList((*issuer.trust().anchors, requester.entry()))) as made:
        result = await pair(made, issuer.link)
        assert (len(result.received), result.missing) == (1, ())
        yield made


async def shown_key(wallet: Wallet, requester: StubRequester) -> dict[str, Any]:
    """Share, and return the key of the instance that the requester saw; all presentations are of one copy."""
    requester.forms.clear()
    await wallet.share(await wallet.review(requester.link), optional=["email"])
    token = requester.opened()["vp_token"]
    copies = {SdJwt.parse(text).jws.compact for texts in token.values() for text in texts}
    assert (len(token), len(copies)) == (2, 1)
    (copy,) = copies
    key: dict[str, Any] = json_decode_object(Jws.parse(copy).payload)["cnf"]["jwk"]  # type: ignore[index, call-overload, assignment]
    return key


def asked_keys(issuer: StubIssuer, number: int = -1) -> list[dict[str, Any]]:
    proofs = issuer.server.asked_for(f"{PATH}/credential")[number].json()["proofs"]["jwt"]
    return [dict(Jws.parse(text).header["jwk"]) for text in proofs]  # type: ignore[arg-type]


async def test_it_asks_for_as_many_as_are_given_and_shows_one_cred(wallet: Wallet, issuer: StubIssuer) -> None:
    keys = asked_keys(issuer)
    assert len({key["x"] for key in keys}) == BATCH
    assert (len(wallet.creds()), len(issuer.issued)) == (1, BATCH)
    proofs = issuer.server.asked_for(f"{PATH}/credential")[0].json()["proofs"]["jwt"]
    assert len({Jws.parse(text).claims()["nonce"] for text in proofs}) == 1


async def test_every_share_shows_an_instance_of_its_own_until_none_is_left(
    wallet: Wallet, requester: StubRequester, issuer: StubIssuer
) -> None:
    keys = [await shown_key(wallet, requester) for _ in range(BATCH + 1)]
    assert len({key["x"] for key in keys}) == BATCH
    assert keys[-1] == keys[-2], "without the issuer the last one has to do"
    assert {key["x"] for key in keys} == {key["x"] for key in asked_keys(issuer, 0)}


async def test_a_share_that_nobody_answered_has_used_its_instance(wallet: Wallet, requester: StubRequester) -> None:
    asked = await wallet.review(requester.link)
    before = wallet._parts.vault.contents.creds[0].sd_jwt
    requester.server.routes["POST", "/responses/1"] = lambda _: Reply(503)
    with pytest.raises(Exception, match="503"):
        await wallet.share(asked)
    assert wallet._parts.vault.contents.creds[0].sd_jwt != before


async def test_what_was_reviewed_may_be_shared_from_the_next_instance(wallet: Wallet, requester: StubRequester) -> None:
    """Two requests are open at once: sharing for one is no change of what was agreed to for the other."""
    first, second = await wallet.review(requester.link), await wallet.review(requester.link)
    await wallet.share(first)
    requester.forms.clear()
    assert (await wallet.share(second)).accepted


async def test_instances_are_refilled_when_half_are_gone_and_that_is_no_news(
    wallet: Wallet, requester: StubRequester, issuer: StubIssuer
) -> None:
    wallet.opened(wallet.creds()[0].id)
    for fresh_batches, _ in ((1, "one used"), (1, "two used"), (2, "three used")):
        await shown_key(wallet, requester)
        (synced,) = await wallet.sync()
        assert (synced.outcome, synced.received, synced.missing) == ("up_to_date", (), ())
        assert len(issuer.issued) == fresh_batches * BATCH
    assert wallet._parts.vault.contents.creds[0].fresh == BATCH
    assert not wallet.creds()[0].is_new
    await wallet.sync()
    assert len(issuer.issued) == 2 * BATCH


async def test_an_issuer_that_gives_one_in_spite_of_its_word_is_asked_again_only_after_use(
    issuer: StubIssuer, requester: StubRequester
) -> None:
    issuer.metadata["batch_credential_issuance"] = {"batch_size": BATCH}
    issuer.respond = lambda text: {"credentials": [{"credential": text}]}
    async with new_wallet(TrustList((*issuer.trust().anchors, requester.entry()))) as wallet:
        await pair(wallet, issuer.link)
        await wallet.sync()
        assert len(issuer.server.asked_for(f"{PATH}/credential")) == 1
        await shown_key(wallet, requester)
        await wallet.sync()
        assert len(issuer.server.asked_for(f"{PATH}/credential")) == 2


async def test_the_instances_lie_in_the_vault(issuer: StubIssuer, tmp_path: Path) -> None:
    issuer.metadata["batch_credential_issuance"] = {"batch_size": BATCH}
    async with new_wallet(issuer.trust(), tmp_path / "vault") as wallet:
        await pair(wallet, issuer.link)
    async with reopened(tmp_path / "vault") as wallet:
        (cred,) = wallet._parts.vault.contents.creds
        texts = [cred.sd_jwt, *(spare.sd_jwt for spare in cred.spares)]
        assert (cred.fresh, len(set(texts))) == (BATCH, BATCH)
        assert "d" in str(cred.spares[0].key)
        assert str(cred.spares[0]) == "StoredInstance()"


def _answers(make: Callable[[StubIssuer, list[PublicKey]], list[str]]) -> Callable[[StubIssuer, Asked], Reply]:
    def answer(issuer: StubIssuer, asked: Asked) -> Reply:
        proofs = [Jws.parse(text) for text in asked.json()["proofs"]["jwt"]]
        texts = make(issuer, [PublicKey.from_jwk(proof.header["jwk"]) for proof in proofs])
        return as_json({"credentials": [{"credential": text} for text in texts], "notification_id": "n0"})

    return answer


def _in_reverse(issuer: StubIssuer, keys: list[PublicKey]) -> list[str]:
    return [issuer.instance(key) for key in keys][::-1]


async def test_instances_in_another_order_find_their_keys(issuer: StubIssuer, requester: StubRequester) -> None:
    """Row credresp-order."""
    issuer.metadata["batch_credential_issuance"] = {"batch_size": BATCH}
    issuer.server.routes["POST", f"{PATH}/credential"] = lambda asked: _answers(_in_reverse)(issuer, asked)
    async with new_wallet(TrustList((*issuer.trust().anchors, requester.entry()))) as wallet:
        assert (await pair(wallet, issuer.link)).missing == ()
        for _ in range(BATCH):
            await shown_key(wallet, requester)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        pytest.param(
            lambda issuer, keys: [issuer.instance(keys[0]), issuer.instance(keys[0])],
            "a key of its own",
            id="credresp-same-key-twice",
        ),
        pytest.param(
            lambda issuer, keys: [issuer.instance(keys[0]), issuer.instance(new_key().public())],
            "key that this wallet sent",
            id="credresp-foreign-key",
        ),
        pytest.param(
            lambda issuer, keys: [issuer.instance(key) for key in [*keys, keys[0]]],
            f"expected 1 to {BATCH} credentials, got {BATCH + 1}",
            id="credresp-too-many",
        ),
        pytest.param(
            lambda issuer, keys: [issuer.instance(keys[0]), issuer.instance(keys[1], vct="urn:other")],
            "type that was asked for",
            id="credresp-wrong-vct",
        ),
    ],
)
async def test_one_bad_instance_spoils_them_all(
    issuer: StubIssuer, make: Callable[[StubIssuer, list[PublicKey]], list[str]], message: str
) -> None:
    issuer.metadata["batch_credential_issuance"] = {"batch_size": BATCH}
    issuer.server.routes["POST", f"{PATH}/credential"] = lambda asked: _answers(make)(issuer, asked)
    async with new_wallet(issuer.trust()) as wallet:
        result = await pair(wallet, issuer.link)
        assert wallet.creds() == ()
        assert message in result.missing[0].reason


async def test_a_revoked_instance_spoils_them_all(issuer: StubIssuer) -> None:
    issuer.metadata["batch_credential_issuance"] = {"batch_size": BATCH}
    issuer.statuses[BATCH - 1] = 1
    async with new_wallet(issuer.trust()) as wallet:
        assert [missing.code for missing in (await pair(wallet, issuer.link)).missing] == ["revoked"]
    assert [event["event"] for event in issuer.events] == ["credential_failure"]


async def test_a_cred_whose_fields_changed_since_the_review_is_not_shared(
    wallet: Wallet, requester: StubRequester, issuer: StubIssuer
) -> None:
    asked = await wallet.review(requester.link)
    issuer.draft = lambda draft: draft.with_fields(family_name="Roe")
    issuer.entitlements[0]["revision"] = 2
    await wallet.sync()
    with pytest.raises(StateError, match="not changed since the review"):
        await wallet.share(asked)
