"""A registry lists ours and other packages' entries, and an error of one names its package."""

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from r1data.errors import UserError
from r1data.runtime.registry import Registry


@dataclass(frozen=True)
class Toy:
    summary: str


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """Installs a package of one module with entry points in the group `toys`."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(package: str, code: str, *points: str) -> None:
        (tmp_path / f"{package}.py").write_text(code)
        folder = tmp_path / f"{package}-1.5.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.5\n")
        (folder / "entry_points.txt").write_text("[toys]\n" + "\n".join(points) + "\n")

    yield write
    for name in [name for name in sys.modules if name.startswith("toys_")]:
        del sys.modules[name]


def registry() -> Registry[Toy]:
    return Registry("toy", "toys", Toy, {"ours": Toy("ours")})


CODE = "from tests.runtime.test_registry import Toy\nDUCK = Toy('a duck')\n"


def test_entries_of_other_packages_stand_beside_ours(install) -> None:  # type: ignore[no-untyped-def]
    install("toys_a", CODE, "duck = toys_a:DUCK")
    toys = registry()
    assert toys.names() == ["ours", "duck"]
    assert toys["duck"].summary == "a duck"
    assert (toys.package("duck"), toys.version("duck"), toys.package("ours")) == ("toys_a", "1.5", None)


def test_an_unknown_name_lists_the_known_ones(install) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(UserError, match=r"no toy called our \(did you mean ours\?\); choose one of ours"):
        registry()["our"]


@pytest.mark.parametrize(
    ("code", "point", "message"),
    [
        ("raise RuntimeError('no GPU')", "duck = toys_b:DUCK", "package toys_b: its toy duck .* no GPU"),
        ("", "duck = toys_b:DUCK", "package toys_b: its toy duck .* AttributeError"),
        ("DUCK = 3", "duck = toys_b:DUCK", "package toys_b: its toy duck .* is a int, not a"),
    ],
)
def test_a_package_that_fails_is_named(install, code: str, point: str, message: str) -> None:  # type: ignore[no-untyped-def]
    install("toys_b", code, point)
    with pytest.raises(UserError, match=message):
        registry()["duck"]


def test_a_name_of_ours_is_not_taken(install) -> None:  # type: ignore[no-untyped-def]
    install("toys_c", CODE, "ours = toys_c:DUCK")
    with pytest.raises(UserError, match="package toys_c registers a toy called ours"):
        registry().names()


def test_a_name_registered_twice_names_both_packages(install) -> None:  # type: ignore[no-untyped-def]
    install("toys_d", CODE, "duck = toys_d:DUCK")
    install("toys_e", CODE, "duck = toys_e:DUCK")
    with pytest.raises(
        UserError, match=r"packages toys_(d and toys_e|e and toys_d) both register a toy called duck"
    ):
        registry().names()
