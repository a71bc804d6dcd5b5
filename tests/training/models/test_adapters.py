"""LoRA: what is trained beside the weights is in the folder that comes out."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from r1data.engines.models import load_model
from r1data.errors import UserError
from r1data.training import launch, students
from r1data.training.models import adapters
from r1data.training.settings import SftSettings
from tests.training import harness
from tests.training.small_models import ARCHITECTURES, small_model
from tests.training.tiny import build_tokenizer, lessons, sums

LORA = replace(harness.SFT, epochs=1, lora=4, template="plain")
IDS = torch.arange(2, 42)[None]


def save(architecture: str, folder: Path) -> Path:
    words = build_tokenizer()
    ends = {"eos_token_id": words.eos_token_id, "pad_token_id": words.pad_token_id}
    small_model(architecture, **ends).save_pretrained(folder)
    words.save_pretrained(folder)
    return folder


def train(model: Path, out: Path, settings: SftSettings) -> Path:
    launch.run(lessons(20, 2), model=model, out=out, settings=settings, command="train-sft")
    return out


@torch.no_grad()
def losses(model: Any) -> torch.Tensor:
    """The loss of each token."""
    return torch.nn.functional.cross_entropy(model(IDS).logits[0, :-1], IDS[0, 1:], reduction="none")


@torch.no_grad()
def losses_with(adapter: Path, base: Any) -> torch.Tensor:
    from peft import PeftModel

    return losses(PeftModel.from_pretrained(base, adapter).eval())


@pytest.mark.parametrize("architecture", ["qwen2", "qwen3", "llama", "deepseek_v3", "qwen3_moe"])
def test_the_merged_model_is_the_adapted_one(architecture: str, tmp_path: Path) -> None:
    base = save(architecture, tmp_path / "base")
    out = train(base, tmp_path / "out", LORA)
    merged = losses(load_model(out))
    assert (merged - losses_with(out / "adapter", load_model(base))).abs().max() < 1e-4
    assert (merged - losses(load_model(base))).abs().max() > 0.01
    assert json.loads((out / "config.json").read_text())["model_type"] == architecture


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_every_linear_layer_but_the_output_is_adapted(architecture: str) -> None:
    from peft import get_peft_model

    model = small_model(architecture)
    config = adapters.config_of(LORA, model)
    assert config is not None
    linear = {name for name, layer in model.named_modules() if isinstance(layer, torch.nn.Linear)} - {
        "lm_head"
    }
    experts = {name.rsplit(".", 1)[0] for name, weights in model.named_parameters() if weights.dim() == 3}
    trained = [
        name for name, weights in get_peft_model(model, config).named_parameters() if weights.requires_grad
    ]
    for layer in linear | experts:
        assert any(f"{layer}." in name for name in trained), layer
    assert all("lora_" in name for name in trained)


def test_a_checkpoint_holds_the_adapters_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base, files = save("qwen2", tmp_path / "base"), set()
    monkeypatch.setattr(
        adapters,
        "merge",
        lambda trainer, folder: files.update(p.name for p in folder.parent.rglob("*")) or 1 / 0,
    )
    with pytest.raises(ZeroDivisionError):
        train(base, tmp_path / "out", replace(LORA, save_steps=2))
    assert "adapter_model.safetensors" in files and "model.safetensors" not in files


def test_four_bits_and_adapters_come_out_as_the_model_that_was_trained(tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes", reason="QLoRA's package is optional")
    base = save("qwen3", tmp_path / "base")
    settings = replace(LORA, qlora=True)
    out = train(base, tmp_path / "out", settings)
    quantised = load_model(base, "float32", "cpu", quantization_config=adapters.quantisation(settings))
    adapters.keep_layout(quantised)
    merged = losses(load_model(out))
    assert (merged - losses_with(out / "adapter", quantised)).abs().max() < 1e-4
    assert (merged - losses_with(out / "adapter", load_model(base))).abs().max() > 0.01
    assert "quantization_config" not in json.loads((out / "config.json").read_text())


def test_four_bits_of_a_mixture_of_experts_are_refused() -> None:
    with pytest.raises(UserError, match=r"experts.*leave --qlora out"):
        adapters.config_of(replace(LORA, qlora=True), small_model("deepseek_v3"))


def test_qlora_without_its_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(adapters, "find_spec", lambda _: None)
    with pytest.raises(UserError, match="pip install bitsandbytes"):
        train(save("qwen2", tmp_path / "base"), tmp_path / "out", replace(LORA, qlora=True))


def test_adapters_learn_by_reinforcement(tmp_path: Path) -> None:
    base = save("qwen2", tmp_path / "base")
    settings = replace(harness.GRPO, steps=4, lora=4, sync_ref_steps=0)
    manifest = launch.run(
        sums(), model=base, out=tmp_path / "out", settings=settings, command="train-grpo"
    ).manifest
    assert manifest["last"]["kl"] > 0, "the reference is the model without adapters"
    assert (losses(load_model(tmp_path / "out")) - losses(load_model(base))).abs().max() > 1e-4


def test_adapters_learn_from_a_teacher(qwen: Path, llama: Path, tmp_path: Path) -> None:
    settings = replace(harness.on_policy("student"), steps=3, lora=4, teachers={"": str(llama)})
    launch.run(sums(), model=qwen, out=tmp_path / "out", settings=settings, command="distill")
    merged = losses(load_model(tmp_path / "out"))
    assert (merged - losses_with(tmp_path / "out" / "adapter", load_model(qwen))).abs().max() < 1e-4
    assert (merged - losses(load_model(qwen))).abs().max() > 1e-4


def test_distilling_into_adapters_takes_ten_times_the_learning_rate() -> None:
    student = students.find("qwen2.5-7b")
    settings = replace(students.DISTILLATION, lora=32)
    assert students.settings_of(student, settings).lr == pytest.approx(10 * student.lr)
    assert students.settings_of(student, settings, 1e-5).lr == 1e-5


@pytest.mark.slow
def test_two_processes_train_the_adapters_of_one(qwen: Path, tmp_path: Path) -> None:
    for kind in ("sft-lora", "sft-lora-by-two"):
        harness.main(kind, str(qwen), str(tmp_path / kind))
    one, two = (load_model(tmp_path / kind).state_dict() for kind in ("sft-lora", "sft-lora-by-two"))
    assert all(torch.allclose(one[key], two[key], atol=1e-4) for key in one)
    assert (tmp_path / "sft-lora-by-two/adapter/adapter_model.safetensors").is_file()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (SftSettings(qlora=True), "--lora 32"),
        (SftSettings(lora=-1), "--lora -1"),
    ],
)
def test_what_does_not_go_together_is_refused(settings: Any, said: str) -> None:
    with pytest.raises(UserError, match=said):
        settings.check()
