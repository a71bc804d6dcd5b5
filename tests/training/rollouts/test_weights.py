"""Weights in training by the names of a saved folder."""

from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from r1data.engines.models import load_model
from r1data.training.models import adapters
from r1data.training.rollouts.weights import as_saved
from r1data.training.settings import GrpoSettings
from tests.training.architectures import ARCHITECTURES, SMALL


def make(name: str) -> Any:
    import transformers

    torch.manual_seed(0)
    one = ARCHITECTURES[name]
    config = getattr(transformers, one.config)(**{**SMALL, **one.sizes, "vocab_size": 64})
    return transformers.AutoModelForCausalLM.from_config(config).float()


def adapted(model: Any) -> Any:
    from peft import get_peft_model

    torch.manual_seed(1)
    wrapped = get_peft_model(model, adapters.config_of(GrpoSettings(lora=2), model))
    for name, weights in wrapped.named_parameters():
        if ".lora_B." in name:
            torch.nn.init.normal_(weights, std=0.1)
    return wrapped


def names_and_weights(model: Any) -> dict[str, torch.Tensor]:
    return {name: one.clone() for name, one in as_saved(model, lambda parameters: nullcontext())}


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_names_and_weights_are_those_of_a_saved_folder(name: str, tmp_path: Path) -> None:
    model = make(name)
    model.save_pretrained(tmp_path)
    saved, mine = load_file(tmp_path / "model.safetensors"), names_and_weights(model)
    assert mine.keys() == saved.keys()
    assert all(torch.equal(mine[key], saved[key]) for key in saved)


@pytest.mark.parametrize("name", ["qwen2", "deepseek-v3"])
def test_adapters_are_added_and_frozen_weights_stay_as_they_are(name: str, tmp_path: Path) -> None:
    model = adapted(make(name))
    before = {key: one.clone() for key, one in model.state_dict().items()}
    mine = names_and_weights(model)
    assert all(torch.equal(one, before[key]) for key, one in model.state_dict().items())
    model.merge_and_unload().save_pretrained(tmp_path)
    saved = load_file(tmp_path / "model.safetensors")
    assert mine.keys() == saved.keys()
    assert all(torch.allclose(mine[key], saved[key], atol=1e-6) for key in saved)
    assert load_model(tmp_path) is not None
