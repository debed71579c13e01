"""The demo over https: every address is, and the authority's file is all that a strict client needs."""

import json
import signal
import ssl
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from billfold.apps.demo import folder
from billfold.errors import ConfigurationError
from tests.support import program
from tests.support.demo import BILLFOLD
from tests.support.ports import free_block


def test_every_address_is_https_and_a_strict_client_needs_only_the_authority(tmp_path: Path) -> None:
    port = free_block(4)
    command = [str(BILLFOLD), "demo", "--json", "--tls", "--port", str(port), "--data", str(tmp_path)]
    with program.running(command, None) as running:
        described = json.loads(running.next_line())
        issuer = described["organisations"][0]["issuer"]
        roots = ssl.create_default_context(cafile=described["tls_authority"])
        with httpx.Client(verify=roots, trust_env=False) as client:
            host, path = urlsplit(issuer).netloc, urlsplit(issuer).path
            metadata = client.get(f"https://{host}/.well-known/openid-credential-issuer{path}").json()
            assert client.get(f"{described['wallet']}/trust.json").status_code == 200
        endpoints = [value for name, value in metadata.items() if name.endswith("_endpoint")]
        assert [url for url in endpoints if not url.startswith("https://localhost:")] == []
        with pytest.raises(httpx.ConnectError), httpx.Client(trust_env=False) as client:
            client.get(f"{described['wallet']}/trust.json")
        running.send(signal.SIGTERM)
        assert running.end()[0] == 0

    again = subprocess.run(
        [str(BILLFOLD), "demo", "--data", str(tmp_path), "--port", "1"], capture_output=True, text=True, check=False
    )
    assert (again.returncode, f"expected port {port}" in again.stderr) == (1, True)


def test_a_folder_that_was_made_for_http_stays_so(tmp_path: Path) -> None:
    folder.write_state(tmp_path, folder.DemoState(8600))
    with pytest.raises(ConfigurationError, match="expected no --tls"):
        folder.read_state(tmp_path, port=None, tls=True)


def test_a_folder_that_was_made_for_https_stays_so(tmp_path: Path) -> None:
    folder.write_state(tmp_path, folder.DemoState(8600, tls=True))
    assert folder.read_state(tmp_path, port=None, tls=False).tls
