"""Deferred: what an issuer promises is remembered, asked for when it said, and kept as strictly as anything else."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from billfold.core.jose.jws import Jws
from billfold.core.keys import PublicKey
from billfold.holder import Wallet
from tests.support.holders import later, new_wallet, pair, reopened
from tests.support.organisations import new_key
from tests.support.stub_issuer import ACCESS_TOKEN, PATH, StubIssuer
from tests.support.stub_server import Asked, Reply, as_json, error

INTERVAL_S = 60
TRANSACTION = "the-transaction"
DEFERRED = f"{PATH}/deferred"
SOON = timedelta(seconds=INTERVAL_S)


@pytest.fixture(autouse=True)
def promising(issuer: StubIssuer) -> StubIssuer:
    """An issuer that promises its Cred, and gives it at the deferred endpoint."""
    issuer.metadata["deferred_credential_endpoint"] = f"{issuer.identifier}{DEFERRED.removeprefix(PATH)}"
    issuer.respond = lambda _: {"transaction_id": TRANSACTION, "interval": INTERVAL_S}
    issuer.server.routes["POST", DEFERRED] = lambda _: give(issuer)
    return issuer


def sent_keys(issuer: StubIssuer) -> list[PublicKey]:
    """Return the keys that the credential request proved."""
    proofs = issuer.server.asked_for(f"{PATH}/credential")[-1].json()["proofs"]["jwt"]
    return [PublicKey.from_jwk(Jws.parse(text).header["jwk"]) for text in proofs]


def give(issuer: StubIssuer, *keys: PublicKey) -> Reply:
    """Answer with what was promised, bound to the keys that were sent with the first request."""
    texts = [issuer.instance(key) for key in keys or sent_keys(issuer)]
    return as_json({"credentials": [{"credential": text} for text in texts], "notification_id": "n7"})


async def promised(wallet: Wallet, issuer: StubIssuer) -> None:
    """Pair, and be told that the Cred comes later."""
    result = await pair(wallet, issuer.link)
    assert [(missing.code, missing.comes_later) for missing in result.missing] == [("deferred", True)]
    assert wallet.creds() == ()


async def test_it_comes_when_the_issuer_said_and_not_asked_for_before(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await promised(wallet, issuer)
        (early,) = await wallet.sync()
        assert [missing.code for missing in early.missing] == ["deferred"]
        assert issuer.server.asked_for(DEFERRED) == []

        (synced,) = await later(wallet, SOON).sync()

        assert [cred.type_name for cred in synced.received] == ["Badge"]
        (asked,) = issuer.server.asked_for(DEFERRED)
        assert (asked.json(), asked.headers["authorization"]) == (
            {"transaction_id": TRANSACTION},
            f"DPoP {ACCESS_TOKEN}",
        )
        assert "dpop" in asked.headers
        assert [event["event"] for event in issuer.events] == ["credential_accepted"]
        await later(wallet, SOON).sync()
        assert (len(issuer.server.asked_for(DEFERRED)), len(issuer.server.asked_for(f"{PATH}/credential"))) == (1, 1)


async def test_a_promise_outlives_the_program(issuer: StubIssuer, tmp_path: Path) -> None:
    async with new_wallet(issuer.trust(), tmp_path / "vault") as wallet:
        await promised(wallet, issuer)
    assert TRANSACTION.encode() not in (tmp_path / "vault").read_bytes()
    async with reopened(tmp_path / "vault", issuer.trust()) as wallet:
        (synced,) = await later(wallet, SOON).sync()
        assert len(synced.received) == 1
    async with reopened(tmp_path / "vault", issuer.trust()) as wallet:
        assert len(wallet.creds()) == 1
        assert wallet._parts.vault.contents.deferred == ()


async def test_several_instances_may_be_promised_together(issuer: StubIssuer) -> None:
    issuer.metadata["batch_credential_issuance"] = {"batch_size": 3}
    async with new_wallet(issuer.trust()) as wallet:
        await promised(wallet, issuer)
        await later(wallet, SOON).sync()
        assert wallet._parts.vault.contents.creds[0].fresh == 3


async def test_what_is_still_being_prepared_is_asked_for_again_after_the_new_interval(issuer: StubIssuer) -> None:
    issuer.server.routes["POST", DEFERRED] = lambda _: as_json({"transaction_id": TRANSACTION, "interval": 600}, 202)
    async with new_wallet(issuer.trust()) as wallet:
        await promised(wallet, issuer)
        for wait_s, asked in ((INTERVAL_S, 1), (INTERVAL_S + 300, 1), (INTERVAL_S + 600, 2)):
            (synced,) = await later(wallet, timedelta(seconds=wait_s)).sync()
            assert [missing.code for missing in synced.missing] == ["deferred"]
            assert len(issuer.server.asked_for(DEFERRED)) == asked


@pytest.mark.parametrize("code", ["invalid_transaction_id", "credential_request_denied"])
async def test_a_promise_that_is_over_is_forgotten_and_what_is_listed_asked_for_anew(
    issuer: StubIssuer, code: str
) -> None:
    """OpenID4VCI 9.3."""
    issuer.server.routes["POST", DEFERRED] = lambda _: error(code)
    async with new_wallet(issuer.trust()) as wallet:
        await promised(wallet, issuer)
        (synced,) = await later(wallet, SOON).sync()
        assert [(missing.code, missing.comes_later) for missing in synced.missing] == [(code, False)]
        issuer.respond = None
        (synced,) = await later(wallet, SOON).sync()
        assert len(synced.received) == 1


@pytest.mark.parametrize("reply", [Reply(503), error("invalid_token", 401)], ids=["busy", "token"])
async def test_a_promise_is_kept_in_mind_while_the_issuer_cannot_answer(issuer: StubIssuer, reply: Reply) -> None:
    issuer.server.routes["POST", DEFERRED] = lambda _: reply
    async with new_wallet(issuer.trust()) as wallet:
        await promised(wallet, issuer)
        await later(wallet, SOON).sync()
        issuer.server.routes["POST", DEFERRED] = lambda _: give(issuer)
        (synced,) = await later(wallet, SOON).sync()
        assert len(synced.received) == 1


def _foreign(issuer: StubIssuer) -> Callable[[Asked], Reply]:
    return lambda _: give(issuer, new_key().public())


def _another_id(_: StubIssuer) -> Callable[[Asked], Reply]:
    return lambda _: as_json({"transaction_id": "t2", "interval": 5}, 202)


def _both(issuer: StubIssuer) -> Callable[[Asked], Reply]:
    text = issuer.instance(new_key().public())
    return lambda _: as_json({"credentials": [{"credential": text}], "transaction_id": TRANSACTION, "interval": 5})


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        pytest.param(_foreign, "key that this wallet sent", id="credresp-foreign-key"),
        pytest.param(_another_id, "transaction_id that was promised", id="deferred-changed-id"),
        pytest.param(_both, "either credentials or transaction_id", id="credresp-both"),
        pytest.param(lambda _: lambda _: as_json({}), "either credentials or", id="credresp-neither"),
        pytest.param(
            lambda _: lambda _: as_json({"transaction_id": TRANSACTION}, 202),
            "interval",
            id="credresp-no-interval",
        ),
        pytest.param(
            lambda _: lambda _: as_json({"transaction_id": TRANSACTION, "interval": 0}, 202),
            "interval",
            id="credresp-interval-zero",
        ),
    ],
)
async def test_a_bad_answer_brings_nothing_and_ends_the_promise(
    issuer: StubIssuer, answer: Callable[[StubIssuer], Callable[[Asked], Reply]], message: str
) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await promised(wallet, issuer)
        issuer.server.routes["POST", DEFERRED] = answer(issuer)
        (synced,) = await later(wallet, SOON).sync()
        assert message in synced.missing[0].reason
        assert (wallet.creds(), wallet._parts.vault.contents.deferred) == ((), ())


async def test_an_issuer_that_promises_without_an_endpoint_breaks_its_promise(issuer: StubIssuer) -> None:
    del issuer.metadata["deferred_credential_endpoint"]
    async with new_wallet(issuer.trust()) as wallet:
        await promised(wallet, issuer)
        (synced,) = await later(wallet, SOON).sync()
        assert "deferred_credential_endpoint" in synced.missing[0].reason


async def test_an_interval_beyond_all_use_is_a_month(issuer: StubIssuer) -> None:
    issuer.respond = lambda _: {"transaction_id": TRANSACTION, "interval": 1e300}
    async with new_wallet(issuer.trust()) as wallet:
        await promised(wallet, issuer)
        for days, asked in ((29, 0), (30, 1)):
            await later(wallet, timedelta(days=days)).sync()
            assert len(issuer.server.asked_for(DEFERRED)) == asked


async def test_unpairing_forgets_what_was_promised(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await promised(wallet, issuer)
        await wallet.unpair(issuer.identifier)
        assert wallet._parts.vault.contents.deferred == ()
