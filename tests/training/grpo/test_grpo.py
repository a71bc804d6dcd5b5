"""GRPO through TRL, on a model of two layers."""

import json
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from r1data.engines.models import load_model, load_tokenizer
from r1data.errors import UserError
from r1data.training import launch, rewards
from r1data.training.grpo import prompts
from r1data.training.settings import GrpoSettings
from tests.training import harness
from tests.training.tiny import build_model, sums

TWO = replace(harness.GRPO, steps=2, beta=0.0)


def train(model: Path, out: Path, settings: GrpoSettings, rows: Any = None) -> launch.Trained:
    return launch.run(rows or sums(), model=model, out=out, settings=settings, command="train-grpo")


def weights(out: Path) -> bytes:
    return (out / "model.safetensors").read_bytes()


def test_a_run_leaves_a_model_its_manifest_and_its_metrics(qwen: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = train(qwen, out, replace(TWO, beta=0.1)).manifest
    assert manifest == json.loads((out / "r1.json").read_text())
    assert manifest["finished"] is True and manifest["parameters"]["lr"] == TWO.lr
    assert {path.name for path in out.iterdir()} >= {"config.json", "model.safetensors", "tokenizer.json"}
    assert not (out / ".r1").exists()
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == [1, 2]
    expected = {
        "reward",
        "rewards/letters/mean",
        "completions/mean_length",
        "kl",
        "time",
        "r1/n",
        "r1/format",
    }
    assert (
        expected | {"r1/mixed_language", "r1/reflective_words", "r1/unscored", "r1/thoughts"}
        <= rows[0].keys()
    )
    assert rows[0]["r1/n"] == TWO.sequences * TWO.steps_per_rollout
    assert weights(out) != weights(qwen)
    assert next(load_model(out).parameters()).isfinite().all()


def test_a_run_leaves_no_thread_that_waits_for_responses(qwen: Path, tmp_path: Path) -> None:
    before = set(threading.enumerate())
    train(qwen, tmp_path / "out", replace(TWO, steps=1, rewards={"accuracy": 1.0}))
    left = [thread for thread in threading.enumerate() if thread not in before and thread.name == "r1-verify"]
    for thread in left:
        thread.join(30)
    assert not any(thread.is_alive() for thread in left)


def test_the_seed_alone_decides(qwen: Path, tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        train(qwen, tmp_path / name, replace(TWO, seed=seed))
    assert weights(tmp_path / "a") == weights(tmp_path / "b") != weights(tmp_path / "c")


def test_forward_passes_of_another_size_make_the_same_step(qwen: Path, tmp_path: Path) -> None:
    settings = replace(TWO, steps=1, steps_per_rollout=1, loss="dapo-no-resampling", overlong="none")
    for name, size in (("one", 8), ("four", 2)):
        train(qwen, tmp_path / name, replace(settings, micro_batch=size))
    one, four = (load_model(tmp_path / name).state_dict() for name in ("one", "four"))
    assert all(torch.allclose(one[key], four[key], atol=1e-5) for key in one)


def test_responses_nobody_can_score_do_not_train(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = rewards.Reward("unknown", rewards.each(lambda scored: None))
    monkeypatch.setitem(rewards.REWARDS.built_in, "unknown", unknown)
    train(qwen, tmp_path / "out", replace(TWO, rewards={"unknown": 1.0}))
    assert load_model(tmp_path / "out").state_dict().keys() == load_model(qwen).state_dict().keys()
    trained, before = load_model(tmp_path / "out").state_dict(), load_model(qwen).state_dict()
    assert all(torch.equal(trained[key], before[key]) for key in before)


def test_an_unknown_response_is_left_out_of_its_group(
    qwen: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known responses all earn 1: were an unknown one taken for 0, the group would have something to learn."""

    def half(scored: rewards.Scored) -> float | None:
        return None if len(scored.rollout.response) % 2 else 1.0

    monkeypatch.setitem(rewards.REWARDS.built_in, "half", rewards.Reward("half", rewards.each(half)))
    train(qwen, tmp_path / "out", replace(TWO, rewards={"half": 1.0}))
    row = json.loads((tmp_path / "out/metrics.jsonl").read_text().splitlines()[0])
    assert row["reward"] == 1.0 and row["grad_norm"] == 0.0


def test_the_chat_template_gets_no_second_first_token(tmp_path: Path) -> None:
    from tokenizers.processors import TemplateProcessing

    template = "{{ bos_token }}{% for m in messages %}{{ m['content'] }}{% endfor %}{{ '<think>\\n' }}"
    words = load_tokenizer(build_model(tmp_path / "m", chat_template=template))
    words.bos_token = words.eos_token
    first = words.bos_token_id
    words.backend_tokenizer.post_processor = TemplateProcessing(
        single=f"{words.bos_token} $A", special_tokens=[(words.bos_token, first)]
    )
    settings = GrpoSettings(template="chat")
    row = next(prompts.render([{"prompt": "1+1="}], settings, words))
    assert row["prefill"] == "<think>\n"
    assert row["prompt"].count(first) == 1


@pytest.mark.parametrize(
    ("rows", "settings", "said"),
    [
        ([{"prompt": "1+1="}], {"rewards": {"accuracy": 1.0}}, "column 'truth'"),
        (sums(2), {"rewards": {"charm": 1.0}}, "accuracy, format"),
        (sums(2), {"engine": "vllm-server"}, "--engine-url"),
        (sums(2), {"generations": 1}, "give 2 or more"),
        (sums(2), {"processes": 3}, "divide"),
        (sums(2), {"template": "haiku"}, "r1-zero"),
        (sums(2), {"loss": "best"}, "dr-grpo"),
        ([row | {"truth": None} for row in sums(2)], {"rewards": {"accuracy": 1.0}}, "truth"),
        ([], {}, "empty"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(
    rows: Any, settings: dict[str, Any], said: str, qwen: Path, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=said) as caught:
        launch.run(
            rows, model=qwen, out=tmp_path / "out", settings=replace(TWO, **settings), command="train-grpo"
        )
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_tokenizer_without_an_end_token_is_refused_before_training(qwen: Path, tmp_path: Path) -> None:
    model = shutil.copytree(qwen, tmp_path / "model")
    config = model / "tokenizer_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "eos_token": None}))
    with pytest.raises(UserError, match="no end token, so that no response would end; add eos_token"):
        train(model, tmp_path / "out", TWO)
    assert not (tmp_path / "out").exists()
