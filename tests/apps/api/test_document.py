"""The OpenAPI document against the running API: schemathesis calls every operation with what fits and what does not."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.demo import Demo

SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")
EXAMPLES = 20
LONGEST_S = 300
# All checks but two. A document cannot say every rule, such as that a slug is one of this organisation's; what is
# refused without need, our own tests find. And the framework's answer to OPTIONS names a part of a path's methods.
LEFT_OUT = "positive_data_acceptance,allow_header_conformance"
REQUESTERS = "presentation-"  # the paths that are for organisations which request


def call_all(demo: Demo, folder: Path, *, requester: bool) -> tuple[subprocess.CompletedProcess[str], dict[str, Any]]:
    """Call every operation of one role with its organisation's key; return the program's end and its report."""
    api, report = (demo.club if requester else demo.api()), folder / "report.json"
    which = "--include-path-regex" if requester else "--exclude-path-regex"
    command = [
        *(str(SCHEMATHESIS), "run", f"{api.url}/schema/openapi.json", "-H", f"Authorization: Bearer {api.key}"),
        *("--phases", "examples,coverage,fuzzing,stateful", "--checks", "all", "--exclude-checks", LEFT_OUT),
        *(which, REQUESTERS, "--max-examples", str(EXAMPLES), "--seed", "1", "--no-shrink", "--continue-on-failure"),
        *("--report", "json", "--report-json-path", str(report)),
    ]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=LONGEST_S, check=False)
    return done, json.loads(report.read_text())


@pytest.mark.parametrize("requester", [False, True], ids=["issuer", "requester"])
def test_every_operation_does_what_the_document_says(
    demo: Demo, tmp_path: Path, requester: bool, record_property: Callable[[str, object], None]
) -> None:
    paths = demo.client.get(f"{demo.api().url}/schema/openapi.json").json()["paths"]
    operations = sum(len(methods) for path, methods in paths.items() if (REQUESTERS in path) == requester)

    done, report = call_all(demo, tmp_path, requester=requester)

    assert done.returncode == 0, done.stdout[-8000:]
    assert report["operations"]["tested"] == operations
    record_property("calls", report["test_cases"]["generated"])
