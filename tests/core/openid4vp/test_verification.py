"""Verification: good answers, answers with one fault, and what happens to optional fields from another copy."""

from datetime import timedelta
from typing import Any

import pytest

from billfold.core.dcql.query import DcqlQuery
from billfold.core.encoding import Json
from billfold.core.jose.jws import attach
from billfold.core.openid4vp.presentation import CHECKS, Accepted
from billfold.core.openid4vp.verification import (
    StatusQuestion,
    Verification,
    begin_verification,
    finish_verification,
)
from billfold.core.status.status_list import StatusList, pack
from billfold.core.status.status_token import StatusToken, status_token_signing_input, verify_status_token
from billfold.errors import BillfoldError, TransportError
from tests.support.organisations import ISSUER, NOW, Organisation, new_key, organisation
from tests.support.requests import (
    CLIENT_ID,
    NONCE,
    credential,
    credential_query,
    dcql,
    present,
)

ACME = organisation()
OTHER = organisation(uri_names=("https://issuer.example/other",))
HOLDER = new_key()
LIST = "https://issuer.example/status/1"
CRED = credential(ACME, HOLDER)
COPY = credential(ACME, HOLDER, salts=b"t")
SIMPLE = dcql(credential_query("badge", "given_name"))
PER_FIELD = dcql(
    credential_query("base", "given_name"),
    credential_query("age", "age"),
    credential_query("email", "email"),
    sets=[
        {"options": [["base"]]},
        {"options": [["age"]], "required": False},
        {"options": [["email"]], "required": False},
    ],
)
ACCEPTED = Accepted(ISSUER, ACME.anchors)


def verify(
    query: DcqlQuery,
    token: dict[str, tuple[str, ...]],
    statuses: dict[StatusQuestion, StatusToken | BillfoldError] | None = None,
    accepted: tuple[Accepted, ...] = (ACCEPTED,),
) -> Verification:
    pending = begin_verification(
        token,
        dcql_query=query,
        client_id=CLIENT_ID,
        nonce=NONCE,
        now=NOW,
        accepted={entry.id: accepted for entry in query.credentials},
    )
    return finish_verification(pending, statuses or {})


def outcomes(result: Verification) -> dict[str, str]:
    return {check.check: check.outcome for check in result.checks}


def failed(result: Verification) -> tuple[str, str | None]:
    """The one check that failed, and its code."""
    [found] = [check for check in result.checks if check.outcome == "failed"]
    assert found.reason
    assert not result.accepted
    assert result.creds == ()
    return found.check, found.code


def test_a_good_answer_is_accepted_with_the_fields_that_were_asked_for() -> None:
    result = verify(SIMPLE, {"badge": (present(CRED, [("given_name",)], HOLDER),)})

    assert result.accepted
    assert tuple(check.check for check in result.checks) == CHECKS
    assert outcomes(result) == {**dict.fromkeys(CHECKS, "passed"), "status": "skipped"}
    [cred] = result.creds
    assert (cred.query_ids, cred.issuer, cred.fields) == (("badge",), ISSUER, {"given_name": "Erika"})
    assert cred.expires_at == NOW + timedelta(days=300)


def test_a_result_has_no_truth_value() -> None:
    result = verify(SIMPLE, {"badge": (present(CRED, [("given_name",)], HOLDER),)})
    with pytest.raises(TypeError, match="no truth value"):
        bool(result)


