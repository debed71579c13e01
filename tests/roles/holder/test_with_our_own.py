"""The headless holder beside our own issuer and requester: what a person does, step by step, over real HTTP."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from billfold.adapters.store import entitlements, pairings
from billfold.errors import StateError
from billfold.holder import PeerRefusal, TrustList, Wallet
from tests.support.installation import RunningInstallation, running_installation

AMARA = ("northwind", "Amara Okafor")
JONAS = ("northwind", "Jonas Lindqvist")


@pytest.fixture
async def ours(tmp_path: Path) -> AsyncIterator[RunningInstallation]:
    async with running_installation(tmp_path) as running:
        yield running


async def paired(ours: RunningInstallation, who: tuple[str, str], path: Path | None = None) -> Wallet:
    """Return a wallet that is paired for a person of the demo."""
    wallet = ours.wallet(path)
    await wallet.pair(await wallet.look_at((await ours.code(*who)).wallet_link), device_name="Test")
    return wallet


async def test_a_person_pairs_receives_and_shares_only_what_was_chosen(ours: RunningInstallation) -> None:
    code = await ours.code(*AMARA, with_tx_code=True)
    async with ours.wallet() as wallet:
        review = await wallet.look_at(code.wallet_link)
        assert (review.issuer_name, review.proven, review.needs_tx_code) == ("Northwind Robotics", True, True)
        assert [offered.name for offered in review.offered] == ["Employee badge", "Parking permit"]

        result = await wallet.pair(review, code.tx_code, "My program")
        assert [cred.type_name for cred in result.received] == ["Employee badge", "Parking permit"]
        assert not result.missing
        badge = wallet.creds()[0]
        assert [field.label for field in badge.fields[:2]] == ["Name", "Employer"]
        assert (badge.state, badge.is_new) == ("active", True)
        assert not wallet.opened(badge.id).is_new

        request = await ours.request()
        asked = await wallet.review(request.wallet_link)
        assert (asked.requester, asked.proven) == ("Harbour Sports Club", True)
        shared = await wallet.share(asked, optional=["team"])
        assert shared.accepted
        assert [part.fields for part in shared.shared] == [("name", "employer", "team")]
        answer = await ours.result(request)
        assert answer.accepted
        assert set(answer.creds[0]["fields"]) == {"name", "employer", "team"}
        assert [entry.outcome for entry in wallet.history()] == ["accepted"]


async def test_the_issuer_knows_the_device_and_what_became_of_its_creds(ours: RunningInstallation) -> None:
    async with await paired(ours, JONAS):
        organisation = await ours.organisation("northwind")
        person = await ours.person(*JONAS)
        (pairing,) = await pairings.of_person(ours.parts.store, organisation.id, person.id)
        assert (pairing.device_name, pairing.state) == ("Test", "active")


async def test_a_wrong_pin_costs_a_try_and_the_right_one_still_pairs(ours: RunningInstallation) -> None:
    code = await ours.code(*JONAS, with_tx_code=True)
    async with ours.wallet() as wallet:
        review = await wallet.look_at(code.wallet_link)
        wrong = "000000" if code.tx_code != "000000" else "111111"
        with pytest.raises(StateError, match="expected the PIN"):
            await wallet.pair(review)
        with pytest.raises(PeerRefusal) as refused:
            await wallet.pair(review, wrong)
        assert "tries are left" in (refused.value.description or "")
        assert refused.value.reference
        assert len((await wallet.pair(review, code.tx_code)).received) == 1


async def test_a_code_pairs_once(ours: RunningInstallation) -> None:
    code = await ours.code(*JONAS)
    async with ours.wallet() as first, ours.wallet() as second:
        review = await second.look_at(code.wallet_link)
        await first.pair(await first.look_at(code.offer))
        with pytest.raises(PeerRefusal, match="invalid_grant"):
            await second.pair(review)
        assert not second.issuers()
        with pytest.raises(StateError, match="not paired yet"):
            await first.pair(review)


async def test_suspended_creds_are_not_offered_until_they_are_resumed(ours: RunningInstallation) -> None:
    store, act = ours.parts.store, ours.parts.act("test")
    async with await paired(ours, AMARA) as wallet:
        badge = (await ours.entitlements(*AMARA))["employee-badge"]
        organisation = await ours.organisation("northwind")
        await entitlements.suspend(store, organisation.id, badge.id, act)
        (synced,) = await wallet.sync()
        assert (synced.outcome, len(synced.changed)) == ("up_to_date", 1)
        assert [cred.state for cred in wallet.creds()] == ["suspended", "active"]
        asked = await wallet.review((await ours.request()).wallet_link)
        assert not asked.is_answerable
        assert "unusable" in [miss.code for miss in asked.cards[0].unfit]
        with pytest.raises(StateError, match="can answer"):
            await wallet.share(asked)

        await entitlements.resume(store, organisation.id, badge.id, ours.parts.act("test"))
        await wallet.sync()
        assert [cred.state for cred in wallet.creds()] == ["active", "active"]


async def test_a_cred_whose_entitlement_ended_is_revoked_and_never_comes_again(ours: RunningInstallation) -> None:
    async with await paired(ours, AMARA) as wallet:
        permit = (await ours.entitlements(*AMARA))["parking-permit"]
        organisation = await ours.organisation("northwind")
        await entitlements.end(ours.parts.store, organisation.id, permit.id, ours.parts.act("test"))
        for _ in range(2):
            (synced,) = await wallet.sync()
            assert not synced.received
        assert [cred.state for cred in wallet.creds()] == ["active", "revoked"]


async def test_a_new_entitlement_comes_with_the_next_sync(ours: RunningInstallation) -> None:
    async with await paired(ours, JONAS) as wallet:
        organisation, person = await ours.organisation("northwind"), await ours.person(*JONAS)
        await entitlements.create(
            ours.parts.store,
            organisation.id,
            entitlement_id=ours.parts.new_id(),
            person_id=person.id,
            credential_type="parking-permit",
            act=ours.parts.act("test"),
            asked_once=None,
        )
        (synced,) = await wallet.sync()
        # Jonas has no plate, which the permit requires: it does not come, and the badge is as it was.
        assert [missing.configuration_id for missing in synced.missing] == ["parking-permit"]
        assert [cred.type_name for cred in wallet.creds()] == ["Employee badge"]


async def test_a_pairing_that_the_issuer_ended_takes_its_creds_and_no_others(ours: RunningInstallation) -> None:
    async with await paired(ours, AMARA) as wallet:
        other = await ours.code("lakeside", "Leyla Demir")
        await wallet.pair(await wallet.look_at(other.wallet_link))
        organisation, person = await ours.organisation("northwind"), await ours.person(*AMARA)
        (pairing,) = await pairings.of_person(ours.parts.store, organisation.id, person.id)
        await pairings.end(ours.parts.store, organisation.id, pairing.id, ours.parts.act("test"))

        outcomes = {synced.name: synced.outcome for synced in await wallet.sync()}
        assert outcomes == {"Northwind Robotics": "ended", "Lakeside University": "up_to_date"}
        assert [cred.issuer_name for cred in wallet.creds()] == ["Lakeside University"]


async def test_unpairing_ends_the_pairing_on_both_sides(ours: RunningInstallation) -> None:
    async with await paired(ours, JONAS) as wallet:
        await wallet.unpair(wallet.issuers()[0].identifier)
        assert not wallet.creds()
        assert not wallet.issuers()
        organisation, person = await ours.organisation("northwind"), await ours.person(*JONAS)
        (pairing,) = await pairings.of_person(ours.parts.store, organisation.id, person.id)
        assert pairing.state == "ended"
        with pytest.raises(StateError, match="paired with"):
            await wallet.unpair("http://localhost/none")


async def test_declining_tells_the_requester_and_nothing_else(ours: RunningInstallation) -> None:
    async with await paired(ours, JONAS) as wallet:
        request = await ours.request(return_to="https://club.example/back")
        declined = await wallet.decline(await wallet.review(request.request))
        assert (declined.redirect_uri or "").startswith("https://club.example/back?response_code=")
        assert (await ours.shown(request)).state == "declined"
        assert [(entry.outcome, entry.shared) for entry in wallet.history()] == [("declined", ())]


@pytest.mark.parametrize("response_mode", ["direct_post.jwt", "direct_post"])
async def test_a_request_under_the_hosts_name_is_answered_in_either_mode(
    ours: RunningInstallation, response_mode: str
) -> None:
    await ours.alone_on_its_host()
    await ours.new_template("by-host", client_id_prefix="x509_san_dns", response_mode=response_mode)
    async with await paired(ours, AMARA) as wallet:
        request = await ours.request(template="by-host")
        asked = await wallet.review(request.wallet_link)
        assert (asked.requester, asked.proven) == ("Harbour Sports Club", True)
        assert (await wallet.share(asked)).accepted
        answer = await ours.result(request)
        assert (answer.accepted, answer.creds[0]["fields"]["name"]) == (True, "Amara Okafor")


async def test_a_wallet_that_holds_nothing_cannot_share(ours: RunningInstallation) -> None:
    async with ours.wallet() as wallet:
        request = await ours.request()
        asked = await wallet.review(request.wallet_link)
        assert not asked.is_answerable
        with pytest.raises(StateError, match="can answer"):
            await wallet.share(asked)
        await wallet.decline(asked)
        assert (await ours.shown(request)).state == "declined"


async def test_who_is_not_listed_is_not_proven_and_pins_what_signs(ours: RunningInstallation) -> None:
    """An issuer of no listed root may be paired after the warning; its Creds must lead to one certificate for ever."""
    code = await ours.code(*JONAS)
    unlisting = Wallet.create(None, trust=TrustList(), wallet_url=ours.wallet_url, development=True)
    async with unlisting as wallet:
        review = await wallet.look_at(code.wallet_link)
        assert not review.proven
        result = await wallet.pair(review)
        assert [cred.state for cred in result.received] == ["active"]
        (synced,) = await wallet.sync()
        assert synced.outcome == "up_to_date"


async def test_a_wallet_opened_again_holds_the_same(ours: RunningInstallation, tmp_path: Path) -> None:
    path = tmp_path / "wallet.vault"
    async with await paired(ours, AMARA, path) as wallet:
        before = wallet.creds()
    again = Wallet.open(path, "correct horse", trust=ours.trust, wallet_url=ours.wallet_url, development=True)
    async with again as wallet:
        assert wallet.creds() == before
        assert (await wallet.sync())[0].outcome == "up_to_date"
