"""Imports run one way, as `CONTRIBUTING.md` says: no room imports one above it, and every room has a rank."""

import ast
from collections.abc import Collection, Iterator
from graphlib import TopologicalSorter
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "r1data"
ROOMS = (
    "errors",
    "data",
    "runtime",
    "sandbox",
    "engines",
    "filters",
    "verifiers",
    "selection",
    "sampling",
    "evaluation",
    "lineage",
    "training",
    "exchange",
    "recipe",
    "window",
    "cli",
)
"""From the lowest to the highest, one room a rank: none imports one above it."""
RANK = {name: rank for rank, name in enumerate(ROOMS)}


def imports(path: Path) -> Iterator[str]:
    """The parts of the package that a module imports, inside of functions too."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("r1data"):
            parts = node.module.split(".")
            yield from parts[1:2] or [alias.name for alias in node.names]
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("r1data."))


def rooms() -> Iterator[tuple[Path, str]]:
    """Every module of the package with the room that it stands in; the package's own `__init__` is above all."""
    for path in sorted(PACKAGE.rglob("*.py")):
        inside = path.relative_to(PACKAGE)
        if inside.name != "__init__.py" or len(inside.parts) > 1:
            yield path, inside.parts[0].removesuffix(".py")


def test_every_room_has_a_rank() -> None:
    assert {room for _, room in rooms()} == set(ROOMS) - {"cli"}


def test_no_part_imports_one_that_stands_above_it() -> None:
    upwards = [
        f"{path.relative_to(PACKAGE)} imports {name}"
        for path, room in rooms()
        for name in imports(path)
        if RANK[name] > RANK[room]
    ]
    assert upwards == []


def modules() -> dict[str, Path]:
    """Every module by its dotted name; a package goes by its folder's."""
    named = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        named[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return named


def imported(name: str, path: Path, known: Collection[str]) -> Iterator[str]:
    """Modules that a module imports anywhere in it: at the top, in functions, for types alone, relative ones too."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        if isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *filter(None, [node.module])])
            for alias in node.names:
                full = f"{origin}.{alias.name}"
                yield from [full] if full in known else [origin] if origin in known else []


def test_no_imports_go_in_circles() -> None:
    paths = modules()
    graph = {name: set(imported(name, path, paths)) - {name} for name, path in paths.items()}
    TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


MODEL_LIBRARIES = {"torch", "transformers", "trl", "accelerate", "safetensors", "vllm"}


def imported_libraries(node: ast.AST) -> Iterator[str]:
    """Packages that code imports when it runs: what only type checkers import does not count."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in child.names)
        if isinstance(child, ast.ImportFrom) and child.module:
            yield child.module.partition(".")[0]
        yield from imported_libraries(child)


def test_libraries_that_run_models_are_imported_in_engines_and_training_alone() -> None:
    paths = [*PACKAGE.rglob("*.py"), *(PACKAGE.parent / "cli").rglob("*.py")]
    importers = {
        path.relative_to(PACKAGE.parent).parts[:2]
        for path in paths
        if MODEL_LIBRARIES & set(imported_libraries(ast.parse(path.read_text())))
    }
    assert importers == {("r1data", "engines"), ("r1data", "training")}
