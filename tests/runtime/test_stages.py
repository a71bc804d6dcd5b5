"""A stage over shards: the same result whatever the workers, the order or the kills."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pyarrow as pa
import pytest

from r1data.data.dataset import Dataset
from r1data.data.source import open_source
from r1data.errors import UserError
from r1data.runtime.stages import Output, run_stage
from tests.runtime.stages import COMMAND, count, make_source, same


@pytest.fixture
def source(tmp_path: Path) -> str:
    return make_source(tmp_path / "source")


def halves(table: pa.Table) -> Mapping[str, pa.Table]:
    return {
        "even": table.take(list(range(0, len(table), 2))),
        "odd": table.take(list(range(1, len(table), 2))),
    }


def test_the_result_does_not_depend_on_the_workers(source: str, tmp_path: Path) -> None:
    for workers in (1, 3):
        out = {"rows": Output(str(tmp_path / f"out-{workers}"), "prompt")}
        run_stage(open_source(source), out, same, command=COMMAND, workers=workers)
    assert Dataset(tmp_path / "out-1").digest == Dataset(tmp_path / "out-3").digest


def test_every_row_goes_to_one_of_two_outputs(source: str, tmp_path: Path) -> None:
    outs = {key: Output(str(tmp_path / key), "prompt") for key in ("even", "odd")}
    run_stage(open_source(source), outs, halves, command=COMMAND, workers=1)
    ids = [row for key in outs for row in Dataset(tmp_path / key).table()["prompt_id"].to_pylist()]
    assert sorted(map(int, ids)) == list(range(300))


def test_two_outputs_in_one_folder_are_refused(source: str, tmp_path: Path) -> None:
    outs = {key: Output(str(tmp_path / "out"), "prompt") for key in ("even", "odd")}
    with pytest.raises(UserError, match="share"):
        run_stage(open_source(source), outs, halves, command=COMMAND)


def test_what_is_measured_adds_up(source: str, tmp_path: Path) -> None:
    out = {"rows": Output(str(tmp_path / "out"), "prompt", count)}
    summary = run_stage(open_source(source), out, same, command=COMMAND, workers=2)["rows"]
    assert summary.details == {"seen": 300}


def test_an_unfinished_input_makes_an_unfinished_output(source: str, tmp_path: Path) -> None:
    log = sorted(Path(source, ".r1/commits").iterdir())
    log[-1].unlink()
    out = {"rows": Output(str(tmp_path / "out"), "prompt")}
    run_stage(open_source(source), out, same, command=COMMAND, workers=1)
    assert not Dataset(tmp_path / "out").complete


def test_lineage_names_the_parent_and_its_digest(source: str, tmp_path: Path) -> None:
    out = {"rows": Output(str(tmp_path / "out"), "prompt")}
    run_stage(open_source(source), out, same, command=COMMAND, workers=1)
    (parent,) = Dataset(tmp_path / "out").parents()
    assert (parent.uri, parent.digest) == (source, Dataset(source).digest)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_is_finished_by_the_next(tmp_path: Path, sent: signal.Signals) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text("".join(f'{{"prompt": "{n}"}}\n' for n in range(4_000)))
    command = [
        Path(sys.executable).parent / "r1",
        "ingest",
        rows,
        "-o",
        tmp_path / "out",
        "--shard-rows",
        "50",
    ]
    started = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
    while not list((tmp_path).glob("out/data/*.parquet")) and started.poll() is None:
        time.sleep(0.005)
    os.killpg(started.pid, sent)
    started.wait()
    subprocess.run(command, check=True, capture_output=True)
    prompts_read = Dataset(tmp_path / "out").table()["prompt"].to_pylist()
    assert sorted(map(int, prompts_read)) == list(range(4_000))
