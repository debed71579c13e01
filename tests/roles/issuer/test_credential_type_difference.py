"""What differs between two versions, and what becomes of two people's changes to one."""

import pytest
from msgspec.structs import replace

from billfold.adapters.store.type_definition import CredentialTypeDefinition, FieldDefinition, Look
from billfold.roles.issuer.credential_type_difference import Change, difference
from billfold.roles.issuer.credential_type_merge import merged


def field(claim: str, **members: object) -> FieldDefinition:
    return replace(FieldDefinition(claim, {"en": claim.title()}, "attribute"), **members)


A, B, C, D = map(field, "abcd")
BASE = CredentialTypeDefinition({"en": "Badge"}, (A, B, C), purposes={"en": "Doors"}, look=Look("#000000", "#ffffff"))


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param(BASE, [], id="nothing"),
        pytest.param(replace(BASE, fields=(A, B, C, D)), [Change("field_added", D.labels)], id="added"),
        pytest.param(replace(BASE, fields=(A, C)), [Change("field_removed", B.labels)], id="removed"),
        pytest.param(replace(BASE, fields=(C, A, B)), [Change("field_moved", C.labels, before=3, after=1)], id="moved"),
        pytest.param(
            replace(BASE, fields=(replace(A, labels={"en": "Alpha"}), B, C)),
            [Change("labels", {"en": "Alpha"}, "en", "A", "Alpha")],
            id="renamed",
        ),
        pytest.param(
            replace(BASE, fields=(A, replace(B, required=True), C)),
            [Change("required", B.labels, before=False, after=True)],
            id="required",
        ),
        pytest.param(
            replace(BASE, look=Look("#111111", "#ffffff", logo="x")),
            [Change("background_color", before="#000000", after="#111111"), Change("logo", before=False, after=True)],
            id="look",
        ),
        pytest.param(
            replace(BASE, names={"en": "Badge", "de": "Ausweis"}, purposes={}, validity_days=7, unlock="prf"),
            [
                Change("validity_days", before=365, after=7),
                Change("unlock", before="any", after="prf"),
                Change("names", {}, "de", None, "Ausweis"),
                Change("purposes", {}, "en", "Doors", None),
            ],
            id="texts",
        ),
    ],
)
def test_each_change_is_told(after: CredentialTypeDefinition, expected: list[Change]) -> None:
    assert difference(BASE, after) == expected


def test_one_field_moved_is_one_change_however_far() -> None:
    fields = tuple(map(field, "abcdefgh"))
    moved = (*fields[1:], fields[0])

    assert [change.of for change in difference(replace(BASE, fields=fields), replace(BASE, fields=moved))] == [A.labels]


@pytest.mark.parametrize(
    ("theirs", "mine", "together"),
    [
        pytest.param({"validity_days": 7}, {"unlock": "prf"}, {"validity_days": 7, "unlock": "prf"}, id="apart"),
        pytest.param({"validity_days": 7}, {"validity_days": 9}, {"validity_days": 9}, id="both-the-same-thing"),
        pytest.param(
            {"look": Look("#111111", "#ffffff")},
            {"look": Look("#000000", "#eeeeee")},
            {"look": Look("#111111", "#eeeeee")},
            id="look",
        ),
        pytest.param({"fields": (A, B, C, D)}, {"fields": (B, C)}, {"fields": (B, C, D)}, id="added-and-removed"),
        pytest.param({"fields": (A, B)}, {"fields": (C, B, A)}, {"fields": (B, A)}, id="removed-and-moved"),
        pytest.param(
            {"fields": (A, B)},
            {"fields": (A, B, replace(C, required=True))},
            {"fields": (A, B, replace(C, required=True))},
            id="removed-and-changed",
        ),
        pytest.param(
            {"fields": (replace(A, required=True), B, C)},
            {"fields": (replace(A, labels={"en": "Alpha"}), B, C)},
            {"fields": (replace(A, labels={"en": "Alpha"}, required=True), B, C)},
            id="one-field-twice",
        ),
        pytest.param(
            {"fields": (A, B, C, replace(D, kind="date"))},
            {"fields": (A, B, C, D)},
            {"fields": (A, B, C, D)},
            id="added",
        ),
        pytest.param(
            {"names": {"en": "Pass"}},
            {"names": {"en": "Badge", "de": "Ausweis"}},
            {"names": {"en": "Pass", "de": "Ausweis"}},
            id="language",
        ),
    ],
)
def test_both_changes_stay(theirs: dict[str, object], mine: dict[str, object], together: dict[str, object]) -> None:
    assert merged(BASE, replace(BASE, **theirs), replace(BASE, **mine)) == replace(BASE, **together)
