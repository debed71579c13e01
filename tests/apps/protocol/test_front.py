"""The root of a host that wallets speak to: a browser that comes by is told where to go."""

import pytest

from tests.support.wire import Wire


@pytest.mark.parametrize(
    ("language", "issuer_title", "requester_title"),
    [
        ("en", "This address is for wallets", "This address is for requests"),
        ("de-AT", "Diese Adresse ist für Wallets", "Diese Adresse ist für Anfragen"),
    ],
)
async def test_the_root_says_what_the_address_is_for_and_where_people_go(
    wire: Wire, language: str, issuer_title: str, requester_title: str
) -> None:
    for client, title in ((wire.issuer, issuer_title), (wire.verifier, requester_title)):
        got = await client.get("/", headers={"accept-language": language})
        assert (got.status_code, got.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert f"<h1>{title}</h1>" in got.text
        assert f'href="{wire.parts.addresses.wallet}/"' in got.text
        assert f"{wire.parts.addresses.console}/o/" in got.text
        assert got.headers["content-security-policy"].startswith("default-src 'none'")


async def test_nothing_can_be_sent_to_the_root(wire: Wire) -> None:
    for client in (wire.issuer, wire.verifier):
        assert (await client.post("/")).status_code == 405
