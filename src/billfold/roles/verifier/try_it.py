"""Try it: the organisation asks for a Cred of its own, so that a person sees at once what a new one is for.

Source: Billfold's pairing profile, item 4; OpenID4VP 1.0 section 5.10. The address of the request object stays the same
and stands in the issuer's metadata; each call makes a new request, so nothing of one person meets another.
"""

from dataclasses import replace
from datetime import timedelta

import msgspec

from billfold.adapters.store import tries
from billfold.errors import RequestRefused
from billfold.roles.parts import NotFound, Parts, sha256
from billfold.roles.verifier.request import ask, open_request, token_of
from billfold.roles.verifier.verifier import Verifier

MOST_IN_WINDOW, WINDOW = 120, timedelta(minutes=1)


async def open_trial(parts: Parts, verifier: Verifier, *, wallet_nonce: str | None, reference: str) -> str:
    """Return the signed request object of a new request.

    Raises:
        NotFound: this organisation has nothing to try.
        RequestRefused: 429, so many try at once that somebody may be making requests for nothing.
    """
    template = verifier.templates.get(verifier.organisation.settings.try_it or "")
    if template is None:
        raise NotFound("expected an organisation that has something to try")
    now = parts.now()
    if await tries.count(parts.store, _bucket(verifier), now=now, oldest=now - WINDOW) > MOST_IN_WINDOW:
        raise RequestRefused("temporarily_unavailable", "expected fewer tries at once, try again later", status=429)
    # The link in the metadata names the requester by its certificate, whatever else the template is asked with.
    signed = msgspec.structs.replace(
        template.definition, client_id_prefix="x509_hash", response_mode="direct_post.jwt", refuse_unbound=False
    )
    act = parts.act("wallet", reference=reference)
    asked = await ask(parts, verifier, replace(template, definition=signed), return_to=None, act=act, asked_once=None)
    return await open_request(parts, verifier, token_of(parts, asked.id), wallet_nonce=wallet_nonce)


def _bucket(verifier: Verifier) -> bytes:
    return sha256(f"try it {verifier.id}")
