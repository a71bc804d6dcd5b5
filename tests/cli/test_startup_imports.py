"""What commands import, in their own process and in those that they start: nothing heavy that the work does not need.

No times are measured here; `python -m benchmarks.startup` does that.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import R1

ROW = {
    "prompt_id": "row-1",
    "prompt": "1 + 1?",
    "truth": "2",
    "response": "<think>\nTwo.\n</think>\n\n\\boxed{2}",
}
NOT_FOR_DATA = {
    "pandas.core",
    "torch",
    "transformers",
    "trl",
    "datasets",
    "vllm",
    "ray",
    "sympy",
    "r1data.training",
}
WITHOUT_A_TABLE = {"polars", "duckdb", "r1data.sampling", "r1data.selection"}
COMMANDS = {
    "ingest rows.jsonl -o again": WITHOUT_A_TABLE
    | {"pydantic", "yaml", "r1data.filters", "r1data.verifiers"},
    "verify samples -o again": WITHOUT_A_TABLE | {"pydantic"},
    "filter verified -o again": {"pydantic", "duckdb", "r1data.sampling", "r1data.verifiers.math"},
    "build kept -o again": {"pydantic", "polars", "r1data.sampling", "r1data.verifiers.math"},
    "select verified -o again --pass-rate 0:1": {"duckdb", "r1data.sampling", "r1data.verifiers.math"},
    "export sft --to trl -o again": {"polars", "duckdb", "r1data.sampling"},
    "inspect kept": WITHOUT_A_TABLE,
    "cat kept": WITHOUT_A_TABLE | {"pydantic"},
    "check kept": WITHOUT_A_TABLE,
    "gc kept": WITHOUT_A_TABLE,
    "why row-1 kept": {"duckdb", "r1data.sampling"},
    "--help": {"pyarrow", "polars", "numpy", "yaml", "r1data.selection"},
    "--version": {"pyarrow", "polars", "numpy", "yaml", "rich", "r1data.selection"},
}
"""A command → what none of its processes imports, beside `NOT_FOR_DATA`; a name stands for what is inside it too."""
PROCESSES = {
    "ingest rows.jsonl -o again": 2,
    "verify samples -o again": 2,
    "filter verified -o again": 2,
    "cat kept": 1,
}
"""A command → interpreters that start: itself, and a worker that a row may kill."""


def run(line: str, folder: Path) -> list[str]:
    """Runs a command; the modules that it and the processes it started imported, in that order."""
    environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
    done = subprocess.run(
        [R1, *line.split()], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return re.findall(r"^import time: +\d+ \| +\d+ \| +(\S+)$", done.stderr, re.M)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one row at every stage of its way."""
    place = tmp_path_factory.mktemp("startup")
    (place / "rows.jsonl").write_text(json.dumps(ROW) + "\n")
    for line in (
        "ingest rows.jsonl -o samples",
        "verify samples -o verified",
        "filter verified -o kept",
        "build kept -o sft",
    ):
        run(line, place)
    return place


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_imports_nothing_heavy_that_it_does_not_need(line: str, folder: Path) -> None:
    unneeded = NOT_FOR_DATA | COMMANDS[line]
    if line.startswith("--"):
        unneeded -= {"r1data.training"}
    modules = run(line, folder)
    shutil.rmtree(folder / "again", ignore_errors=True)
    assert "r1data.cli" in modules
    assert not {name for name in modules for part in unneeded if f"{name}.".startswith(f"{part}.")}
    if line in PROCESSES:
        assert modules.count("site") == PROCESSES[line]


def test_pyarrow_knows_pandas_once_it_is_imported() -> None:
    code = """
import sys
from r1data.runtime.pandas_on_demand import import_pandas_on_demand
import_pandas_on_demand()
import pyarrow as pa
pa.array([1, None])
assert "pandas" not in sys.modules
import pandas as pd
assert pa.array(pd.Series([1.0, float("nan")])).null_count == 1
assert pa.table({"a": [1]}).to_pandas().shape == (1, 1)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
