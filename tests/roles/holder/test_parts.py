"""What the holder's use cases are given."""

import dataclasses

import pytest

from tests.support.holders import new_wallet


@pytest.mark.parametrize("byte", [0xF8, 0x00, 0xFC])
async def test_an_id_can_be_typed_at_a_command_line(byte: int) -> None:
    """Base64url has the hyphen as a digit, and a word that begins with one is an option."""
    async with new_wallet() as wallet:
        parts = dataclasses.replace(wallet._parts, random=lambda size: bytes([byte]) * size)

        made = parts.new_id()

    assert (len(made), made.startswith("-")) == (12, False)
