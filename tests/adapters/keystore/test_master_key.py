"""The master key: what it seals opens only in its place, and its file is its owner's."""

import stat
from pathlib import Path

import pytest

from billfold.adapters.keystore.master_key import MasterKey, load_or_create
from billfold.errors import ConfigurationError

KEY = MasterKey(bytes(32))


def test_what_was_sealed_opens_in_its_place() -> None:
    assert KEY.unseal(KEY.seal(b"secret", "key 1"), "key 1") == b"secret"


def test_sealing_twice_gives_different_bytes_and_never_the_plain_ones() -> None:
    one, other = KEY.seal(b"secret", "key 1"), KEY.seal(b"secret", "key 1")
    assert one != other
    assert b"secret" not in one


@pytest.mark.parametrize("position", [0, 11, 12, -1])
def test_a_changed_byte_does_not_open(position: int) -> None:
    sealed = bytearray(KEY.seal(b"secret", "key 1"))
    sealed[position] ^= 1
    with pytest.raises(ConfigurationError, match="sealed under this master key"):
        KEY.unseal(bytes(sealed), "key 1")


@pytest.mark.parametrize(("key", "context"), [(KEY, "key 2"), (MasterKey(b"x" * 32), "key 1")], ids=["moved", "other"])
def test_another_place_or_key_does_not_open(key: MasterKey, context: str) -> None:
    with pytest.raises(ConfigurationError, match="sealed under this master key"):
        key.unseal(KEY.seal(b"secret", "key 1"), context)


def test_codes_are_the_same_every_time_and_differ_by_purpose_and_row() -> None:
    assert KEY.code("offer", "1") == KEY.code("offer", "1")
    assert len({KEY.code("offer", "1"), KEY.code("offer", "2"), KEY.code("tx_code", "1"), KEY.derive("codes")}) == 4


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_size_is_refused(size: int) -> None:
    with pytest.raises(ConfigurationError, match=f"32 bytes, got {size}"):
        MasterKey(bytes(size))


def test_the_file_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "master.key"

    sealed = load_or_create(path).seal(b"secret", "key 1")

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_or_create(path).unseal(sealed, "key 1") == b"secret"


@pytest.mark.parametrize("content", ["", "no hex", "ab" * 31])
def test_a_spoiled_file_is_told_in_one_sentence(tmp_path: Path, content: str) -> None:
    path = tmp_path / "master.key"
    path.write_text(content)
    with pytest.raises(ConfigurationError, match="master key"):
        load_or_create(path)


def test_a_folder_that_is_not_there_is_told_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"to write the master key to .*, got No such file"):
        load_or_create(tmp_path / "nowhere" / "master.key")
