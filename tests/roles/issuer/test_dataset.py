"""What a Cred says of the moment it was issued at."""

from datetime import UTC, datetime

import pytest

from billfold.adapters.store.records import Person
from billfold.adapters.store.type_definition import CredentialTypeDefinition, FieldDefinition
from billfold.roles.issuer.dataset import dataset_of

AT = datetime(2026, 6, 1, 18, 40, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "zone", "told"),
    [
        ("date", "Asia/Kolkata", "2026-06-02"),  # ten past midnight there
        ("date", "UTC", "2026-06-01"),
        ("number", "Asia/Kolkata", int(datetime(2026, 6, 1, 18, tzinfo=UTC).timestamp())),
        ("text", "Asia/Kolkata", "2026-06-01T18:00:00Z"),
    ],
)
def test_the_day_of_issue_is_the_day_there_and_its_time_is_told_by_the_hour(kind: str, zone: str, told: object) -> None:
    """OpenID4VCI 15.4.1: a time to the second would tell the instances of a batch apart from others."""
    field = FieldDefinition("issued", {"en": "Issued"}, source="issue_time", kind=kind)
    definition = CredentialTypeDefinition({"en": "Badge"}, (field,))
    person = Person("p", "Ada Byron", {}, (), AT)
    assert dataset_of(definition, person, issued_at=AT, time_zone=zone) == {"issued": told}
