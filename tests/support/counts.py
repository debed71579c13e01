"""What tests counted (`record_property`), summed up at the end of the run, in whichever worker processes they ran."""

import re

import pytest

# The property that a test records, and the sentence that tells of all of them.
SENTENCES = {
    "rows": "bad inputs of tests/vectors/negative tried",
    "kills": "servers killed between two writes, and nothing lost",
    "calls": "calls of the API by its document, and no answer that it does not name",
}


def summary(reporter: pytest.TerminalReporter) -> list[str]:
    """Return one line for each thing that passed tests counted, with each test's part."""
    lines = []
    for name, sentence in SENTENCES.items():
        parts = {
            re.sub(r".*\[(.*)\]", r"\1", report.nodeid): value
            for report in reporter.stats.get("passed", [])
            for key, value in report.user_properties
            if key == name and report.when == "call"
        }
        if parts:
            each = ", ".join(f"{part} {value}" for part, value in sorted(parts.items())) if len(parts) > 1 else ""
            lines.append(f"{sum(parts.values())} {sentence}{each and ': ' + each}")
    return lines
