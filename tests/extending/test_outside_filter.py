"""The filter of docs/extending.md from a package outside of ours, on the command line: it works, and one that fails is
named."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds
import pytest

from r1data.data.dataset import Dataset
from tests.extending.conftest import Done, Toys

Write = Callable[..., Path]

DOCS = (Path(__file__).parents[2] / "docs" / "extending.md").read_text()
(SHOUTING,) = [code for code in re.findall(r"```python\n(.*?)```", DOCS, re.S) if "SHOUTING" in code]
REASON = "toy_one:shouting"
FILTER = "package toy_one: its filter shouting"
QUIET, LOUD, LOUDER = "add the two numbers", "ADD the two NUMBERS AND LOOK", "ADD THE TWO NUMBERS"
SAMPLES = [
    {
        "prompt_id": f"p{n}",
        "prompt": f"3 + {n}?",
        "truth": "7",
        "response": f"<think>{thoughts}</think>\\boxed{{7}}",
    }
    for n, thoughts in enumerate((QUIET, LOUD, LOUDER))
]


@pytest.fixture
def rows(write: Write) -> Path:
    return write(SAMPLES)


def install(toys: Toys, package: str = "toy_one", code: str = SHOUTING, **entry_points: str) -> None:
    toys.install(package, code, "r1.filters", **(entry_points or {"shouting": "SHOUTING"}))


def uninstall(toys: Toys) -> None:
    (toys.folder / "toy_one-1.5.dist-info" / "entry_points.txt").unlink()


def reasons(dataset: Path) -> dict[str, list[str]]:
    table = ds.dataset(dataset / "data", format="parquet").to_table(columns=["prompt_id", "drop_reasons"])
    return dict(zip(table["prompt_id"].to_pylist(), table["drop_reasons"].to_pylist(), strict=True))


def one_line(done: Done) -> str:
    assert done.returncode == 1, done.stderr
    (line,) = done.stderr.strip().splitlines()
    return line


def run(toys: Toys, rows: Path, *options: str) -> Done:
    return toys.r1("filter", rows, "-o", "kept", "--dropped", "dropped", *options)


def test_a_row_that_it_drops_has_its_reason_and_is_counted(toys: Toys, rows: Path) -> None:
    install(toys)
    done = run(toys, rows, "--json")
    assert done.returncode == 0, done.stderr
    assert reasons(toys.work / "kept") == {"p0": []}
    assert reasons(toys.work / "dropped") == {"p1": [REASON], "p2": [REASON]}
    assert json.loads(done.stderr.splitlines()[-1])[f"dropped_{REASON}"] == 2


def test_its_limit_is_set_recorded_and_told_by_why(toys: Toys, rows: Path) -> None:
    install(toys)
    assert run(toys, rows, "--limit", "toy_one:capitals=0.8").returncode == 0
    assert reasons(toys.work / "dropped") == {"p2": [REASON]}
    parameters: Any = Dataset(str(toys.work / "kept")).command["parameters"]
    assert parameters["filters"] == {REASON: "1.5"} and parameters["limits"]["toy_one:capitals"] == 0.8
    (dropped,) = (
        told["rows"] for told in history(toys, "p2") if told["rows"][0]["columns"].get("drop_reasons")
    )
    (measure,) = (each for each in dropped[0]["measures"] if each["filter"] == REASON)
    assert measure == {"filter": REASON, "what": "capitals, share", "value": 1.0, "limit": 0.8, "drops": True}


def history(toys: Toys, row: str) -> list[dict[str, Any]]:
    done = toys.r1("why", row, "dropped", "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["history"]  # type: ignore[no-any-return]


def test_why_decides_again_where_nothing_was_kept_of_the_row(toys: Toys, rows: Path) -> None:
    install(toys)
    assert toys.r1("ingest", rows, "-o", "samples").returncode == 0
    assert toys.r1("filter", "samples", "-o", "kept").returncode == 0
    lines = [" ".join(line.split()) for line in toys.r1("why", "p2").stderr.splitlines()]
    assert f"lost because {REASON}" in lines
    assert f"{REASON} DROPS it · capitals, share: 1 (limit 0.5)" in lines
    uninstall(toys)
    text = toys.r1("why", "p2").stderr
    assert "it ran filters of toy_one 1.5, which is not here" in " ".join(text.split())


def test_it_is_skipped(toys: Toys, rows: Path) -> None:
    install(toys)
    assert run(toys, rows, "--skip", REASON).returncode == 0
    assert reasons(toys.work / "kept") == {"p0": [], "p1": [], "p2": []}
    assert "filters" not in Dataset(str(toys.work / "kept")).command["parameters"]


def test_the_same_command_without_it_is_refused(toys: Toys, rows: Path) -> None:
    install(toys)
    assert run(toys, rows).returncode == 0
    uninstall(toys)
    assert "kept" in one_line(run(toys, rows))


def test_help_lists_it_with_its_limit(toys: Toys) -> None:
    install(toys)
    text = toys.r1("filter", "--help").stdout
    assert f"{REASON} " in text and "thoughts in capitals" in text and "toy_one:capitals=0.5" in text


def test_a_precheck_spares_the_rule(toys: Toys, rows: Path) -> None:
    code = SHOUTING.replace(
        "    summary=", "    precheck=lambda rows: rows.frame['thoughts'].str.contains('LOOK'),\n    summary="
    )
    install(toys, code=code)
    assert run(toys, rows).returncode == 0
    assert reasons(toys.work / "dropped") == {"p1": [REASON]}


def test_a_step_of_a_recipe_is_checked(toys: Toys, rows: Path) -> None:
    install(toys)
    (toys.work / "recipe.yaml").write_text(
        f"steps:\n  - filter: {{as: kept, input: {rows}, skip: [toy_one:shoutin]}}\n"
    )
    done = toys.r1("run", "recipe.yaml", "-o", "out", "--dry-run")
    assert done.returncode == 1 and "did you mean toy_one:shouting?" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ["--skip", "toy_one:shoutin"],
            "package toy_one has no such filter (did you mean toy_one:shouting?)",
        ),
        (["--skip", "toy_two:shouting"], "no installed package called toy_two has a filter"),
        (["--skip", "shouting"], "no such filter (did you mean toy_one:shouting?)"),
        (
            ["--limit", "toy_one:capital=1"],
            "package toy_one has no such limit (did you mean toy_one:capitals?)",
        ),
        (["--limit", "capitals=1"], "no such limit (did you mean toy_one:capitals?)"),
        (["--limit", "toy_one:capitals=much"], "toy_one:capitals takes a number, such as 0.5"),
    ],
)
def test_an_unknown_name_lists_the_known(options: list[str], message: str, toys: Toys, rows: Path) -> None:
    install(toys)
    line = one_line(run(toys, rows, *options))
    assert message in line
    assert not (toys.work / "kept").exists()


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("raise RuntimeError('no such board')", f"{FILTER} (toy_one:SHOUTING) cannot be imported"),
        ("", f"{FILTER} (toy_one:SHOUTING) cannot be imported"),
        ("SHOUTING = len", "is a builtin_function_or_method, not a r1data.filters.entry.Filter"),
        (SHOUTING.replace('"shouting"', '"loud"'), f"{FILTER} gives the reason 'loud'"),
        (SHOUTING.replace("return sum", "return 1 / 0 or sum"), f"{FILTER} failed: ZeroDivisionError"),
    ],
)
def test_a_package_that_fails_is_named(code: str, message: str, toys: Toys, rows: Path) -> None:
    install(toys, code=code)
    assert message in one_line(run(toys, rows))


def test_one_that_cannot_be_imported_can_be_skipped(toys: Toys, rows: Path) -> None:
    install(toys, code="raise RuntimeError('no such board')")
    assert run(toys, rows, "--skip", REASON).returncode == 0


def test_a_name_registered_twice_names_both_packages(toys: Toys, rows: Path) -> None:
    install(toys, "toy_one")
    install(toys, "toy_two")
    line = one_line(run(toys, rows))
    assert "toy_one" in line and "toy_two" in line and "both register a filter called shouting" in line


def test_a_name_of_ours_is_not_taken(toys: Toys, rows: Path) -> None:
    install(toys, repetition="SHOUTING")
    line = one_line(run(toys, rows))
    assert "package toy_one registers a filter called repetition, which r1 has itself" in line
