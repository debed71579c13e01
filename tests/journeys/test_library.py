"""The whole way by the library: links of every kind, two issuers, and what happens to Creds after they were issued."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from billfold.errors import StateError
from billfold.holder import PairingResult, PeerRefusal, TrustList, Wallet, load_trust
from tests.support.demo import BADGE, PERMIT, Demo

STUDENT = {"student_number": "2118807", "date_of_birth": "2001-05-30"}


@pytest.fixture
async def trust(demo: Demo) -> TrustList:
    """Whom the demo's wallet host believes."""
    return await load_trust(demo.wallet, development=True)


@pytest.fixture
async def wallet(demo: Demo, trust: TrustList) -> AsyncIterator[Wallet]:
    """A wallet in memory."""
    async with new_wallet(demo, trust) as made:
        yield made


@pytest.fixture
def employee(demo: Demo) -> str:
    """Somebody who should hold a badge and a permit."""
    return demo.new_employee()


def new_wallet(demo: Demo, trust: TrustList) -> Wallet:
    """Make a wallet in memory."""
    return Wallet.create(None, trust=trust, wallet_url=demo.wallet, development=True)


async def pair(demo: Demo, wallet: Wallet, person_id: str, **members: Any) -> PairingResult:  # noqa: ANN401  # JSON
    """Pair with a new code."""
    code = demo.pairing_code(person_id, **members)
    return await wallet.pair(await wallet.look_at(code["offer"]), code["tx_code"])


async def share(demo: Demo, wallet: Wallet, *optional: str) -> dict[str, Any]:
    """Let the club ask, share, and return the verification."""
    asked = demo.ask()
    await wallet.share(await wallet.review(asked["request"]), optional)
    verification: dict[str, Any] = demo.answer(asked)["verification"]
    return verification


def typed(code: str) -> str:
    """Return a short code as somebody types it who reads it aloud in groups of four."""
    return " " + "-".join(code[at : at + 4] for at in range(0, len(code), 4)).lower()


async def test_two_issuers_one_wallet_and_a_share(demo: Demo, wallet: Wallet, employee: str) -> None:
    work = await pair(demo, wallet, employee)
    student = demo.new_person("Zola Quist", STUDENT, "student-card", slug="lakeside")
    study = await pair(demo, wallet, student, slug="lakeside")

    assert [(issuer.name, issuer.proven) for issuer in wallet.issuers()] == [
        ("Northwind Robotics", True),
        ("Lakeside University", True),
    ]
    assert wallet.creds() == (*work.received, *study.received)
    assert [cred.type_name for cred in wallet.creds()] == ["Employee badge", "Parking permit", "Student card"]
    (card,) = study.received
    assert [(field.label, field.value) for field in card.fields] == [
        ("Name", "Zola Quist"),
        ("Student number", STUDENT["student_number"]),
        ("Date of birth", STUDENT["date_of_birth"]),
    ]
    assert (card.is_new, wallet.opened(card.id).is_new) == (True, False)

    verification = await share(demo, wallet, "date_of_birth")

    assert verification["accepted"]
    assert verification["creds"][0]["fields"] == {
        "name": "Zola Quist",
        "employer": "Northwind Robotics",
        "date_of_birth": BADGE["date_of_birth"],
    }
    (entry,) = wallet.history()
    assert (entry.requester, entry.outcome) == ("Harbour Sports Club", "accepted")
    assert sorted(name for part in entry.shared for name in part.fields) == ["date_of_birth", "employer", "name"]


@pytest.mark.parametrize("kind", ["offer", "haip", "wallet_link", "other_wallet", "short_code", "typed"])
async def test_every_kind_of_pairing_link_leads_to_the_offer(
    demo: Demo, wallet: Wallet, employee: str, kind: str
) -> None:
    code = demo.pairing_code(employee)
    code["haip"] = code["offer"].replace("openid-credential-offer://", "haip-vci://")
    code["other_wallet"] = f"https://wallet.example/#offer={code['offer'].partition('credential_offer_uri=')[2]}"
    code["typed"] = typed(code["short_code"])

    assert (await wallet.resolve(code[kind])).kind == "offer"
    review = await wallet.look_at(code[kind])

    assert (review.issuer_name, review.proven, review.needs_tx_code) == ("Northwind Robotics", True, True)
    assert [offered.name for offered in review.offered] == ["Employee badge", "Parking permit"]
    assert demo.api().get(f"/pairing-codes/{code['id']}")["state"] == "opened"


@pytest.mark.parametrize("kind", ["request", "haip", "wallet_link", "other_wallet", "short_code", "typed"])
async def test_every_kind_of_request_link_leads_to_the_request(demo: Demo, wallet: Wallet, kind: str) -> None:
    asked = demo.ask()
    asked["haip"] = asked["request"].replace("openid4vp://", "haip-vp://")
    asked["other_wallet"] = f"https://wallet.example/#request={asked['request'].partition('?')[2]}"
    asked["typed"] = typed(asked["short_code"])

    assert (await wallet.resolve(asked[kind])).kind == "request"
    review = await wallet.review(asked[kind])

    assert (review.requester, review.proven, review.is_answerable) == ("Harbour Sports Club", True, False)
    assert demo.answer(asked)["state"] == "opened"


async def test_a_code_without_a_pin_needs_none(demo: Demo, wallet: Wallet, employee: str) -> None:
    code = demo.pairing_code(employee, tx_code=False)
    review = await wallet.look_at(code["wallet_link"])
    assert (code["tx_code"], review.needs_tx_code, len(code["short_code"])) == (None, False, 12)

    with pytest.raises(StateError):
        await wallet.pair(review, "123456")
    assert len((await wallet.pair(review)).received) == 2


