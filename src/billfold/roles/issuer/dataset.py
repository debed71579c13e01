"""Credential Dataset: what a Cred says of one person, claim by claim, before anything is signed.

Source: OpenID4VCI 1.0 section 3.3.2 and appendix A.3.4; design: a date is ISO 8601 text, a picture a data URI.
"""

from datetime import UTC, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from billfold.adapters.store.records import Person
from billfold.adapters.store.type_definition import AttributeValue, CredentialTypeDefinition, FieldDefinition
from billfold.roles.issuer.attribute import value_for
from billfold.roles.parts import to_the_hour


def dataset_of(
    definition: CredentialTypeDefinition, person: Person, *, issued_at: datetime, time_zone: str
) -> dict[str, AttributeValue]:
    """Return the values by claim; a field that the person lacks, or has in another kind, is left out.

    Args:
        issued_at: the instant of issue; all but its day is told by the hour (OpenID4VCI 15.4.1).
        time_zone: in which the day of issue is told, an IANA name.
    """
    found: dict[str, AttributeValue] = {}
    for field in definition.fields:
        value = _value(field, person, issued_at, time_zone)
        if value is not None and (value := value_for(field, value)) is not None:
            found[field.claim] = value
    return found


def _value(field: FieldDefinition, person: Person, issued_at: datetime, time_zone: str) -> AttributeValue | None:
    if field.source == "attribute":
        return person.attributes.get(field.attribute_name)
    if field.source == "person_name":
        return person.name
    if field.source == "groups":
        return list(person.groups)
    if field.source == "fixed":
        return field.fixed
    return _time(field, issued_at, time_zone)


def _time(field: FieldDefinition, issued_at: datetime, time_zone: str) -> AttributeValue:
    if field.kind == "date":
        return issued_at.astimezone(_zone(time_zone)).date().isoformat()
    hour = to_the_hour(issued_at)
    if field.kind == "number":
        return int(hour.timestamp())
    return hour.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _zone(name: str) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
