"""Presentation responses: the wallet's answer out of a Review, and the requester's reading of what was posted.

Source: OpenID4VP 1.0 sections 6.4, 8.1, 8.2, 8.3, 8.3.1 and 8.5; RFC 7516.
The key binding of each presentation is `sdjwt.key_binding`'s; what a presentation proves is `verification`'s.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from billfold.core.dcql.answer import check_answer
from billfold.core.dcql.match import CredentialMatch
from billfold.core.dcql.path import ConcretePath
from billfold.core.dcql.query import DcqlQuery
from billfold.core.encoding import Json, JsonObject, json_decode, json_decode_object, json_encode
from billfold.core.jose import jwe
from billfold.core.keys import PrivateKey
from billfold.core.openid4vp.request import PresentationRequest
from billfold.core.openid4vp.review import Choice, Review
from billfold.errors import CredentialError, EncodingError, RequestRefused, ResponseError, StateError

MAX_RESPONSE_BYTES: Final = 1024 * 1024
MAX_ANSWER_BYTES: Final = 64 * 1024
MAX_ERROR_CHARACTERS: Final = 128

VpToken = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class PlannedPresentation:
    """One presentation to make; key binding unless *bound* is false.

    *paths* are for `SdJwt.select`; *shown* is all that it answers with, also what stands in the clear.
    """

    query_id: str
    credential_id: str
    paths: tuple[ConcretePath, ...]
    shown: tuple[ConcretePath, ...]
    bound: bool


@dataclass(frozen=True, slots=True)
class EncryptedResponse:
    """The form held a JWE; nothing is known of it until it is opened."""

    text: str


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """The wallet refuses, for *error*; what it says beyond that is not kept."""

    error: str
    state: str | None


@dataclass(frozen=True, slots=True)
class PlainResponse:
    """Presentations that came in the clear."""

    vp_token: Json
    state: str | None


ResponseForm = EncryptedResponse | ErrorResponse | PlainResponse


def plan_response(review: Review, choice: Choice) -> tuple[PlannedPresentation, ...]:
    """Return the presentations that *choice* asks for, and nothing that was not chosen.

    Raises:
        StateError: a Cred that does not answer its query, or a required set that stays open.
    """
    query = review.request.dcql_query
    try:
        check_answer(query, {name: len(chosen) for name, chosen in choice.answers.items()})
    except RequestRefused as exc:
        raise StateError(str(exc)) from exc
    planned: list[PlannedPresentation] = []
    for name, chosen in choice.answers.items():
        found = {entry.credential.id: entry for entry in review.match.matches[name]}
        if not set(chosen) <= found.keys():
            raise StateError("expected a Cred that answers its query")
        bound = [found[credential_id] for credential_id in chosen]
        planned += (_planned(name, entry) for entry in bound)
    return tuple(planned)


def vp_token(presentations: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    """Return the `vp_token` of *presentations*: pairs of credential query id and text (8.1)."""
    token: dict[str, list[str]] = {}
    for query_id, text in presentations:
        token.setdefault(query_id, []).append(text)
    return token


def response_form(
    request: PresentationRequest, token: Mapping[str, Sequence[str]], *, ephemeral: PrivateKey, iv: bytes
) -> dict[str, str]:
    """Return the form fields to post to `response_uri` (8.2, 8.3.1).

    Args:
        ephemeral: a fresh P-256 key, used once.
        iv: 12 random bytes.
    """
    presentations = {name: list(texts) for name, texts in token.items()}
    state = {} if request.state is None else {"state": request.state}
    key = request.response_key
    if key is None:
        return {"vp_token": json_encode(presentations).decode("utf-8"), **state}
    plaintext = json_encode({"vp_token": presentations, **state})
    header = {"kid": key.kid}
    text = jwe.encrypt(plaintext, key.public_key, header=header, enc=key.enc, ephemeral=ephemeral, iv=iv)
    return {"response": text}


def error_form(code: str, *, state: str | None) -> dict[str, str]:
    """Return the form fields that refuse a request: the code alone, whatever the reason was (15.9)."""
    return {"error": code} if state is None else {"error": code, "state": state}


def parse_response_form(fields: Mapping[str, str]) -> ResponseForm:
    """Read the form posted to `response_uri`; unknown parameters are ignored.

    Raises:
        RequestRefused: `invalid_request`: neither an answer nor an error, or `vp_token` that is not JSON.
    """
    state = fields.get("state")
    if "response" in fields:
        return EncryptedResponse(fields["response"])
    if "error" in fields:
        return ErrorResponse(_error_code(fields["error"]), state)
    if "vp_token" not in fields:
        raise _refused("expected response, error or vp_token")
    try:
        return PlainResponse(json_decode(fields["vp_token"], max_bytes=MAX_RESPONSE_BYTES), state)
    except EncodingError as exc:
        raise _refused("expected vp_token as JSON") from exc


def open_response(
    form: ResponseForm,
    *,
    key: PrivateKey | None,
    kid: str | None = None,
    state: str,
    dcql_query: DcqlQuery,
    enc_values: Collection[str] = jwe.ENC_VALUES,
) -> VpToken | ErrorResponse:
    """Open *form* for the request whose *key* and *state* these are, and check the `vp_token`'s shape.

    Args:
        key: of this request; None where an answer in the clear was asked for.
        kid: as the request named the key; its thumbprint by default.

    Returns:
        The presentations by credential query id, or the wallet's error.

    Raises:
        RequestRefused: `invalid_request`: another response mode than was asked for, an answer that does not open,
            another state, or a `vp_token` that breaks 8.1 or leaves a required credential out. The request stays open.
    """
    if isinstance(form, ErrorResponse):
        _check_state(form.state, state)
        return form
    members = _in_the_clear(form, key) if isinstance(form, PlainResponse) else _decrypted(form, key, kid, enc_values)
    _check_state(members.get("state"), state)
    if "error" in members:
        return ErrorResponse(_error_code(members["error"]), state)
    return check_vp_token(members, dcql_query)


def _in_the_clear(form: PlainResponse, key: PrivateKey | None) -> JsonObject:
    if key is not None:
        raise _refused("expected an encrypted response")
    return {"vp_token": form.vp_token, "state": form.state}


def _decrypted(
    form: EncryptedResponse, key: PrivateKey | None, kid: str | None, enc_values: Collection[str]
) -> JsonObject:
    if key is None:
        raise _refused("expected a response in the clear")
    try:
        parsed = jwe.Jwe.parse(form.text, max_bytes=MAX_RESPONSE_BYTES)
        if parsed.header.get("kid") != (kid or key.public().thumbprint()):
            raise _refused("expected a response encrypted to the key of this request")
        return json_decode_object(parsed.decrypt(key, enc_values=enc_values), max_bytes=MAX_RESPONSE_BYTES)
    except CredentialError as exc:
        raise _refused(str(exc)) from exc


def check_vp_token(members: JsonObject, dcql_query: DcqlQuery) -> VpToken:
    """Return the presentations in the response *members* by credential query id (8.1).

    Raises:
        RequestRefused: `invalid_request`: not an object of arrays of strings, or not an answer to *dcql_query*.
    """
    token = members.get("vp_token")
    if not isinstance(token, Mapping):
        raise _refused("expected vp_token as an object")
    presentations: dict[str, tuple[str, ...]] = {}
    for query_id, value in token.items():
        texts = tuple(text for text in value if isinstance(text, str)) if isinstance(value, list) else ()
        if not isinstance(value, list) or len(texts) != len(value):
            raise _refused("expected an array of texts for each query in vp_token")
        presentations[query_id] = texts
    check_answer(dcql_query, {query_id: len(texts) for query_id, texts in presentations.items()})
    return presentations


def build_answer(*, redirect_uri: str | None = None) -> bytes:
    """Return the JSON body for a response that was processed, an error response included (8.2)."""
    return json_encode({} if redirect_uri is None else {"redirect_uri": redirect_uri})


def parse_answer(data: bytes) -> str | None:
    """Read the requester's answer to a response and return `redirect_uri`, if there; it is followed as it is.

    Raises:
        ResponseError: not a JSON object, or `redirect_uri` is not a text.
    """
    try:
        members = json_decode_object(data, max_bytes=MAX_ANSWER_BYTES)
    except EncodingError as exc:
        raise ResponseError("expected the answer as a JSON object") from exc
    redirect_uri = members.get("redirect_uri")
    if "redirect_uri" in members and (not isinstance(redirect_uri, str) or not redirect_uri):
        raise ResponseError("expected redirect_uri as text")
    return redirect_uri if isinstance(redirect_uri, str) else None


def _planned(query_id: str, entry: CredentialMatch) -> PlannedPresentation:
    paths = _with_inner(entry)
    shown = dict.fromkeys((*(selected.path for selected in entry.selected), *paths))
    return PlannedPresentation(query_id, entry.credential.id, paths, tuple(shown), entry.credential.holder_bound)


def _with_inner(entry: CredentialMatch) -> tuple[ConcretePath, ...]:
    """Return the paths of *entry* and of every disclosure inside what it shows (7.1: a whole object is shown whole)."""
    inner = (
        place
        for place in sorted(entry.credential.disclosable, key=repr)
        for selected in entry.selected
        if place[: len(selected.path)] == selected.path
    )
    return tuple(dict.fromkeys((*entry.paths, *inner)))


def _error_code(value: Json) -> str:
    if not isinstance(value, str) or not value.isascii() or not 0 < len(value) <= MAX_ERROR_CHARACTERS:
        raise _refused("expected error as a short code")
    return value


def _check_state(found: Json, expected: str) -> None:
    if found != expected:
        raise _refused("expected the state of this request")


def _refused(message: str) -> RequestRefused:
    return RequestRefused("invalid_request", message)
