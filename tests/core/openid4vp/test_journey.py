"""A whole presentation over the core alone: request, review, response, verification."""

import msgspec

from billfold.core.jose.jws import attach
from billfold.core.openid4vp.held import held_sd_jwt_vc
from billfold.core.openid4vp.presentation import Accepted
from billfold.core.openid4vp.request import (
    MEDIA_TYPE,
    RequestByReference,
    parse_request_link,
    request_link,
    request_signing_input,
)
from billfold.core.openid4vp.request_object import verify_request_object
from billfold.core.openid4vp.response import (
    ErrorResponse,
    open_response,
    parse_response_form,
    plan_response,
    response_form,
    vp_token,
)
from billfold.core.openid4vp.review import Pick, review
from billfold.core.openid4vp.verification import begin_verification, finish_verification
from billfold.core.trust.certificate import x5c_entry
from billfold.core.trust.trust_list import TrustEntry, TrustList
from tests.support.organisations import ISSUER, NOW, new_key, organisation
from tests.support.requests import (
    CLIENT_ID,
    HOST,
    NONCE,
    REQUESTER,
    RESPONSE_KEY,
    STATE,
    credential,
    credential_query,
    dcql,
    members,
    present,
    verified,
)

ACME = organisation()
HOLDER = new_key()
QUERY = dcql(
    credential_query("base", "given_name"),
    credential_query("age", "age"),
    credential_query("email", "email"),
    sets=[
        {"options": [["base"]]},
        {"options": [["age"]], "required": False},
        {"options": [["email"]], "required": False},
    ],
)
TRUSTED = TrustList(anchors=(TrustEntry("Acme", "requester", x5c_entry(REQUESTER.root), hosts=(HOST,)),))


def test_what_was_ticked_arrives_and_nothing_else() -> None:
    # The requester signs a request and shows a link.
    payload = members(dcql_query=QUERY.to_json())
    signing_input = request_signing_input(payload, x5c=REQUESTER.x5c)
    request_object = attach(signing_input, REQUESTER.leaf_key.sign(signing_input))
    link = parse_request_link(request_link(CLIENT_ID, f"https://{HOST}/requests/1"))

    # The wallet reads it, and the person reviews and ticks one of two optional fields.
    assert isinstance(link, RequestByReference)
    request = verify_request_object(
        request_object,
        link_client_id=link.client_id,
        anchors_for=TRUSTED.requester_anchors,
        now=NOW,
        content_type=MEDIA_TYPE,
    )
    cred = credential(ACME, HOLDER)
    found = review(request, [held_sd_jwt_vc("my-cred", verified(cred, ACME))])
    choice = found.choose([Pick(0, ("my-cred",), frozenset({"age"}))])

    # The wallet makes one presentation per answered query and seals them.
    presentations = [
        (plan.query_id, present(cred, plan.paths, HOLDER, aud=request.client_id, nonce=request.nonce))
        for plan in plan_response(found, choice)
    ]
    form = response_form(request, vp_token(presentations), ephemeral=new_key(), iv=b"i" * 12)

    # The requester opens and verifies.
    token = open_response(parse_response_form(form), key=RESPONSE_KEY, kid="enc-1", state=STATE, dcql_query=QUERY)
    assert not isinstance(token, ErrorResponse)
    accepted = (Accepted(ISSUER, ACME.anchors),)
    pending = begin_verification(
        token,
        dcql_query=QUERY,
        client_id=CLIENT_ID,
        nonce=NONCE,
        now=NOW,
        accepted={query.id: accepted for query in QUERY.credentials},
    )
    result = finish_verification(pending, {})

    assert result.accepted
    [shown] = result.creds
    assert shown.fields == {"given_name": "Erika", "age": 41}
    assert "e@example.com" not in str(msgspec.json.encode(token))