async def test_a_code_works_once(demo: Demo, wallet: Wallet, trust: TrustList, employee: str) -> None:
    code = demo.pairing_code(employee)
    async with new_wallet(demo, trust) as other:
        reviews = [await each.look_at(code["offer"]) for each in (wallet, other)]
        await wallet.pair(reviews[0], code["tx_code"])

        with pytest.raises(PeerRefusal) as refused:
            await other.pair(reviews[1], code["tx_code"])
        assert refused.value.code == "invalid_grant"
        with pytest.raises(PeerRefusal) as refused:
            await other.look_at(code["offer"])
        assert (refused.value.code, other.issuers()) == ("code_used", ())


async def test_a_newer_code_ends_the_unused_one(demo: Demo, wallet: Wallet, employee: str) -> None:
    first, second = demo.pairing_code(employee), demo.pairing_code(employee)

    with pytest.raises(PeerRefusal):
        await wallet.look_at(first["wallet_link"])
    assert demo.api().get(f"/pairing-codes/{first['id']}")["state"] == "replaced"
    result = await wallet.pair(await wallet.look_at(second["wallet_link"]), second["tx_code"])
    assert len(result.received) == 2


async def test_a_revoked_badge_is_not_offered_any_more(demo: Demo, wallet: Wallet, employee: str) -> None:
    await pair(demo, wallet, employee)
    demo.move(employee, "revoke")

    (synced,) = await wallet.sync()

    badge, permit = wallet.creds()
    assert (badge.state, permit.state, synced.changed) == ("revoked", "active", (badge.id,))
    review = await wallet.review(demo.ask()["request"])
    assert (review.is_answerable, [card.creds for card in review.cards]) == (False, [()])


async def test_what_somebody_becomes_entitled_to_comes_with_the_next_sync(demo: Demo, wallet: Wallet) -> None:
    person = demo.new_person("Zola Quist", {**BADGE, **PERMIT}, "employee-badge")
    await pair(demo, wallet, person)
    demo.api().post("/entitlements", {"person_id": person, "credential_type": "parking-permit"})

    (synced,) = await wallet.sync()

    assert [cred.type_name for cred in synced.received] == ["Parking permit"]
    assert [cred.type_name for cred in wallet.creds()] == ["Employee badge", "Parking permit"]
    (synced,) = await wallet.sync()
    assert (synced.outcome, synced.received) == ("up_to_date", ())


async def test_a_pairing_that_the_issuer_ended_takes_its_creds_along(demo: Demo, wallet: Wallet, employee: str) -> None:
    await pair(demo, wallet, employee)
    student = demo.new_person("Zola Quist", STUDENT, "student-card", slug="lakeside")
    await pair(demo, wallet, student, slug="lakeside")
    (pairing,) = demo.api().get("/pairings", person_id=employee)["items"]
    demo.api().delete(f"/pairings/{pairing['id']}")

    outcomes = {synced.name: synced.outcome for synced in await wallet.sync()}

    assert outcomes == {"Northwind Robotics": "ended", "Lakeside University": "up_to_date"}
    assert [cred.type_name for cred in wallet.creds()] == ["Student card"]
    result = await pair(demo, wallet, employee)
    assert [cred.state for cred in result.received] == ["active", "active"]


async def test_unpairing_ends_it_at_the_issuer_and_a_new_code_pairs_again(
    demo: Demo, wallet: Wallet, employee: str
) -> None:
    result = await pair(demo, wallet, employee)

    await wallet.unpair(result.issuer.identifier)

    assert (wallet.creds(), wallet.issuers()) == ((), ())
    (ended,) = demo.api().get("/pairings", person_id=employee)["items"]
    assert ended["state"] == "ended"
    assert len((await pair(demo, wallet, employee)).received) == 2
    states = [each["state"] for each in demo.api().get("/pairings", person_id=employee)["items"]]
    assert states == ["ended", "active"]


async def test_the_fields_are_for_the_browser_that_asked(demo: Demo, wallet: Wallet, employee: str) -> None:
    await pair(demo, wallet, employee)
    asked = demo.ask(return_to="http://localhost:9/counter")

    answered = await wallet.share(await wallet.review(asked["request"]))

    assert answered.redirect_uri is not None
    address, _, response_code = answered.redirect_uri.partition("?response_code=")
    assert address == "http://localhost:9/counter"
    path = f"/presentation-requests/{asked['id']}"
    for query, bound in (({}, False), ({"response_code": "x" * 22}, False), ({"response_code": response_code}, True)):
        verification = demo.club.get(path, **query)["verification"]
        shown = verification["creds"][0]["fields"] is not None
        assert (verification["session_bound"], shown) == (bound, bound)


async def test_nothing_is_shared_that_the_review_does_not_offer(demo: Demo, wallet: Wallet, employee: str) -> None:
    await pair(demo, wallet, employee)
    asked = demo.ask()
    review = await wallet.review(asked["request"])
    badge, permit = wallet.creds()
    assert [cred.cred_id for card in review.cards for cred in card.creds] == [badge.id]

    with pytest.raises(StateError):
        await wallet.share(review, cred=permit.id)
    with pytest.raises(StateError):
        await wallet.share(review, ["staff_number"])

    assert (wallet.history(), demo.answer(asked)["state"]) == ((), "opened")
