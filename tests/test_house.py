"""The limits of size that no linter knows: a file holds one step, a function fits on a screen."""

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCES = sorted((Path(__file__).parents[1] / "src" / "billfold").rglob("*.py"))
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 60


def too_long_functions(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.lineno + 1
            if lines > MAX_FUNCTION_LINES:
                yield f"{path.name}: {node.name} has {lines} lines"


def test_no_file_is_too_long() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in SOURCES if "migrations" not in path.parts}
    assert lengths
    assert {name: length for name, length in lengths.items() if length > MAX_FILE_LINES} == {}


def test_no_function_is_too_long() -> None:
    assert [found for path in SOURCES if "migrations" not in path.parts for found in too_long_functions(path)] == []
