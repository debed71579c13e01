"""`python -m benchmarks [NAME …]`: measure, and write docs/benchmarks.md."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from benchmarks import flows, nodes, sdjwt, status
from benchmarks.rows import Row, read, write


def _program(*command: str) -> Callable[[], Iterator[Row]]:
    """Return the benchmark that is a program of its own: it prints its rows, one a line or all in one array."""

    def measure() -> Iterator[Row]:
        said = subprocess.run([sys.executable, *command], stdout=subprocess.PIPE, check=True).stdout.strip()
        texts = msgspec.json.decode(said) if said.startswith(b"[") else map(msgspec.json.decode, said.splitlines())
        for members in texts:
            known = {name: members[name] for name in Row.__struct_fields__ if members.get(name) is not None}
            yield msgspec.convert(known, Row, strict=False)

    return measure


BENCHMARKS: Final[dict[str, Callable[[], Iterable[Row]]]] = {
    "sdjwt": sdjwt.measure,
    "flows": flows.measure,
    "nodes": nodes.measure,
    "status": status.measure,
    "wallet": _program(str(Path(__file__).parent / "wallet" / "measure.py")),
    "console": _program("-m", "benchmarks.console.people"),
}


def main(names: list[str]) -> None:
    """Run the benchmarks *names*, all without any; rows of each are kept as soon as it is done."""
    for name in names or BENCHMARKS:
        rows = []
        for row in BENCHMARKS[name]():
            print(f"{row.name}: {row.figure:,.3g} {row.unit} {row.comparison}", flush=True)
            rows.append(row)
        write(read(), {name: rows})


if __name__ == "__main__":
    main(sys.argv[1:])
