"""A Cred type with every kind of field, and what a person needs to hold it."""

from typing import Any

from tests.support.wire import Wire

Json = dict[str, Any]
SLUG = "membership"


def field(claim: str, source: str = "attribute", **members: Any) -> Json:  # noqa: ANN401  # JSON of a test
    """Return a field whose label is its claim."""
    return {"claim": claim, "labels": {"en": claim, "de": claim}, "source": source, **members}


MEMBERSHIP: Json = {
    "names": {"en": "Membership", "de": "Mitgliedschaft"},
    "descriptions": {"en": "Shows that you belong.", "de": "Zeigt, dass Sie dazugehören."},
    "purposes": {"en": "To enter the club.", "de": "Um den Klub zu betreten."},
    "places": {"en": "At every door.", "de": "An jeder Tür."},
    "look": {"background_color": "#123456", "text_color": "#ffffff"},
    "fields": [
        field("name", "person_name", required=True),
        field("club", "fixed", fixed="Harbour", selectively_disclosable=False),
        field("level", kind="number"),
        field("adult", kind="boolean"),
        field("born", kind="date"),
        field("address.country", attribute="country"),
        field("address.city", attribute="city"),
        field("nationalities", kind="text", many=True),
        field("roles", "groups", many=True),
        field("issued_on", "issue_time", kind="date"),
    ],
    "validity_days": 30,
}
ATTRIBUTES: Json = {
    "level": 3,
    "adult": True,
    "born": "1994-03-12",
    "country": "NL",
    "city": "Utrecht",
    "nationalities": ["NL", "NG"],
}


async def add_membership(wire: Wire, definition: Json = MEMBERSHIP, **attributes: Any) -> Json:  # noqa: ANN401  # as above
    """Publish the type at northwind and entitle one new member to it; return the person."""
    made = await wire.api("POST", "/credential-types", {"slug": SLUG, "definition": definition})
    assert made.status_code == 201, made.text
    return await add_member(wire, **attributes)


async def add_member(wire: Wire, name: str = "Ada Member", **attributes: Any) -> Json:  # noqa: ANN401  # as above
    """Add a person and entitle them; an attribute of None is left out."""
    given = {key: value for key, value in {**ATTRIBUTES, **attributes}.items() if value is not None}
    person = {"name": name, "attributes": given, "groups": ["staff", "crew"]}
    added = await wire.api("POST", "/people", person)
    assert added.status_code == 201, added.text
    body = {"person_id": added.json()["id"], "credential_type": SLUG}
    assert (await wire.api("POST", "/entitlements", body)).status_code == 201
    return dict(added.json())


async def publish(wire: Wire, definition: Json, *, replaces: int = 1) -> Any:  # noqa: ANN401  # the answer
    """Publish the next version."""
    return await wire.api("PUT", f"/credential-types/{SLUG}", {"replaces": replaces, "definition": definition})
