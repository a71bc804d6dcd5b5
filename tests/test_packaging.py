"""The wheel: everything a user needs is in it or declared, and nothing of ours lies at the top of site-packages."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = {
    "r1data/training": ("train",),
    "r1data/training/verdict_service": ("train", "serve"),
    "r1data/engines/transformers.py": ("train",),
    "r1data/engines/batch.py": ("train",),
}
"""Modules that are loaded where these extras are installed; all others load with the package alone."""
USERS = tuple(extra for extra in PROJECT["optional-dependencies"] if extra not in ("dev", "docs"))
DISTRIBUTIONS = packages_distributions()


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "-o", out, ROOT], check=True, capture_output=True
    )
    (wheel,) = out.glob("*.whl")
    return zipfile.ZipFile(wheel).namelist()


def test_nothing_but_the_package_lies_at_the_top(names: list[str]) -> None:
    assert {name.split("/")[0] for name in names if ".dist-info" not in name.split("/")[0]} == {"r1data"}


@pytest.mark.parametrize("folder", ["cli", "recipes", "schemas", "r1data"])
def test_every_tracked_file_is_in_the_wheel(names: list[str], folder: str) -> None:
    listed = subprocess.run(["git", "ls-files", folder], cwd=ROOT, capture_output=True, text=True, check=True)
    prefix = "" if folder == "r1data" else "r1data/"
    missing = [name for name in listed.stdout.split() if f"{prefix}{name}" not in names]
    assert not missing


def test_what_a_module_imports_is_declared() -> None:
    undeclared = {}
    for path in sorted([*ROOT.glob("r1data/**/*.py"), *ROOT.glob("cli/*.py")]):
        place = str(path.relative_to(ROOT))
        extras = {extra for prefix, names in EXTRAS.items() if place.startswith(prefix) for extra in names}
        tree = ast.parse(path.read_text())
        undeclared[place] = _third_party(_loaded(tree.body)) - _declared(extras) | _third_party(
            ast.walk(tree)
        ) - _declared(USERS)
    assert {place: names for place, names in undeclared.items() if names} == {}


def _declared(extras: Iterable[str]) -> set[str]:
    """Distributions that are installed with some extras."""
    lines = [
        *PROJECT["dependencies"],
        *(line for e in extras for line in PROJECT["optional-dependencies"][e]),
    ]
    return {re.split(r"[^\w.-]", line)[0].lower().replace("_", "-") for line in lines}


def _loaded(body: Iterable[ast.stmt]) -> Iterator[ast.AST]:
    """Statements that run when a module is loaded, and not for a type checker alone."""
    for node in body:
        yield node
        if isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            yield from _loaded([*node.body, *node.orelse])
        if isinstance(node, ast.Try | ast.With | ast.ClassDef):
            yield from _loaded(node.body)


def _third_party(nodes: Iterable[ast.AST]) -> set[str]:
    """Distributions of the packages that statements import; a package that is not installed by its own name."""
    names: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Import):
            names.update(alias.name.partition(".")[0] for alias in node.names)
        if isinstance(node, ast.ImportFrom) and not node.level and node.module:
            names.add(node.module.partition(".")[0])
    ours = names - sys.stdlib_module_names - {"r1data", "cli"}
    return {DISTRIBUTIONS.get(name, [name])[0].lower().replace("_", "-") for name in ours}
