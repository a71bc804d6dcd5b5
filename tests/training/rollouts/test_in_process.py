"""vLLM in the process that trains: in a process of its own here, so that no other test runs beside it."""

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
pytestmark = [
    pytest.mark.vllm,
    pytest.mark.slow,
    pytest.mark.skipif(importlib.util.find_spec("vllm") is None, reason="vLLM is not installed"),
]
CLOSE = 1e-3
"""Nats a token, in float32."""
VERSION = "Watch the gap between the log-probabilities of both."
"""Ends the line that says that TRL does not support this vLLM."""


def in_process(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, "-m", "tests.training.rollouts.engine_in_process", *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=ROOT,
        timeout=300,
    )


def test_the_engine_answers_with_the_weights_that_it_was_given_last(tmp_path: Path) -> None:
    """Tied heads, untied ones with adapters, two temperatures: the engine's log-probabilities are the model's, with
    the first weights and after they have moved twice."""
    done = in_process("gaps", tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    gaps = json.loads(done.stdout.splitlines()[-1])
    assert gaps.keys() == {"tied", "untied, adapted"}
    assert all(gap < CLOSE for each in gaps.values() for gap in each), gaps
    # It keeps its chatter to itself; that TRL does not support its version is said.
    said = [line for line in done.stderr.splitlines() if not line.endswith(VERSION)]
    assert not any("vllm" in line.lower() for line in said), done.stderr


def test_a_run_trains_on_what_the_engine_writes_and_stops_past_its_limit(tmp_path: Path) -> None:
    done = in_process("run", tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "--max-logprob-gap 1e-12" in done.stdout
    rows = [json.loads(line) for line in (tmp_path / "out/metrics.jsonl").read_text().splitlines()]
    assert len(rows) == 4
    gaps = [row["rollouts/logprob_gap_max"] for row in rows if "reward" in row]
    assert len(gaps) == 2 and max(gaps) < CLOSE


def test_a_student_is_distilled_from_what_the_engine_writes(tmp_path: Path) -> None:
    done = in_process("distil", tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = map(json.loads, (tmp_path / "out/metrics.jsonl").read_text().splitlines())
    assert first["reverse_kl"] > 0 and second["reverse_kl"] > 0
    assert 0 < first["num_tokens"] < second["num_tokens"]
    assert done.stderr.count("TRL currently supports vLLM") == done.stderr.count(VERSION) <= 1


def test_the_doctor_says_how_far_the_engine_is_from_the_trainer(tmp_path: Path) -> None:
    done = in_process("agree", tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    report = json.loads(done.stdout.splitlines()[-1])
    whole = {(gap["dtype"], gap["adapters"]): gap for gap in report["gaps"] if gap["places"] == "all"}
    assert whole.keys() == {
        (dtype, adapted) for dtype in ("float32", "bfloat16") for adapted in (False, True)
    }
    for adapted in (False, True):
        assert whole["float32", adapted]["largest"] < CLOSE < whole["bfloat16", adapted]["largest"]
        assert whole["float32", adapted]["sequence_largest"] < 20 * CLOSE
    assert len(report["advice"]) == 4 and "float32 is safe" in report["advice"][0]
