"""What the demo says of itself: one JSON line for programs, or a page of text for people."""

from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape

from billfold.adapters.store import credential_types, organisations, people, presentation_requests
from billfold.adapters.store.records import Organisation
from billfold.apps.api.app import BASE_PATH
from billfold.apps.demo.content import HARBOUR
from billfold.roles.operator import api_key
from billfold.roles.organisation import ISSUER, identifier_of, requester_url
from billfold.roles.parts import Parts


async def ensure_api_keys(parts: Parts, known: dict[str, str]) -> dict[str, str]:
    """Return an API key for each organisation, made now where an earlier start left none."""
    keys = dict(known)
    for organisation in await organisations.every(parts.store):
        if organisation.slug not in keys:
            keys[organisation.slug] = await api_key.create(parts, organisation.id, name="demo")
    return keys


async def describe(parts: Parts, keys: dict[str, str]) -> dict[str, Any]:
    """Return the addresses, keys and content of the demo."""
    every = await organisations.every(parts.store)
    requester = next(o for o in every if o.slug == HARBOUR.slug)
    templates = await presentation_requests.templates_of(parts.store, requester.id)
    return {
        "wallet": parts.addresses.wallet,
        "requester": {
            "url": requester_url(parts, requester.slug),
            "api": _api(parts),
            "api_key": keys[requester.slug],
            "templates": [template.slug for template in templates],
        },
        "organisations": [await _issuer(parts, o, keys[o.slug]) for o in every if ISSUER in o.settings.roles],
    }


async def _issuer(parts: Parts, organisation: Organisation, key: str) -> dict[str, Any]:
    return {
        "slug": organisation.slug,
        "name": organisation.name,
        "issuer": identifier_of(parts, organisation.slug),
        "console": f"{parts.addresses.console}/o/{organisation.slug}",
        "api": _api(parts),
        "api_key": key,
        "people": [{"id": p.id, "name": p.name} for p in await people.page(parts.store, organisation.id)],
        "credential_types": [t.slug for t in await credential_types.of_organisation(parts.store, organisation.id)],
    }


def _api(parts: Parts) -> str:
    return f"{parts.addresses.console}{BASE_PATH}"


def as_json(description: dict[str, Any]) -> str:
    """Return the description as one line."""
    return msgspec.json.encode(description).decode()


def show(description: dict[str, Any], console: Console) -> None:
    """Print the description for a person, with the first three things to try."""
    first = description["organisations"][0]
    person = first["people"][0]
    console.print("\n[bold]Billfold is running.[/] End it with Ctrl+C; the next start finds its data again.\n")
    console.print(f"  Wallet      {description['wallet']}")
    for organisation in description["organisations"]:
        console.print(
            f"\n  [bold]{escape(organisation['name'])}[/] issues {', '.join(organisation['credential_types'])}"
        )
        console.print(f"    API       {organisation['api']}")
        console.print(f"    API key   {organisation['api_key']}")
        console.print(f"    People    {escape(', '.join(p['name'] for p in organisation['people']))}")
    requester = description["requester"]
    console.print("\n  [bold]Harbour Sports Club[/] requests " + ", ".join(requester["templates"]))
    console.print(f"    API       {requester['api']}")
    console.print(f"    API key   {requester['api_key']}")
    console.print(f"\nTry it in another terminal. A pairing code for {escape(person['name'])}:\n")
    console.print(
        f"  curl -s {first['api']}/pairing-codes -H 'Authorization: Bearer {first['api_key']}' \\\n"
        f"    -H 'Content-Type: application/json' -d '{{\"person_id\": \"{person['id']}\"}}'\n",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
    console.print("Pair with the link and the PIN (`tx_code`) of the answer, then look at what came:\n")
    console.print("  .venv/bin/billfold wallet pair LINK --pin PIN\n  .venv/bin/billfold wallet list\n", markup=False)
    console.print("Ask for the badge as the sports club, and share it:\n")
    console.print(
        f"  curl -s {requester['api']}/presentation-requests -H 'Authorization: Bearer {requester['api_key']}' \\\n"
        "    -H 'Content-Type: application/json' -d '{\"template\": \"staff-rate\"}'\n"
        "  .venv/bin/billfold wallet share LINK --optional team\n",
        soft_wrap=True,
        highlight=False,
        markup=False,
    )
