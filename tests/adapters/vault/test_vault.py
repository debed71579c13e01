"""The vault: what was kept comes back, and nothing else opens it, changes it or reads it."""

import json
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from billfold.adapters.vault import records, sealing
from billfold.adapters.vault.records import Contents, StoredPairing
from billfold.adapters.vault.vault import Vault
from billfold.core.encoding import b64url_decode, b64url_encode
from billfold.errors import ConfigurationError, StateError

PASSPHRASE = "correct horse"
PAIRING = StoredPairing(
    issuer="https://issuer.example",
    issuer_name="Acme",
    proven=True,
    paired_at=datetime(2026, 6, 1, tzinfo=UTC),
    device_key={"kty": "EC", "d": "a-secret"},
    device_name="Test",
    token_type="DPoP",
    access_token="another-secret",
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A vault with one pairing in it."""
    made = tmp_path / "folder" / "wallet.vault"
    vault = Vault.create(made, PASSPHRASE)
    vault.change(lambda contents: contents.with_pairing(PAIRING))
    vault.close()
    return made


def test_what_was_kept_comes_back(path: Path) -> None:
    vault = Vault.open(path, PASSPHRASE)
    assert vault.contents == Contents(pairings=(PAIRING,))
    vault.close()


def test_only_the_owner_may_read_the_file_and_nothing_in_it_can_be_read(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    text = path.read_text()
    assert not any(word in text for word in ("secret", "Acme", "issuer.example", PASSPHRASE))


def test_every_change_is_sealed_afresh(path: Path) -> None:
    before = json.loads(path.read_text())
    vault = Vault.open(path, PASSPHRASE)
    vault.change(lambda contents: contents)
    vault.close()
    after = json.loads(path.read_text())
    assert before["iv"] != after["iv"]
    assert (
        before["kdf"]
        == after["kdf"]
        == {
            "salt": before["kdf"]["salt"],
            "memory_kib": 65536,
            "passes": 3,
            "lanes": 4,
            "name": "argon2id",
        }
    )


def test_another_passphrase_does_not_open_it(path: Path) -> None:
    with pytest.raises(ConfigurationError, match="expected the vault's passphrase") as refused:
        Vault.open(path, "wrong horse")
    assert refused.value.code == "wrong_passphrase"
    Vault.open(path, PASSPHRASE).close()


def _flipped(text: str) -> str:
    raw = bytearray(b64url_decode(text))
    raw[len(raw) // 2] ^= 1
    return b64url_encode(bytes(raw))


def _resalted(document: dict[str, object]) -> dict[str, object]:
    kdf = document["kdf"]
    assert isinstance(kdf, dict)
    return {**document, "kdf": {**kdf, "salt": _flipped(kdf["salt"])}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(lambda d: {**d, "sealed": _flipped(d["sealed"])}, "changed or cut", id="contents"),
        pytest.param(lambda d: {**d, "sealed": d["sealed"][:40]}, "changed or cut", id="cut"),
        pytest.param(lambda d: {**d, "sealed": ""}, "changed or cut", id="emptied"),
        pytest.param(lambda d: {**d, "iv": _flipped(d["iv"])}, "changed or cut", id="iv"),
        pytest.param(lambda d: {**d, "iv": ""}, "changed or cut", id="no-iv"),
        pytest.param(_resalted, "passphrase", id="salt"),
        pytest.param(lambda d: {**d, "check": "AAAA"}, "passphrase", id="check"),
        pytest.param(lambda d: {**d, "kdf": {**d["kdf"], "memory_kib": 2**31}}, "changed or cut", id="memory"),
        pytest.param(lambda d: {**d, "kdf": {**d["kdf"], "name": "md5"}}, "changed or cut", id="another-kdf"),
        pytest.param(lambda d: {**d, "kdf": {**d["kdf"], "passes": 0}}, "changed or cut", id="no-passes"),
        pytest.param(lambda d: {**d, "kdf": {**d["kdf"], "salt": ""}}, "changed or cut", id="no-salt"),
        pytest.param(lambda d: {**d, "billfold_vault": 2}, "update Billfold", id="newer-envelope"),
        pytest.param(lambda d: {**d, "billfold_vault": "1"}, "changed or cut", id="version-text"),
    ],
)
def test_a_changed_file_is_refused(path: Path, change: object, message: str) -> None:
    document = json.loads(path.read_text())
    path.write_text(json.dumps(change(document)))  # type: ignore[operator]
    with pytest.raises(ConfigurationError, match=message):
        Vault.open(path, PASSPHRASE)


@pytest.mark.parametrize("text", ["", "{}", "not json", "[]"])
def test_what_is_no_vault_is_refused(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(ConfigurationError, match="changed or cut"):
        Vault.open(path, PASSPHRASE)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        pytest.param(b'{"version":3}', "update Billfold", id="newer"),
        pytest.param(b'{"version":true}', "update Billfold", id="true"),
        pytest.param(b"{}", "update Billfold", id="none"),
        pytest.param(b"[", "contents of a vault", id="no-json"),
        pytest.param(b'{"version":1,"creds":[{}]}', "contents of a vault", id="no-cred"),
    ],
)
def test_contents_of_another_version_are_refused(path: Path, contents: bytes, message: str) -> None:
    key = sealing.new_key(PASSPHRASE, salt=bytes(16))
    path.write_bytes(sealing.seal(contents, key, iv=bytes(12)))
    with pytest.raises(ConfigurationError, match=message):
        Vault.open(path, PASSPHRASE)


def test_contents_survive_being_written_and_read() -> None:
    contents = Contents(pairings=(PAIRING,))
    assert records.decode(records.encode(contents)) == contents


def test_one_process_at_a_time_has_it_open(path: Path) -> None:
    vault = Vault.open(path, PASSPHRASE)
    with pytest.raises(ConfigurationError, match="only one who has") as refused:
        Vault.open(path, PASSPHRASE)
    assert refused.value.code == "vault_in_use"
    vault.close()
    vault.close()
    Vault.open(path, PASSPHRASE).close()


def test_a_vault_that_is_there_is_not_made_again(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(ConfigurationError, match="expected no vault"):
        Vault.create(path, PASSPHRASE)
    assert path.read_bytes() == before


def test_a_vault_that_is_not_there_cannot_be_opened(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="got nothing there") as refused:
        Vault.open(tmp_path / "wallet.vault", PASSPHRASE)
    assert refused.value.code == "no_vault"


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="at least 8"):
        Vault.create(tmp_path / "wallet.vault", "short")
    assert not (tmp_path / "wallet.vault").exists()


def test_a_write_that_fails_changes_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = path.read_bytes()
    vault = Vault.open(path, PASSPHRASE)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("os.fsync", full)
        with pytest.raises(ConfigurationError, match="No space left"):
            vault.change(lambda contents: contents.without_issuer(PAIRING.issuer))
    assert vault.contents.pairings == (PAIRING,)
    assert path.read_bytes() == before
    assert {entry.name for entry in path.parent.iterdir()} == {"wallet.vault", "wallet.vault.lock"}
    vault.close()


def test_a_closed_vault_takes_no_change(path: Path) -> None:
    vault = Vault.open(path, PASSPHRASE)
    vault.close()
    with pytest.raises(StateError, match="a vault that is open"):
        vault.change(lambda contents: contents)


def test_keys_and_contents_show_no_secrets_when_printed() -> None:
    key = sealing.new_key(PASSPHRASE, salt=bytes(16))
    assert repr(key) == "VaultKey()"
    assert "secret" not in repr(Contents(pairings=(PAIRING,)))
