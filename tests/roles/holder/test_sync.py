"""Sync: what changed at the issuer changes here, and Creds are removed for one reason only."""

from datetime import timedelta

import pytest

from billfold.adapters.http.client import GuardedClient
from billfold.adapters.vault.vault import Vault
from billfold.errors import ConfigurationError, StateError, TransportError
from billfold.holder import PushKeys, PushSubscription
from tests.support.holders import later, new_wallet, pair
from tests.support.stub_issuer import BADGE, PATH, StubIssuer
from tests.support.stub_server import Asked, Reply, error


async def test_a_cred_is_fetched_again_only_where_its_revision_rose(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        (before,) = (await pair(wallet, issuer.link)).received
        (synced,) = await wallet.sync()
        assert (synced.outcome, synced.received, len(issuer.issued)) == ("up_to_date", (), 1)
        issuer.entitlements[0]["revision"] = 2
        (synced,) = await wallet.sync()
        assert [cred.id for cred in synced.received] == [before.id]
        assert len(wallet.creds()) == 1


async def test_a_cred_is_new_until_opened_for_a_day_and_again_when_a_field_changed(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        (cred,) = (await pair(wallet, issuer.link)).received
        assert cred.is_new
        assert not later(wallet, timedelta(hours=24)).creds()[0].is_new
        assert not wallet.opened(cred.id).is_new
        issuer.entitlements[0]["revision"] = 2
        assert not (await wallet.sync())[0].received[0].is_new, "a mere refill is not New"
        issuer.draft = lambda draft: draft.with_fields(given_name="Erna")
        issuer.entitlements[0]["revision"] = 3
        assert (await wallet.sync())[0].received[0].is_new
        with pytest.raises(StateError, match="that this wallet holds"):
            wallet.opened("nothing")


async def test_a_cred_expires_by_itself(issuer: StubIssuer) -> None:
    """Row sl-expired-token-valid: expired stays expired, whatever the list says."""
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        assert later(wallet, timedelta(days=2)).creds()[0].state == "expired"


@pytest.mark.parametrize(("days", "state"), [(95, "active"), (101, "expired")])
async def test_a_cred_that_ends_soon_or_has_ended_is_fetched_anew_and_that_is_no_news(
    issuer: StubIssuer, days: int, state: str
) -> None:
    lasts = 100 * 24 * 3600
    issuer.draft = lambda draft: draft.with_claims(exp=draft.claims["iat"] + len(issuer.issued) * lasts + lasts)
    async with new_wallet(issuer.trust()) as wallet:
        (cred,) = (await pair(wallet, issuer.link)).received
        wallet.opened(cred.id)
        await later(wallet, timedelta(days=89)).sync()
        assert len(issuer.issued) == 1
        old = later(wallet, timedelta(days=days))
        assert old.creds()[0].state == state
        (synced,) = await old.sync()
        (held,) = old.creds()
        assert (synced.outcome, synced.received, len(issuer.issued)) == ("up_to_date", (), 2)
        assert (held.id, held.state, held.is_new) == (cred.id, "active", False)
        await old.sync()
        assert len(issuer.issued) == 2


async def test_an_issuer_that_gives_no_later_end_is_asked_once_a_day(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        ended = later(wallet, timedelta(days=2))
        issuer.draft = lambda draft: draft.with_claims(exp=draft.claims["iat"] + 2 * 24 * 3600 + 60)
        await ended.sync()
        await ended.sync()
        assert len(issuer.issued) == 2


async def test_what_the_issuer_lists_no_longer_is_marked_and_stays(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        (cred,) = (await pair(wallet, issuer.link)).received
        issuer.entitlements.clear()
        (synced,) = await wallet.sync()
        assert (synced.changed, [held.state for held in wallet.creds()]) == ((cred.id,), ["revoked"])


async def test_a_revoked_copy_that_is_still_listed_is_fetched_anew(issuer: StubIssuer) -> None:
    """A successor whose acceptance was never heard of leaves its predecessor invalid after a day."""
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        issuer.statuses[0] = 1
        (synced,) = await wallet.sync()
        assert len(synced.received) == 1
        assert [cred.state for cred in wallet.creds()] == ["active"]


async def test_only_the_end_of_the_pairing_removes_creds(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        issuer.refuse_tokens("invalid_grant", error_description="gone")
        (synced,) = await wallet.sync()
        assert (synced.outcome, synced.reason) == ("cannot_update", "gone")
        assert len(wallet.creds()) == 1
        assert not wallet.issuers()[0].can_update
        issuer.refuse_tokens("invalid_grant", billfold_pairing="ended")
        (synced,) = await wallet.sync()
        assert synced.outcome == "ended"
        assert (wallet.creds(), wallet.issuers()) == ((), ())


async def test_a_stranger_cannot_end_a_pairing_by_another_error(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        issuer.refuse_tokens("temporarily_unavailable")
        assert (await wallet.sync())[0].outcome == "failed"
        issuer.server.routes["POST", f"{PATH}/token"] = lambda _: Reply(503)
        (synced,) = await wallet.sync()
        assert (synced.outcome, synced.code) == ("failed", "peer_failed")
        assert len(wallet.creds()) == 1
        assert wallet.issuers()[0].can_update


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{PATH}/pairing"),
        ("GET", f"/.well-known/openid-credential-issuer{PATH}"),
        ("GET", f"/.well-known/oauth-authorization-server{PATH}"),
    ],
)
async def test_the_end_of_a_pairing_counts_only_at_the_token_endpoint(
    issuer: StubIssuer, method: str, path: str
) -> None:
    """Pairing profile, item 7."""
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        issuer.server.routes[method, path] = lambda _: error("invalid_grant", billfold_pairing="ended")
        assert (await wallet.sync())[0].outcome == "failed"
        assert len(wallet.creds()) == 1
        assert wallet.issuers()[0].can_update


async def test_a_vault_that_cannot_be_written_is_no_fault_of_the_issuer(
    issuer: StubIssuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise ConfigurationError("expected room on the disk")

    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        monkeypatch.setattr(Vault, "change", full)
        with pytest.raises(ConfigurationError, match="room on the disk"):
            await wallet.sync()


async def test_an_issuer_that_was_proven_must_stay_so(issuer: StubIssuer) -> None:
    issuer.sign_metadata()
    async with new_wallet(issuer.trust()) as wallet:
        assert (await pair(wallet, issuer.link)).issuer.proven
        plain = issuer.metadata
        issuer.begin()
        issuer.metadata = plain
        (synced,) = await wallet.sync()
        assert (synced.outcome, synced.code) == ("failed", "trust_error")


async def test_an_acceptance_that_did_not_get_through_is_reported_again(issuer: StubIssuer) -> None:
    good = issuer.server.routes.pop(("POST", f"{PATH}/notification"))
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        assert not issuer.events
        issuer.server.routes["POST", f"{PATH}/notification"] = good
        for _ in range(2):
            await wallet.sync()
        assert [event["notification_id"] for event in issuer.events] == ["n0"]


async def test_a_device_name_that_did_not_get_through_is_told_again(issuer: StubIssuer) -> None:
    good = issuer.server.routes.pop(("PUT", f"{PATH}/pairing"))
    async with new_wallet(issuer.trust()) as wallet:
        assert (await pair(wallet, issuer.link)).received
        issuer.server.routes["PUT", f"{PATH}/pairing"] = good
        for _ in range(2):
            await wallet.sync()
    assert len(issuer.described) == 1


async def test_unpairing_reports_each_cred_and_keeps_everything_where_the_issuer_is_silent(issuer: StubIssuer) -> None:
    good = issuer.server.routes["DELETE", f"{PATH}/pairing"]
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        issuer.server.routes["DELETE", f"{PATH}/pairing"] = lambda _: Reply(503)
        with pytest.raises(TransportError, match="end of the pairing"):
            await wallet.unpair(issuer.identifier)
        assert wallet.creds()
        issuer.server.routes["DELETE", f"{PATH}/pairing"] = good
        await wallet.unpair(issuer.identifier)
        assert not wallet.creds()
    assert [event["event"] for event in issuer.events][-1] == "credential_deleted"


async def test_a_silent_issuer_is_left_behind_where_that_was_said(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        issuer.server.routes.clear()
        await wallet.unpair(issuer.identifier, anyway=True)
        assert not wallet.creds()


async def test_unpairing_what_has_ended_needs_no_goodbye(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        issuer.refuse_tokens("invalid_grant", billfold_pairing="ended")
        await wallet.unpair(issuer.identifier)
        assert not wallet.issuers()
    assert not issuer.server.asked_for(f"{PATH}/pairing")[2:]


async def test_a_pairing_that_ended_meanwhile_makes_way_for_a_new_one(issuer: StubIssuer) -> None:
    good = issuer.server.routes["POST", f"{PATH}/token"]

    def answer(asked: Asked) -> Reply:
        refreshing = asked.form()["grant_type"] == "refresh_token"
        return error("invalid_grant", billfold_pairing="ended") if refreshing else good(asked)

    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        with pytest.raises(StateError, match="not paired yet"):
            await pair(wallet, issuer.link)
        issuer.server.routes["POST", f"{PATH}/token"] = answer
        assert len((await pair(wallet, issuer.link)).received) == 1
        assert len(wallet.creds()) == 1


async def test_a_stranger_without_refresh_tokens_keeps_its_creds(issuer: StubIssuer) -> None:
    del issuer.metadata["billfold_pairing"]
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        issuer.statuses[0] = 2
        (synced,) = await wallet.sync()
        assert (synced.outcome, len(synced.changed)) == ("up_to_date", 1)
        assert [cred.configuration_id for cred in wallet.creds()] == [BADGE]


async def test_an_issuer_out_of_reach_does_not_keep_the_others_from_being_asked(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        await wallet._parts.peers.close()
        silent = GuardedClient(allow_loopback=False)  # loopback is out of its reach
        wallet._parts.peers._client = silent
        (synced,) = await wallet.sync()
        assert synced.outcome == "failed"
        with pytest.raises(TransportError):
            await wallet.look_at(issuer.link)


RINGS = PushSubscription("https://push.example/1", PushKeys("p256dh", "auth"))


async def test_an_issuer_is_told_where_to_ring_and_when_to_stop(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        await wallet.ring_at(issuer.identifier, RINGS)
        told = issuer.described[-1]
        assert told["push_subscription"] == {
            "endpoint": "https://push.example/1",
            "keys": {"p256dh": "p256dh", "auth": "auth"},
        }
        assert (told["device_name"], told["client"]["notifications"]) == ("Test", "granted")
        await wallet.ring_at(issuer.identifier, None)
        assert issuer.described[-1]["push_subscription"] is None
        with pytest.raises(StateError, match="paired with"):
            await wallet.ring_at("https://nobody.example", RINGS)


async def test_where_to_ring_is_told_again_at_the_next_sync_where_it_got_lost(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
        good = issuer.server.routes["PUT", f"{PATH}/pairing"]
        issuer.server.routes["PUT", f"{PATH}/pairing"] = lambda _: Reply(503)
        await wallet.ring_at(issuer.identifier, RINGS)
        issuer.server.routes["PUT", f"{PATH}/pairing"] = good
        await wallet.sync()
        assert issuer.described[-1]["push_subscription"]["endpoint"] == "https://push.example/1"
