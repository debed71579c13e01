"""Pairing: the whole way with a good issuer, what goes over the wire, and each way in which it goes wrong."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from billfold.core.jose.jws import Jws
from billfold.core.openid4vci.offer import offer_link
from billfold.core.trust.trust_list import TrustList
from billfold.errors import BillfoldError, MetadataError, ResponseError, StateError, TransportError
from billfold.holder import LinkUnknown, PeerRefusal, Wallet
from tests.support.holders import new_wallet, pair
from tests.support.stub_issuer import ACCESS_TOKEN, BADGE, CODE, PATH, StubIssuer, new_organisation
from tests.support.stub_server import Asked, Reply, StubServer, as_json, error

PRE_AUTHORIZED = "urn:ietf:params:oauth:grant-type:pre-authorized_code"
METADATA = f"/.well-known/openid-credential-issuer{PATH}"
SERVER_METADATA = f"/.well-known/oauth-authorization-server{PATH}"


async def test_a_good_issuer_is_paired_and_its_cred_kept(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        result = await pair(wallet, issuer.link)
        assert [(field.label, field.value) for field in result.received[0].fields] == [
            ("Surname", "Doe"),
            ("First name", "Erika"),
            ("email", "e@example.com"),
        ]
        assert wallet.creds() == result.received
        assert [event["event"] for event in issuer.events] == ["credential_accepted"]
        assert issuer.described[0]["device_name"] == "Test"
        assert issuer.described[0]["client"]["display_mode"] == "headless"


async def test_every_request_after_the_offer_is_signed_by_the_device(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
    signed = [asked for asked in issuer.server.asked if "dpop" in asked.headers]
    assert [asked.path.removeprefix(PATH) for asked in signed] == [
        "/token",
        "/pairing",
        "/credential",
        "/notification",
        "/pairing",
    ]
    keys = {str(Jws.parse(asked.headers["dpop"]).header["jwk"]) for asked in signed}
    assert len(keys) == 1
    assert {asked.headers.get("authorization") for asked in signed[1:]} == {f"DPoP {ACCESS_TOKEN}"}
    proof = Jws.parse(issuer.server.asked_for(f"{PATH}/credential")[0].json()["proofs"]["jwt"][0])
    assert str(proof.header["jwk"]) not in keys
    assert proof.claims()["aud"] == issuer.identifier


async def test_the_token_request_names_what_it_is_for_and_goes_on_without_where_there_is_nothing(
    issuer: StubIssuer,
) -> None:
    """Pairing profile, item 3: `invalid_authorization_details` leaves the code unspent."""
    good = issuer.server.routes["POST", f"{PATH}/token"]

    def answer(asked: Asked) -> Reply:
        named = "authorization_details" in asked.form()
        return error("invalid_authorization_details") if named else good(asked)

    issuer.server.routes["POST", f"{PATH}/token"] = answer
    issuer.entitlements.clear()
    async with new_wallet(issuer.trust()) as wallet:
        result = await pair(wallet, issuer.link)
    assert (result.received, result.missing) == ((), ())
    forms = [asked.form() for asked in issuer.server.asked_for(f"{PATH}/token")]
    assert [set(form) for form in forms] == [
        {"grant_type", "pre-authorized_code", "authorization_details"},
        {"grant_type", "pre-authorized_code"},
    ]
    assert forms[0]["pre-authorized_code"] == CODE


async def test_a_stranger_without_the_profile_is_asked_by_configuration(issuer: StubIssuer) -> None:
    del issuer.metadata["billfold_pairing"]
    async with new_wallet(issuer.trust()) as wallet:
        assert len((await pair(wallet, issuer.link)).received) == 1
    (asked,) = issuer.server.asked_for(f"{PATH}/credential")
    assert asked.json()["credential_configuration_id"] == BADGE
    assert not issuer.server.asked_for(f"{PATH}/pairing")


async def test_a_nonce_that_the_server_wants_is_used_once_more_and_kept(issuer: StubIssuer) -> None:
    """RFC 9449 8 and 8.2: retry once, keep the newest, another jti each time."""
    good, proofs = issuer.server.routes["POST", f"{PATH}/token"], list[dict[str, Any]]()

    def answer(asked: Asked) -> Reply:
        proofs.append(Jws.parse(asked.headers["dpop"]).claims())
        if proofs[-1].get("nonce") != "n1":
            return as_json({"error": "use_dpop_nonce"}, 400, DPoP_Nonce="n1")
        return good(asked)

    issuer.server.routes["POST", f"{PATH}/token"] = answer
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
    assert [proof.get("nonce") for proof in proofs] == [None, "n1"]
    assert proofs[0]["jti"] != proofs[1]["jti"]
    later = issuer.server.asked_for(f"{PATH}/credential")[0].headers["dpop"]
    assert Jws.parse(later).claims()["nonce"] == "n1"


async def test_a_server_that_never_takes_a_nonce_is_asked_twice_only(issuer: StubIssuer) -> None:
    issuer.server.routes["POST", f"{PATH}/token"] = lambda _: as_json({"error": "use_dpop_nonce"}, 400, DPoP_Nonce="n1")
    async with new_wallet(issuer.trust()) as wallet:
        with pytest.raises(PeerRefusal, match="use_dpop_nonce"):
            await pair(wallet, issuer.link)
    assert len(issuer.server.asked_for(f"{PATH}/token")) == 2


async def test_a_refused_c_nonce_is_renewed_once(issuer: StubIssuer) -> None:
    good, nonces = issuer.server.routes["POST", f"{PATH}/credential"], list[object]()

    def answer(asked: Asked) -> Reply:
        nonces.append(Jws.parse(asked.json()["proofs"]["jwt"][0]).claims()["nonce"])
        return error("invalid_nonce") if len(nonces) == 1 else good(asked)

    issuer.server.routes["POST", f"{PATH}/credential"] = answer
    async with new_wallet(issuer.trust()) as wallet:
        assert len((await pair(wallet, issuer.link)).received) == 1
    assert len(set(nonces)) == 2


async def test_proofs_follow_the_clock_of_the_server(issuer: StubIssuer) -> None:
    good = issuer.server.routes["GET", SERVER_METADATA]

    def early(asked: Asked) -> Reply:
        reply = good(asked)
        return Reply(reply.status, reply.body, headers={"date": "Tue, 24 Nov 2037 08:00:00 GMT"})

    issuer.server.routes["GET", SERVER_METADATA] = early
    async with new_wallet(issuer.trust()) as wallet:
        await pair(wallet, issuer.link)
    issued_at = Jws.parse(issuer.server.asked_for(f"{PATH}/token")[0].headers["dpop"]).claims()["iat"]
    assert isinstance(issued_at, int)
    assert issued_at > 2_140_000_000


def _offer(issuer: StubIssuer, **changes: object) -> None:
    issuer.offer.update(changes)
    for name in [name for name, value in issuer.offer.items() if value is None]:
        del issuer.offer[name]


def _served(reply: Reply) -> Callable[[StubIssuer], None]:
    def change(issuer: StubIssuer) -> None:
        issuer.server.routes["GET", f"{PATH}/offer"] = lambda _: reply

    return change


def _grant(**members: object) -> Callable[[StubIssuer], None]:
    return lambda issuer: _offer(issuer, grants={PRE_AUTHORIZED: {"pre-authorized_code": CODE, **members}})


@pytest.mark.parametrize(
    ("change", "expected", "message"),
    [
        pytest.param(
            lambda i: i.server.routes.pop(("GET", f"{PATH}/offer")), PeerRefusal, "not_found", id="offer-uri-404"
        ),
        pytest.param(_served(Reply(200, b"<p>", "text/html")), MetadataError, "application/json", id="offer-uri-html"),
        pytest.param(_served(Reply(200, b"a.b.", "application/jwt")), MetadataError, "as app", id="offer-uri-jwt"),
        pytest.param(_served(Reply(200, b"{")), MetadataError, "one JSON object", id="offer-not-json"),
        pytest.param(
            _served(Reply(302, headers={"location": "/x"})), ResponseError, "HTTP status 302", id="offer-redirect"
        ),
        pytest.param(lambda i: _offer(i, credential_issuer=None), MetadataError, "offer by", id="offer-no-issuer"),
        pytest.param(
            lambda i: _offer(i, credential_issuer="http://issuer.example"),
            MetadataError,
            "https",
            id="offer-issuer-http",
        ),
        pytest.param(
            lambda i: _offer(i, credential_configuration_ids=["other"]),
            MetadataError,
            "that the issuer's metadata describes",
            id="offer-unknown-config-id",
        ),
        pytest.param(lambda i: _offer(i, grants={"urn:x": {}}), MetadataError, "grant type", id="offer-unknown-grant"),
        pytest.param(
            _grant(authorization_server="http://localhost/other"),
            MetadataError,
            "one that the issuer's metadata lists",
            id="offer-as-without-list",
        ),
        pytest.param(
            lambda i: (
                i.metadata.update(authorization_servers=[i.identifier]),
                _grant(authorization_server="http://localhost/other")(i),
            ),
            MetadataError,
            "one that the issuer's metadata lists",
            id="offer-as-not-listed",
        ),
        pytest.param(
            lambda i: _offer(i, grants={"authorization_code": {}}), MetadataError, "sign in", id="offer-no-code"
        ),
    ],
)
async def test_refuses_an_offer(
    issuer: StubIssuer, change: Callable[[StubIssuer], object], expected: type[BillfoldError], message: str
) -> None:
    change(issuer)
    async with new_wallet(issuer.trust()) as wallet:
        with pytest.raises(expected, match=message):
            await wallet.look_at(issuer.link)
    assert not issuer.server.asked_for(f"{PATH}/token")


async def test_unknown_members_of_an_offer_are_ignored(issuer: StubIssuer) -> None:
    """Row offer-unknown-member."""
    _grant(surprise=True)(issuer)
    _offer(issuer, surprise=[1])
    async with new_wallet(issuer.trust()) as wallet:
        assert (await wallet.look_at(issuer.link)).offered[0].name == "Badge"


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        pytest.param(
            "openid-credential-offer://?credential_offer_uri=http%3A%2F%2Fa.example", MetadataError, id="offer-uri-http"
        ),
        pytest.param(
            "openid-credential-offer://?credential_offer=%7B%7D&credential_offer_uri=https%3A%2F%2Fa.example",
            MetadataError,
            id="offer-both-params",
        ),
        pytest.param("openid-credential-offer://", MetadataError, id="offer-neither"),
        pytest.param("openid4vp://?client_id=x&request_uri=https%3A%2F%2Fa.example", LinkUnknown, id="a-request"),
        pytest.param("hello", LinkUnknown, id="no-link"),
        pytest.param("mailto:someone@example.com", LinkUnknown, id="another-scheme"),
        pytest.param("https://wallet.example/#c=ABCDEFGH", TransportError, id="a-code-elsewhere"),
        pytest.param("http://wallet.example/#c=ABCDEFGH", LinkUnknown, id="a-code-by-http"),
    ],
)
async def test_refuses_a_link(link: str, expected: type[BillfoldError]) -> None:
    async with new_wallet() as wallet:
        with pytest.raises(expected):
            await wallet.look_at(link)


@pytest.mark.parametrize("make", ["wallet", "query", "haip", "value"])
async def test_an_offer_comes_in_many_links(issuer: StubIssuer, make: str) -> None:
    uri = f"{issuer.identifier}/offer"
    links = {
        "wallet": f"https://wallet.example/#offer={quote(uri, safe='')}",
        "query": f"https://wallet.example/pair?{urlencode({'credential_offer_uri': uri})}",
        "haip": offer_link(uri, scheme="haip-vci"),
        "value": f"openid-credential-offer://?{urlencode({'credential_offer': json.dumps(issuer.offer)})}",
    }
    async with new_wallet(issuer.trust()) as wallet:
        assert (await wallet.look_at(f" {links[make]}\n")).issuer == issuer.identifier


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        pytest.param(error("not_found", 404), PeerRefusal, id="unknown"),
        pytest.param(as_json({"offer": "openid4vp://?client_id=x"}), ResponseError, id="not-what-it-says"),
        pytest.param(as_json({}), ResponseError, id="nothing"),
        pytest.param(Reply(200, b"<p>"), ResponseError, id="no-json"),
        pytest.param(Reply(429), TransportError, id="too-often"),
    ],
)
async def test_a_short_code_that_leads_nowhere(server: StubServer, reply: Reply, expected: type[BillfoldError]) -> None:
    server.routes["POST", "/codes"] = lambda _: reply
    async with new_wallet(wallet_url=server.url) as wallet:
        with pytest.raises(expected):
            await wallet.look_at("ABCD2345")


async def test_a_wallet_without_a_host_takes_links_only() -> None:
    async with Wallet.create(None, trust=TrustList()) as wallet:
        with pytest.raises(LinkUnknown, match="no host to look short codes up"):
            await wallet.look_at("ABCD2345")


async def test_a_short_code_is_looked_up_where_the_wallet_lives(issuer: StubIssuer, server: StubServer) -> None:
    codes: list[str] = []

    def find(asked: Asked) -> Reply:
        codes.append(asked.json()["code"])
        return as_json({"offer": issuer.link})

    server.routes["POST", "/codes"] = find
    async with new_wallet(issuer.trust(), wallet_url=server.url) as wallet:
        for text in ("3WT4-M6PR 3PB0", f"{server.url}/#c=3WT4M6PR3PB0"):
            assert (await wallet.look_at(text)).issuer == issuer.identifier
    assert codes == ["3WT4M6PR3PB0", "3WT4M6PR3PB0"]


@pytest.mark.parametrize(
    ("change", "expected", "message"),
    [
        pytest.param(
            lambda i: i.metadata.update(credential_issuer=i.identifier + "/"),
            MetadataError,
            "as the identifier",
            id="meta-issuer-mismatch",
        ),
        pytest.param(
            lambda i: i.metadata.pop("credential_endpoint"),
            MetadataError,
            "credential_endpoint",
            id="meta-no-credential-endpoint",
        ),
        pytest.param(
            lambda i: i.metadata.update(credential_endpoint="http://issuer.example/c"),
            MetadataError,
            "https",
            id="meta-endpoint-http",
        ),
        pytest.param(
            lambda i: i.server.routes.update(
                {("GET", f"{PATH}/.well-known/openid-credential-issuer"): i.server.routes.pop(("GET", METADATA))}
            ),
            PeerRefusal,
            "not_found",
            id="meta-wrong-well-known",
        ),
        pytest.param(
            lambda i: i.server.routes.update(
                {("GET", SERVER_METADATA): lambda _: as_json({"issuer": "http://localhost", "token_endpoint": "x"})}
            ),
            MetadataError,
            "issuer as the identifier",
            id="meta-as-issuer-mismatch",
        ),
        pytest.param(lambda i: i.sign_metadata({"typ": "JWT"}), BillfoldError, "typ", id="meta-signed-typ"),
        pytest.param(lambda i: i.sign_metadata({"alg": "none"}), BillfoldError, "alg", id="meta-signed-none"),
        pytest.param(lambda i: i.sign_metadata(sub="https://a.example"), BillfoldError, "sub", id="meta-signed-sub"),
        pytest.param(lambda i: i.sign_metadata(iat=None), BillfoldError, "iat", id="meta-signed-no-iat"),
        pytest.param(lambda i: i.sign_metadata(exp=1), BillfoldError, "exp", id="meta-signed-expired"),
    ],
)
async def test_refuses_metadata(
    issuer: StubIssuer, change: Callable[[StubIssuer], object], expected: type[BillfoldError], message: str
) -> None:
    change(issuer)
    async with new_wallet(issuer.trust()) as wallet:
        with pytest.raises(expected, match=message):
            await wallet.look_at(issuer.link)


async def test_signed_metadata_under_a_listed_anchor_proves_the_issuer(issuer: StubIssuer) -> None:
    issuer.sign_metadata()
    async with new_wallet(issuer.trust()) as wallet:
        review = await wallet.look_at(issuer.link)
    assert (review.issuer_name, review.proven) == ("Acme", True)


async def test_signed_metadata_of_an_unknown_root_is_set_aside(issuer: StubIssuer) -> None:
    """meta-signed-untrusted: what it says counts for nothing, and the plain form is fetched."""
    issuer.sign_metadata(display=[{"name": "A great bank"}])
    async with new_wallet() as wallet:
        review = await wallet.look_at(issuer.link)
    assert (review.issuer_name, review.proven) == ("Acme Ltd", False)
    assert len(issuer.server.asked_for(METADATA)) == 2


async def test_an_issuer_that_is_listed_but_signs_nothing_is_not_proven(issuer: StubIssuer) -> None:
    async with new_wallet(issuer.trust()) as wallet:
        assert not (await wallet.look_at(issuer.link)).proven


@pytest.mark.parametrize(
    ("given", "hint", "message"),
    [
        pytest.param(None, {}, "expected the PIN", id="token-tx-code-missing"),
        pytest.param("123456", None, "expected no PIN", id="token-tx-code-unexpected"),
    ],
)
async def test_a_pin_goes_along_exactly_when_it_is_asked_for(
    issuer: StubIssuer, given: str | None, hint: dict[str, str] | None, message: str
) -> None:
    _grant(**({} if hint is None else {"tx_code": hint}))(issuer)
    async with new_wallet(issuer.trust()) as wallet:
        with pytest.raises(StateError, match=message):
            await wallet.pair(await wallet.look_at(issuer.link), given)
    assert not issuer.server.asked_for(f"{PATH}/token")


async def test_bearer_tokens_are_refused_where_bound_ones_were_announced(issuer: StubIssuer) -> None:
    issuer.server.routes["POST", f"{PATH}/token"] = lambda _: as_json({"access_token": "a", "token_type": "Bearer"})
    async with new_wallet(issuer.trust()) as wallet:
        with pytest.raises(ResponseError, match="bound to the device's key"):
            await pair(wallet, issuer.link)
        assert not wallet.issuers()


async def test_a_stranger_that_knows_only_bearer_tokens_is_spoken_to_so(issuer: StubIssuer) -> None:
    del issuer.metadata["billfold_pairing"]
    issuer.server.routes["GET", SERVER_METADATA] = lambda _: as_json(
        {"issuer": issuer.identifier, "token_endpoint": f"{issuer.identifier}/token"}
    )
    issuer.server.routes["POST", f"{PATH}/token"] = lambda _: as_json({"access_token": "a", "token_type": "bearer"})
    async with new_wallet(issuer.trust()) as wallet:
        assert len((await pair(wallet, issuer.link)).received) == 1
    (asked,) = issuer.server.asked_for(f"{PATH}/credential")
    assert asked.headers["authorization"] == "Bearer a"
    assert "dpop" not in asked.headers


async def test_another_issuer_on_the_same_root_list_does_not_count(issuer: StubIssuer) -> None:
    """An organisation's own root counts for its own identifier only."""
    stranger = new_organisation(uri_names=(issuer.identifier,))
    issuer.who = stranger
    issuer.sign_metadata()
    other = new_organisation(uri_names=("https://other.example",))
    issuer.who = other
    trust = issuer.trust()
    async with new_wallet(trust) as wallet:
        assert not (await wallet.look_at(issuer.link)).proven


