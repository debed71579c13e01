"""Short codes: what somebody scanned or typed, looked up among the offers and requests of this installation."""

from billfold.adapters.store import organisations
from billfold.roles.issuer import offer
from billfold.roles.issuer.codes import codes_of as offer_codes
from billfold.roles.issuer.codes import links
from billfold.roles.organisation import identifier_of
from billfold.roles.parts import NotFound, Parts, read_crockford
from billfold.roles.verifier import request
from billfold.roles.verifier.verifier import load_verifier


async def find(parts: Parts, code: str) -> dict[str, str]:
    """Return ``{"offer": link}`` or ``{"request": link}``.

    Raises:
        NotFound: no code of that spelling, or a newer one took its place.
        RequestRefused: 410, with a code that says what became of it.
    """
    found = await offer.find_short_code(parts, code)
    if found:
        code_id, organisation_id = found
        slug = await _slug(parts, organisation_id)
        return {"offer": links(parts, identifier_of(parts, slug), offer_codes(parts, code_id))[0]}
    found = await request.find_short_code(parts, code)
    if found:
        request_id, organisation_id = found
        verifier = await load_verifier(parts, await _slug(parts, organisation_id))
        if verifier is not None:
            return {"request": (await request.show_request(parts, verifier, request_id)).request}
    await offer.refuse_if_over(parts, read_crockford(code))
    await request.refuse_if_over(parts, code)
    raise NotFound("expected a code that is neither used nor run out: check the letters, or ask for a new code")


async def _slug(parts: Parts, organisation_id: str) -> str:
    organisation = await organisations.by_id(parts.store, organisation_id)
    if organisation is None:
        raise NotFound("expected a code of an organisation that is there")
    return organisation.slug
