"""A hook of the build: packages hold the wallet's page, which is built and not committed, or they are not made."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PAGE = Path("src/billfold/apps/wallet_host/static/index.html")


class PageHook(BuildHookInterface[Any]):
    """Refuses to make a package without the page; an editable installation finds it later, where it is built."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002  # hatchling's signature
        """Look for the page before anything is packed."""
        if version != "editable" and not (Path(self.root) / PAGE).is_file():
            raise FileNotFoundError(f"expected the wallet's page at {PAGE}: run `make wallet` first")