async def test_an_issuer_without_a_nonce_endpoint_gets_proofs_without_a_nonce(issuer: StubIssuer) -> None:
    del issuer.metadata["nonce_endpoint"]
    async with new_wallet(issuer.trust()) as wallet:
        assert len((await pair(wallet, issuer.link)).received) == 1
    asked = issuer.server.asked_for(f"{PATH}/credential")[0]
    assert "nonce" not in Jws.parse(asked.json()["proofs"]["jwt"][0]).claims()


async def test_an_issuer_without_a_notification_endpoint_hears_nothing(issuer: StubIssuer) -> None:
    del issuer.metadata["notification_endpoint"]
    async with new_wallet(issuer.trust()) as wallet:
        assert len((await pair(wallet, issuer.link)).received) == 1
    assert not issuer.server.asked_for(f"{PATH}/notification")


async def test_a_server_that_takes_no_proof_of_ours_is_not_asked(issuer: StubIssuer) -> None:
    issuer.server.routes["GET", SERVER_METADATA] = lambda _: as_json(
        {
            "issuer": issuer.identifier,
            "token_endpoint": f"{issuer.identifier}/token",
            "dpop_signing_alg_values_supported": ["EdDSA"],
        }
    )
    async with new_wallet(issuer.trust()) as wallet:
        with pytest.raises(MetadataError, match="proofs by ES256"):
            await pair(wallet, issuer.link)


