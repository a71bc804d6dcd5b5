"""A run with all that GRPO keeps in a checkpoint, killed at random moments: it ends like one that was not.

Prompt pools, dynamic sampling, a reference that is replaced, rollouts of several steps, their dataset, evaluations.
`KILLS=10` kills as often; each begins where the last one left off, and falls anywhere within a step: while
responses are generated, while a checkpoint is written in the background.
"""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.training import harness
from tests.training.loop.test_resume import ROOT, logged, rollouts, told, weights

KILLS = int(os.environ.get("KILLS", "2"))
KIND = "grpo-all"


def killed(out: Path, model: Path, step: int, delay: float) -> bool:
    """Start the run and kill it so long after it has logged a step; False where it ended before."""
    command = [sys.executable, "-m", "tests.training.harness", KIND, str(model), str(out)]
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL, cwd=ROOT)
    until = time.monotonic() + harness.LIMIT
    while logged(out / ".r1/metrics.jsonl") <= step and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.005)
    time.sleep(delay)
    process.kill()
    return process.wait() == -signal.SIGKILL


@pytest.mark.slow
def test_a_run_killed_at_random_moments_ends_like_a_whole_one(qwen: Path, tmp_path: Path) -> None:
    harness.write_eval_prompts(qwen)
    steps = harness.settings_of(KIND, str(qwen)).steps  # type: ignore[attr-defined]
    out, draw, kills = tmp_path / "broken", random.Random(KILLS), 0
    for number in range(KILLS):
        # ten steps at random, in their order: one in each tenth of the run
        step = round((number + draw.random()) * (steps - 1) / KILLS)
        kills += killed(out, qwen, step, draw.uniform(0, 0.3))
    assert kills >= KILLS - 1
    for folder in (out, tmp_path / "whole"):
        harness.main(KIND, str(qwen), str(folder))
    assert weights(out) == weights(tmp_path / "whole")
    assert told(out) == told(tmp_path / "whole")
    assert rollouts(out) == rollouts(tmp_path / "whole")
    assert any(row.get("pool/waiting") for row in told(out))
