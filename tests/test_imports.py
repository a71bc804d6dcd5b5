"""Imports run one way, as `CONTRIBUTING.md` says: no part imports one that stands above it."""

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "r1data"
LAYERS = (
    {"shards"},
    {"execute"},
    {"readability", "engines"},
    {"judging"},
    {"verify"},
    {"selection"},
    {"sampling"},
    {"training", "cold_start", "code_tests", "look", "handover", "review", "forecast"},
    {"recipe"},
)
"""From the lowest to the highest. Parts of one layer may import each other."""
RANK = {name: rank for rank, names in enumerate(LAYERS) for name in names}


def imports(path: Path) -> Iterator[str]:
    """The parts of the package that a module imports, inside of functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("r1data"):
            parts = node.module.split(".")
            yield from parts[1:2] or [alias.name for alias in node.names]
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("r1data."))


def test_no_part_imports_one_that_stands_above_it() -> None:
    upwards = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for part in RANK
        for path in sorted((PACKAGE / part).rglob("*.py"))
        for name in imports(path)
        if RANK.get(name, 0) > RANK[part]
    ]
    assert upwards == []
