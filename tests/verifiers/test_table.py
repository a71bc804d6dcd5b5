"""The stage and the command."""

import contextlib
import json
import os
import pickle
import pty
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds

from r1data.verifiers.registry import VERIFIERS
from r1data.verifiers.table import VerifyPlan, verify_table
from tests.conftest import R1, Run

T = "<think>so</think>"


def test_rows_keep_their_order_and_their_columns() -> None:
    table = pa.table(
        {
            "response": [T + "1", T + "B", T + "2", None, T + "x", "<think>a</think>b", T + "1"],
            "truth": ["1", "B", "1", "1", None, None, "1"],
            "verifier": [None, "choice", "math", None, None, "format", "dance"],
            "mine": [1, 2, 3, 4, 5, 6, 7],
        }
    )
    verified = verify_table(table)
    assert verified.select(table.column_names).equals(table)
    words = ["correct", "correct", "incorrect", "unverifiable", "unverifiable", "correct", "error"]
    assert verified["verdict"].to_pylist() == words
    assert verified["score"].to_pylist() == [1.0, 1.0, 0.0, None, None, 1.0, None]
    assert verified["verifier_version"].to_pylist()[:2] == [
        f"math/{VERIFIERS['math'].version}",
        f"choice/{VERIFIERS['choice'].version}",
    ]
    assert verified["extracted"].to_pylist()[:3] == ["1", "B", "2"]


def test_a_verdict_that_is_there_stays() -> None:
    first = verify_table(pa.table({"response": [T + "1"], "truth": ["1"]}))
    changed = first.set_column(first.column_names.index("truth"), "truth", pa.array(["2"]))
    assert verify_table(changed)["verdict"].to_pylist() == ["correct"]


def test_an_empty_table_gets_the_columns_with_their_types() -> None:
    empty = pa.table({"response": pa.array([], pa.string()), "truth": pa.array([], pa.string())})
    verified = verify_table(empty)
    assert verified.num_rows == 0
    assert verified.schema.field("score").type == pa.float64()


def test_the_stage_can_be_sent_to_a_process() -> None:
    stage = pickle.loads(pickle.dumps(partial(verify_table, plan=VerifyPlan(time_limit=1.0))))
    assert stage(pa.table({"response": ["1"], "truth": ["1"]}))["verdict"].to_pylist() == ["correct"]