GOOD = present(CRED, [("given_name",)], HOLDER)
CASES = [
    pytest.param("nonsense", "response", "sd_jwt_error", id="pres-wrong-format"),
    pytest.param(GOOD[:100] + ("A" if GOOD[100] != "A" else "B") + GOOD[101:], None, None, id="byte-changed"),
    pytest.param(
        present(credential(ACME, HOLDER, vct="https://x.example/t"), [("given_name",)], HOLDER),
        "request", "wrong_type", id="pres-wrong-vct",
    ),
    pytest.param(present(CRED, [], HOLDER), "request", "missing_claim", id="pres-missing-claim"),
    pytest.param(present(CRED, [("given_name",), ("email",)], HOLDER), "request", "surplus", id="pres-claims-over"),
    pytest.param(GOOD[: GOOD.rindex("~") + 1], "holder", "key_binding_error", id="pres-no-hb"),
    pytest.param(
        present(CRED, [("given_name",)], HOLDER, nonce="other"), "holder", "wrong_nonce", id="kb-nonce"
    ),
    pytest.param(
        present(CRED, [("given_name",)], HOLDER, aud="x509_hash:other"), "holder", "wrong_aud", id="kb-aud"
    ),
    pytest.param(
        present(CRED, [("given_name",)], HOLDER, aud=CLIENT_ID.partition(":")[2]), "holder", "wrong_aud",
        id="kb-aud-no-prefix",
    ),
    pytest.param(present(CRED, [("given_name",)], new_key()), "holder", "jose_error", id="kb-other-key"),
    pytest.param(
        present(credential(ACME, HOLDER, cnf=None), [("given_name",)], HOLDER), "holder", "key_binding_error",
        id="kb-no-cnf",
    ),
    pytest.param(
        present(credential(ACME, HOLDER, exp=int(NOW.timestamp()) - 3600), [("given_name",)], HOLDER),
        "validity", "expired", id="sl-expired-token-valid",
    ),
    pytest.param(
        present(credential(OTHER, HOLDER, iss="https://issuer.example/other"), [("given_name",)], HOLDER),
        "issuer", "untrusted", id="pres-issuer-untrusted",
    ),
    pytest.param(
        present(credential(ACME, HOLDER, iss="https://issuer.example/other"), [("given_name",)], HOLDER),
        "issuer", "wrong_issuer", id="iss-of-another",
    ),
    pytest.param(
        present(credential(ACME, HOLDER, status={"status_list": {"idx": -1, "uri": LIST}}), [("given_name",)], HOLDER),
        "status", "status_list_error", id="sl-index-negative",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("text", "check", "code"), CASES)
def test_an_answer_with_one_fault_names_the_check(text: str, check: str | None, code: str | None) -> None:
    found = failed(verify(SIMPLE, {"badge": (text,)}))
    assert check is None or found == (check, code)


def test_an_issuer_counts_for_its_own_cred_types_and_root_only() -> None:
    token = {"badge": (GOOD,)}
    for accepted in (
        Accepted(ISSUER, ACME.anchors, "https://x.example/t"),
        Accepted("https://issuer.example/other", ACME.anchors),
    ):
        assert failed(verify(SIMPLE, token, accepted=(accepted,))) == ("issuer", "issuer_not_accepted")
    assert failed(verify(SIMPLE, token, accepted=())) == ("issuer", "untrusted")
    crossed = (Accepted(ISSUER, OTHER.anchors), Accepted("https://issuer.example/other", ACME.anchors))
    assert failed(verify(SIMPLE, token, accepted=crossed)) == ("issuer", "issuer_not_accepted")


@pytest.mark.parametrize("row", [pytest.param(["Max"], id="pres-value-mismatch")])
def test_a_value_that_was_not_asked_for_is_a_missing_claim(row: list[str]) -> None:
    query = dcql(credential_query("badge", claims=[{"path": ["given_name"], "values": row}]))
    assert failed(verify(query, {"badge": (GOOD,)})) == ("request", "missing_claim")


def test_optional_fields_of_the_same_copy_become_one_result() -> None:
    token = {
        "base": (present(CRED, [("given_name",)], HOLDER),),
        "email": (present(CRED, [("email",)], HOLDER),),
    }
    [cred] = verify(PER_FIELD, token).creds
    assert cred.query_ids == ("base", "email")
    assert cred.fields == {"given_name": "Erika", "email": "e@example.com"}


def test_one_presentation_may_answer_several_queries() -> None:
    """Claims of another answered query on the same Cred are no surplus."""
    text = present(CRED, [("given_name",), ("age",)], HOLDER)
    [cred] = verify(PER_FIELD, {"base": (text,), "age": (text,)}).creds
    assert cred.fields == {"given_name": "Erika", "age": 41}
    assert failed(verify(PER_FIELD, {"base": (text,)})) == ("request", "surplus")


def test_an_optional_answer_from_another_copy_is_dropped_and_the_check_says_so() -> None:
    token = {"base": (present(CRED, [("given_name",)], HOLDER),), "email": (present(COPY, [("email",)], HOLDER),)}
    result = verify(PER_FIELD, token)

    assert result.accepted
    [cred] = result.creds
    assert cred.fields == {"given_name": "Erika"}
    [check] = [check for check in result.checks if check.check == "request"]
    assert (check.outcome, check.code) == ("passed", "other_copy")
    assert check.reason == "dropped the optional answer email, it came from another copy"


def test_a_faulty_optional_answer_is_discarded() -> None:
    token = {"base": (present(CRED, [("given_name",)], HOLDER),), "email": (present(CRED, [], HOLDER),)}
    result = verify(PER_FIELD, token)
    assert result.accepted
    assert result.creds[0].fields == {"given_name": "Erika"}
    assert result.checks[-1].code == "missing_claim"


def test_a_wrong_key_binding_of_an_optional_answer_refuses_everything() -> None:
    """OpenID4VP 14.2."""
    token = {
        "base": (present(CRED, [("given_name",)], HOLDER),),
        "email": (present(CRED, [("email",)], HOLDER, nonce="other"),),
    }
    assert failed(verify(PER_FIELD, token)) == ("holder", "wrong_nonce")


def test_a_cred_without_key_binding_passes_where_none_is_asked() -> None:
    query = dcql(credential_query("badge", "given_name", require_cryptographic_holder_binding=False))
    result = verify(query, {"badge": (GOOD[: GOOD.rindex("~") + 1],)})
    assert result.accepted
    assert outcomes(result)["holder"] == "skipped"
    assert failed(verify(query, {"badge": (present(CRED, [("given_name",)], new_key()),)}))[0] == "holder"


def test_nested_and_repeated_fields_are_named_by_their_path() -> None:
    fields: dict[str, Json] = {"address": {"locality": "Bonn"}, "tags": ["a", "b"]}
    text = credential(ACME, HOLDER, fields=fields)
    query = dcql(credential_query("q", claims=[{"path": ["address", "locality"]}, {"path": ["tags", None]}]))
    [cred] = verify(query, {"q": (present(text, [("address",), ("tags",)], HOLDER),)}).creds
    assert cred.fields == {"address.locality": "Bonn", "tags.*": ["a", "b"]}


def status_token(issuer: Organisation, idx: int, value: int, question: StatusQuestion) -> StatusToken:
    claim = StatusList(2, pack(2, 64, {idx: value})).to_claim()
    text = status_token_signing_input(
        {"alg": "ES256", "x5c": issuer.x5c}, sub=LIST, iat=NOW, exp=NOW + timedelta(days=1), ttl_s=60, claim=claim
    )
    signed = attach(text, issuer.leaf_key.sign(text))
    return verify_status_token(signed, uri=LIST, anchors=issuer.anchors, credential_chain=question.chain, now=NOW)


@pytest.mark.parametrize(
    ("value", "code"),
    [
        pytest.param(0, None, id="valid"),
        pytest.param(1, "revoked", id="sl-invalid"),
        pytest.param(2, "suspended", id="sl-suspended"),
        pytest.param(3, "unknown_status", id="sl-application"),
    ],
)
def test_the_status_decides(value: int, code: str | None) -> None:
    text = credential(ACME, HOLDER, status={"status_list": {"idx": 7, "uri": LIST}})
    token = {"badge": (present(text, [("given_name",)], HOLDER),)}
    pending = begin_verification(
        token, dcql_query=SIMPLE, client_id=CLIENT_ID, nonce=NONCE, now=NOW, accepted={"badge": (ACCEPTED,)}
    )
    [question] = pending.questions
    assert (question.reference.uri, question.reference.idx) == (LIST, 7)

    result = finish_verification(pending, {question: status_token(ACME, 7, value, question)})

    if code is None:
        assert outcomes(result) == dict.fromkeys(CHECKS, "passed")
    else:
        assert failed(result) == ("status", code)


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        pytest.param(None, "status_unknown", id="sl-unreachable"),
        pytest.param(TransportError("expected the status list, got 404"), "transport_error", id="sl-unreachable-404"),
    ],
)
def test_an_unknown_status_is_not_valid(answer: BillfoldError | None, code: str) -> None:
    text = credential(ACME, HOLDER, status={"status_list": {"idx": 7, "uri": LIST}})
    token = {"badge": (present(text, [("given_name",)], HOLDER),)}
    pending = begin_verification(
        token, dcql_query=SIMPLE, client_id=CLIENT_ID, nonce=NONCE, now=NOW, accepted={"badge": (ACCEPTED,)}
    )
    statuses: dict[StatusQuestion, Any] = {} if answer is None else dict.fromkeys(pending.questions, answer)
    assert failed(finish_verification(pending, statuses)) == ("status", code)


@pytest.mark.parametrize("row", [pytest.param(64, id="sl-index-out")])
def test_an_index_outside_the_list_is_not_valid(row: int) -> None:
    text = credential(ACME, HOLDER, status={"status_list": {"idx": row, "uri": LIST}})
    pending = begin_verification(
        {"badge": (present(text, [("given_name",)], HOLDER),)},
        dcql_query=SIMPLE,
        client_id=CLIENT_ID,
        nonce=NONCE,
        now=NOW,
        accepted={"badge": (ACCEPTED,)},
    )
    [question] = pending.questions
    result = finish_verification(pending, {question: status_token(ACME, 7, 0, question)})
    assert failed(result) == ("status", "status_index_error")


def test_several_presentations_where_several_are_asked_for() -> None:
    query = dcql(credential_query("badge", "given_name", multiple=True))
    texts = (GOOD, present(COPY, [("given_name",)], HOLDER), present(CRED, [], HOLDER))
    result = verify(query, {"badge": texts})
    assert result.accepted
    assert len(result.creds) == 2
    assert result.checks[-1].code == "missing_claim"
