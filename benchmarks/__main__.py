"""`python -m benchmarks [NAME …]`: measure, and write docs/benchmarks.md."""

import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Final

import msgspec

from benchmarks import flows, nodes, sdjwt, status
from benchmarks.rows import Row, figure_of, read, write


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
    "wallet": _program("-m", "benchmarks.wallet.measure"),
    "console": _program("-m", "benchmarks.console.people"),
}


def main(names: list[str]) -> int:
    """Run the benchmarks *names*, all without any; rows of each are kept as soon as it is done.

    A missed goal is a row that says so. Only a benchmark that broke off makes the whole fail, after the others ran.
    """
    broken = []
    for name in names or BENCHMARKS:
        rows = []
        try:
            for row in BENCHMARKS[name]():
                print(f"{row.name}: {figure_of(row)} {row.comparison}", flush=True)
                rows.append(row)
        except subprocess.CalledProcessError as exc:
            print(f"{name} broke off: {exc}", file=sys.stderr)
            broken.append(name)
            continue
        write(read(), {name: rows})
    return len(broken)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
