"""`billfold wallet` as a program of its own, run to its end for each verb."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.demo import BILLFOLD

PASSPHRASE = "seven quiet otters"
WAIT_S = 30


@dataclass(frozen=True, slots=True)
class Done:
    """What one run left: its exit status, and what it wrote."""

    code: int
    out: str
    err: str


@dataclass(frozen=True, slots=True)
class CommandLine:
    """The wallet whose vault lies at *vault*."""

    vault: Path

    def run(self, *arguments: str, typed: str = "", wallet_url: str | None = None) -> Done:
        """Run one verb, with *typed* as what the person answers."""
        host = () if wallet_url is None else ("--wallet-url", wallet_url)
        done = subprocess.run(
            [str(BILLFOLD), "wallet", "--vault", str(self.vault), *host, *arguments],
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(self.vault.parent),
                "BILLFOLD_VAULT_PASSPHRASE": PASSPHRASE,
                "COLUMNS": "80",
            },
            input=typed,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    def json(self, *arguments: str, code: int = 0, wallet_url: str | None = None) -> Any:  # noqa: ANN401  # JSON
        """Run one verb with ``--json``, which must end with *code*, and return its one document."""
        done = self.run(*arguments, "--json", wallet_url=wallet_url)
        assert done.code == code, f"expected exit status {code}, got {done}"
        assert done.out.count("\n") == 1
        return json.loads(done.out)
