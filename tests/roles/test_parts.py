"""Ids: version 7 of UUIDs, in the order in which they were made."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest

from billfold.roles.parts import UUID7_RANDOM_BYTES, uuid7

NOW = datetime(2026, 6, 1, 12, 0, 0, 999_990, tzinfo=UTC)


@pytest.mark.parametrize("byte", [0x00, 0xFF])
def test_an_id_is_a_uuid_of_version_7(byte: int) -> None:
    """RFC 9562 5.7: version and variant stand whatever the random bytes are."""
    made = uuid.UUID(uuid7(NOW, bytes([byte] * UUID7_RANDOM_BYTES)))

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == int(NOW.timestamp() * 1000)


def test_ids_sort_by_the_microsecond() -> None:
    """What is made within one millisecond, such as two Cred types, is listed in its order."""
    moments = [NOW + timedelta(microseconds=n) for n in range(20)]
    made = [uuid7(moment, bytes([255 - n] * UUID7_RANDOM_BYTES)) for n, moment in enumerate(moments)]

    assert made == sorted(set(made))


def test_the_vector_of_the_standard() -> None:
    """RFC 9562 A.6: the same millisecond and the same 62 random bits."""
    made = uuid7(datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC), bytes.fromhex("18c4dc0c0c07398f"))

    assert made == "017f22e2-79b0-7000-98c4-dc0c0c07398f"
