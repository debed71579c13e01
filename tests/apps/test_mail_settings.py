"""The mail server in the settings: read whole, and refused where codes and PINs would travel in clear."""

from pathlib import Path

import pytest

from billfold.apps import compose, settings_file
from billfold.apps.settings import MailSettings, Settings
from billfold.errors import ConfigurationError

MAIL = """
[mail]
host = "mail.example.org"
port = 587
security = "starttls"
sender = "creds@example.org"
username = "creds"
password_path = "{folder}/password"
"""


def written(folder: Path, more: str) -> Path:
    """Write the settings of a new installation with *more* at their end."""
    path = settings_file.write(folder, "https://example.org", port=8600, database_url=None)
    with path.open("a") as file:
        file.write(more.format(folder=folder))
    return path


def test_without_a_mail_server_no_mail_is_sent(tmp_path: Path) -> None:
    assert settings_file.read(written(tmp_path, "")).mail is None


def test_a_mail_server_is_read_whole(tmp_path: Path) -> None:
    found = settings_file.read(written(tmp_path, MAIL)).mail

    assert found == MailSettings(
        "mail.example.org", 587, "starttls", "creds@example.org", "creds", tmp_path / "password", None
    )


def test_the_password_is_read_from_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("open sesame\n")
    mail = settings_file.read(written(tmp_path, MAIL)).mail
    assert mail is not None

    assert compose._mailer(mail).password == "open sesame"


def test_a_missing_password_is_told_at_the_start(tmp_path: Path) -> None:
    mail = settings_file.read(written(tmp_path, MAIL)).mail
    assert mail is not None

    with pytest.raises(ConfigurationError, match="expected readable files"):
        compose._mailer(mail)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        pytest.param('"starttls"', '"none"', "tls or starttls to another computer, got none", id="in-clear"),
        pytest.param('"starttls"', '"perhaps"', "expected readable settings", id="unknown-security"),
        pytest.param('username = "creds"', "", "mail.username beside mail.password_path", id="no-name"),
        pytest.param('"creds@example.org"', '"creds"', "mail.sender as an e-mail address", id="no-address"),
        pytest.param("port = 587", 'prot = "587"', "expected readable settings", id="mistyped"),
    ],
)
def test_what_cannot_be_is_refused(tmp_path: Path, before: str, after: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        settings_file.read(written(tmp_path, MAIL.replace(before, after)))


@pytest.mark.parametrize(("value", "host"), [("localhost:1025", "localhost"), ("", None)])
def test_the_demo_sends_to_this_computer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, host: str | None
) -> None:
    monkeypatch.setenv("BILLFOLD_SMTP", value)

    mail = Settings.on_loopback(8600, tmp_path).mail

    assert (mail.host if mail else None) == host


@pytest.mark.parametrize("value", ["mail.example.org:25", "localhost:smtp", ":25"])
def test_the_demo_sends_nowhere_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("BILLFOLD_SMTP", value)

    with pytest.raises(ConfigurationError):
        Settings.on_loopback(8600, tmp_path)


def test_fonts_for_letters_are_read(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    path.write_text(path.read_text().replace("more_fonts = []", 'more_fonts = ["/fonts/chinese.ttf"]'))

    assert settings_file.read(path).fonts == (Path("/fonts/chinese.ttf"),)
