"""Every bad input that is written down is tried by a test whose id holds its id, or waits for a receiver, by name."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import needs
from tests.support.vectors import load_json

ROOT = Path(__file__).parents[1]
VITEST = "node_modules/vitest/vitest.mjs"
LONGEST_S = 300
# The web wallet leaves it to the issuer whether it keeps the stricter profile.
HEADLESS_ONLY = {"meta-no-nonce-endpoint-haip", "meta-no-scope-haip"}


@pytest.fixture(scope="module")
def rows() -> dict[str, str]:
    """The rows' ids, and who receives each."""
    return {row["id"]: row["receiver"] for row in load_json("negative", "cases.json")}


@pytest.fixture(scope="module")
def waiting() -> dict[str, list[str]]:
    """The rows that wait, by what they wait for."""
    return dict(load_json("negative", "waiting.json"))


@pytest.fixture(scope="module")
def collected() -> list[str]:
    """The ids of all tests of this project, as pytest collects them."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "tests"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=LONGEST_S, check=True)
    return [line for line in done.stdout.splitlines() if "::" in line]


def holding(row: str, ids: list[str]) -> list[str]:
    """Return the test ids that hold *row* as a word of its own; a store's name may stand before it."""
    word = re.compile(rf"(?:(?<![\w-])|(?<=sqlite-)|(?<=postgresql-)){re.escape(row)}(?![\w-])")
    return [each for each in ids if row in each and word.search(each)]  # the first costs next to nothing


def test_every_row_is_tried_or_waits(
    rows: dict[str, str],
    waiting: dict[str, list[str]],
    collected: list[str],
    record_property: Callable[[str, object], None],
) -> None:
    listed = [row for group in waiting.values() for row in group]
    assert max(Counter(listed).values()) == 1
    assert set(listed) <= rows.keys()

    tried = {row for row in rows if holding(row, collected)}

    assert sorted(rows.keys() - tried - set(listed)) == [], "neither tried nor waiting"
    assert sorted(tried & set(listed)) == [], "tried, so it waits no longer"
    record_property("rows", len(tried))


def test_the_web_wallet_tries_the_wallets_rows_itself(rows: dict[str, str], waiting: dict[str, list[str]]) -> None:
    """What a wallet receives in the protocols; what both wallets and requesters check, the codec's own vectors try."""
    node, wallet = shutil.which("node"), ROOT / "wallet"
    if node is None or not (wallet / VITEST).exists():
        needs.missing("Node with the wallet's packages")
    names: list[str] = []
    for config in ("vite.config.ts", "vitest.browser.config.ts"):
        command = [node, str(wallet / VITEST), "list", "--json", "--config", config]
        done = subprocess.run(command, cwd=wallet, capture_output=True, text=True, timeout=LONGEST_S, check=True)
        names += [each["name"] for each in json.loads(done.stdout)]
    listed = {row for group in waiting.values() for row in group}

    untried = {row for row, receiver in rows.items() if receiver == "wallet" and not holding(row, names)}

    assert sorted(untried - listed) == []
