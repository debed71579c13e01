"""What the demo says of itself: one JSON line for programs, or a page of text for people."""

import dataclasses
from typing import Any

import msgspec
from rich.console import Console
from rich.markup import escape

from billfold.adapters.store import credential_types, organisations, people, presentation_requests
from billfold.adapters.store import staff as staff_store
from billfold.adapters.store.records import Organisation
from billfold.apps.api.app import BASE_PATH
from billfold.apps.demo.content import HARBOUR, LAKESIDE, NORTHWIND, DemoStaff
from billfold.apps.settings import HOST
from billfold.core.encoding import b64url_encode
from billfold.errors import ConfigurationError
from billfold.roles.operator import api_key, staff
from billfold.roles.organisation import ISSUER, identifier_of, requester_url
from billfold.roles.parts import Addresses, Parts

PASSWORD_BYTES = 12


async def ensure_api_keys(parts: Parts, known: dict[str, str]) -> dict[str, str]:
    """Return an API key for each organisation, made now where an earlier start left none."""
    keys = dict(known)
    for organisation in await organisations.every(parts.store):
        if organisation.slug not in keys:
            keys[organisation.slug] = await api_key.create(parts, organisation.id, name="demo")
    return keys


async def ensure_staff(parts: Parts) -> None:
    """Add the demo's staff where an earlier start did not."""
    for demo in (NORTHWIND, LAKESIDE, HARBOUR):
        organisation = await organisations.by_slug(parts.store, demo.slug)
        if organisation is None:
            continue
        known = {member.email for member in await staff_store.of_organisation(parts.store, organisation.id)}
        for member in demo.staff:
            if member.email not in known:
                await staff.add(
                    parts,
                    organisation.id,
                    email=member.email,
                    name=member.name,
                    role=member.role,
                    password=_password(parts, member),
                    act=parts.act("system"),
                )


async def describe(parts: Parts, keys: dict[str, str]) -> dict[str, Any]:
    """Return the addresses, keys, sign-ins and content of the demo.

    Raises:
        ConfigurationError: an earlier start was cut off while it wrote them.
    """
    every = await organisations.every(parts.store)
    requester = next((o for o in every if o.slug == HARBOUR.slug), None)
    templates = await presentation_requests.templates_of(parts.store, requester.id) if requester else ()
    if requester is None or not templates:  # the template is the last thing written
        raise ConfigurationError(
            "expected all of the demo in its data folder, got a part: remove the folder to begin anew"
        )
    return {
        "wallet": parts.addresses.wallet,
        "requester": {
            "url": requester_url(parts, requester.slug),
            "api": _api(parts),
            "api_key": keys[requester.slug],
            "templates": [template.slug for template in templates],
            "sign_ins": _sign_ins(parts, requester.slug),
        },
        "organisations": [
            {**await _issuer(parts, o, keys[o.slug]), "sign_ins": _sign_ins(parts, o.slug)}
            for o in every
            if ISSUER in o.settings.roles
        ],
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


def _sign_ins(parts: Parts, slug: str) -> list[dict[str, str]]:
    found = next((demo for demo in (NORTHWIND, LAKESIDE, HARBOUR) if demo.slug == slug), None)
    return [
        {"role": member.role, "email": member.email, "password": _password(parts, member)}
        for member in (found.staff if found else ())
    ]


def _password(parts: Parts, member: DemoStaff) -> str:
    """Return a password that can be printed at each start: what opens a demo opens a demo."""
    return b64url_encode(parts.master_key.code("demo password", member.email)[:PASSWORD_BYTES])


def _api(parts: Parts) -> str:
    return f"{parts.addresses.console}{BASE_PATH}"


def forwarding(addresses: Addresses, port: int) -> list[dict[str, str]]:
    """Return what the TLS server in front must pass on, and where to."""
    published = dataclasses.astuple(addresses)
    return [{"public": url, "to": f"http://{HOST}:{port + number}"} for number, url in enumerate(published)]


def as_json(description: dict[str, Any]) -> str:
    """Return the description as one line."""
    return msgspec.json.encode(description).decode()


def show(description: dict[str, Any], console: Console, *, command: str, ephemeral: bool) -> None:
    """Print the description for a person, with the first three things to try.

    Args:
        command: how this very program is called.
        ephemeral: its data will be gone at the end.
    """
    afterwards = "nothing of it will be left" if ephemeral else "the next start finds its data again"
    _say(console, f"\n[bold]Billfold is running.[/] End it with Ctrl+C; {afterwards}.\n")
    for each in description.get("forward", ()):
        _say(console, f"  Pass on     {each['public']}  to  {each['to']}")
    _say(console, f"  Wallet      {description['wallet']}")
    for organisation in description["organisations"]:
        _show_party(console, organisation, "issues", organisation["credential_types"])
        _say(console, f"    People    {escape(', '.join(person['name'] for person in organisation['people']))}")
    requester = description["requester"]
    _show_party(console, {"name": HARBOUR.name, **requester}, "requests", requester["templates"])
    _show_steps(console, description, command)


def _show_party(console: Console, party: dict[str, Any], verb: str, what: list[str]) -> None:
    _say(console, f"\n  [bold]{escape(party['name'])}[/] {verb} {', '.join(what)}")
    _say(console, f"    {'Console' if 'console' in party else 'Counter'}   {party.get('console') or party['url']}")
    for sign_in in party["sign_ins"]:
        _say_plain(console, f"    {sign_in['role'].capitalize():9} {sign_in['email']}  {sign_in['password']}")
    _say(console, f"    API       {party['api']}")
    _say(console, f"    API key   {party['api_key']}")


def _show_steps(console: Console, description: dict[str, Any], command: str) -> None:
    issuer, requester = description["organisations"][0], description["requester"]
    person = issuer["people"][0]
    _say(console, "\nTry it in another terminal.")
    _say(console, f"\n1. As {escape(issuer['name'])}, make a pairing code for {escape(person['name'])}:\n")
    _say_plain(console, _call(issuer, "pairing-codes", {"person_id": person["id"]}))
    _say(console, "\n2. Pair with its [bold]wallet_link[/] and its PIN, [bold]tx_code[/], and see what came:\n")
    _say_plain(console, f"  {command} wallet pair 'WALLET_LINK' --pin TX_CODE\n  {command} wallet list")
    _say(console, f"\n3. As {HARBOUR.name}, ask for the badge, and share it by its [bold]wallet_link[/]:\n")
    _say_plain(console, _call(requester, "presentation-requests", {"template": requester["templates"][0]}))
    _say_plain(console, f"  {command} wallet share 'WALLET_LINK' --optional team\n")


def _call(party: dict[str, Any], path: str, body: dict[str, str]) -> str:
    """Return a call of the API that fits into 80 columns and can be copied."""
    lines = (
        f"  curl -s {party['api']}/{path}",
        f"    -H 'Authorization: Bearer {party['api_key']}'",
        "    -H 'Content-Type: application/json'",
        f"    -d '{msgspec.json.encode(body).decode()}'",
    )
    return " \\\n".join(lines)


def _say(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False)


def _say_plain(console: Console, text: str) -> None:
    console.print(text, soft_wrap=True, highlight=False, markup=False)
