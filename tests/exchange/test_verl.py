"""verl itself, in an environment of its own, reads an export and scores by the exported reward function."""

import json
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from jinja2 import Environment

from r1data.engines.templates import messages, render
from r1data.exchange.export.run import export
from tests.environments import python_with
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
    """A Python that has verl: it wants another transformers than this project."""
    return python_with(request, "verl-0.9.1-core", VERL, "torch==2.13.0", *CORE, *OURS)


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


RECIPES = ROOT / "recipes" / "verl"


@pytest.mark.slow
def test_verl_s_own_classes_take_the_recipes_with_the_paper_s_numbers(verl: Path) -> None:
    names = ["r1-zero-qwen-32b", "r1-zero-experts"]
    done = subprocess.run(
        [verl, Path(__file__).with_name("in_verl_recipes.py"), RECIPES, *names],
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    found = {line["name"]: line for line in map(json.loads, _objects(done.stdout))}
    dense, experts = (found[name] for name in names)
    assert (dense["actor"], experts["actor"]) == ("FSDPActorConfig", "McoreActorConfig")
    for one, lr in ((dense, 2e-6), (experts, 3e-6)):
        config = one["config"]
        actor = config["actor_rollout_ref"]["actor"]
        assert one["clip"] == [10, 10] and one["rollout"] == [16, 1.0, 32_768]
        assert actor["optim"]["lr"] == lr and actor["kl_loss_coef"] == 0.001 and actor["use_kl_loss"]
        questions = config["data"]["train_batch_size"]
        assert questions * 16 == 8_192 and questions // actor["ppo_mini_batch_size"] == 16
        assert config["trainer"]["total_training_steps"] * 16 == 10_400
        assert config["trainer"]["save_freq"] * 16 == 400
        # eq. 2: r - log r - 1 with r = reference / policy
        ratios = [math.exp(-0.5), math.exp(1.0)]
        assert one["kl"] == pytest.approx([r - math.log(r) - 1 for r in ratios])
    assert experts["config"]["actor_rollout_ref"]["actor"]["megatron"]["router_replay"]["mode"] == "R3"


def _objects(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("{")]


def test_the_recipes_ask_as_r1_zero_does() -> None:
    template = yaml.safe_load((RECIPES / "paper.yaml").read_text())["actor_rollout_ref"]["model"]
    for system in (None, "Be brief."):
        chat = messages("2+2?", system)
        text = Environment().from_string(template["custom_chat_template"]).render(messages=chat)
        assert text == render("r1-zero", "2+2?", system)


FAKE = """#!/usr/bin/env bash
echo "$*" >> "$LOG"
for word in "$@"; do case $word in
  trainer.total_training_steps=*) echo "${word#*=}" > "$OUT/latest_checkpointed_iteration.txt";;
  *.part) mkdir -p "$word"; touch "$word/config.json";;
esac; done
"""


def test_a_whole_run_replaces_the_reference_and_raises_the_length_and_goes_on(tmp_path: Path) -> None:
    fake = tmp_path / "bin" / "python"
    fake.parent.mkdir()
    fake.write_text(FAKE)
    fake.chmod(0o755)
    log, out = tmp_path / "log", tmp_path / "out"
    environment = {"PATH": f"{fake.parent}:{os.environ['PATH']}", "LOG": str(log), "OUT": str(out)}
    shape = {"STEPS": "70", "EVERY": "25", "LONGER": "53"}
    for _ in range(2):
        subprocess.run([RECIPES / "train.sh", "some", "a=b"], env={**environment, **shape}, check=True)
    calls = log.read_text().splitlines()
    runs = [call for call in calls if "main_ppo" in call]
    goals = [re.search(r"total_training_steps=(\d+)", call)[1] for call in runs]  # type: ignore[index]
    references = [found[1] if (found := re.search(r"/reference_(\d+)", call)) else None for call in runs]
    assert goals == ["25", "50", "53", "70"] and references == [None, "25", "50", "50"]
    assert ["65536" in call for call in runs] == [False, False, False, True]
    assert len(calls) == 6, "each reference is merged once, and a run that is done is not run again"
    assert all(call.endswith("a=b") for call in runs)
