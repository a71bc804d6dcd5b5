"""verl itself, in an environment of its own, reads an export and scores by the exported reward function."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from r1data.exchange.export.run import export
from tests.training.verdict_service.conftest import Running, poison, service

__all__ = ["poison", "service"]

ROOT = Path(__file__).parents[2]
VERL = "verl==0.9.1"
CORE = ("TransferQueue>=0.1.10", "cachetools", "uvicorn", "fastapi", "pyzmq", "msgspec")
"""What its trainer imports, of its extra `verl-core`; the rest of that is for GPUs."""
OURS = ("polars", "langdetect", "math-verify", "mpmath", "jsonschema", "fsspec")
"""What this project needs beside verl, where the reward function is to work without a service."""
ROWS = [
    {
        "prompt": "2+2?",
        "truth": "4",
        "verifier": "math",
        "domain": "math",
        "source": "sums",
        "language": "en",
    },
    {
        "prompt": "3+3?",
        "truth": "6",
        "verifier": "math",
        "domain": "math",
        "source": "sums",
        "language": "en",
    },
]
THOUGHT = "<think>so</think>"
RESPONSES = {
    "2+2?": [
        f"{THOUGHT}\\boxed{{4}}",
        f"{THOUGHT}\\boxed{{5}}",
        "\\boxed{4}",
        f"{THOUGHT}\\boxed{{about four}}",
    ],
    "3+3?": [f"{THOUGHT}\\boxed{{6}}", f"{THOUGHT}\\boxed{{6}}"],
}
"""The last one to 2+2 is there and cannot be read: its verdict is unknown."""


@pytest.fixture(scope="session")
def verl(request: pytest.FixtureRequest) -> Path:
    """A Python that has verl: it wants another transformers than this project. Kept between runs of the tests."""
    folder = request.config.cache.mkdir("verl-0.9.1-core") / "environment"
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        uv = [sys.executable, "-m", "uv"]
        sources = ["--find-links", links] if (links := os.environ.get("PIP_FIND_LINKS")) else []
        made = subprocess.run([*uv, "venv", "-q", "--clear", "--python", sys.executable, folder])
        installed = made.returncode == 0 and subprocess.run(
            [*uv, "pip", "install", "-q", "--python", python, *sources, VERL, "torch==2.13.0", *CORE, *OURS],
            capture_output=True,
            text=True,
        )
        if not installed or installed.returncode:
            pytest.skip(f"verl cannot be installed: {installed and installed.stderr[-500:]}")
        (folder / "ready").touch()
    return python


def scored(python: Path, folder: Path, kwargs: dict[str, Any], **environment: str) -> dict[str, Any]:
    done = subprocess.run(
        [python, Path(__file__).with_name("in_verl.py"), folder, json.dumps(RESPONSES), json.dumps(kwargs)],
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return results


@pytest.fixture
def exported(write_jsonl: Callable[..., Path], tmp_path: Path) -> Path:
    export(str(write_jsonl(ROWS)), "verl", str(tmp_path / "for-verl"))
    return tmp_path / "for-verl"


@pytest.mark.slow
@pytest.mark.parametrize("way", ["service", "process"])
def test_verl_reads_the_export_and_scores_by_its_reward_function(
    way: str, exported: Path, verl: Path, service: Running
) -> None:
    environment = (
        {"R1_VERDICTS_URL": service.url, "R1_VERDICTS_TOKEN": service.token}
        if way == "service"
        else {"PYTHONPATH": str(ROOT)}
    )
    results = scored(verl, exported, {"rewards": {"accuracy": 1.0, "format": 0.5}}, **environment)
    sums = results["2+2?"]
    assert sums["scores"] == [1.5, 0.5, 1.0, None]
    assert {tuple(keys) for keys in sums["extras"]} == {
        ("acc", "known", "reward_accuracy", "reward_format", "score")
    }
    # The group is of the three that are known: the fourth is in neither its mean nor its deviation.
    assert sums["advantages"] == pytest.approx([1.0, -1.0, 0.0], abs=1e-5)
    assert results["3+3?"]["scores"] == [1.5, 1.5]


def test_the_reward_function_stands_on_the_standard_library(exported: Path) -> None:
    code = "import sys; sys.path[:0] = ['.']; import r1_reward; print(*{n.partition('.')[0] for n in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], cwd=exported, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) - {"r1_reward", "__main__"} <= set(sys.stdlib_module_names)