async def test_an_authorization_server_of_its_own_gets_the_locations(issuer: StubIssuer) -> None:
    """OpenID4VCI 5.1.1: where metadata lists authorization servers, each entry names the issuer."""
    server = f"{issuer.server.url}/as"
    issuer.metadata["authorization_servers"] = [server]
    issuer.server.routes["GET", "/.well-known/oauth-authorization-server/as"] = lambda _: as_json(
        {"issuer": server, "token_endpoint": f"{issuer.identifier}/token"}
    )
    async with new_wallet(issuer.trust()) as wallet:
        assert len((await pair(wallet, issuer.link)).received) == 1
        assert (await wallet.sync())[0].outcome == "up_to_date"
    details = json.loads(issuer.server.asked_for(f"{PATH}/token")[0].form()["authorization_details"])
    assert details == [
        {"type": "openid_credential", "credential_configuration_id": BADGE, "locations": [issuer.identifier]}
    ]


async def test_a_cred_type_of_another_format_is_refused(issuer: StubIssuer) -> None:
    issuer.metadata["credential_configurations_supported"]["mdl"] = {"format": "mso_mdoc", "doctype": "org.iso.x"}
    _offer(issuer, credential_configuration_ids=["mdl"])
    async with new_wallet(issuer.trust()) as wallet:
        with pytest.raises(MetadataError, match="Cred types of format dc"):
            await wallet.look_at(issuer.link)


async def test_metadata_in_another_media_type_is_refused(issuer: StubIssuer) -> None:
    issuer.server.routes["GET", METADATA] = lambda _: Reply(200, b"{}", "text/plain")
    async with new_wallet(issuer.trust()) as wallet:
        with pytest.raises(MetadataError, match="metadata as application/json"):
            await wallet.look_at(issuer.link)
