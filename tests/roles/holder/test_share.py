"""Review and response: who asks is checked before anything else, and what was not chosen never leaves the wallet."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from billfold.core.dcql.query import DcqlQuery, parse_query
from billfold.core.openid4vp.request import MEDIA_TYPE
from billfold.core.sdjwt.sd_jwt import SdJwt
from billfold.core.trust.trust_list import TrustList
from billfold.errors import BillfoldError, RequestRefused, ResponseError, StateError, TransportError
from billfold.holder import Declined, PeerRefusal, Wallet
from tests.support.holders import new_wallet, pair
from tests.support.stub_issuer import BADGE, PATH, StubIssuer, new_organisation
from tests.support.stub_requester import NONCE, REQUEST, RESPONSE, STATE, StubRequester, badge_query, new_requester
from tests.support.stub_server import Reply, StubServer, as_json, error


@pytest.fixture
def requester(server: StubServer, issuer: StubIssuer) -> StubRequester:
    assert issuer.server is server
    return new_requester(server)


@pytest.fixture
async def wallet(issuer: StubIssuer, requester: StubRequester) -> AsyncIterator[Wallet]:
    trust = TrustList((*issuer.trust().anchors, requester.entry()))
    async with new_wallet(trust) as made:
        await pair(made, issuer.link)
        yield made


def disclosed(text: str) -> set[str | None]:
    return {disclosure.name for disclosure in SdJwt.parse(text).disclosures}


async def test_the_review_says_who_asks_what_for_and_what_would_be_shown(
    wallet: Wallet, requester: StubRequester
) -> None:
    asked = await wallet.review(requester.link)
    assert (asked.requester, asked.proven, asked.address) == ("Acme", True, "localhost")
    assert (asked.stated_name, asked.purpose) == ("Gym Ltd", "To let you in")
    (card,) = asked.cards
    (cred,) = card.creds
    assert [(field.label, field.value) for field in cred.required] == [("Surname", "Doe")]
    assert [(choice.id, choice.name) for choice in cred.optional] == [("optional_email", "email")]
    assert not requester.forms, "nothing is sent by looking"
    assert wallet.history() == ()


async def test_only_what_is_required_is_shared_unless_more_was_named(wallet: Wallet, requester: StubRequester) -> None:
    shared = await wallet.share(await wallet.review(requester.link))
    assert (shared.accepted, shared.redirect_uri) == (True, "https://gym.example/done#x")
    assert shared.reference == "4M8T-C2WP"
    members = requester.opened()
    assert members.keys() == {"vp_token", "state"}
    assert members["state"] == STATE
    ((text,),) = members["vp_token"].values()
    assert disclosed(text) == {"family_name"}
    assert text.count("@") == 0


@pytest.mark.parametrize("name", ["email", "optional_email"])
async def test_an_optional_field_is_shared_when_it_is_named(
    wallet: Wallet, requester: StubRequester, name: str
) -> None:
    shared = await wallet.share(await wallet.review(requester.link), optional=[name])
    token = requester.opened()["vp_token"]
    assert {query_id: disclosed(texts[0]) for query_id, texts in token.items()} == {
        "required": {"family_name"},
        "optional_email": {"email"},
    }
    assert [part.fields for part in shared.shared] == [("family_name", "email")]
    assert [(entry.requester, entry.outcome) for entry in wallet.history()] == [("Acme", "accepted")]


async def test_a_presentation_is_bound_to_this_requester_and_request(wallet: Wallet, requester: StubRequester) -> None:
    await wallet.share(await wallet.review(requester.link))
    (text,) = requester.opened()["vp_token"]["required"]
    binding = SdJwt.parse(SdJwt.parse(text).key_binding_jwt + "~").jws.claims()  # type: ignore[operator]
    assert binding.keys() == {"iat", "aud", "nonce", "sd_hash"}
    assert (binding["aud"], binding["nonce"]) == (requester.client_id, NONCE)


@pytest.mark.parametrize(
    ("optional", "cred", "message"),
    [
        pytest.param(["telephone"], None, "optional fields that", id="never-asked"),
        pytest.param(["given_name"], None, "optional fields that", id="not-asked-here"),
        pytest.param([], "another", "a Cred that the review offers", id="another-cred"),
    ],
)
async def test_what_the_review_does_not_offer_cannot_be_shared(
    wallet: Wallet, requester: StubRequester, optional: list[str], cred: str | None, message: str
) -> None:
    asked = await wallet.review(requester.link)
    with pytest.raises(StateError, match=message):
        await wallet.share(asked, optional, cred)
    assert not requester.forms
    assert wallet.history() == ()


async def test_a_field_that_the_cred_lacks_is_shown_so_and_cannot_be_shared(
    wallet: Wallet, requester: StubRequester, server: StubServer
) -> None:
    requester.query = badge_query(server, optional=("telephone",))
    asked = await wallet.review(requester.link)
    assert [choice.field for choice in asked.cards[0].creds[0].optional] == [None]
    with pytest.raises(StateError, match="optional fields that"):
        await wallet.share(asked, ["telephone"])


@pytest.mark.rows("ro-user-denies")
async def test_declining_says_no_more_than_that(wallet: Wallet, requester: StubRequester) -> None:
    """Row ro-user-denies."""
    declined = await wallet.decline(await wallet.review(requester.link))
    assert requester.forms == [{"error": "access_denied", "state": STATE}]
    assert declined == Declined(told=True, redirect_uri="https://gym.example/done#x")


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        pytest.param(Reply(200, b""), True, id="empty"),
        pytest.param(Reply(200, b"<p>", "text/html"), True, id="html"),
        pytest.param(as_json({}), True, id="no-redirect-uri"),
        pytest.param(as_json({"redirect_uri": None}), True, id="redirect-uri-null"),
        pytest.param(error("invalid_request", redirect_uri="https://gym.example/x"), False, id="refused"),
        pytest.param(Reply(302, headers={"location": "/x"}), False, id="redirect"),
        pytest.param(Reply(500), False, id="broken"),
        pytest.param(Reply(200, b"a" * 3_000_000), False, id="too-large"),
    ],
)
async def test_whatever_is_answered_a_decline_stays_one(
    wallet: Wallet, requester: StubRequester, server: StubServer, reply: Reply, *, told: bool
) -> None:
    server.routes["POST", RESPONSE] = lambda _: reply
    assert await wallet.decline(await wallet.review(requester.link)) == Declined(told, None)
    assert [(entry.outcome, entry.shared) for entry in wallet.history()] == [("declined", ())]


async def test_what_stands_in_the_clear_in_the_cred_is_told_as_shared(
    issuer: StubIssuer, requester: StubRequester, server: StubServer
) -> None:
    requester.query = _query(server, {"one": ("level", "family_name")})
    issuer.draft = lambda draft: draft.with_claims(level="gold")
    async with new_wallet(TrustList((*issuer.trust().anchors, requester.entry()))) as clear:
        await pair(clear, issuer.link)
        shared = await clear.share(await clear.review(requester.link))
        ((text,),) = requester.opened()["vp_token"].values()
        assert disclosed(text) == {"family_name"}
        assert [part.fields for part in shared.shared] == [("level", "family_name")]
        assert [entry.shared for entry in clear.history()] == [shared.shared]


async def test_holding_nothing_looks_like_declining(requester: StubRequester) -> None:
    """Row ro-no-match: the same answer, and only after somebody decided."""
    async with new_wallet(TrustList((requester.entry(),))) as empty:
        asked = await empty.review(requester.link)
        assert not asked.is_answerable
        assert not requester.forms
        await empty.decline(asked)
    assert requester.forms == [{"error": "access_denied", "state": STATE}]


@pytest.mark.parametrize("state", [1, 2])
async def test_a_cred_that_does_not_count_now_is_not_offered(
    wallet: Wallet, requester: StubRequester, issuer: StubIssuer, state: int
) -> None:
    issuer.statuses.update({0: state, 1: state})
    await wallet.sync()
    asked = await wallet.review(requester.link)
    assert not asked.is_answerable
    assert [miss.code for miss in asked.cards[0].unfit] == ["unusable"]


async def test_a_refused_answer_is_told_and_stands_in_the_history(
    wallet: Wallet, requester: StubRequester, server: StubServer
) -> None:
    server.routes["POST", RESPONSE] = lambda _: error("invalid_request", error_description="expected a valid Cred")
    shared = await wallet.share(await wallet.review(requester.link))
    assert (shared.accepted, shared.reason) == (False, "expected a valid Cred")
    assert [entry.outcome for entry in wallet.history()] == ["not_accepted"]


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(Reply(302, headers={"location": "/x"}), ResponseError, id="redirect"),
        pytest.param(Reply(200, b"<p>", "text/html"), ResponseError, id="html"),
        pytest.param(as_json({"redirect_uri": None}), ResponseError, id="redirect-uri-null"),
        pytest.param(Reply(500), TransportError, id="broken"),
    ],
)
async def test_an_answer_that_says_nothing_leaves_the_outcome_unknown(
    wallet: Wallet, requester: StubRequester, server: StubServer, reply: Reply, expected: type[BillfoldError]
) -> None:
    server.routes["POST", RESPONSE] = lambda _: reply
    with pytest.raises(expected):
        await wallet.share(await wallet.review(requester.link))
    assert [(entry.outcome, entry.shared[0].fields) for entry in wallet.history()] == [("unknown", ("family_name",))]


async def test_a_posted_wallet_nonce_comes_back_in_the_request(wallet: Wallet, requester: StubRequester) -> None:
    requester.link_changes = "&request_uri_method=post"
    assert (await wallet.review(requester.link)).proven
    (asked,) = requester.server.asked_for(REQUEST)
    assert asked.form().keys() == {"wallet_nonce"}
    assert asked.headers["accept"] == MEDIA_TYPE
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded"


def _wallet_nonce(value: str | None) -> Callable[[StubRequester], None]:
    def change(requester: StubRequester) -> None:
        requester.link_changes = "&request_uri_method=post"
        requester.claims["wallet_nonce"] = value

    return change


def _reply(reply: Reply) -> Callable[[StubRequester], None]:
    def change(requester: StubRequester) -> None:
        requester.server.routes["GET", REQUEST] = lambda _: reply

    return change


def _claim(**changes: Any) -> Callable[[StubRequester], None]:  # noqa: ANN401  # JSON of a test
    return lambda requester: requester.claims.update(changes)


def _head(**changes: Any) -> Callable[[StubRequester], None]:  # noqa: ANN401  # JSON of a test
    return lambda requester: requester.header.update(changes)


def _unknown_root(requester: StubRequester) -> None:
    requester.who = new_organisation(uri_names=())


def _link_end(text: str) -> Callable[[StubRequester], None]:
    def change(requester: StubRequester) -> None:
        requester.link_changes = text

    return change


def _cut(requester: StubRequester) -> None:
    requester.tamper = lambda text: text[:-8] + "AAAAAAAA"


@pytest.mark.parametrize(
    ("change", "expected", "message"),
    [
        pytest.param(_unknown_root, RequestRefused, "trusted anchor|fit the cert", id="ro-untrusted-root"),
        pytest.param(_cut, RequestRefused, "signature", id="ro-signature"),
        pytest.param(_head(typ="JWT"), RequestRefused, "typ", id="ro-typ-jwt"),
        pytest.param(_head(typ=None), RequestRefused, "typ", id="ro-typ-missing"),
        pytest.param(_head(alg="none"), RequestRefused, "alg", id="ro-none"),
        pytest.param(_head(x5c=None), RequestRefused, "x5c", id="ro-no-x5c"),
        pytest.param(_claim(client_id="x509_hash:other"), RequestRefused, "as the link", id="ro-client-id-mismatch"),
        pytest.param(_claim(client_id=None), RequestRefused, "client_id as text", id="ro-no-client-id"),
        pytest.param(_claim(aud="https://other.example"), RequestRefused, "aud", id="ro-wrong-aud"),
        pytest.param(_claim(exp=1), RequestRefused, "exp", id="ro-expired"),
        pytest.param(_claim(response_uri="http://a.example/r"), RequestRefused, "https", id="ro-response-uri-http"),
        pytest.param(_wallet_nonce(None), RequestRefused, "wallet_nonce", id="ruri-wallet-nonce-missing"),
        pytest.param(_wallet_nonce("other"), RequestRefused, "wallet_nonce", id="ruri-wallet-nonce-wrong"),
        pytest.param(_reply(Reply(404, b"{}")), PeerRefusal, "HTTP status 404", id="ruri-404"),
        pytest.param(
            _reply(Reply(302, headers={"location": REQUEST})), ResponseError, "status 302", id="ruri-redirect"
        ),
        pytest.param(
            _reply(Reply(200, b"a.b.c", "text/plain")),
            RequestRefused,
            MEDIA_TYPE.replace("+", r"\+"),
            id="ruri-content-type",
        ),
        pytest.param(_reply(Reply(200, b"a" * 3_000_000, MEDIA_TYPE)), TransportError, "at most", id="ruri-too-large"),
        pytest.param(_link_end("&request_uri_method=PUT"), RequestRefused, "get or post", id="ruri-method-bad"),
        pytest.param(_link_end("&request=a.b.c"), RequestRefused, "by value", id="ro-by-value-haip"),
    ],
)
async def test_a_request_that_proves_nothing_is_refused_in_silence(
    wallet: Wallet,
    requester: StubRequester,
    change: Callable[[StubRequester], object],
    expected: type[BillfoldError],
    message: str,
) -> None:
    change(requester)
    with pytest.raises(expected, match=message):
        await wallet.review(requester.link)
    assert not requester.forms
    assert wallet.history() == ()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        pytest.param(_claim(dcql_query=None), "invalid_request", id="ro-no-dcql"),
        pytest.param(_claim(nonce=None), "invalid_request", id="ro-no-nonce"),
        pytest.param(_claim(response_type="code"), "unsupported_response_type", id="ro-response-type-code-haip"),
        pytest.param(_claim(response_mode="direct_post"), "invalid_request", id="ro-response-mode-plain-haip"),
        pytest.param(_claim(redirect_uri="https://a.example"), "invalid_request", id="ro-redirect-and-response"),
        pytest.param(_claim(transaction_data=["e30"]), "invalid_transaction_data", id="ro-transaction-data-unknown"),
        pytest.param(lambda r: r.metadata.update(jwks=None), "invalid_request", id="ro-enc-no-jwks"),
        pytest.param(
            lambda r: r.metadata.update(vp_formats_supported={"mso_mdoc": {}}),
            "vp_formats_not_supported",
            id="ro-formats",
        ),
    ],
)
async def test_a_fault_of_a_known_requester_is_answered_by_its_code_alone(
    wallet: Wallet, requester: StubRequester, change: Callable[[StubRequester], object], code: str
) -> None:
    change(requester)
    with pytest.raises(RequestRefused) as refused:
        await wallet.review(requester.link)
    assert refused.value.code == code
    assert requester.forms == [{"error": code, "state": STATE}]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(_claim(iss="https://other.example"), id="ro-iss-mismatch"),
        pytest.param(_claim(surprise=True), id="ro-unknown-parameter"),
        pytest.param(_link_end("&nonce=other"), id="ro-query-parameters-differ"),
        pytest.param(_claim(verifier_info=[{"format": "x", "data": "y"}]), id="ro-verifier-info-unknown"),
    ],
)
async def test_what_is_unknown_is_ignored(
    wallet: Wallet, requester: StubRequester, change: Callable[[StubRequester], object]
) -> None:
    change(requester)
    assert (await wallet.share(await wallet.review(requester.link))).accepted


async def test_an_unsigned_request_is_not_proven_and_goes_where_it_says(
    wallet: Wallet, requester: StubRequester
) -> None:
    client_id = f"redirect_uri:{requester.server.url}{RESPONSE}"
    claims = SdJwt.parse(requester.request_object(None) + "~").jws.claims()
    names = ("response_type", "response_mode", "nonce", "state", "dcql_query", "client_metadata")
    parameters = {name: claims[name] for name in names} | {"client_id": client_id}
    as_text = {name: value if isinstance(value, str) else _json(value) for name, value in parameters.items()}
    asked = await wallet.review(f"openid4vp://?{urlencode(as_text)}")
    assert (asked.proven, asked.requester, asked.stated_name) == (False, "localhost", "Gym Ltd")
    assert (await wallet.share(asked)).accepted


def _json(value: object) -> str:
    return as_json(value).body.decode()


def _query(server: StubServer, fields: dict[str, tuple[str, ...]], *sets: dict[str, Any]) -> DcqlQuery:
    meta = {"vct_values": [f"{server.url}{PATH}/types/badge"]}
    queries = [
        {"id": query_id, "format": "dc+sd-jwt", "meta": meta, "claims": [{"path": [name]} for name in names]}
        for query_id, names in fields.items()
    ]
    return parse_query({"credentials": queries, **({"credential_sets": list(sets)} if sets else {})})


async def test_whole_alternatives_are_chosen_by_the_names_they_add(
    wallet: Wallet, requester: StubRequester, server: StubServer
) -> None:
    """Asked `whole`: one required set whose options are complete queries, barest first."""
    fields = {"bare": ("family_name",), "more": ("family_name", "email")}
    requester.query = _query(server, fields, {"options": [["bare"], ["more"]]})
    asked = await wallet.review(requester.link)
    assert [choice.name for choice in asked.cards[0].creds[0].optional] == ["email"]
    await wallet.share(asked, ["email"])
    token = requester.opened()["vp_token"]
    assert {name: disclosed(texts[0]) for name, texts in token.items()} == {"more": {"family_name", "email"}}


async def test_the_cred_that_is_named_answers(issuer: StubIssuer, requester: StubRequester) -> None:
    issuer.entitlements.append({"credential_configuration_id": BADGE, "credential_identifier": "e2", "revision": 1})
    issuer.draft = lambda draft: draft.with_fields(family_name=f"Doe{len(issuer.issued)}")
    async with new_wallet(TrustList((*issuer.trust().anchors, requester.entry()))) as two:
        await pair(two, issuer.link)
        asked = await two.review(requester.link)
        first, second = asked.cards[0].creds
        await two.share(asked, ["email"], second.cred_id)
        shown = [SdJwt.parse(texts[0]) for texts in requester.opened()["vp_token"].values()]
        assert {text.jws.compact for text in shown} == {shown[0].jws.compact}, "one copy answers all"
        assert [text.disclosures[0].value for text in shown] == ["Doe1", "e@example.com"]
        assert first.cred_id != second.cred_id


async def test_each_query_of_a_request_without_sets_is_answered(
    wallet: Wallet, requester: StubRequester, server: StubServer
) -> None:
    requester.query = _query(server, {"one": ("family_name",), "two": ("email",)})
    asked = await wallet.review(requester.link)
    assert [card.required for card in asked.cards] == [True, True]
    await wallet.share(asked)
    assert {name: disclosed(texts[0]) for name, texts in requester.opened()["vp_token"].items()} == {
        "one": {"family_name"},
        "two": {"email"},
    }


async def test_a_cred_that_left_meanwhile_is_not_shared(
    wallet: Wallet, requester: StubRequester, issuer: StubIssuer
) -> None:
    asked = await wallet.review(requester.link)
    await wallet.unpair(issuer.identifier)
    with pytest.raises(StateError, match="still in this wallet"):
        await wallet.share(asked)
    assert not requester.forms


@pytest.mark.parametrize("how", ["replaced", "suspended"])
async def test_a_cred_that_changed_meanwhile_is_not_shared(
    wallet: Wallet, requester: StubRequester, issuer: StubIssuer, how: str
) -> None:
    """What was agreed to are the values of the review, and no others."""
    asked = await wallet.review(requester.link)
    if how == "replaced":
        issuer.entitlements[0]["revision"] = 2
        issuer.draft = lambda draft: draft.with_fields(family_name="Smith")
    else:
        issuer.statuses[0] = 2
    await wallet.sync()
    with pytest.raises(StateError, match="not changed since the review"):
        await wallet.share(asked)
    assert not requester.forms
