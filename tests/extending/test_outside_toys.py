"""A toy of each kind, from a package outside of ours, on the command line: it works, and one that fails is named.

A kind is a `Toy` in `TOYS`, which the tests of failures share, and a test of its own that drives it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from tests.extending.conftest import Done, Toys

Write = Callable[..., Path]

PARITY = """
from r1data.verifiers.verdict import Verifier, correct, incorrect, no_answer, no_truth

def check(response, truth, time_limit):
    if not truth:
        return no_truth()
    number = response.rpartition("</think>")[2].strip()
    if not number:
        return no_answer("after the thoughts")
    if int(number) % 2 == (truth == "odd"):
        return correct(number)
    return incorrect(number, f"not {truth}")

PARITY = Verifier(name="parity", check=check, version="3", summary="a number with odd or even")
"""


@dataclass(frozen=True)
class Toy:
    """One kind: how its entry is registered, and a command that asks for an entry by name.

    Attributes:
        kind: as errors call it.
        group: of entry points.
        name: of the entry.
        code: the module; it holds the entry under its name in capitals.
        command: asks for the entry; `NAME` stands for its name, `ROWS` for a file of `rows`, `OUT` for a new folder.
        rows: what the command reads.
        built_in: an entry of ours.
    """

    kind: str
    group: str
    name: str
    code: str
    command: tuple[str, ...]
    rows: tuple[dict[str, Any], ...]
    built_in: str

    def install(self, toys: Toys, package: str, code: str | None = None, name: str | None = None) -> None:
        """Installs the toy, or other code or another name, as a package."""
        point = {name or self.name: self.name.upper()}
        toys.install(package, self.code if code is None else code, self.group, **point)

    def run(self, toys: Toys, write: Write, name: str | None = None) -> Done:
        """Runs the command for the toy, or for another name."""
        places = {"NAME": name or self.name, "ROWS": str(write(list(self.rows))), "OUT": "out"}
        return toys.r1(*(places.get(word, word) for word in self.command))


NUMBERS = tuple(
    {"prompt": "an odd number?", "truth": truth, "response": f"<think>so</think>{answer}"}
    for truth, answer in (("odd", "3"), ("odd", "4"), ("odd", ""), ("odd", "three"), (None, "3"))
)
TOYS = {
    "verifier": Toy(
        kind="verifier",
        group="r1.verifiers",
        name="parity",
        code=PARITY,
        command=("verify", "ROWS", "-o", "OUT", "--verifier", "NAME"),
        rows=NUMBERS,
        built_in="math",
    ),
}


def one_line(done: Done) -> str:
    """The only line that a refused command leaves."""
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


@pytest.mark.parametrize("toy", TOYS.values(), ids=TOYS)
class TestFailures:
    """An entry that cannot be had: one line that says which package to mend, exit 1, nothing written."""

    def test_an_unknown_name_lists_the_known(self, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one")
        line = one_line(toy.run(toys, write, f"{toy.name}x"))
        assert f"no {toy.kind} called {toy.name}x (did you mean {toy.name}?)" in line and toy.built_in in line
        assert not (toys.work / "out").exists()

    def test_a_name_registered_twice_names_both_packages(self, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one")
        toy.install(toys, "toy_two")
        line = one_line(toy.run(toys, write))
        assert "toy_one" in line and "toy_two" in line and f"both register a {toy.kind}" in line

    def test_a_name_of_ours_is_not_taken(self, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one", name=toy.built_in)
        line = one_line(toy.run(toys, write))
        assert f"package toy_one registers a {toy.kind} called {toy.built_in}, which r1 has itself" in line

    @pytest.mark.parametrize("code", ["raise RuntimeError('no such board')", ""])
    def test_a_package_that_fails_is_named(self, code: str, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one", code)
        line = one_line(toy.run(toys, write))
        assert f"package toy_one: its {toy.kind} {toy.name}" in line
        assert not (toys.work / "out").exists()

    def test_what_is_no_entry_points_to_the_docs(self, toy: Toy, toys: Toys, write: Write) -> None:
        toy.install(toys, "toy_one", f"def {toy.name.upper()}(*arguments): return None")
        line = one_line(toy.run(toys, write))
        assert "package toy_one" in line and "is a function, not a" in line and "docs/extending.md" in line


def column(out: Path, name: str) -> list[Any]:
    return ds.dataset(out / "data", format="parquet").to_table(columns=[name])[name].to_pylist()  # type: ignore[no-any-return]


def test_a_verifier_gives_verdicts(toys: Toys, write: Write) -> None:
    toy = TOYS["verifier"]
    toy.install(toys, "toy_one")
    rows = write([dict(row, verifier="parity") for row in NUMBERS])
    done = toys.r1("verify", rows, "-o", "out", "--json")
    assert done.returncode == 0, done.stderr
    out = toys.work / "out"
    assert column(out, "verdict") == ["correct", "incorrect", "unverifiable", "error", "unverifiable"]
    assert column(out, "verdict_cause") == [None, None, "no_answer", "crash", "no_truth"]
    assert set(column(out, "verifier_version")) == {"parity/3"}
    summary = json.loads(done.stderr.splitlines()[-1])
    assert {name: summary[name] for name in ("correct", "no_answer", "crash", "no_truth")} == {
        "correct": 1, "no_answer": 1, "crash": 1, "no_truth": 1,
    }  # fmt: skip


def test_a_row_of_a_verifier_that_is_not_there_is_an_error_and_never_wrong(toys: Toys, write: Write) -> None:
    rows = write([dict(row, verifier="parity") for row in NUMBERS])
    assert toys.r1("verify", rows, "-o", "out").returncode == 0
    assert set(column(toys.work / "out", "verdict_cause")) == {"no_checker"}