def test_the_command_counts_verdicts(r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    rows = [{"prompt": "q", "truth": "1", "response": T + answer} for answer in ("1", "2", "I pass")]
    done = r1("verify", write_jsonl(rows), "-o", tmp_path / "out", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stderr.splitlines()[-1])  # stdout is a pipe here and carries shards
    assert (summary["correct"], summary["incorrect"], summary["unverifiable"]) == (1, 1, 1)
    verdicts = ds.dataset(tmp_path / "out" / "data", format="parquet").to_table(columns=["verdict"])
    assert sorted(verdicts["verdict"].to_pylist()) == ["correct", "incorrect", "unverifiable"]


def test_the_summary_counts_causes_in_plain_words(write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    no_truth, silent = {"prompt": "q", "response": T + "1"}, {"prompt": "q", "truth": "1", "response": T}
    rows = write_jsonl([no_truth, no_truth, silent])
    text = on_a_terminal("verify", rows, "-o", tmp_path / "out")
    assert (
        "2 rows without a truth to compare with (no_truth): map one at ingest with --map truth=COLUMN" in text
    )
    assert "1 row without an answer, or with several that differ (no_answer): they count as wrong" in text


def on_a_terminal(*arguments: object) -> str:
    """What `r1 …` shows where all its streams are a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([R1, *map(str, arguments)], stdout=follower, stderr=follower, stdin=follower)
    os.close(follower)
    text = b""
    with contextlib.suppress(OSError):  # how Linux says that nobody is at the other end any more
        while part := os.read(leader, 65_536):
            text += part
    os.close(leader)
    assert process.wait() == 0, text
    return text.decode().replace("\r\n", "\n")


def test_the_option_that_the_summary_names_gives_rows_a_truth(
    r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    rows = write_jsonl([{"prompt": "q", "gold": "1", "response": T + "1"}])
    done = r1("ingest", rows, "-o", tmp_path / "in", "--map", "truth=gold")
    assert done.returncode == 0, done.stderr
    assert r1("verify", tmp_path / "in", "-o", tmp_path / "out").returncode == 0
    verdicts = ds.dataset(tmp_path / "out" / "data", format="parquet").to_table(columns=["verdict"])
    assert verdicts["verdict"].to_pylist() == ["correct"]


def test_the_command_takes_a_verifier_for_rows_that_name_none(
    r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    rows = write_jsonl([{"prompt": "q", "truth": "b", "response": "<think>a</think>b"}])
    assert r1("verify", rows, "-o", tmp_path / "out", "--verifier", "format").returncode == 0
    verdicts = ds.dataset(tmp_path / "out" / "data", format="parquet").to_table(
        columns=["verdict", "verifier"]
    )
    assert verdicts.to_pylist() == [{"verdict": "correct", "verifier": "format"}]
    refused = r1("verify", rows, "-o", tmp_path / "other", "--verifier", "dance")
    assert refused.returncode == 1
    assert "dance" in refused.stderr
    assert not (tmp_path / "other").exists()


def test_a_replay_grades_again_and_keeps_the_old_verdict(
    r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path
) -> None:
    rows = [{"prompt": "q", "truth": "1", "response": T + answer} for answer in ("1", "2", "3")]
    for row, verdict in zip(rows, ("correct", "correct", "error"), strict=True):
        row.update(verdict=verdict, verifier_version="mine/0", verdict_reason="old")
    done = r1("verify", write_jsonl(rows), "-o", tmp_path / "out", "--reverify", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stderr.splitlines()[-1])
    assert (summary["changed"], summary["correct_to_incorrect"], summary["error_to_incorrect"]) == (2, 1, 1)
    table = ds.dataset(tmp_path / "out" / "data", format="parquet").to_table()
    assert table["verdict"].to_pylist() == ["correct", "incorrect", "incorrect"]
    assert table["verdict_before"].to_pylist() == ["correct", "correct", "error"]
    assert table["verifier_version_before"].to_pylist() == ["mine/0"] * 3
    shown = [line.split() for line in done.stderr.splitlines() if " incorrect " in line]
    assert [(line[1], line[2], line[3]) for line in shown] == [
        ("1", "correct", "incorrect"),
        ("2", "error", "incorrect"),
    ]


def test_a_replay_of_samples_is_refused(r1: Run, write_jsonl: Callable[..., Path], tmp_path: Path) -> None:
    rows = write_jsonl([{"prompt": "q", "truth": "1", "response": "1"}])
    refused = r1("verify", rows, "-o", tmp_path / "out", "--reverify")
    assert refused.returncode == 1 and "no verdicts to replay" in refused.stderr
    assert not (tmp_path / "out").exists()


def test_scores_come_as_a_column_of_their_own(tmp_path: Path) -> None:
    program = T + "```python\nprint(1)\n```"
    table = pa.table(
        {
            "response": [program, program, T + "1"],
            "truth": [json.dumps({"tests": [{"stdin": "", "stdout": "1"}]})] * 2 + ["1"],
            "verifier": ["code", "code", "math"],
            "prompt_id": ["a", "a", "b"],
        }
    )
    first, second, sums = verify_table(table, VerifyPlan(scores=True))["scores"].to_pylist()
    found = json.loads(first)
    assert (found["tests"], found["passed"], found["lint"]) == (1, 1, 1)
    assert 0 < found["relative_time"] <= 1 and json.loads(second).keys() == found.keys()
    assert sums is None
