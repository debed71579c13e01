"""SD-JWT: whatever is chosen of whatever was issued, a presentation shows that and what stands above it, no more.

Source: RFC 9901 4.2, 7.1, 7.2 and 7.3. There and back, and an issued text with one character changed: `test_issue.py`.
"""

from datetime import UTC, datetime, timedelta
from hashlib import shake_256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from billfold.core.jose.jws import attach
from billfold.core.sdjwt.issue import Elements, Members, encode_header, entropy_bytes, prepare
from billfold.core.sdjwt.key_binding import kb_signing_input, verify_key_binding
from billfold.core.sdjwt.sd_jwt import Path, SdJwt
from billfold.errors import CredentialError
from tests.support.organisations import new_key

KEY, HOLDER = new_key(), new_key()
HEADER = encode_header({"alg": "ES256", "typ": "dc+sd-jwt"})
NOW, WINDOW = datetime(2026, 6, 1, tzinfo=UTC), timedelta(minutes=5)
AUDIENCE, NONCE = "x509_hash:requester", "n-0S6_WzA2Mj"
EXAMPLES = 100

leaves = st.none() | st.booleans() | st.integers(-99, 99) | st.text(max_size=4)
names = st.text(st.characters(min_codepoint=0x61, max_codepoint=0x17F), min_size=1, max_size=3)
nodes = st.recursive(
    leaves,
    lambda inner: (
        st.builds(Elements, st.lists(leaves, max_size=3), st.integers(0, 4))
        | st.builds(
            lambda clear, hidden: Members(
                {f"c{name}": value for name, value in clear.items()},
                {f"d{name}": value for name, value in hidden.items()},
            ),
            st.dictionaries(names, inner, max_size=2),
            st.dictionaries(names, inner, max_size=2),
        )
    ),
    max_leaves=6,
)
fields = st.dictionaries(names.map(lambda name: f"d{name}"), nodes, min_size=1, max_size=4)


def issued(hidden: dict[str, Any]) -> SdJwt:
    claims = Members({"vct": "https://a.example/badge"}, hidden)
    entropy = shake_256(b"a run of bytes that do not repeat").digest(entropy_bytes(claims))
    prepared = prepare(claims, header_b64u=HEADER, entropy=entropy)
    return SdJwt.parse(prepared.attach(KEY.sign(prepared.signing_input)))


def bound(presentation: str) -> str:
    """Return *presentation* with the holder's KB-JWT behind it."""
    data = kb_signing_input(presentation, aud=AUDIENCE, nonce=NONCE, now=NOW)
    return presentation + attach(data, HOLDER.sign(data))


def above(path: Path) -> set[Path]:
    return {path[:length] for length in range(1, len(path) + 1)}


@given(hidden=fields, data=st.data())
@settings(max_examples=EXAMPLES)
def test_a_presentation_shows_what_was_chosen_and_nothing_beside_it(
    hidden: dict[str, Any], data: st.DataObject
) -> None:
    whole = issued(hidden)
    disclosed = whole.process().disclosed
    chosen = data.draw(st.sets(st.sampled_from(sorted(disclosed, key=str)), max_size=4))

    presented = SdJwt.parse(whole.select(chosen))

    wanted = {step for path in chosen for step in above(path)} & disclosed.keys()
    assert {each.encoded for each in presented.disclosures} == {disclosed[path].encoded for path in wanted}
    assert presented.jws.compact == whole.jws.compact, "what the issuer signed stays as it was"


@given(hidden=fields)
@settings(max_examples=EXAMPLES)
def test_what_is_not_chosen_cannot_be_read(hidden: dict[str, Any]) -> None:
    whole = issued(hidden)
    bare = SdJwt.parse(whole.select(()))
    assert (bare.disclosures, bare.process().claims) == ((), {"vct": "https://a.example/badge"})


@given(hidden=fields, data=st.data())
@settings(max_examples=EXAMPLES)
def test_choosing_all_is_choosing_nothing_away(hidden: dict[str, Any], data: st.DataObject) -> None:
    whole = issued(hidden)
    disclosed = data.draw(st.permutations(sorted(whole.process().disclosed, key=str)))
    assert SdJwt.parse(whole.select(disclosed)).process().claims == whole.process().claims


PRESENTED = bound(issued({"name": "Zoë", "roles": Elements(["a", "b"]), "team": "Night shift"}).select([("name",)]))


def read(text: str) -> None:
    sd_jwt = SdJwt.parse(text)
    sd_jwt.jws.verify(KEY.public(), ["ES256"])
    sd_jwt.process()
    verify_key_binding(sd_jwt, HOLDER.public(), aud=AUDIENCE, nonce=NONCE, now=NOW, window=WINDOW)


def test_the_presentation_itself_is_good() -> None:
    read(PRESENTED)


def test_a_presentation_with_any_one_character_changed_is_refused() -> None:
    """Every character of it, with a neighbour in the alphabet and with one that only another part may hold."""
    accepted = []
    for position, character in enumerate(PRESENTED):
        for other in {chr(ord(character) ^ 1), "~" if character != "~" else "A"}:
            try:
                read(PRESENTED[:position] + other + PRESENTED[position + 1 :])
            except CredentialError:
                continue
            accepted.append((position, other))
    assert accepted == []


@pytest.mark.parametrize("count", [1, 2])
def test_a_disclosure_taken_away_or_said_twice_is_refused(count: int) -> None:
    first, disclosure, rest = PRESENTED.split("~", 2)
    with pytest.raises(CredentialError):
        read("~".join((first, *[disclosure] * (0 if count == 1 else 2), rest)))
