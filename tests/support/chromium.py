"""Where the machine's Chromium is, and how it has to be started."""

import os
import subprocess
from pathlib import Path

_FIND = Path(__file__).parents[2] / "scripts" / "find-chromium"


def find_chromium() -> Path | None:
    """Return what `scripts/find-chromium` finds, if anything."""
    found = subprocess.run([_FIND], capture_output=True, text=True, check=False)
    return Path(found.stdout.strip()) if found.returncode == 0 else None


def flags() -> list[str]:
    """Return the flags that every start needs: Chromium's own sandbox does not start for root, as in containers."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []
