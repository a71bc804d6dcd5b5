"""Commands on S3 as a user runs them: pipelines, kills, and datasets that were copied or moved."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from r1data.data.dataset import Dataset
from tests.conftest import R1, Run

pytestmark = pytest.mark.slow
Write = Callable[..., Path]
QUESTION = "What is {n} and one more, if {n} is {n}, one is one, and {n} is counted as {n} alone?"


def samples(count: int) -> list[dict[str, object]]:
    """Rows of which every other one is right."""
    return [
        {
            "prompt": QUESTION.format(n=n),
            "truth": str(n + 1),
            "response": f"<think>\nWe add one to {n}.\n</think>\n\nIt is \\boxed{{{n + 1 + n % 2}}}.",
        }
        for n in range(count)
    ]


def put(path: Path, uri: str) -> str:
    import fsspec

    fsspec.filesystem("s3").put(str(path), uri, recursive=path.is_dir())
    return uri


def did(done: subprocess.CompletedProcess[str]) -> dict[str, object]:
    assert done.returncode == 0, done.stderr
    summary: dict[str, object] = json.loads(done.stderr.strip().splitlines()[-1])
    return summary


def test_a_pipeline_with_everything_on_s3(r1: Run, s3: str, write_jsonl: Write) -> None:
    rows = put(write_jsonl(samples(40)), f"{s3}/in/rows.jsonl")
    decontaminate = put(write_jsonl([{"prompt": QUESTION.format(n=2)}], "eval.jsonl"), f"{s3}/in/eval.jsonl")
    did(r1("ingest", rows, "-o", f"{s3}/s", "--shard-rows", 15, "--json"))
    did(r1("verify", f"{s3}/s", "-o", f"{s3}/v", "--json"))
    kept = did(r1("filter", f"{s3}/v", "-o", f"{s3}/k", "--dropped", f"{s3}/x", "--json"))
    did(r1("build", f"{s3}/k", "-o", f"{s3}/sft", "--decontaminate", decontaminate, "--json"))
    assert Dataset(f"{s3}/k").rows + Dataset(f"{s3}/x").rows == 40
    assert kept["rows"] == Dataset(f"{s3}/k").rows == 20
    assert 0 < Dataset(f"{s3}/sft").rows < 20
    assert len(r1("cat", f"{s3}/sft").stdout.splitlines()) == Dataset(f"{s3}/sft").rows
    for look in ("inspect", "check"):
        assert r1(look, f"{s3}/sft").returncode == 0


@pytest.mark.parametrize("kind", ["csv", "parquet", "json"])
def test_plain_files_are_read_from_s3(r1: Run, s3: str, tmp_path: Path, kind: str) -> None:
    import polars

    frame = polars.DataFrame(samples(5))
    here = tmp_path / f"rows.{kind}"
    {"csv": frame.write_csv, "parquet": frame.write_parquet, "json": frame.write_json}[kind](here)
    there = put(here, f"{s3}/rows.{kind}")
    assert len(r1("cat", there).stdout.splitlines()) == 5
    assert did(r1("ingest", there, "-o", f"{s3}/d", "--json"))["rows"] == 5


def test_a_pipe_of_three_commands_on_s3(s3: str, write_jsonl: Write) -> None:
    rows = write_jsonl(samples(40))
    line = f"{R1} ingest {rows} -o {s3}/s --shard-rows 10 | {R1} verify - -o {s3}/v | {R1} filter - -o {s3}/k --json"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", line], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert Dataset(f"{s3}/k").rows == 20
    assert Dataset(f"{s3}/k").complete


@pytest.mark.parametrize("after", [0, 1, 4])
def test_a_run_killed_while_it_writes_to_s3_is_finished_by_the_next(
    r1: Run, s3: str, write_jsonl: Write, after: int
) -> None:
    from r1data.data.stores import open_store
    from r1data.data.stores.layout import DATA

    rows = write_jsonl(samples(120))
    command = ["ingest", str(rows), "-o", f"{s3}/d", "--shard-rows", "10"]
    started = subprocess.Popen([R1, *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    store = open_store(f"{s3}/d")
    while len(store.files(DATA)) <= after and started.poll() is None:
        time.sleep(0.005)
    started.send_signal(signal.SIGKILL)
    started.wait()
    assert r1(*command).returncode == 0
    assert r1("ingest", rows, "-o", f"{s3}/whole", "--shard-rows", 10).returncode == 0
    assert Dataset(f"{s3}/d").digest == Dataset(f"{s3}/whole").digest
    assert Dataset(f"{s3}/d").complete
    assert r1("check", f"{s3}/d").returncode == 0


def test_a_dataset_copied_to_s3_and_back_checks_and_resumes(
    r1: Run, s3: str, write_jsonl: Write, tmp_path: Path
) -> None:
    import fsspec

    rows = write_jsonl(samples(30))
    (tmp_path / "w").mkdir()
    for command in (["ingest", rows, "-o", "s", "--shard-rows", 10], ["verify", "s", "-o", "v"]):
        assert r1(*command, cwd=tmp_path / "w").returncode == 0
    log = sorted((tmp_path / "w/v/.r1/commits").iterdir())
    whole = Dataset(tmp_path / "w/v").digest
    for last in log[-2:]:
        last.unlink()
    (tmp_path / "w/v/data/part-00002.parquet").unlink(missing_ok=True)
    put(tmp_path / "w", f"{s3}/w")
    assert not Dataset(f"{s3}/w/v").complete
    assert r1("verify", f"{s3}/w/s", "-o", f"{s3}/w/v").returncode == 0
    fsspec.filesystem("s3").get(f"{s3}/w", str(tmp_path / "back"), recursive=True)
    commits = len(list((tmp_path / "back/v/.r1/commits").iterdir()))
    for place in (f"{s3}/w", str(tmp_path / "back")):
        assert Dataset(f"{place}/v").digest == whole
        assert Dataset(f"{place}/v").parents()[0].uri == f"{place}/s"
        assert r1("check", f"{place}/v").returncode == 0
        assert r1("verify", f"{place}/s", "-o", f"{place}/v").returncode == 0
        assert len(Dataset(f"{place}/v").commits) == commits


def test_no_key_is_written_to_s3(r1: Run, s3: str, write_jsonl: Write) -> None:
    import fsspec

    done = r1("ingest", write_jsonl(samples(3)), "-o", f"{s3}/d")
    bucket = fsspec.filesystem("s3")
    files = bucket.cat(bucket.find(f"{s3}/d"))
    secret = os.environ["AWS_SECRET_ACCESS_KEY"]
    assert secret not in done.stdout + done.stderr
    assert not any(secret.encode() in content for content in files.values())
